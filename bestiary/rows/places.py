"""Where a row stands in what the person gave: on which line of a text file it begins, else which number it has.

The first row below a line of names is on line 2. A row that has line breaks in quotation marks takes several lines, and
empty lines hold no row, so lines are looked for in the file itself where it has more lines than rows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from bestiary.rows.frame import Frame

SEARCHED = 256 << 20  # bytes of a file, as it is unpacked, in which lines are looked for

Place = Callable[[int], str]
"""The place of a row in words, from its number."""


def said(row: int, line: int = 0) -> str:
    """The place of a row in words.

    Args:
        row: its number, from 0.
        line: on which it begins; 0 where there are no lines.

    Example:
        >>> said(5, line=7), said(5)
        ('line 7', 'row 5 (counted from 0)')
    """
    return f"line {line:,}" if line else f"row {row:,} (counted from 0)"


def place(frame: Frame, row: int) -> str:
    """The place of a row of a frame in words; `row` counts from 0."""
    lines = frame.lines()
    return said(row, 0 if lines is None or row >= len(lines) else int(lines[row]))


def stacked(first: Frame, second: Frame) -> NDArray[np.int64] | None:
    """The lines of the rows of one frame, then those of another; 0 for rows that are on none."""
    above, below = first.lines(), second.lines()
    if above is None and below is None:
        return None
    if above is None:
        above = np.zeros(sum(piece.num_rows for piece in first.chunks(first.columns[:1])), np.int64)
    return np.concatenate([above, np.empty(0, np.int64) if below is None else below])


class LineCount:
    """Counts the lines of a text up to the last one that is not empty; a line ends with LF, CR or both.

    Example:
        >>> count = LineCount()
        >>> count.add("a,b\\r")
        >>> count.add("\\n1,2\\n\\n")
        >>> count.filled
        2
    """

    def __init__(self) -> None:
        self.filled = self._ended = 0
        self._held = ""

    def add(self, text: str) -> None:
        """The next piece of the text."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""  # a LF may follow
        text = text[: len(text) - len(self._held)]
        if kept := text.rstrip("\r\n"):
            self.filled = self._ended + _ends(kept) + 1
        self._ended += _ends(text)


def _ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def begins(file: TextIO, separator: str) -> Iterator[int]:
    """The lines on which the rows of a CSV file begin, that of the names included; empty lines are none.

    Args:
        file: opened with `newline=""`.
        separator: between its cells.

    Raises:
        csv.Error: for cells longer than the csv module takes.

    Example:
        >>> import io
        >>> list(begins(io.StringIO('a,b\\n1,"two\\nlines"\\n\\n2,3\\n'), ","))
        [1, 2, 5]
    """
    reader, before = csv.reader(file, delimiter=separator), 0
    for row in reader:
        if row:
            yield before + 1
        before = reader.line_num
