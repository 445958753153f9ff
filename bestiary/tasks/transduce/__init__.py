"""From sequence to sequence."""
