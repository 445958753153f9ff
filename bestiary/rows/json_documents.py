"""JSON files that hold a whole table in one object: columns by name, rows by name, or objects under one name.

{"a": [1, 2], "b": [3, 4]}                              a list a column
{"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}          an object a column, as pandas writes frames
{"r1": {"a": 1, "b": 3}, "r2": {"a": 2, "b": 4}}        an object a row
{"columns": ["a", "b"], "data": [[1, 3], [2, 4]]}       names and rows
{"count": 2, "data": [{"a": 1, "b": 3}, ...]}           objects under one name, as services answer
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bestiary.errors import InputError
from bestiary.rows.csv_files import LONGEST
from bestiary.rows.limits import Ration
from bestiary.rows.packed import opened
from bestiary.rows.records import check_filled

HELD = 32  # bytes that a byte of JSON may take when it is read: an empty object in a list takes three bytes there
_PIECE = 1 << 20

Columns = dict[str, list[object]]


def whole_table(path: Path) -> tuple[Columns, str] | None:
    """The columns of a table that is one JSON object, and how it was read; None where a file has an object a line.

    Raises:
        InputError: when the object is no table, or takes more memory than reading may.
    """
    with opened(path) as file:
        first = file.readline(LONGEST + 1)
        more = any(line.strip() for line in file) if first.endswith(b"\n") else False
    try:
        found = json.loads(first.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):
        found = None
    if found is None:
        found = _document(path, lines=more)
    elif more:
        return None
    if not isinstance(found, dict):
        return None
    return _table(cast("dict[str, object]", found), path.name)


def _document(path: Path, lines: bool) -> object:
    """The one object of a file; None where it may be meant as lines, which then say what is wrong."""
    ration, pieces = Ration(path.name, "give one JSON object a line, which is read piece by piece"), []
    with opened(path) as file:
        while piece := file.read(_PIECE):
            ration.take(HELD * len(piece))
            pieces.append(piece)
    try:
        return json.loads(b"".join(pieces).removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError) as reason:
        if lines and "Extra data" in str(reason):
            return None
        raise InputError(
            f"expected JSON in {path.name}: an object a line, an array of objects, or one object with a list for each "
            f"column; {reason}; correct it"
        ) from None


def _table(found: dict[str, object], name: str) -> tuple[Columns, str] | None:
    if not found:
        return None
    kinds = {type(value) for value in found.values()}
    records = [key for key, value in found.items() if _objects(value)]
    if len(records) == 1 and (len(found) == 1 or kinds - {list} or "schema" in found):
        return _of_objects(
            cast("list[Mapping[str, object]]", found[records[0]]), name
        ), f"the objects of {records[0]!r}"
    if records and len(records) < len(found):
        raise InputError(
            f"{name} has several lists of objects ({', '.join(map(repr, records[:6]))}); give a file of one of them"
        )
    if set(found) <= {"columns", "data", "index"} and {"columns", "data"} <= set(found):
        return _of_rows(found["columns"], found["data"], name), "names of columns and rows"
    if kinds == {list}:
        return _of_lists(cast("Columns", found), name), "a list for each column"
    if kinds == {dict}:
        return _of_named(cast("dict[str, dict[str, object]]", found), name)
    return None


def _objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _of_lists(found: Columns, name: str) -> Columns:
    lengths = {len(cells) for cells in found.values()}
    if len(lengths) > 1:
        raise InputError(
            f"expected lists of one length in {name}, one for each column; "
            f"received {', '.join(map(str, sorted(lengths)[:4]))}; make them equal"
        )
    return found


def _of_rows(columns: object, rows: object, name: str) -> Columns:
    names, listed = columns if isinstance(columns, list) else [], rows if isinstance(rows, list) else []
    if not names or any(not isinstance(row, list) or len(row) != len(names) for row in listed):
        raise InputError(f"expected in {name} as many cells in each row of 'data' as there are names in 'columns'")
    return {str(word): [row[place] for row in listed] for place, word in enumerate(names)}


def _of_objects(records: list[Mapping[str, object]], name: str) -> Columns:
    names = dict.fromkeys(word for record in records for word in record)
    check_filled(len(records), len(names), sum(map(len, records)), name)
    return {word: [record.get(word) for record in records] for word in names}


def _of_named(found: dict[str, dict[str, object]], name: str) -> tuple[Columns, str]:
    """An object of objects: the outer names are those of rows or of columns, whichever are not counted."""
    inner = dict.fromkeys(word for value in found.values() for word in value)
    check_filled(len(found), len(inner), sum(map(len, found.values())), name)
    counted = all(word.isdecimal() for word in inner)
    if counted or (len(inner) > len(found) and not all(word.isdecimal() for word in found)):
        return {word: [value.get(row) for row in inner] for word, value in found.items()}, "an object for each column"
    return {word: [value.get(word) for value in found.values()] for word in inner}, "an object for each row"
