"""The family `graph`, one file an architecture."""
