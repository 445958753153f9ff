"""Rows made ready for reconstruction: their target is forgotten, and codes get a size."""

from __future__ import annotations

from typing import cast

from bestiary.data.unlabelled import Relabelled, check_code, without_target
from bestiary.rows.source import Source
from bestiary.tasks.reconstruct.task import TASK


def read(source: Source, *, code: object = None) -> Source:
    """The same rows without their target.

    Args:
        source: of tables or images.
        code: numbers in a code; from the number of features unless given.

    Raises:
        InputError: for other kinds of data, or a code that is no whole number.
    """
    check_code(code)
    plain = without_target(source, TASK.name)
    return cast("Source", Relabelled(plain, plain.target, cast("int | None", code)))
