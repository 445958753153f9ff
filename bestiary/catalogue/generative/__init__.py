"""The family `generative`, one file an architecture."""
