"""The family `feedforward`, one file an architecture."""
