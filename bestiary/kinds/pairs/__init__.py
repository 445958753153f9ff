"""Pairs of sequences: one becomes the other."""
