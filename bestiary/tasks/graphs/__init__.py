"""Which class a whole graph has."""
