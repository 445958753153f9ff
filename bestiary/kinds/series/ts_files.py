"""The `.ts` text format of the UCR and UEA archives of time series.

    # or % comment
    @problemName ArrowHead           header lines, in any order and case
    @timeStamps false                true: every value is written (stamp,value)
    @classLabel true 0 1 2           or @targetLabel true: a number follows each series
    @data
    1.0,2.0,?:0.1,0.2,0.3:0          channels separated by colons, ? is missing, the label last

Source: Bagnall et al. 2018, "The UEA multivariate time series classification archive", and the archive's own files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.rows.limits import Ration, progress
from bestiary.rows.paths import checked_path
from bestiary.rows.written import LARGEST

LINE = 64 << 20  # characters of a line: the longest of the archives has 3 million
PIECE = 1 << 20  # characters whose cells are numbers at once: a cell of two takes sixty until then
CHANNELS = 10_000
PADDING = 64  # cells that one character may grow to where the channels of a series differ in length
_OUTSIDE = re.compile(r":(?![^()]*\))")  # a colon that is not part of a time stamp
_STAMPED = re.compile(r"\(([^()]*),\s*([^(),]*)\)")
_YES, _NO = {"true", "yes"}, {"false", "no"}


@dataclass
class TsFile:
    """What a `.ts` file holds.

    Attributes:
        name: of the problem.
        values: float64 [T, C] a series; missing values and the ends of shorter channels are NaN.
        labels: of each series as written; empty where the file has none.
        problem: "classification", "regression", or "" where the file has no labels.
    """

    name: str
    values: list[NDArray[np.float64]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    problem: str = ""


def read_ts(path: str | Path) -> TsFile:
    """Reads a `.ts` file.

    Raises:
        InputError: naming the line, when it is not such a file, holds no series or infinite values, or is too large.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "two.ts")
        ...     _ = file.write_text("@classLabel true a b\\n@data\\n1,2,?:a\\n3,4:b\\n")
        ...     read = read_ts(file)
        >>> read.labels, read.values[1].tolist()
        (['a', 'b'], [[3.0], [4.0]])
    """
    path = checked_path(path)
    try:
        with path.open(encoding="utf-8") as file:
            return _parse(path.name, enumerate(_lines(file, path), 1))
    except UnicodeDecodeError:
        raise InputError(
            f"{path.name}: expected text in the .ts format; it is not UTF-8; is it of another kind?"
        ) from None


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """The lines of a file, none of which is too long."""
    done, size = 0, path.stat().st_size
    for number, line in enumerate(iter(lambda: file.readline(LINE + 1), ""), 1):
        if len(line) > LINE:
            raise InputError(
                f"{path.name}, line {number}: a line may have {LINE >> 20} MB; it has more; split the series"
            )
        done += len(line)
        progress("scan", done / size)
        yield line


def _parse(file: str, lines: Iterator[tuple[int, str]]) -> TsFile:
    header = _header(file, lines)
    stamped = _flag(file, header, "timestamps")
    classes, numbers = _flag(file, header, "classlabel"), _flag(file, header, "targetlabel")
    problem = tasks.by_target("classes") if classes else tasks.by_target("value") if numbers else ""
    found = TsFile(" ".join(header.get("problemname", [file])), problem=problem)
    channels, ration = None, Ration(f"reading {file}", "split the file up")
    for number, line in lines:
        text = line.strip()
        if not text or text[0] in "#%":
            continue
        parts = _OUTSIDE.split(text) if stamped else text.split(":")
        if problem:
            label = parts[-1].strip()
            if len(parts) < 2 or not label or ("," in label and label not in header.get("classlabel", [])):
                raise InputError(f"{file}, line {number}: expected values, a colon and a label; correct the line")
            found.labels.append(label)
            del parts[-1]
        channels = channels or len(parts)
        if len(parts) != channels or channels > CHANNELS:
            raise InputError(
                f"{file}, line {number}: expected {min(channels, CHANNELS)} channels as above, separated by colons; "
                f"it has {len(parts)}; correct the line"
            )
        series = _series(file, number, text, [_channel(file, number, part, stamped) for part in parts], ration)
        found.values.append(series)
    if not found.values:
        raise InputError(f"{file}: expected series below @data; there are none; is the file complete?")
    return found


def _header(file: str, lines: Iterator[tuple[int, str]]) -> dict[str, list[str]]:
    header: dict[str, list[str]] = {}
    for number, line in lines:
        text = line.lstrip("\ufeff").strip()
        if not text or text[0] in "#%":
            continue
        if text[0] != "@":
            start = text[:40]
            raise InputError(f"{file}, line {number}: expected a header line (@...) before @data; received {start!r}")
        name, *words = text[1:].split() or [""]
        if name.lower() == "data":
            return header
        header[name.lower()] = words
    raise InputError(
        f"{file}: expected a line @data and series below it; there is none; is the file in the .ts format?"
    )


def _flag(file: str, header: dict[str, list[str]], name: str) -> bool:
    word = next(iter(header.get(name, ["false"])), "").lower()
    if word not in _YES | _NO:
        raise InputError(f"{file}: @{name} must be true or false; received {word!r}; correct the header")
    return word in _YES


def _channel(file: str, number: int, text: str, stamped: bool) -> NDArray[np.float64]:
    if not stamped and not text:
        return np.empty(0)
    try:
        parts = [
            np.array([cell.replace("?", "nan") for cell in cells], dtype=np.float64) for cells in _cells(text, stamped)
        ]
        values = np.concatenate([np.empty(0), *parts])
    except ValueError as reason:
        raise InputError(
            f"{file}, line {number}: expected numbers or ?, separated by commas; {str(reason)[:60]}"
        ) from None
    if not len(values) and text.strip():
        raise InputError(f"{file}, line {number}: expected (stamp,value) pairs as @timeStamps says; correct the line")
    if (np.abs(values) > LARGEST).any():
        raise InputError(f"{file}, line {number}: values must be finite; write ? for a missing one")
    return values


def _cells(text: str, stamped: bool) -> Iterator[list[str]]:
    """The cells of a channel, some of them at a time."""
    if stamped:
        found = (cell[2] for cell in _STAMPED.finditer(text))
        while some := list(itertools.islice(found, PIECE // 8)):
            yield some
        return
    start = 0
    while start <= len(text):
        stop = text.find(",", start + PIECE)
        stop = stop if stop >= 0 else len(text)
        yield text[start:stop].split(",")
        start = stop + 1


def _series(
    file: str, number: int, text: str, channels: list[NDArray[np.float64]], ration: Ration
) -> NDArray[np.float64]:
    length = max(len(channel) for channel in channels)
    if not length:
        raise InputError(f"{file}, line {number}: expected at least one value; the series is empty; remove the line")
    if length * len(channels) > PADDING * len(text):
        raise InputError(
            f"{file}, line {number}: its {len(channels)} channels differ too much in length; correct the line"
        )
    ration.take(8 * length * len(channels))
    values = np.full((length, len(channels)), np.nan)
    for place, channel in enumerate(channels):
        values[: len(channel), place] = channel
    return values
