"""A text on a page: how it begins."""

from __future__ import annotations

import numpy as np

from bestiary.rows.showing import Read, Shown

BYTES = 2_000


def show(read: Read, row: int) -> Shown:
    """The text of a row."""
    content, offsets = read("bytes"), read("offsets")
    if content is None or offsets is None:
        return Shown()
    start, stop = int(offsets[row]), int(offsets[row + 1])
    raw = np.asarray(content[start : min(stop, start + BYTES)]).tobytes()
    return Shown(raw.decode("utf-8", errors="replace"))
