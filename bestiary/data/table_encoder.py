"""The old name of `bestiary.kinds.table.encoder`, by which encoders saved before version 0.2 call its functions."""

from bestiary.kinds.table.encoder import squash as squash
