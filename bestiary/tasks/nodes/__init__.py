"""Which class a node has."""
