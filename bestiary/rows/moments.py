"""When each row happened: a column of numbers, or of dates whose form is decided from all of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.rows.written import DateForm, days, numbers


class Moments:
    """Collects a column of times piece by piece: numbers, or dates whose form is decided from the whole column.

    Args:
        name: of the column.
        asked: "day first" or "month first" when the person has said so.
    """

    def __init__(self, name: str, asked: str | None = None) -> None:
        self.name, self.asked = name, asked
        self.notes: list[str] = []
        self._numbers: list[NDArray[np.float64]] = []
        self._dates: dict[str, list[NDArray[np.float64]]] = {"plain": [], "day first": []}
        self._form = DateForm()

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of the column."""
        read = numbers(column)
        self._numbers.append(read)
        for form, held in self._dates.items():
            held.append(days(column, form) if np.isnan(read).any() else np.full(len(read), np.nan))
        self._form.add(column)

    def finish(self) -> NDArray[np.float64]:
        """Numbers, or days since 1970, of all rows [N]; NaN where a row has neither."""
        values = np.concatenate(self._numbers) if self._numbers else np.empty(0)
        if not np.isnan(values).any():
            return values
        form, remark = self._form.decide(self.asked)
        found = np.concatenate(self._dates[form])
        if np.isnan(found).sum() >= np.isnan(values).sum():
            return values
        self.notes += [f"column {self.name!r}: {remark}"] if remark else []
        return found
