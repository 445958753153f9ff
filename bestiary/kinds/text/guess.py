"""Whether texts were given."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bestiary.rows.columns import describe
from bestiary.rows.given import LOOKED, Given
from bestiary.rows.written import labels

OTHERS = 3  # columns that may stand beside a long text before it is a table
LONG = 20  # words of a cell, on average, from which on a text is long


def guess(given: Given) -> str | None:
    """A column of free text that was named, that stands alone, or that is long and has few others beside it."""
    if given.word("text"):
        return f"column {given.word('text')!r} was named as text"
    if given.frame is None or given.free_text is None:
        return None
    beside = learned(given)
    if len(beside) > OTHERS or (beside and words_a_cell(given.opening[given.free_text]) < LONG):
        return None
    return f"column {given.free_text!r} holds free text"


def learned(given: Given) -> list[str]:
    """The columns beside the text that can be learned from."""
    places = np.arange(given.opening.num_rows)
    rest = [name for name in given.others[:LOOKED] if name != given.free_text]
    return [name for name in rest if describe(name, given.opening[name], places).role != "left out"]


def words_a_cell(cells: pa.ChunkedArray) -> float:
    """How many words a cell that is not empty holds on average."""
    return pc.mean(pc.count_substring_regex(labels(cells).drop_null(), r"\S+")).as_py() or 0.0
