"""Which class a row has."""
