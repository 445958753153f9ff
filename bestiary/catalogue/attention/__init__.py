"""The family `attention`, one file an architecture."""
