"""How a cell holds several labels: a list as JSON or Python write it, or words with a separator between them."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.rows.columns import short
from bestiary.rows.written import MISSING, numbers

LOOKED = 4_096  # rows that decide how lists are written
LONGEST = 20_000  # characters of a list
CLEAR = (";", "|")  # between words: a sign of lists where nobody has asked for labels
ASKED = (*CLEAR, ",")
SHARE = 0.1  # of the cells have the separator
AGAIN = 5  # times that each word occurs on average
WORD = 40  # characters of one


@dataclass(frozen=True)
class Layout:
    """How lists of labels are written.

    Attributes:
        separator: between words; "" for lists in brackets.
        reason: why cells are taken for lists, for people.
    """

    separator: str
    reason: str

    def parts(self, name: str, cell: str) -> list[str]:
        """The labels of a cell.

        Args:
            name: of the column, for messages.
            cell: not empty.

        Raises:
            InputError: for a cell that is no list.

        Example:
            >>> Layout(";", "").parts("tags", "red; blue;"), Layout("", "").parts("tags", '["red", 3]')
            (['red', 'blue'], ['red', '3'])
        """
        if self.separator:
            return [word for part in cell.split(self.separator) if (word := part.strip())]
        found = _listed(cell)
        if found is None:
            raise InputError(
                f'expected a list of labels such as ["a", "b"] in every cell of {name!r}; received {short(cell)}; '
                "correct it, or empty the cell"
            )
        return found


def _listed(cell: str) -> list[str] | None:
    """The words of a list in brackets; None where it is none."""
    if not (cell.startswith("[") and cell.endswith("]")) or len(cell) > LONGEST:
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(cell)  # as Python prints lists; nothing is run
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(found, list) or not all(isinstance(one, str | int | float | bool) for one in found):
        return None
    return [word for one in found if (word := str(one).strip())]


def layout_of(name: str, cells: pa.Array, asked: bool) -> Layout | None:
    """How the cells of a column hold lists; None where they hold none.

    Args:
        name: of the column.
        cells: its first rows, as text.
        asked: whether the person has said that it holds labels.

    Raises:
        InputError: when it was asked for, and no cell holds two labels.

    Example:
        >>> tags = pa.array(["red;round", "red", "round", "red;round", "red"] * 3)
        >>> layout_of("tags", tags, asked=False).separator
        ';'
        >>> layout_of("code", pa.array(["a;b", "c;d", "a;d"] * 9), asked=False) is None
        True
    """
    words = [cell for cell in cells.slice(0, LOOKED).to_pylist() if cell is not None and cell not in MISSING]
    if words and all(_listed(cell) is not None for cell in words):
        return Layout("", f"the cells of {name!r} are lists")
    if asked:
        found = max(ASKED, key=lambda separator: sum(separator in word for word in words))
        if not any(found in word for word in words):
            raise InputError(
                f'expected several labels in cells of {name!r}, as ["a", "b"], a;b or a|b; none of its first '
                f"{len(words):,} cells has more than one; leave the task out, or name several columns of 0 and 1"
            )
        return Layout(found, f"as asked; labels of {name!r} are separated by {found!r}")
    for separator in CLEAR:
        if _clear(words, separator):
            told = f"cells of {name!r} hold words separated by {separator!r} that come back in other cells"
            return Layout(separator, f"{told}; `problem={tasks.by_target('classes')}` overrides")
    return None


def _clear(cells: Sequence[str], separator: str) -> bool:
    """Whether cells are lists beyond doubt: of different lengths, made of a few short words that come back often."""
    if sum(separator in cell for cell in cells) < SHARE * max(1, len(cells)):
        return False
    lists = [[word for part in cell.split(separator) if (word := part.strip())] for cell in cells]
    counts = Counter(word for words in lists for word in words)
    often = counts.total() >= AGAIN * len(counts) and len(counts) < len(set(cells))
    several = len({len(words) for words in lists}) > 1 and all(len(set(words)) == len(words) for words in lists)
    plain = all(len(word) <= WORD for word in counts)
    return several and often and plain and _worded(counts)


def _worded(counts: Counter[str]) -> bool:
    """Whether some are words: numbers with a separator are coordinates or prices as often as labels."""
    return bool(np.isnan(numbers(pa.array(list(counts)))).any())
