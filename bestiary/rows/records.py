"""Rows as objects of names and values, read once and kept as Arrow batches in a temporary file.

Parsing takes longer than reading Arrow, and a table is read several times. What type a column has is known only
when all its cells have been seen; so every batch is written as it is found and brought to the column's type when read.

Objects may all have different names: a table has a cell for every name in every row, so a megabyte of such lines would
be a table of billions of empty cells. Batches have few cells, whatever the names, and a table that is nearly all empty
is refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frame import COLUMNS, ROWS, array_of, check_columns, flat, texts, written
from bestiary.rows.limits import need_temporary

CELL = 16  # bytes of a cell in `by_name`, and of what is made of it
_BATCH = 1 << 20  # bytes of objects that are parsed at once
_CELLS = 1_000_000  # of a batch
EMPTY, SURELY = 500, 20_000_000
"""A table of more than so many cells, of which not one in 500 is filled, is refused."""

Record = dict[str, object]


class RecordFrame:
    """Objects of names and values; the columns are all names that occur, in the order in which they do.

    A name that an object lacks is a missing cell. Where cells of a column are of several types, numbers are floats and
    all else is text.

    Args:
        name: of the file.
        objects: and about the bytes of each.
        lines: on which each object begins; None where they are on no lines.

    Raises:
        InputError: for files without rows, and for tables that are empty but for a few cells.
    """

    def __init__(
        self,
        name: str,
        objects: Iterable[tuple[Record, int]],
        lines: Callable[[], NDArray[np.int64] | None] = lambda: None,
    ) -> None:
        self.name, self.notes, self.share, self._lines = name, [], 0.0, lines
        self._types: dict[str, pa.DataType] = {}
        self._batches: list[tuple[int, int]] = []  # where each begins in the file, and its bytes
        self._file = tempfile.TemporaryFile("w+b", buffering=0, prefix="bestiary-")  # noqa: SIM115 (closes itself)
        self._filled = 0
        self.rows = 0
        for records in batches(objects):
            self.rows += len(records)
            if self.rows > ROWS:
                raise InputError(f"at most {ROWS:,} rows can be read; {self.name} has more")
            self._keep(records)
        if not self.rows:
            raise InputError(f"{self.name} has no rows; expected at least one object")
        nested = [name for name, kind in self._types.items() if not flat(kind)]
        self.notes += [f"column {name!r} is left out: its cells hold lists, objects or bytes" for name in nested]
        self._types = {name: kind for name, kind in self._types.items() if flat(kind)}
        self._names = dict(zip(check_columns(self.name, list(self._types)), self._types))
        self.columns = tuple(self._names)

    def _keep(self, records: list[dict[str, object]]) -> None:
        columns = by_name(records)
        if len(columns) + len(self._types) > 2 * COLUMNS or len({*columns, *self._types}) > COLUMNS:
            raise InputError(f"at most {COLUMNS:,} columns can be read; {self.name} has more; leave some out")
        table = pa.table([array_of(written(*one)) for one in columns.items()], names=list(columns))
        for field in table.schema:
            self._types[field.name] = _common(self._types.get(field.name, pa.null()), field.type)
        self._filled += sum(map(len, records))
        check_filled(self.rows, len(self._types), self._filled, self.name)
        need_temporary(table.nbytes, f"reading {self.name}", "give fewer rows")
        start = self._file.seek(0, 2)
        with pa.ipc.new_stream(self._file, table.schema) as stream:
            stream.write_table(table)
        self._batches.append((start, self._file.tell() - start))

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, a megabyte of the file and a million cells at a time."""
        wanted = list(self.columns if columns is None else columns)
        rows = max(1, _CELLS // max(1, len(wanted)))
        for number, (start, size) in enumerate(self._batches, 1):
            self.share = number / len(self._batches)
            self._file.seek(start)
            batch = pa.ipc.open_stream(self._file.read(size)).read_all()
            for first in range(0, batch.num_rows, rows):
                table = batch.slice(first, rows)
                there = set(table.column_names)
                arrays = [
                    _as(table, self._names[name], self._types[self._names[name]], self._names[name] in there)
                    for name in wanted
                ]
                yield pa.table(arrays, names=wanted)

    def lines(self) -> NDArray[np.int64] | None:
        """The line of each object; None where they are on no lines."""
        lines = self._lines()
        return lines if lines is not None and len(lines) == self.rows else None


def by_name(records: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The cells of each name, None where a record lacks it; names in the order in which they occur.

    Example:
        >>> by_name([{"a": 1}, {"b": 2, "a": 3}])
        {'a': [1, 3], 'b': [None, 2]}
    """
    columns: dict[str, list[object]] = {}
    for row, record in enumerate(records):
        for name, cell in record.items():
            cells = columns.get(name)
            if cells is None:
                cells = columns[name] = [None] * len(records)
            cells[row] = cell
    return columns


def check_filled(rows: int, names: int, filled: int, file: str) -> None:
    """Refuses a table that is nearly all empty: objects whose names are nearly all different.

    Raises:
        InputError: for more than 20 million cells of which not one in 500 is filled.
    """
    cells = rows * names
    if cells > SURELY and cells > EMPTY * filled:
        raise InputError(
            f"objects with the same names are expected in {file}; {rows:,} of them have {names:,} names, so that only "
            f"one in {cells // max(1, filled):,} cells of the table would be filled; give fewer names"
        )


def batches(objects: Iterable[tuple[Record, int]]) -> Iterator[list[Record]]:
    """Objects, as many at a time as have a megabyte and make a million cells.

    Args:
        objects: and the bytes of each.
    """
    records: list[Record] = []
    names: set[str] = set()
    size = 0
    for record, length in objects:
        names.update(record)
        records.append(record)
        size += length
        if size > _BATCH or len(records) * len(names) > _CELLS:
            yield records
            records, names, size = [], set(), 0
    if records:
        yield records


def _common(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    """The type of a column that has cells of both; lists and objects remain unless other cells are words."""
    if first == second or pa.types.is_null(second):
        return first
    if pa.types.is_null(first) or not (flat(first) or flat(second)):
        return second
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (first, second))
    return pa.float64() if numbers else pa.string()


def _as(table: pa.Table, name: str, kind: pa.DataType, there: bool) -> pa.ChunkedArray | pa.Array:
    if not there:
        return pa.nulls(table.num_rows, kind)
    column = table[name]
    if column.type == kind:
        return column
    return texts(column.to_pylist()) if pa.types.is_string(kind) else column.cast(kind, safe=False)
