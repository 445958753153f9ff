"""Which edges are there."""
