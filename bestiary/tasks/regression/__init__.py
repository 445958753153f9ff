"""Which number a row has."""
