"""Excel workbooks (.xlsx, .xlsm): one sheet, read row by row with openpyxl, which the extra `excel` installs.

A workbook is a zip archive of XML. What it unpacks to is bounded before anything is read; a document type, which could
define words that grow without end, is refused; formulas are never computed: the values that Excel saved are read.
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from bestiary.errors import InputError, nearest
from bestiary.rows.frame import check_columns
from bestiary.rows.limits import need, tick
from bestiary.rows.packed import LEAST, UNPACKED
from bestiary.rows.records import Record, RecordFrame

PARTS = 10_000  # files of an archive
ROWS = 1_048_576  # of a sheet, which is what Excel itself allows
TREE = 12  # bytes that a byte of XML takes when all of it is held, as styles and shared words are
LOOKED = 20  # rows among which the names of columns are looked for
ERRORS = frozenset({"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!"})
"""What a cell shows that could not be computed."""


def excel_frame(path: Path, sheet: str | None = None, usual: str | None = None) -> RecordFrame:
    """The rows of one sheet of a workbook.

    Args:
        path: of the file.
        sheet: its name; the first one that has rows and is not hidden unless given.
        usual: the sheet that is read unless another is given, where there is one of this name.

    Raises:
        InputError: when openpyxl is not installed, and for what is damaged, too large, or has no rows.
    """
    try:
        import openpyxl
    except ImportError:
        raise InputError(
            f"{path.name} is an Excel workbook; reading it needs openpyxl: pip install 'bestiary[excel]', or save it "
            "as CSV"
        ) from None
    _check(path)
    try:
        with warnings.catch_warnings(), path.open("rb") as file:  # by its name, openpyxl would refuse other endings
            warnings.simplefilter("ignore")  # of styles and dates that openpyxl does not know
            book: Any = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                return _sheet(book, path.name, sheet, usual)
            finally:
                book.close()
    except (InputError, MemoryError):
        raise
    except Exception as reason:  # damaged workbooks raise nearly anything: KeyError, ParseError, BadZipFile ...
        told = " ".join(str(reason).split())[:120] or type(reason).__name__
        raise InputError(f"{path.name} is a damaged Excel workbook ({told}); save it again, or as CSV") from None


def _check(path: Path) -> None:
    """Refuses what unpacks beyond reason, and XML with a document type."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS:
                raise InputError(f"at most {PARTS:,} parts of a workbook are read; {path.name} has {len(parts):,}")
            for part in parts:
                if part.file_size > max(LEAST, UNPACKED * part.compress_size):
                    raise InputError(
                        f"{path.name} unpacks to more than {UNPACKED} times its size; save its sheet as CSV"
                    )
            held = [part.file_size for part in parts if "/worksheets/" not in f"/{part.filename}"]
            need(TREE * sum(held), f"reading {path.name}", "save its sheet as CSV")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        _check_start(file, path.name)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as reason:
        if isinstance(reason, InputError):
            raise
        told = " ".join(str(reason).split())[:120]
        raise InputError(f"{path.name} is a damaged Excel workbook ({told}); save it again, or as CSV") from None
    except Exception as reason:  # zlib.error has no common class with the others
        raise InputError(f"{path.name} is a damaged Excel workbook ({reason}); save it again, or as CSV") from None


class _BegunError(Exception):
    """The first element of a document was seen: what comes before it is over."""


def _check_start(file: Any, name: str) -> None:
    def refuse(*words: object) -> NoReturn:
        raise InputError(f"{name} has a document type in its XML, which no workbook has; save it again in Excel")

    def begun(*words: object) -> NoReturn:
        raise _BegunError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begun
    try:
        while piece := file.read(4096):
            parser.Parse(piece)
    except _BegunError:
        return
    except expat.ExpatError as reason:
        raise InputError(f"{name} is a damaged Excel workbook ({reason}); save it again, or as CSV") from None


