"""Rows in pieces, whatever holds them: CSV, TSV, Parquet, Feather, JSON, Excel, a pandas frame, arrays.

Every reader gives a `Frame`, which is read front to back as often as wanted; files of rows are never held whole.
Cells of a CSV file stay the text that was written; what a column means is decided in `columns.py`.
"""

from __future__ import annotations

import codecs
import contextlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
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
from bestiary.rows.packed import opened, packing, unpacked_name
from bestiary.rows.paths import checked_path

__all__ = ["Frame", "MemoryFrame", "frame_of", "open_any", "open_frame", "whole", "words"]

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", "unpack it and give the file inside"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel file (.xls), or one with a password",
        "save it as .xlsx without one, or as CSV",
    ),
    (b"FEA1", "a Feather file of version 1", "save it again with a newer library, or as Parquet"),
    (b"\x89HDF", "an HDF5 file", "export the table as CSV or Parquet"),
    (b"SQLite format 3", "a database", "export the table as CSV or Parquet"),
    (b"\x89PNG", "an image", "give a folder of images with one folder per class"),
    (b"\xff\xd8\xff", "an image", "give a folder of images with one folder per class"),
    (b"\x93NUMPY", "a NumPy array", "give the features and labels together as .npz"),
    (b"%PDF", "a PDF document", "export the data as CSV"),
    *(
        (b"\x80" + bytes([n]), "a Python pickle, which could run code and is never opened", "export as CSV")
        for n in range(2, 6)
    ),
)


_AS_TRAINED: ContextVar[Mapping[str, str]] = ContextVar("as_trained", default={})  # noqa: B039 (never changed)
_SHEET: ContextVar[str | None] = ContextVar("sheet", default=None)
HOW = ("separator", "encoding", "sheet")
"""Words that say how a file of rows is read; a model keeps those that were given for the files that come later."""


@contextlib.contextmanager
def as_trained(how: Mapping[str, str]) -> Iterator[None]:
    """While it lasts, files are read so where nothing else is said: as the file that a model has learned from.

    Args:
        how: words of `HOW`.
    """
    token = _AS_TRAINED.set(how)
    try:
        yield
    finally:
        _AS_TRAINED.reset(token)


@contextlib.contextmanager
def sheet_named(sheet: str | None) -> Iterator[None]:
    """While it lasts, this sheet is read of workbooks."""
    token = _SHEET.set(sheet)
    try:
        yield
    finally:
        _SHEET.reset(token)


def open_frame(source: object, separator: str | None = None, encoding: str | None = None) -> Frame:
    """Opens a path, a pandas frame, an Arrow table, a mapping of columns, or an array.

    Args:
        source: path of a CSV, TSV, JSON or JSON-lines file (also packed with gzip, bzip2, xz, zstd or zip), a Parquet,
            Feather or Excel file, or data in memory.
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
    usual = _AS_TRAINED.get()
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"PK\x03\x04" and _workbook(path):
        from bestiary.rows.excel_files import excel_frame

        return excel_frame(path, _SHEET.get(), usual.get("sheet"))
    if _SHEET.get() is not None:
        raise InputError(f"sheet= names a sheet of an Excel workbook; {path.name} is not a workbook; leave it out")
    if head[:4] == b"PAR1":
        from bestiary.rows.parquet_files import ParquetFrame

        return ParquetFrame(path)
    if head[:6] == b"ARROW1":
        from bestiary.rows.feather_files import FeatherFrame

        return FeatherFrame(path)
    packed = packing(path)
    if packed:
        with opened(path) as file:
            head = file.read(4096)
        if head[:4] in (b"PAR1", b"PK\x03\x04") or head[:6] == b"ARROW1":
            raise InputError(f"{path.name} is packed with {packed}; unpack it and give the file inside")
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise InputError(f"expected a table (CSV, TSV, Parquet, JSON lines); {path.name} is {what}; {remedy}")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start in (b"{", b"[") and unpacked_name(path).endswith((".json", ".jsonl", ".ndjson")):
        return _open_json(path, start)
    from bestiary.rows.csv_files import CsvFrame

    return CsvFrame(path, separator or usual.get("separator"), encoding or usual.get("encoding"))


def _open_json(path: Path, start: bytes) -> Frame:
    from bestiary.rows.json_documents import whole_table
    from bestiary.rows.json_lines import json_lines

    found = whole_table(path) if start == b"{" else None
    if found is None:
        return json_lines(path)
    columns, how = found
    frame = MemoryFrame(path.name, *_from_columns(columns))
    frame.notes.append(f"the table is read from {how}")
    return frame


def _workbook(path: Path) -> bool:
    """Whether a zip archive is an Excel workbook.

    Raises:
        InputError: for workbooks of other programs or forms.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.suffix.lower() in (".xlsx", ".xlsm")  # said there, in the words of a workbook
    if "xl/workbook.bin" in names or "content.xml" in names:
        what = "a binary Excel workbook (.xlsb)" if "xl/workbook.bin" in names else "a document of another office"
        raise InputError(f"expected a table; {path.name} is {what}; save it as .xlsx or CSV")
    return "xl/workbook.xml" in names


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


def _from_columns(columns: Mapping[str, Sequence[object]]) -> tuple[pa.Table, list[str]]:
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
