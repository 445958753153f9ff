"""Feather and Arrow files, read a batch at a time; a batch that was not packed stays where it lies on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from bestiary.errors import InputError
from bestiary.rows.frame import ROWS, check_columns, flat
from bestiary.rows.limits import Ration
from bestiary.rows.weighing import Scales, whole

MAGIC = b"ARROW1"
CELLS = 500_000  # of a piece


class FeatherFrame:
    """An Arrow file in the form for random access, which Feather (version 2) writes.

    Args:
        path: of the file.

    Raises:
        InputError: for a damaged file, one without rows, and for one whose batches take more memory than reading may.
    """

    def __init__(self, path: Path) -> None:
        self.name, self.notes, self.share, self._path = path.name, [], 0.0, path
        self._size = path.stat().st_size
        with whole(self.name, "Feather"), self._open() as file:
            schema, self._batches = file.schema, file.num_record_batches
        names = check_columns(path.name, schema.names)
        fits = [flat(schema.field(place).type) for place in range(len(names))]
        gone = [name for name, fit in zip(names, fits) if not fit]
        self.notes += [f"column {name!r} is left out: its cells hold lists, objects or bytes" for name in gone]
        self._places = {name: place for place, (name, fit) in enumerate(zip(names, fits)) if fit}
        self._written = dict(zip(names, schema.names))
        self.columns = tuple(self._places)
        if not self.columns or not any(piece.num_rows for piece in self.chunks(self.columns[:1])):
            raise InputError(f"{path.name} has no rows")

    @contextlib.contextmanager
    def _open(self, places: Sequence[int] = ()) -> Iterator[pa.ipc.RecordBatchFileReader]:
        options = pa.ipc.IpcReadOptions(included_fields=list(places), use_threads=False)
        with pa.memory_map(str(self._path)) as raw, pa.ipc.open_file(raw, options=options) as file:
            yield file

    def lines(self) -> None:
        """None: its rows are on no lines."""

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, half a million cells and eight megabytes at a time."""
        names = list(self.columns if columns is None else columns)
        written = [self._written[name] for name in names]
        step, rows = max(1, CELLS // max(1, len(names))), 0
        scales = Scales(self.name, self._size)
        with whole(self.name, "Feather"), self._open(sorted(self._places[name] for name in names)) as file:
            for number in range(self._batches):
                batch = file.get_batch(number)
                Ration(f"a batch of {self.name}", "save it in smaller batches (chunksize=)").take(batch.nbytes)
                batch.validate(full=True)  # words that are no UTF-8, and numbers of words that there are not
                rows += batch.num_rows
                if rows > ROWS:
                    raise InputError(f"at most {ROWS:,} rows can be read; {self.name} has more")
                table = pa.Table.from_batches([batch]).select(written)
                table = pa.table([_strings(column) for column in table.columns], names=names)
                for start in range(0, table.num_rows, step):
                    self.share = number / self._batches
                    yield from scales.light(table.slice(start, step))


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column
