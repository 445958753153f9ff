"""Parquet files: read in pieces that weigh little, whatever a cell weighs.

A Parquet file of two kilobytes can say "this megabyte, a million times". Columns of text are therefore kept as Arrow
reads them, each word once and its number in every row, until a piece is handed out; and a piece has as many rows as
weigh eight megabytes when they are written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bestiary.errors import InputError
from bestiary.rows.frame import ROWS, as_text, check_columns, flat, kept_as_text
from bestiary.rows.weighing import WEIGHT, Scales, is_text, whole

MOST_ROWS = 16_384  # of a piece
CELLS = 500_000  # of a piece
_BUFFER = 1 << 16


class ParquetFrame:
    """A Parquet file, read a few thousand rows at a time.

    Args:
        path: of the file.

    Raises:
        InputError: for a damaged file, one without rows, and for one whose rows weigh more than reading may take.
    """

    def __init__(self, path: Path) -> None:
        self.name, self.notes, self.share, self._path, self._words = path.name, [], 0.0, path, []
        self._size = path.stat().st_size
        with whole(self.name, "Parquet"), self._file() as file:
            schema, self.rows = file.schema_arrow, file.metadata.num_rows
            self._average = _average(file.metadata)
        if self.rows > ROWS:
            raise InputError(f"at most {ROWS:,} rows can be read; {path.name} says it has {self.rows:,}")
        if self.rows <= 0:
            raise InputError(f"{path.name} has no rows")
        names = check_columns(path.name, schema.names)
        types = {name: schema.field(written).type for name, written in zip(names, schema.names)}
        self._lists = [name for name, kind in types.items() if kept_as_text(name, kind)]
        readable = {name for name, kind in types.items() if flat(kind) or name in self._lists}
        kept = [(name, written) for name, written in zip(names, schema.names) if name in readable]
        gone = [name for name in names if name not in readable]
        self.notes += [f"column {name!r} is left out: its cells hold lists, objects or bytes" for name in gone]
        self._written = dict(kept)
        self._words = [written for _, written in kept if is_text(schema.field(written).type)]
        self.columns = tuple(self._written)

    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._path, pre_buffer=False, buffer_size=_BUFFER, read_dictionary=self._words)

    def lines(self) -> None:
        """None: its rows are on no lines."""

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, at most 16,384, about half a million cells and eight megabytes at a time."""
        names = list(self.columns if columns is None else columns)
        light = WEIGHT / max(1.0, sum(self._average.get(self._written[name], 0.0) for name in names))
        rows = int(max(1, min(light, MOST_ROWS, max(256, CELLS // max(1, len(names))))))
        given, scales = 0, Scales(self.name, self._size)
        with whole(self.name, "Parquet"), self._file() as file:
            written = [self._written[name] for name in names]
            for batch in file.iter_batches(rows, columns=written, use_threads=False):
                batch.validate(full=True)  # words that are no UTF-8, and numbers of words that there are not
                table = pa.Table.from_batches([batch]).select(written).rename_columns(names)
                for piece in scales.light(table):
                    given += piece.num_rows
                    self.share = given / self.rows
                    yield self._without_lists(piece)

    def _without_lists(self, table: pa.Table) -> pa.Table:
        """The same, with lists as text."""
        for name in set(self._lists) & set(table.column_names):
            place = table.column_names.index(name)
            table = table.set_column(place, name, as_text(table[name]))
        return table


def _average(metadata: pq.FileMetaData) -> dict[str, float]:
    """Bytes of a row in each column, as the file says, in the row group where they are most."""
    found: dict[str, float] = {}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            weight = column.total_uncompressed_size / max(1, group.num_rows)
            name = column.path_in_schema
            found[name] = max(found.get(name, 0.0), weight)
    return found
