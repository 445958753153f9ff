"""One graph: its nodes and its links."""
