"""How data were read, for people, before anything learns from them: what `bestiary data` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from bestiary.rows.columns import Column
from bestiary.rows.shifts import shifts
from bestiary.rows.source import SPLITS, Source, Target
from bestiary.rows.splits import assign
from bestiary.rows.written import finite, labels, numbers, textual

LOOKED = 10_000  # rows
_HOW = ("", " is left out", " is not learned from")
SHOWN = 6  # classes, and words of a column, that are named


@dataclass(frozen=True)
class Read:
    """How one column was read.

    Attributes:
        name: of the column.
        role: what it means: "number", "boolean", "date", "category", "text" or "left out".
        missing: share of the training rows that were looked at whose cell is missing.
        values: their range, or their commonest words.
        remark: what was repaired, or why it is left out and which option overrides that.
    """

    name: str
    role: str
    missing: float
    values: str
    remark: str


@dataclass(frozen=True)
class Overview:
    """How data were read.

    Attributes:
        kind, reason: of the data, and why they were read so.
        rows: of each split that a race would make.
        target, task, why: what would be predicted, and why by this task.
        answers: classes or labels with the number of their rows, or a range of numbers.
        columns: of a table.
        suspects: columns that tell the target by themselves.
        notes: everything else that was guessed, left out or found odd.
    """

    kind: str
    reason: str
    rows: Mapping[str, int]
    target: str
    task: str
    why: str
    answers: str
    columns: Sequence[Read]
    suspects: Sequence[str]
    notes: Sequence[str]

    def words(self) -> dict[str, Any]:
        """Plain words, for JSON."""
        return asdict(self)


def overview(source: Source) -> Overview:
    """What a race would learn from, and how it was read.

    Args:
        source: from `bestiary.data.read`.

    Raises:
        InputError: when no column can be learned from.

    Example:
        >>> from bestiary.data.reading import read
        >>> flowers = overview(read("iris"))
        >>> flowers.kind, flowers.answers, flowers.columns[0].role
        ('table', 'setosa 50, versicolor 50, virginica 50', 'number')
    """
    splits = assign(source)
    found = [(name, int((splits == place).sum())) for place, name in enumerate(SPLITS)]
    columns: list[Read] = []
    notes = list(source.notes)
    if hasattr(source, "fit"):
        table: Any = source
        encoder = table.fit(splits)
        _, cells = table.rows.sample(splits == 0, LOOKED, table.rows.features)
        columns = [_read(column, cells) for column in encoder.columns]
        notes += [note for note in encoder.notes() if note not in notes]
        if source.held is not None or source.times is not None or source.groups is not None:
            _, tested = table.rows.sample(splits == 2, LOOKED, table.rows.features)
            notes += shifts(encoder.used, cells, tested)
    target = source.target
    told = {f"column {one.name!r}{how}: {one.remark}" for one in columns for how in _HOW}  # the table says so already
    return Overview(
        source.kind, source.reason, dict(found), target.name, target.problem, target.reason, _answers(source), columns,
        list(source.suspects), [note for note in notes if note not in told],
    )  # fmt: skip


def _answers(source: Source) -> str:
    target = source.target
    if target.several:
        return _each(target)
    if target.classes:
        counts = np.bincount(np.asarray(target.values), minlength=len(target.classes))
        order = np.argsort(-counts, kind="stable")[:SHOWN]
        shown = ", ".join(f"{target.classes[i]} {counts[i]:,}" for i in order)
        more = len(target.classes) - len(order)
        return shown + (f" and {more:,} more classes" if more else "")
    values = np.asarray(target.values)
    if not target.name or not len(values) or values.dtype.kind not in "fiu":
        return ""
    low, middle, high = (float(quantile) for quantile in np.quantile(values, (0, 0.5, 1)))
    return f"{low:.6g} to {high:.6g}, median {middle:.6g}"


def _each(target: Target) -> str:
    """How many rows have each label, or the range of each number."""
    values, names = np.asarray(target.values), target.classes or target.columns
    if target.classes:
        counts = values.sum(0, dtype=np.int64)
        order = np.argsort(-counts, kind="stable")[:SHOWN]
        shown = ", ".join(f"{names[i]} {counts[i]:,}" for i in order)
        more = f" and {len(names) - len(order):,} more labels" if len(names) > len(order) else ""
        return f"{shown}{more}; {values.sum(1).mean():.3g} labels a row"
    ranges = [(name, *np.quantile(values[:, place], (0, 0.5, 1))) for place, name in enumerate(names)]
    shown = "; ".join(f"{name} {low:.6g} to {high:.6g}, median {mid:.6g}" for name, low, mid, high in ranges[:SHOWN])
    return shown + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def _read(column: Column, cells: pa.Table) -> Read:
    if column.name not in cells.column_names:
        return Read(column.name, column.role, 0.0, "", column.reason)
    held = cells[column.name]
    text = labels(held)
    missing = text.null_count / max(1, len(text))
    if column.role == "number":  # marks such as `..` are missing too
        missing = float(np.isnan(finite(numbers(held, column.form))).mean())
    return Read(column.name, column.role, missing, _values(column, held, text), column.reason)


def _values(column: Column, held: pa.ChunkedArray, text: pa.Array) -> str:
    if column.extent:
        return column.extent + (", day first" if column.form == "day first" and textual(held.type) else "")
    counts = text.drop_null().value_counts()
    order = np.argsort(-counts.field("counts").to_numpy(), kind="stable")
    words = [counts.field("values")[int(i)].as_py() for i in order[: 1 if column.role == "text" else SHOWN]]
    shown = ", ".join(word if len(word) <= 24 else word[:21] + "..." for word in words)
    more = len(counts) - len(words)
    return shown + (f" and {more:,} more" if more else "")
