"""Which rows are unlike those that were learned from."""
