"""Rows made ready to be imitated: their target is forgotten."""

from __future__ import annotations

from bestiary.data.unlabelled import without_target
from bestiary.rows.source import Source
from bestiary.tasks.generate.task import TASK


def read(source: Source) -> Source:
    """The same rows; classes, where they have any, are for the judge alone.

    Args:
        source: of tables or images.

    Raises:
        InputError: for other kinds of data.
    """
    return without_target(source, TASK.name)
