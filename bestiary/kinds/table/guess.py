"""Anything with rows and columns is a table."""

from __future__ import annotations

import pandas as pd

from bestiary.kinds.series.guess import numbered, rows_alone
from bestiary.kinds.text.guess import learned
from bestiary.rows.given import Given


def guess(given: Given) -> str | None:
    """Columns of numbers, categories or dates.

    Example:
        >>> guess(Given({"age": [3, 5], "kind": ["a", "b"]}, {"target": "kind"}))
        'it has columns of numbers, categories or dates'
    """
    if given.array is not None:
        return "the array has rows and columns" if given.path is None else None
    if isinstance(given.source, tuple):
        return "a frame of features was given" if isinstance(given.source[0], pd.DataFrame) else None
    if given.frame is None:
        return None
    if alone := rows_alone(given):
        id_, time = given.word("id"), given.word("time")
        return f"{alone}: rows are split by {time!r}, {id_!r} is left out; kind='series' overrides"
    if given.free_text:
        beside = len(learned(given))
        others = f"{beside} other{' holds' if beside == 1 else 's hold'} numbers, categories or dates"
        return f"column {given.free_text!r} holds free text and {others}; kind='text' reads the text alone"
    steps = numbered(given)[0]
    remark = "; its columns are only numbered: kind='series' where a row is one series" if steps else ""
    return f"it has columns of numbers, categories or dates{remark}"
