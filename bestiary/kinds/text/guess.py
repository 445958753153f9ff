"""Whether texts were given."""

from __future__ import annotations

import numpy as np

from bestiary.rows.columns import describe
from bestiary.rows.given import LOOKED, Given

OTHERS = 3  # columns that may stand beside a text before it is a table


def guess(given: Given) -> str | None:
    """A column of free text that was named, or that few others stand beside."""
    if given.word("text"):
        return f"column {given.word('text')!r} was named as text"
    if given.frame is None or given.free_text is None or len(learned(given)) > OTHERS:
        return None
    return f"column {given.free_text!r} holds free text"


def learned(given: Given) -> list[str]:
    """The columns beside the text that can be learned from."""
    places = np.arange(given.opening.num_rows)
    rest = [name for name in given.others[:LOOKED] if name != given.free_text]
    return [name for name in rest if describe(name, given.opening[name], places).role != "left out"]
