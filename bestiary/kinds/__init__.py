"""What data are, a folder each: how a kind is read, encoded, stored and shown."""