def _sheet(book: Any, name: str, asked: str | None, usual: str | None) -> RecordFrame:
    sheets = {one.title: one for one in book.worksheets}
    if asked is not None and asked not in sheets:
        raise InputError(
            f"no sheet of {name} is named {asked!r}{nearest(asked, sheets)}; its sheets are {', '.join(sheets)}"
        )
    filled = [title for title, one in sheets.items() if one.sheet_state == "visible" and _filled(one)]
    chosen = asked or (usual if usual in sheets else None) or next(iter(filled), None)
    if chosen is None:
        raise InputError(f"{name} has no sheet with rows; expected names of columns and rows below them")
    rows = _Rows(sheets[chosen], f"sheet {chosen!r} of {name}")
    found = RecordFrame(name, rows.records())
    found.notes[:0] = rows.notes
    others = [title for title in filled if title != chosen]
    if others:
        shown = ", ".join(map(repr, others[:5])) + (" ..." if len(others) > 5 else "")
        more = "" if asked else f" (`--with sheet={others[0]}` overrides)"
        found.notes.insert(0, f"the sheet {chosen!r} is read, not {shown}{more}")
    return found


def _filled(sheet: Any) -> bool:
    """Whether a sheet has two rows with something in them among its first hundred."""
    sheet.reset_dimensions()
    filled = 0
    for _, row in zip(range(100), sheet.iter_rows(values_only=True)):
        filled += any(cell is not None for cell in row)
        if filled == 2:
            return True
    return False


class _Rows:
    """The rows of a sheet, the names of columns found and empty rows passed over."""

    def __init__(self, sheet: Any, what: str) -> None:
        self._sheet, self._what = sheet, what
        self.notes: list[str] = []
        self._errors = 0

    def records(self) -> Iterator[tuple[Record, int]]:
        """Each row as names and values, and about its bytes."""
        rows = self._rows()
        opening = [row for _, row in zip(range(LOOKED), rows)]
        if not opening:
            raise InputError(f"{self._what} is empty; expected names of columns and rows below them")
        above = _titles(opening)
        if above:
            shown = "1 row" if above == 1 else f"{above} rows"
            self.notes.append(f"above the names of columns, {shown} of {self._what} are passed over")
        names = self._names(opening[above], opening[above + 1 :])
        for row in opening[above + 1 :]:
            yield self._record(names, row)
        for row in rows:
            yield self._record(names, row)
        if self._errors:
            self.notes.append(f"cells with errors such as #N/A count as missing: {self._errors:,}")

    def _rows(self) -> Iterator[Sequence[object]]:
        self._sheet.reset_dimensions()  # which is what the file says, and may be wrong
        for number, row in enumerate(self._sheet.iter_rows(values_only=True)):
            if number >= ROWS:
                raise InputError(f"a sheet has at most {ROWS:,} rows; {self._what} says it has more; save it as CSV")
            if number % 1_000 == 0:
                tick()
            if any(cell is not None for cell in row):
                yield row

    def _names(self, head: Sequence[object], below: Sequence[Sequence[object]]) -> list[str]:
        width = max(len(head), *(len(row) for row in below), 1) if below else len(head)
        written = ["" if cell is None else str(cell) for cell in (*head, *[None] * (width - len(head)))]
        used = [
            place
            for place, name in enumerate(written)
            if name.strip() or any(place < len(row) and row[place] is not None for row in below)
        ]
        filled = dict(zip(used, check_columns(self._what, [written[place] for place in used])))
        return [filled.get(place, "") for place in range(width)]

    def _record(self, names: Sequence[str], row: Sequence[object]) -> tuple[Record, int]:
        if any(cell is not None for cell in row[len(names) :]):
            raise InputError(
                f"expected every row of {self._what} to have the columns of its first row, {len(names):,}; another "
                f"has {len(row):,}; name them all"
            )
        record: Record = {}
        size = 8 * len(row)
        for name, cell in zip(names, row):
            value = self._value(cell)
            if name:
                record[name] = value  # a column that is empty throughout is a column too
            size += len(value) if isinstance(value, str) else 8
        return record, size

    def _value(self, cell: object) -> object:
        if isinstance(cell, str) and cell in ERRORS:
            self._errors += 1
            return None
        return cell.total_seconds() if isinstance(cell, dt.timedelta) else cell


def _titles(opening: Sequence[Sequence[object]]) -> int:
    """How many rows stand above the names of columns: those with less than half as many cells as the fullest row."""
    filled = [sum(cell is not None for cell in row) for row in opening]
    widest = max(filled)
    return next(place for place, count in enumerate(filled) if 2 * count > widest or count == widest)
