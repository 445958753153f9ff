"""The family `recurrence`, one file an architecture."""
