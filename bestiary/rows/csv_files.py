"""CSV and TSV files, packed or not: encoding and separator detected, read a few megabytes at a time."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frame import COLUMNS, ROWS, check_columns
from bestiary.rows.limits import progress
from bestiary.rows.packed import opened, packing, unpacked_name
from bestiary.rows.places import SEARCHED, LineCount, begins

BLOCK = 1 << 18  # bytes parsed at once, more where rows are longer: Arrow reads 32 blocks ahead
LONGEST = 4 << 20  # bytes of a row
KEPT = 4 << 20  # bytes of a file up to which its parsed rows are kept: every reading takes them several times
ROWS_AT_ONCE = 32  # of a block, where rows are long: every piece of a wide table costs time for every column
_SEPARATORS = ",;\t|"
_COUNTED = re.compile(r"Row #(\d+)")  # as Arrow says it: empty lines do not count


class _Longest:
    """The longest row in bytes, newlines inside quotation marks not counted as ends."""

    def __init__(self) -> None:
        self._most = self._since = self._quotes = 0

    def add(self, piece: bytes) -> None:
        raw = np.frombuffer(piece, np.uint8)
        quotes = np.cumsum(raw == ord('"'), dtype=np.uint8) + np.uint8(self._quotes)
        ends = np.flatnonzero(((raw == ord("\n")) | (raw == ord("\r"))) & (quotes % 2 == 0))
        gaps = np.diff(ends, prepend=-1 - self._since)
        self._most = max(self._most, int(gaps.max(initial=0)))
        self._since = len(raw) - 1 - int(ends[-1]) if len(ends) else self._since + len(raw)
        self._quotes = int(quotes[-1]) % 2

    def found(self) -> int:
        return max(self._most, self._since)


class CsvFrame:
    """A CSV or TSV file, packed or not; all cells are text, exactly as written.

    Args:
        path: of the file.
        separator: detected unless given.
        encoding: detected unless given.
        names: of the columns, when the first line is a row like the others.
    """

    def __init__(
        self, path: Path, separator: str | None = None, encoding: str | None = None, names: Sequence[str] = ()
    ) -> None:
        self.name, self.notes, self.share, self._path = path.name, [], 0.0, path
        self._size = max(1, path.stat().st_size)
        self._held: list[pa.Table] = []
        self._rows, self._text, self._where = -1, 0, None  # rows below the names, -1 while they are not counted
        self._packed = bool(packing(path))
        self._small = not self._packed and path.stat().st_size <= KEPT
        head = self._scan(encoding)
        tabs = unpacked_name(path).endswith((".tsv", ".tab"))
        self._separator = separator or ("\t" if tabs else guess_separator(head))
        if len(self._separator) != 1:
            raise InputError(f"a separator is one character; received {self._separator!r}")
        if self._separator != ",":
            self.notes.append(f"columns are separated by {self._separator!r}")
        with self._refusing():
            cells = csv.reader(io.StringIO(head, newline=""), delimiter=self._separator)
            width = len(next((line for line in cells if line), []))
            if width > COLUMNS:
                check_columns(self.name, [""] * width)
            self._words = pyarrow.csv.ConvertOptions(column_types={f"f{i}": pa.string() for i in range(max(width, 64))})
            pieces = self._pieces()
            first = next((piece for piece in pieces if piece.num_rows), None)
            if first is None:
                raise InputError(f"{self.name} has no rows; expected a first line of names and rows below it")
            written = [str(column[0].as_py()) for column in first.columns]
            self.columns, self._named = check_columns(self.name, names or written), not names
            if self._named and first.num_rows == 1 and not any(piece.num_rows for piece in pieces):
                raise InputError(f"{self.name} has names of columns and no rows below them")

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, csv.Error, UnicodeError) as reason:
            text = " ".join(str(reason).split()).removeprefix("CSV parse error: ")[:160]
            if "straddling" in text:
                text = f"a row is longer than {LONGEST >> 20} MB, or a quotation mark is never closed"
            if "Empty CSV" in text:
                text = "no complete row was found"
            if counted := _COUNTED.match(text):
                text = self._on_line(int(counted[1])) + text[counted.end() :]
            raise InputError(
                f"expected every row of {self.name} to have the columns of the first line; {text}; correct it"
            ) from None

    def _on_line(self, record: int) -> str:
        """Where a record stands, by its number from 1, that of the names included."""
        records = self._records() if self._text <= SEARCHED else ()
        return f"line {records[record - 1]}" if record <= len(records) else f"row {record}"

    def _open(self) -> io.BufferedIOBase:
        self._raw = self._path.open("rb")  # where it stands tells how far a pass has come
        return opened(self._path, self._raw)

    def _scan(self, encoding: str | None) -> str:
        """Finds the encoding by reading the whole file once; returns its beginning."""
        with self._open() as file:
            start = file.read(4)
        marked = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        for name in [encoding] if encoding else ["utf-16"] if marked else ["utf-8-sig", "cp1252"]:
            try:
                decoder, head, longest = codecs.getincrementaldecoder(name)(), "", _Longest()
                count, self._text = LineCount(), 0
                with self._open() as file:
                    while piece := file.read(BLOCK):
                        progress("scan", self._raw.tell() / self._size)
                        longest.add(piece)
                        text = decoder.decode(piece)
                        if "\0" in text:
                            raise InputError(
                                f"expected text; {self.name} holds NUL bytes: it is binary or damaged; give CSV"
                            )
                        head += text[: max(0, LONGEST - len(head))]
                        count.add(text)
                        self._text += len(text)
                decoder.decode(b"", final=True)
            except LookupError:
                raise InputError(f"no encoding is named {name!r}; try utf-8, utf-16 or cp1252") from None
            except UnicodeError:
                continue
            self._block = min(max(BLOCK, ROWS_AT_ONCE * longest.found()), LONGEST)
            self._lines = count.filled
            self._encoding = "utf8" if name == "utf-8-sig" else name
            if name == "cp1252":
                self.notes.append("the file is not UTF-8; it is read as Windows-1252 (`encoding=` overrides)")
            return head
        tried = encoding or ("UTF-16" if marked else "UTF-8 or Windows-1252")
        raise InputError(
            f"expected text; {self.name} is not {tried}, so it is binary or of another encoding; give encoding="
        )

    def _pieces(self) -> Iterator[pa.RecordBatch]:
        names = pyarrow.csv.ReadOptions(
            autogenerate_column_names=True, use_threads=False, block_size=self._block, encoding=self._encoding
        )
        parse = pyarrow.csv.ParseOptions(delimiter=self._separator, newlines_in_values=True)
        with self._open() as file:
            yield from pyarrow.csv.open_csv(pa.PythonFile(file, "r"), names, parse, self._words)

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows below the first line, a quarter of a megabyte of the file at a time; small files are parsed once."""
        held: list[pa.Table] = []
        for table in self._held or self._parsed():
            if self._small:
                held.append(table)
            yield table if columns is None else table.select(list(columns))
        self._held = held

    def _parsed(self) -> Iterator[pa.Table]:
        first, rows = self._named, 0
        with self._refusing():
            for piece in self._pieces():
                table = pa.Table.from_batches([piece]).rename_columns(list(self.columns))
                table, first = (table.slice(1), False) if first and table.num_rows else (table, first)
                rows += table.num_rows
                if rows > ROWS:
                    raise InputError(f"at most {ROWS:,} rows can be read; {self.name} has more")
                if not self._raw.closed:
                    self.share = self._raw.tell() / self._size
                if table.num_rows:
                    yield table
        self._rows = rows

    def lines(self) -> NDArray[np.int64] | None:
        """On which line each row begins; None where that cannot be told, as in very large files with empty lines."""
        if self._rows < 0:
            self._rows = sum(piece.num_rows for piece in self.chunks())
        if self._where is None:
            self._where = self._begins()
        return self._where if len(self._where) == self._rows else None

    def _begins(self) -> NDArray[np.int64]:
        """The lines of rows; all of them one below the other where there are no more lines than rows."""
        if self._lines == self._rows + self._named:
            return np.arange(self._rows) + 1 + self._named
        if self._text > SEARCHED:
            return np.empty(0, np.int64)
        return self._records()[int(self._named) :]

    def _records(self) -> NDArray[np.int64]:
        """The line on which each record begins, that of the names included; none where a cell is too long."""
        encoding = "utf-8-sig" if self._encoding == "utf8" else self._encoding
        with self._open() as file, io.TextIOWrapper(cast("IO[bytes]", file), encoding, newline="") as text:
            try:
                return np.fromiter(begins(text, self._separator), np.int64)
            except csv.Error:
                return np.empty(0, np.int64)


def guess_separator(head: str) -> str:
    """The character that cuts the first lines of a file into equally many cells, most of them.

    Example:
        >>> guess_separator("a;b\\n1,5;2\\n3,1;4\\n")
        ';'
    """
    best, separator = (0.0, 0), ","
    for candidate in _SEPARATORS:
        with contextlib.suppress(csv.Error):
            lines = csv.reader(io.StringIO(head[:262_144], newline=""), delimiter=candidate)
            widths = [len(line) for _, line in zip(range(100), lines) if line]
            if len(widths) > 2 and len(head) > 262_144:
                widths.pop()  # the last may be cut
            if widths and widths[0] > 1:
                score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
                best, separator = max((best, separator), (score, candidate), key=lambda pair: pair[0])
    return separator
