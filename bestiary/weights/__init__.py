"""Weights from files and to files: one language of names, safe reading, and what published weights have seen."""
