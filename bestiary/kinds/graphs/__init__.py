"""Sets of small graphs."""
