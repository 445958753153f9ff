"""The family `reinforcement`, one file an architecture."""
