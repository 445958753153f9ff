"""Rows given back from a smaller code."""
