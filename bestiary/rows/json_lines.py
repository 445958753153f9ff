"""JSON lines: a file of one object a line, read once and kept as Arrow batches in a nameless temporary file.

Parsing JSON takes longer than reading Arrow, and a table is read several times. What type a column has is known only
when all its cells have been seen; so every batch is written as it is found and brought to the column's type when read.
"""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from bestiary.errors import InputError
from bestiary.rows.csv_files import LONGEST
from bestiary.rows.frames import COLUMNS, ROWS, array_of, check_columns, flat, texts

_BATCH = 1 << 20  # bytes of lines that are parsed at once


class JsonLinesFrame:
    """A file of one JSON object a line; the columns are all names that occur, in the order in which they do.

    A name that an object lacks is a missing cell. Where cells of a column are of several types, numbers are floats and
    all else is text.

    Args:
        path: of the file.

    Raises:
        InputError: for lines that are no objects or longer than 4 MB, and for files without rows.
    """

    def __init__(self, path: Path) -> None:
        self.name, self.notes = path.name, []
        self._types: dict[str, pa.DataType] = {}
        self._batches: list[tuple[int, int]] = []  # where each begins in the file, and its bytes
        self._file = tempfile.TemporaryFile("w+b", buffering=0, prefix="bestiary-")  # noqa: SIM115 (closes itself)
        rows = 0
        for records in _records(path):
            rows += len(records)
            if rows > ROWS:
                raise InputError(f"at most {ROWS:,} rows can be read; {self.name} has more")
            self._keep(records)
        nested = [name for name, kind in self._types.items() if not flat(kind)]
        self.notes += [f"column {name!r} is left out: its cells hold lists, objects or bytes" for name in nested]
        self._types = {name: kind for name, kind in self._types.items() if flat(kind)}
        self._names = dict(zip(check_columns(self.name, list(self._types)), self._types))
        self.columns = tuple(self._names)

    def _keep(self, records: list[dict[str, object]]) -> None:
        names = list(dict.fromkeys(name for record in records for name in record))
        if len(names) + len(self._types) > 2 * COLUMNS or len({*names, *self._types}) > COLUMNS:
            raise InputError(f"at most {COLUMNS:,} columns can be read; {self.name} has more; leave some out")
        table = pa.table([array_of([record.get(name) for record in records]) for name in names], names=names)
        for field in table.schema:
            self._types[field.name] = _common(self._types.get(field.name, pa.null()), field.type)
        start = self._file.seek(0, 2)
        with pa.ipc.new_stream(self._file, table.schema) as stream:
            stream.write_table(table)
        self._batches.append((start, self._file.tell() - start))

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, a megabyte of the file at a time."""
        wanted = list(self.columns if columns is None else columns)
        for start, size in self._batches:
            self._file.seek(start)
            table = pa.ipc.open_stream(self._file.read(size)).read_all()
            arrays = [_as(table, self._names[name], self._types[self._names[name]]) for name in wanted]
            yield pa.table(arrays, names=wanted)


def _records(path: Path) -> Iterator[list[dict[str, object]]]:
    """The objects of a file, as many at a time as a megabyte of its lines has."""
    records: list[dict[str, object]] = []
    size = 0
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST + 1), b""), 1):
            if len(line) > LONGEST:
                raise InputError(f"a line may have {LONGEST >> 20} MB; line {number:,} of {path.name} has more; cut it")
            if text := line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").strip():
                records.append(_object(text, number, path.name))
            size += len(line)
            if size > _BATCH:
                yield records
                records, size = [], 0
    if records:
        yield records


def _object(text: bytes, number: int, name: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as reason:
        raise InputError(
            f"expected one JSON object per line in {name}; line {number:,}: {reason}; correct that line"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"expected JSON objects (names and values) in {name}; line {number:,} is something else")
    return found


def _common(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    """The type of a column that has cells of both; lists and objects remain unless other cells are words."""
    if first == second or pa.types.is_null(second):
        return first
    if pa.types.is_null(first) or not (flat(first) or flat(second)):
        return second
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (first, second))
    return pa.float64() if numbers else pa.string()


def _as(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    column = table[name]
    if column.type == kind:
        return column
    return texts(column.to_pylist()) if pa.types.is_string(kind) else column.cast(kind, safe=False)
