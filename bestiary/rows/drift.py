"""What is different about new rows: columns missing, new, of another type, with unknown words or far-off values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError, nearest
from bestiary.rows.columns import Column
from bestiary.rows.written import labels

FAR = 0.5  # of the width of the training range, beyond either end of it


@dataclass
class Drift:
    """Counts, piece by piece, how new rows differ from training rows; `warnings()` tells it by column name.

    Attributes:
        columns: as trained.
        ignored: names that were left out in training, the target included: they may be there or not.
    """

    columns: Sequence[Column]
    ignored: Sequence[str] = ()
    rows: int = 0
    lines: list[str] = field(default_factory=list)
    _alien: Counter[str] = field(default_factory=Counter)
    _far: Counter[str] = field(default_factory=Counter)
    _gaps: Counter[str] = field(default_factory=Counter)
    _unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def header(self, received: Sequence[str]) -> None:
        """Compares the names of columns; `InputError` when none that is needed is there."""
        needed = [column.name for column in self.columns]
        missing = [name for name in needed if name not in received]
        if len(missing) == len(needed):
            shown = ", ".join(needed[:8]) + (" ..." if len(needed) > 8 else "")
            raise InputError(
                f"expected the columns trained on ({shown}); received none of them, only {', '.join(received[:8])}"
            )
        new = [name for name in received if name not in needed and name not in self.ignored]
        self.lines += [
            f"column {name!r} is missing; its usual value is assumed in every row{nearest(name, new)}"
            for name in missing
        ]
        self.lines += [f"column {name!r} was not there in training; it is ignored" for name in new]

    def numeric(self, column: Column, cells: pa.ChunkedArray, values: NDArray[np.float64]) -> None:
        """Counts cells of a number, boolean or date column that could not be read or lie far outside."""
        gone = np.isnan(values)
        empty = labels(cells).null_count if gone.any() else 0
        self._alien[column.name] += int(gone.sum()) - min(empty, int(gone.sum()))
        self._gaps[column.name] += 0 if column.gaps else empty
        if column.role in ("number", "date"):
            room = FAR * (column.high - column.low)
            with np.errstate(invalid="ignore"):
                far = (values < column.low - room) | (values > column.high + room)
            self._far[column.name] += int(far.sum())

    def category(self, column: Column, text: NDArray[np.object_], missing: int) -> None:
        """Counts words that training rows did not have."""
        self._gaps[column.name] += 0 if column.gaps else missing
        seen = self._unknown.setdefault(column.name, Counter())
        known = set(column.known)
        fresh = Counter(word for word in text if word is not None and word not in known)
        if len(seen) < 10_000:
            seen.update(fresh)

    def warnings(self) -> list[str]:
        """One line a finding, the names of columns in it."""
        return [*self.lines, *(line for column in self.columns for line in self._of(column))]

    def _of(self, column: Column) -> list[str]:
        name, lines = f"column {column.name!r}", []
        kind = {"number": "numbers", "date": "dates"}.get(column.role, " or ".join(column.known))
        if alien := self._alien[column.name]:
            share = "of another type: " if alien > 0.5 * self.rows else ""
            lines.append(f"{name} is {share}not {kind} in {self._rows(alien)}; they count as missing")
        if far := self._far[column.name]:
            what = f"{column.low:g} to {column.high:g}" if column.role == "number" else "its dates"
            lines.append(f"{name} is far outside the range of the training rows ({what}) in {self._rows(far)}")
        if gaps := self._gaps[column.name]:
            lines.append(f"{name} is missing in {self._rows(gaps)}; it was never missing in training")
        unknown = self._unknown.get(column.name)
        if unknown and not column.rare:
            shown = ", ".join(repr(word[:30]) for word, _ in unknown.most_common(3))
            lines.append(f"{name} has words that training rows did not have ({shown}) in {self._rows(unknown.total())}")
        return lines

    def _rows(self, count: int) -> str:
        return f"{count:,} of {self.rows:,} rows"
