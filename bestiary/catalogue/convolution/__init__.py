"""The family `convolution`, one file an architecture."""
