"""Which numbers a row has: several targets at once."""
