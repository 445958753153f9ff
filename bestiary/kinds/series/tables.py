"""Series in tables: long (a row is one step of one series) and wide (a row is one series)."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.series.columns import Numeric
from bestiary.kinds.series.long import find
from bestiary.rows.csv_files import LONGEST, CsvFrame, guess_separator
from bestiary.rows.frame import names_of
from bestiary.rows.frames import Frame
from bestiary.rows.labels import group_keys, stamps
from bestiary.rows.packed import opened, unpacked_name
from bestiary.rows.places import place
from bestiary.rows.rows import pieces_of
from bestiary.rows.spool import Series, Spool
from bestiary.rows.targets import column_named
from bestiary.rows.written import DateForm, labels, numbers

_IDS = (
    "id",
    "series",
    "series_id",
    "seriesid",
    "case",
    "case_id",
    "caseid",
    "sample",
    "sample_id",
    "sequence",
    "sequence_id",
)
_TIMES = ("time", "t", "step", "timestamp", "datetime", "date", "time_step", "timestep", "time_index")
_TARGETS = ("label", "class", "target", "category", "y")


@dataclass(frozen=True)
class Reading:
    """How series are read; after a first reading, new ones are read alike.

    Attributes:
        layout: "long", "wide", "ts", "array", or "" when it is yet to be told.
        target: column of the labels.
        id: column that tells series apart (long), or names them (wide).
        time: column that orders the steps (long), or dates the series (wide).
        group: column of groups.
        channels: names of the channels, once known.
        steps: columns of a wide table in order, once known.
        bare: whether a wide file has no line of names: the label first, then the steps, as in the UCR archive.
        separator: of a CSV file; detected unless given.
        encoding: of a CSV file; detected unless given.
        dates: "day first" or "month first", of stamps that can be read either way: asked for, or as read before.
    """

    layout: str = ""
    target: str | None = None
    id: str | None = None
    time: str | None = None
    group: str | None = None
    channels: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    bare: bool = False
    separator: str | None = None
    encoding: str | None = None
    dates: str | None = None

    def clock_of(self, column: str | None) -> Clock:
        """What reads the stamps of a column that orders steps or series."""
        read_before = bool(self.channels)
        return Clock(column, None if read_before else self.dates, self.dates if read_before else None)


@dataclass
class TableRows:
    """What `read_long` and `read_wide` give; as in `series_sources.Rows`."""

    values: Sequence[Series]
    reading: Reading
    labels: NDArray[np.generic] | None
    names: list[str]
    groups: NDArray[np.uint64] | None
    times: NDArray[np.float64] | None
    notes: list[str] = field(default_factory=list)


def settle(frame: Frame, reading: Reading, need: bool) -> tuple[Reading, str | None]:
    """The reading with its layout, id and target decided, and the column that orders the steps of a long table.

    Raises:
        InputError: for names that are no columns, and when the target cannot be told.
    """
    for option in ("target", "id", "time", "group"):
        name = getattr(reading, option)
        if name is not None and (need or (option == "id" and reading.layout == "long")):
            column_named(frame.columns, name, option)
    lower = {name.lower(): name for name in reversed(frame.columns)}
    taken = {reading.target, reading.group}
    ids = [lower[name] for name in _IDS if name in lower and lower[name] not in taken]
    times = [lower[name] for name in _TIMES if name in lower and lower[name] not in taken]
    target = reading.target or (_target(frame, lower, reading) if need else None)
    reading = replace(reading, target=target)
    if reading.layout == "wide":
        return reading, None
    repeats = not reading.layout and bool(ids and times) and _repeats(frame, ids[0])
    told = (reading.id or repeats) and (reading.time or times)  # by names, so that nothing need be looked for
    found = None
    if need and not told:
        found = find(frame, target, id=reading.id, time=reading.time, group=reading.group)
    if not (reading.layout == "long" or reading.id is not None or repeats or found):
        return replace(reading, layout="wide"), None
    id_ = reading.id or (found.id if found else ids[0] if ids else None)
    if id_ is None:
        raise InputError(f"{frame.name}: a long table needs a column that identifies the series; name it with id=")
    by = reading.time if reading.time in frame.columns else found.time if found else next(iter(times), None)
    return replace(reading, layout="long", id=id_), by if by != id_ else None


def _repeats(frame: Frame, column: str) -> bool:
    """Whether names come twice and more on average, from some row on: in a table ordered by time, they do late."""
    names, rows = set[object](), 0
    for piece in frame.chunks([column]):
        names.update(piece.column(0).unique().to_pylist())
        rows += piece.num_rows
        if len(names) * 2 <= rows:
            return True
    return False


def _target(frame: Frame, lower: dict[str, str], reading: Reading) -> str:
    if reading.bare:
        return frame.columns[0]
    known = next((lower[name] for name in _TARGETS if name in lower), None)
    if known is None:
        raise InputError(
            f"{frame.name}: which column is the target? none is named label, class, target or y; say so with target="
        )
    return known


def bare_frame(path: Path, reading: Reading) -> tuple[Frame, Reading] | None:
    """A text table without a line of names, as the UCR archive writes them: the label, then the values of one series.

    Returns:
        The table with the columns "label", "1", "2", ... and how it is read, or None when the first line has a cell
        that is no number.
    """
    if reading.layout == "long" or (reading.channels and not reading.bare) or path.suffix.lower() == ".parquet":
        return None
    with opened(path) as file:
        head = file.readline(LONGEST).decode("utf-8", "replace")
    separator = reading.separator or ("\t" if unpacked_name(path).endswith(".tsv") else guess_separator(head))
    try:
        first = next(csv.reader(io.StringIO(head), delimiter=separator), [])
        width = len([float(cell) for cell in first])
    except (ValueError, csv.Error):
        return None
    if width < 3:
        return None
    unlabelled = bool(reading.steps) and width == len(reading.steps)
    names = reading.steps if unlabelled else ("label", *(str(step) for step in range(1, width)))
    return CsvFrame(path, separator, reading.encoding, names), replace(reading, bare=True)


# ------------------------------------------------------------------------------------------------ long


def read_long(frame: Frame, reading: Reading, need: bool, by: str | None) -> TableRows:
    """Series of a table whose row is one step: ordered by the column `by` where there is one, else as they stand.

    The frame is read twice: to learn which series there are and how long they are, and to put their steps into a spool.
    """
    assert reading.id is not None
    clock = reading.clock_of(by)
    given = Given(reading.id, clock, reading.target if need else None, reading.group if need else None)
    others = {reading.id, by, reading.target, reading.group}
    columns = Numeric(frame, [name for name in frame.columns if name not in others], reading.channels, given.add)
    given.check(frame.name)
    spool = Spool(given.lengths, len(columns.names), stamped=by is not None)
    first, last = np.full(len(spool), np.inf), np.full(len(spool), -np.inf)
    for piece in pieces_of(frame):
        code, stamp, values = given.codes(piece[reading.id]), given.clock.read(piece, frame), columns.take(piece)
        kept = code >= 0
        np.minimum.at(first, code[kept], stamp[kept])
        np.maximum.at(last, code[kept], stamp[kept])
        spool.add(code[kept], values[kept], stamp[kept])
    notes = [f"{given.dropped:,} rows are dropped: their {reading.id!r} is missing"] if given.dropped else []
    notes.append(f"series are identified by {reading.id!r} and ordered " + (f"by {by!r}" if by else "as they stand"))
    times = last if reading.time and not reading.group and len(np.unique(first)) > 1 else None
    if need and reading.time and not reading.group and times is None:
        notes.append(f"all series start at the same {reading.time!r}: it orders their steps and cuts no split")
    done = replace(reading, channels=tuple(columns.names), time=reading.time or by, dates=clock.form)
    raw = given.labels("target")
    owners = given.labels("group")
    groups = None if owners is None else group_keys(pa.array(owners))
    return TableRows(spool, done, raw, list(given.names), groups, times, [*notes, *given.clock.notes, *columns.notes])


class Given:
    """What the first reading of a long table gathers: the series, their lengths, and what is given once a series.

    Args:
        id: column that tells series apart.
        clock: reads the column that orders their steps.
        target: column that must be the same in all rows of a series, or None.
        group: another.
    """

    def __init__(self, id: str, clock: Clock, target: str | None, group: str | None) -> None:  # noqa: A002
        self.id, self.clock = id, clock
        self.names: dict[str, int] = {}
        self.dropped = 0
        self._lengths = np.zeros(0, np.int64)
        self._same = {word: _Same(word, name) for word, name in (("target", target), ("group", group)) if name}

    def add(self, piece: pa.Table) -> None:
        """The next piece of the table."""
        code = self.codes(piece[self.id])
        kept = code >= 0
        self.dropped += int((~kept).sum())
        self._lengths = grown(self._lengths, len(self.names), 0)
        self._lengths += np.bincount(code[kept], minlength=len(self._lengths))
        for same in self._same.values():
            same.add(piece[same.name], code, self.names)
        self.clock.look(piece)

    def codes(self, column: pa.ChunkedArray) -> NDArray[np.int64]:
        """The number of each row's series, -1 where its name is missing; new names get the next number."""
        coded = names_of(column).dictionary_encode()
        place = [self.names.setdefault(name, len(self.names)) for name in coded.dictionary.to_pylist()]
        return np.array([*place, -1])[coded.indices.fill_null(len(place)).to_numpy(zero_copy_only=False)]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each series."""
        return self._lengths[: len(self.names)]

    def labels(self, word: str) -> NDArray[np.generic] | None:
        """The target or group of each series, None where it has none; None when it was not asked for."""
        return self._same[word].given(len(self.names)) if word in self._same else None

    def check(self, name: str) -> None:
        """Refuses a table whose series have no names."""
        if not self.names:
            raise InputError(
                f"{name}: the column {self.id!r} that identifies the series is empty; name another with id="
            )


class Clock:
    """What orders rows: a column of numbers, or of dates when a cell is no number; nothing without a column.

    Args:
        column: its name.
        asked: "day first" or "month first" when the person has said so.
        usual: the same, of the rows that a model has learned from.
    """

    def __init__(self, column: str | None, asked: str | None = None, usual: str | None = None) -> None:
        self.column, self._dated, self._seen = column, False, 0
        self._form, self._words = DateForm(), (asked, usual)

    @property
    def notes(self) -> list[str]:
        """What people should know of how dates were read."""
        remark = self._form.decide(*self._words)[1] if self._dated else ""
        return [f"column {self.column!r}: {remark}"] if remark else []

    @property
    def form(self) -> str | None:
        """ "day first" or "month first" where dates are written so; else what was asked for."""
        if not (self._dated and self._form.example):
            return self._words[0] or self._words[1]
        return "day first" if self._form.decide(*self._words)[0] == "day first" else "month first"

    def look(self, piece: pa.Table) -> None:
        """The next piece, in the first reading."""
        if not self.column:
            return
        self._form.add(piece[self.column])
        if not self._dated:
            self._dated = bool(np.isnan(numbers(piece[self.column])).any())

    def read(self, piece: pa.Table, frame: Frame) -> NDArray[np.float64]:
        """The stamps of the next piece of the frame, in the second reading; 0 without a column."""
        start, self._seen = self._seen, self._seen + piece.num_rows
        if self.column is None:
            return np.zeros(piece.num_rows)
        return stamps(
            piece[self.column], self.column, self._dated, self._form.decide(*self._words)[0],
            lambda row: place(frame, start + row),
        )  # fmt: skip


class _Same:
    """One value a series; the empty cells of a series do not count, nor such marks as `NA` where it has a value.

    Where a series has nothing but such a mark, that is its value: it may be a class.
    """

    def __init__(self, word: str, name: str) -> None:
        self.word, self.name = word, name
        self._words: dict[str, int] = {}
        self._of = np.zeros(0, np.int64)  # of each series, -1 while it is not known
        self._marked = np.zeros(0, np.int64)  # the same of marks

    def add(self, column: pa.ChunkedArray, series: NDArray[np.int64], names: Mapping[str, int]) -> None:
        coded = names_of(column).dictionary_encode()
        place = [self._words.setdefault(cell, len(self._words)) for cell in coded.dictionary.to_pylist()]
        value = np.array([*place, -1])[coded.indices.fill_null(len(place)).to_numpy(zero_copy_only=False)]
        self._of, self._marked = (grown(known, len(names), -1) for known in (self._of, self._marked))
        there = (series >= 0) & (value >= 0)
        mark = labels(column).is_null().to_numpy(zero_copy_only=False)
        _first(self._marked, series[there & mark], value[there & mark])
        row, value = series[there & ~mark], value[there & ~mark]
        _first(self._of, row, value)
        clash = np.flatnonzero(self._of[row] != value)
        if len(clash):
            words, place = list(self._words), clash[0]
            raise InputError(
                f"{self.word}={self.name!r} must be the same in all rows of a series; series "
                f"{list(names)[row[place]]!r} has {words[self._of[row[place]]]!r} and {words[value[place]]!r}; "
                f"check id= and {self.word}="
            )

    def given(self, count: int) -> NDArray[np.generic]:
        known, marked = (grown(found, count, -1)[:count] for found in (self._of, self._marked))
        return np.array([*self._words, None], dtype=object)[np.where(known < 0, marked, known)]


def _first(known: NDArray[np.int64], row: NDArray[np.int64], value: NDArray[np.int64]) -> None:
    """Writes the values of rows that have none yet; of several the first stays."""
    new = known[row] < 0
    known[row[new][::-1]] = value[new][::-1]


def grown(array: NDArray[np.int64], count: int, fill: int) -> NDArray[np.int64]:
    """The array with room for `count` values and more, so that it seldom grows.

    Example:
        >>> grown(np.array([3]), 3, fill=-1).tolist()
        [3, -1, -1, -1]
    """
    if len(array) >= count:
        return array
    return np.concatenate([array, np.full(max(count, 2 * count - 2) - len(array), fill, dtype=np.int64)])


def cells_of(column: pa.ChunkedArray) -> NDArray[np.generic]:
    """The cells as they are; words that repeat are held once."""
    if not pa.types.is_string(column.type):
        return np.asarray(column.to_pylist(), dtype=object)
    coded = column.combine_chunks().dictionary_encode()
    words = [sys.intern(word) for word in coded.dictionary.to_pylist()]
    return np.array([*words, None], dtype=object)[coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)]


def joined(parts: list[NDArray | None]) -> NDArray | None:
    """The parts behind one another, or None where there are none."""
    found = [part for part in parts if part is not None]
    return np.concatenate(found) if found else None
