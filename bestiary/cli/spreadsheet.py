"""Cells of a CSV file that a spreadsheet would compute: told of, and on demand written so that it does not.

Names of classes, files and columns come from data, which may be a stranger's: `=HYPERLINK(...)` as the name of a class
is harmless to programs and runs in a spreadsheet. Programs must get names as they are, so that predictions can be
joined with what they were made for; hence nothing is changed unasked. Source: OWASP, "CSV injection".
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from bestiary.cli.output import remark
from bestiary.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

OPTION = "--spreadsheet-safe"
CELLS = (".csv", ".tsv")
_WIDE = "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
_BEGINS = "=+\\-@\t\r\n" + _WIDE
_FORMULA = re.compile(f"'*[{_BEGINS}]")
_GUARDED = re.compile(f"'+[{_BEGINS}]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def is_formula(text: object) -> TypeGuard[str]:
    """Whether a spreadsheet would compute a cell: a text that begins like a formula and is no number.

    Example:
        >>> is_formula("=1+1"), is_formula("-1e-3"), is_formula("-"), is_formula(-1.5)
        (True, False, True, False)
    """
    return isinstance(text, str) and _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def guarded(text: object) -> object:
    """A cell with an apostrophe before what `is_formula`, also where apostrophes stand there already.

    Example:
        >>> guarded("=1+1"), guarded("'=1+1"), guarded("'tis")
        ("'=1+1", "''=1+1", "'tis")
    """
    return f"'{text}" if is_formula(text) else text


def unguarded(text: object) -> object:
    """What `guarded` was given, for programs that read such a file.

    Example:
        >>> [unguarded(guarded(text)) for text in ("=1+1", "'=1+1", "'tis", "-1")]
        ['=1+1', "'=1+1", "'tis", '-1']
    """
    return text[1:] if isinstance(text, str) and _GUARDED.match(text) else text


def check_asked(asked: bool, out: Path | None) -> None:
    """Refuses to guard what no spreadsheet opens as text, before any work is done.

    Raises:
        InputError: for Parquet and JSON.
    """
    if asked and out is not None and out.suffix.lower() not in CELLS:
        raise InputError(
            f"{OPTION} is for .csv and .tsv; received {out.name!r}, where every cell is data; leave it out"
        )


def for_spreadsheets(frame: pd.DataFrame, asked: bool, out: Path | None) -> pd.DataFrame:
    """A frame as it is written: guarded where that was asked for, else with a warning about what is not.

    Args:
        frame: to be written, its names of columns included.
        asked: whether the person wants cells guarded.
        out: where to; standard output, as CSV, unless given.
    """
    if out is not None and out.suffix.lower() not in CELLS:
        return frame
    texts = [place for place, kind in enumerate(frame.dtypes) if getattr(kind, "kind", "O") not in "biufcmM"]
    cells = (cell for place in texts for cell in frame.iloc[:, place])
    found = next(filter(is_formula, chain(frame.columns, cells)), None)
    if found is None:
        return frame
    if not asked:
        shown = found if len(found) <= 40 else f"{found[:39]}…"
        told = f"cells such as {shown!r} look like formulas, and a spreadsheet would run them"
        remark(f"warning: {told}; {OPTION} prevents it")
        return frame
    safe = frame.set_axis([guarded(name) for name in frame.columns], axis=1)
    for place in texts:
        safe.isetitem(place, frame.iloc[:, place].map(guarded))
    return safe
