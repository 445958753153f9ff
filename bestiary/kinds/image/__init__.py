"""Images, of files or arrays."""
