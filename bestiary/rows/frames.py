"""Rows in pieces, whatever holds them: CSV, TSV, Parquet, JSON lines, a pandas frame, arrays.

Every reader gives a `Frame`, which is read front to back as often as wanted; files of rows are never held whole.
Cells of a CSV file stay the text that was written; what a column means is decided in `columns.py`.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frame import COLUMNS, Frame, array_of, as_text, check_columns, flat, kept_as_text, words
from bestiary.rows.limits import Ration
from bestiary.rows.paths import checked_path

__all__ = ["Frame", "MemoryFrame", "frame_of", "open_any", "open_frame", "whole", "words"]

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", "unpack it and give the file inside"),
    (b"\x89PNG", "an image", "give a folder of images with one folder per class"),
    (b"\xff\xd8\xff", "an image", "give a folder of images with one folder per class"),
    (b"\x93NUMPY", "a NumPy array", "give the features and labels together as .npz"),
    (b"%PDF", "a PDF document", "export the data as CSV"),
    *(
        (b"\x80" + bytes([n]), "a Python pickle, which could run code and is never opened", "export as CSV")
        for n in range(2, 6)
    ),
)


_AS_TRAINED: ContextVar[tuple[str | None, str | None]] = ContextVar("as_trained", default=(None, None))


@contextlib.contextmanager
def as_trained(separator: str | None, encoding: str | None) -> Iterator[None]:
    """While it lasts, CSV files are read so where nothing else is said: as the file that a model has learned from."""
    token = _AS_TRAINED.set((separator, encoding))
    try:
        yield
    finally:
        _AS_TRAINED.reset(token)


def open_frame(source: object, separator: str | None = None, encoding: str | None = None) -> Frame:
    """Opens a path, a pandas frame, an Arrow table, a mapping of columns, or an array.

    Args:
        source: path of a CSV, TSV (also `.gz`), Parquet, JSON or JSON-lines file, or data in memory.
        separator: of a CSV file; detected among comma, semicolon, tab and bar unless given.
        encoding: of a CSV file; UTF-8, UTF-16 with a mark, or Windows-1252 is detected unless given.

    Returns:
        The frame. A file is told by its content, not its name.

    Raises:
        InputError: when it is none of these, is damaged, or has no rows.

    Example:
        >>> open_frame({"age": [3, 5], "name": ["a", "b"]}).columns
        ('age', 'name')
    """
    if isinstance(source, (str, Path)):
        return _open_path(checked_path(source), separator, encoding)
    if isinstance(source, pa.Table):
        return MemoryFrame("table", source)
    if isinstance(source, pd.Series):
        source = source.to_frame()
    if isinstance(source, pd.DataFrame):
        return MemoryFrame("frame", *_from_pandas(source))
    if isinstance(source, dict):
        return MemoryFrame("columns", *_from_columns(cast("dict[str, Sequence[object]]", source)))
    if isinstance(source, np.ndarray):
        return MemoryFrame("array", *_from_pandas(frame_of(source)))
    raise InputError(f"expected a path, a pandas frame or an array; received {type(source).__name__}")


def frame_of(array: NDArray[np.generic]) -> pd.DataFrame:
    """An array [N, F] or [N] as a frame with columns x0, x1, ..."""
    if array.ndim not in (1, 2):
        raise InputError(f"expected an array of rows and columns; received {array.ndim} axes: {array.shape}")
    table = array[:, None] if array.ndim == 1 else array
    return pd.DataFrame(table, columns=pd.Index([f"x{i}" for i in range(table.shape[1])]))


def _open_path(path: Path, separator: str | None, encoding: str | None) -> Frame:
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        from bestiary.rows.parquet_files import ParquetFrame

        return ParquetFrame(path)
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise InputError(f"expected a table (CSV, TSV, Parquet, JSON lines); {path.name} is {what}; {remedy}")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start in (b"{", b"[") and path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        from bestiary.rows.json_lines import JsonLinesFrame

        return JsonLinesFrame(path)
    from bestiary.rows.csv_files import CsvFrame

    usual = _AS_TRAINED.get()
    return CsvFrame(path, separator or usual[0], encoding or usual[1])


# ------------------------------------------------------------------------------------------------ in memory


@dataclass
class MemoryFrame:
    """An Arrow table that is in memory already."""

    name: str
    table: pa.Table
    notes: list[str] = field(default_factory=list)
    share: float = 0.0

    def __post_init__(self) -> None:
        self.columns = check_columns(self.name, self.table.column_names)
        self.table = self.table.rename_columns(list(self.columns))
        if not self.table.num_rows:
            raise InputError(f"{self.name} has no rows; expected at least one below the names of the columns")

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, 65,536 at a time."""
        table = self.table if columns is None else self.table.select(list(columns))
        for start in range(0, table.num_rows, 65_536):
            self.share = min(1.0, (start + 65_536) / table.num_rows)
            yield table.slice(start, 65_536)

    def lines(self) -> None:
        """None: its rows are on no lines."""


def _from_pandas(frame: pd.DataFrame) -> tuple[pa.Table, list[str]]:
    if len(frame.columns) > COLUMNS:
        check_columns("frame", [str(c) for c in frame.columns])
    arrays = [array_of(_simple(frame.iloc[:, i])) for i in range(frame.shape[1])]
    return _flat([str(c) for c in frame.columns], arrays)


def _simple(column: pd.Series) -> pd.Series:
    """Periods as the moments when they begin, spans of time as seconds, intervals as words; others as they are."""
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return column.dt.total_seconds()
    inner = column.cat.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    return column.astype(str) if isinstance(inner, pd.IntervalDtype) else column


def _from_columns(columns: dict[str, Sequence[object]]) -> tuple[pa.Table, list[str]]:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise InputError(f"columns must be equally long; received lengths {', '.join(map(str, sorted(lengths)))}")
    return _flat(list(columns), [array_of(values) for values in columns.values()])


def _flat(names: list[str], arrays: list[pa.Array]) -> tuple[pa.Table, list[str]]:
    arrays = [as_text(array) if kept_as_text(name, array.type) else array for name, array in zip(names, arrays)]
    nested = [name for name, array in zip(names, arrays) if not flat(array.type)]
    notes = [f"column {name!r} is left out: its cells hold lists, objects or bytes" for name in nested]
    kept = [(name, array) for name, array in zip(names, arrays) if flat(array.type)]
    return pa.table([array for _, array in kept], names=[name for name, _ in kept]), notes


def whole(frame: Frame, columns: Sequence[str] | None = None, weight: float = 1.0) -> pa.Table:
    """All rows of a frame in memory, for kinds that need them at once.

    Args:
        frame: read from front to back.
        columns: only these.
        weight: bytes that each byte of a column will take, what is made of it included.

    Raises:
        InputError: when they take more than reading may.
    """
    ration = Ration(frame.name, "give fewer rows or columns")
    held = []
    for piece in frame.chunks(columns):
        ration.take(weight * piece.nbytes)
        held.append(piece)
    return pa.concat_tables(held, promote_options="permissive")


def open_any(source: object, separator: str | None = None, encoding: str | None = None) -> Frame:
    """A frame as it is, or anything that `open_frame` takes."""
    return source if hasattr(source, "chunks") else open_frame(source, separator, encoding)  # pyright: ignore[reportReturnType]
