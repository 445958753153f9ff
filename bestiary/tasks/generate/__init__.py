"""New rows like those that were learned from."""
