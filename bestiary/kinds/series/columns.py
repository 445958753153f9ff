"""Which columns of a table hold the numbers of series, decided piece by piece; then their numbers, piece by piece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frames import Frame
from bestiary.rows.many_columns import together
from bestiary.rows.rows import pieces_of
from bestiary.rows.written import LARGEST, labels

STRAY = 0.05  # share of cells that may be no number before a column stops being one of numbers
Look = Callable[[pa.Table], None]
_FORMS = ("plain", "decimal comma")


class Numeric:
    """The columns of a frame that hold numbers: the known ones, or all in which all but a few cells are numbers.

    A frame is read once to look at every column, and again only where some are no plain numbers, which may be written
    with a decimal comma.

    Args:
        frame: the table.
        candidates: columns that may hold numbers.
        known: those that were trained on; empty when that is to be decided.
        look: what else is to be done with every piece, which then has all columns of the frame.

    Raises:
        InputError: when none holds numbers, when none is known, and for infinite values.

    Attributes:
        names: of the columns that are read, in order.
        notes: on the others.
    """

    def __init__(self, frame: Frame, candidates: list[str], known: tuple[str, ...], look: Look | None = None) -> None:
        self.forms: dict[str, str] = {}
        there = [name for name in known or candidates if name in candidates]
        for form in _FORMS:
            unread = [name for name in there if name not in self.forms]
            if unread or form == "plain":
                self._read(frame, unread, form, look if form == "plain" else None)
        self.names = list(known) or [name for name in candidates if name in self.forms]
        self.notes = _notes(candidates, known, self.names)
        if not self.names:
            raise InputError(
                f"expected columns of numbers; {_few(candidates) or 'no other column'} holds none; check the columns"
            )

    def _read(self, frame: Frame, columns: list[str], form: str, look: Look | None) -> None:
        filled, read, infinite = (np.zeros(len(columns), dtype=np.int64) for _ in range(3))
        for piece in pieces_of(frame, None if look else columns):
            if look:
                look(piece)
            values = together(piece, columns, form)
            known = ~np.isnan(values)
            read += known.sum(axis=0)
            infinite += (np.abs(values) > LARGEST).sum(axis=0)
            filled += piece.num_rows
            for place in np.flatnonzero(~known.all(axis=0)):
                filled[place] -= labels(piece[columns[place]]).null_count
        for place in np.flatnonzero(read >= (1 - STRAY) * filled):
            self.forms[columns[place]] = form
            if infinite[place]:
                raise InputError(
                    f"values must be finite; the column {columns[place]!r} has infinite ones; correct them or leave "
                    "them empty"
                )

    def take(self, piece: pa.Table) -> NDArray[np.float64]:
        """The numbers of a piece [n, C], NaN where a cell is missing or no number."""
        values = np.full((piece.num_rows, len(self.names)), np.nan)
        for form in _FORMS:
            places = [place for place, name in enumerate(self.names) if self.forms.get(name) == form]
            values[:, places] = together(piece, [self.names[place] for place in places], form)
        return values


def _notes(columns: list[str], known: tuple[str, ...], read: list[str]) -> list[str]:
    if not known:
        wordy = [name for name in columns if name not in read]
        return [f"columns that hold no numbers, left out: {_few(wordy)}"] if wordy else []
    absent = [name for name in known if name not in columns]
    new = [name for name in columns if name not in known]
    if len(absent) == len(known):
        raise InputError(
            f"expected the columns {_few(list(known))}; received {_few(columns)}; rename them as in training"
        )
    notes = [f"columns missing, filled in: {_few(absent)}"] if absent else []
    return notes + ([f"columns that were not trained on, left out: {_few(new)}"] if new else [])


def _few(names: list[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
