"""What all kinds of rows share: files and frames, columns and targets, splits, stores."""
