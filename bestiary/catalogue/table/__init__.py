"""The family `table`, one file an architecture."""
