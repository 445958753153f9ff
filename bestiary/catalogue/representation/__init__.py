"""The family `representation`, one file an architecture."""
