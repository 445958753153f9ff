"""The family `representation`, one row an architecture."""

from bestiary.catalogue.row import Row

ROWS: tuple[Row, ...] = ()
