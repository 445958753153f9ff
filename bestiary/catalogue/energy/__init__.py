"""The family `energy`, one file an architecture."""
