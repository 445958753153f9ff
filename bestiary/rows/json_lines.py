"""JSON: a file of one object a line, or an array of them."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.csv_files import LONGEST
from bestiary.rows.limits import progress
from bestiary.rows.packed import opened
from bestiary.rows.records import Record, RecordFrame


def json_lines(path: Path) -> RecordFrame:
    """The rows of a file of JSON objects.

    Args:
        path: of the file, packed or not: one object a line, or one array of objects.

    Raises:
        InputError: for what is no object or longer than 4 MB, and see `RecordFrame`.
    """
    return RecordFrame(path.name, _objects(path), lambda: _line_numbers(path))


def _line_numbers(path: Path) -> NDArray[np.int64] | None:
    """The line of each object; None of those of an array."""
    if _start(path) == b"[":
        return None
    with opened(path) as file:
        filled = (n for n, line in enumerate(file, 1) if line.removeprefix(codecs.BOM_UTF8).strip())
        return np.fromiter(filled, np.int64)


def _start(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()[:1]


def _objects(path: Path) -> Iterator[tuple[Record, int]]:
    """The objects of a file and the bytes of each."""
    if _start(path) != b"[":
        yield from _lines(path)
        return
    try:
        with opened(path) as file, io.TextIOWrapper(cast("IO[bytes]", file), "utf-8-sig") as text:
            yield from _elements(text, path)
    except UnicodeDecodeError as reason:
        raise InputError(f"expected JSON in UTF-8 in {path.name}; {reason.reason}; save it as UTF-8") from None


def _lines(path: Path) -> Iterator[tuple[Record, int]]:
    done, size = 0, path.stat().st_size
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST + 1), b""), 1):
            if len(line) > LONGEST:
                raise InputError(f"a line may have {LONGEST >> 20} MB; line {number:,} of {path.name} has more; cut it")
            if text := line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").strip():
                yield _object(text, number, path.name), len(line)
            done += len(line)
            if number % 1_000 == 0:
                progress("scan", done / size)


def _object(text: bytes, number: int, name: str) -> Record:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as reason:
        raise InputError(
            f"expected one JSON object per line in {name}; line {number:,}: {reason}; correct that line"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"expected JSON objects (names and values) in {name}; line {number:,} is something else")
    return found


def _elements(file: TextIO, path: Path) -> Iterator[tuple[Record, int]]:
    """The objects of an array, a few megabytes of the file at a time."""
    decoder, text, place, number = json.JSONDecoder(), "", 0, 0
    done, size, more = 0, path.stat().st_size, True
    expected = f"expected one JSON object per line in {path.name}, or an array of them"
    while True:
        if more and len(text) - place < LONGEST:
            fresh = file.read(LONGEST)
            text, place, more, done = text[place:] + fresh, 0, bool(fresh), done + len(fresh)
            progress("scan", done / size)
            if more:
                continue
        place = _behind_spaces(text, place)
        mark = text[place : place + 1]
        if (number and mark == "]") or (not number and text[place : place + 2] == "[]"):
            break
        if mark != ("," if number else "["):
            raise InputError(f"{expected}; a comma or the end is missing behind object {number:,}; correct it")
        place = _behind_spaces(text, place + 1)
        if not number and text[place : place + 1] == "]":
            break
        number += 1
        try:
            found, stop = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as reason:
            why = str(reason).split(": line")[0]
            raise InputError(f"{expected}; object {number:,}: {why} (or it is longer than 4 MB); correct it") from None
        if not isinstance(found, dict):
            raise InputError(f"expected JSON objects (names and values) in {path.name}; received something else")
        yield found, stop - place
        place = stop


def _behind_spaces(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place
