"""Series in tables: long (a row is one step of one series) and wide (a row is one series)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.data.columns import LARGEST, labels, numbers
from bestiary.data.csv_files import BLOCK, guess_separator
from bestiary.data.frames import Frame
from bestiary.data.labels import group_keys, stamps
from bestiary.data.targets import column_named
from bestiary.errors import InputError

STRAY = 0.05  # share of cells that may be no number before a column stops being one of numbers
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


@dataclass
class TableRows:
    """What `read_long` and `read_wide` give; as in `series_sources.Rows`."""

    values: list[NDArray[np.float64]]
    reading: Reading
    labels: NDArray[np.generic] | None
    names: list[str]
    groups: NDArray[np.uint64] | None
    times: NDArray[np.float64] | None
    notes: list[str] = field(default_factory=list)


def settle(frame: Frame, reading: Reading, need: bool) -> Reading:
    """The reading with its layout decided, and its id, time and target columns found.

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
    layout = reading.layout
    if not layout:
        repeats = bool(ids and times) and _repeats(frame, ids[0])
        layout = "long" if reading.id is not None or repeats else "wide"
    if layout == "long":
        if reading.id is None and not ids:
            raise InputError(f"{frame.name}: a long table needs a column that tells series apart; say which with id=")
        reading = replace(reading, id=reading.id or ids[0])
    target = reading.target or (_target(frame, lower, reading) if need else None)
    return replace(reading, layout=layout, target=target)


def _repeats(frame: Frame, column: str) -> bool:
    first = next(frame.chunks([column])).column(0)
    return len(first.unique()) * 2 <= len(first)


def _target(frame: Frame, lower: dict[str, str], reading: Reading) -> str:
    if reading.bare:
        return frame.columns[0]
    known = next((lower[name] for name in _TARGETS if name in lower), None)
    if known is None:
        raise InputError(
            f"{frame.name}: which column is the target? none is named label, class, target or y; say so with target="
        )
    return known


def headerless(path: Path, reading: Reading) -> pd.DataFrame | None:
    """A text table without a line of names, as the UCR archive writes them: the label, then the values of one series.

    Returns:
        The table with the columns "label", "1", "2", ..., or None when the first line has a cell that is no number.
    """
    if reading.layout == "long" or (reading.channels and not reading.bare) or path.suffix.lower() == ".parquet":
        return None
    with path.open("rb") as file:
        head = file.read(BLOCK).decode("utf-8", "replace")
    separator = reading.separator or ("\t" if path.suffix.lower() == ".tsv" else guess_separator(head))
    try:
        first = next(csv.reader(io.StringIO(head), delimiter=separator), [])
        width = len([float(cell) for cell in first])
    except (ValueError, csv.Error):
        return None
    if width < 3:
        return None
    try:
        table = pd.read_csv(path, sep=separator, header=None, dtype=str, names=range(width), index_col=False)
    except (ValueError, OSError) as reason:
        text = " ".join(str(reason).split())[:120]
        raise InputError(
            f"{path.name}: expected every row to have {width} cells as the first; {text}; correct it"
        ) from None
    unlabelled = bool(reading.steps) and width == len(reading.steps)
    names = reading.steps if unlabelled else ("label", *(str(step) for step in range(1, width)))
    return table.set_axis(list(names), axis=1)


# ------------------------------------------------------------------------------------------------ long


def read_long(frame: Frame, reading: Reading, need: bool) -> TableRows:
    """Series of a table whose row is one step: ordered by `time` where there is one, else as they stand."""
    table, notes = pa.concat_tables(frame.chunks()), []
    assert reading.id is not None
    code, names = pd.factorize(np.asarray(labels(table[reading.id]).to_pylist(), dtype=object))
    if (code < 0).any():
        notes.append(f"{int((code < 0).sum()):,} rows are dropped: their {reading.id!r} is missing")
    if not len(names):
        raise InputError(
            f"{frame.name}: the column {reading.id!r} that tells series apart is empty; name another with id="
        )
    known = next((name for name in frame.columns if name.lower() in _TIMES and name != reading.target), None)
    by = reading.time if reading.time in frame.columns else known
    notes.append(f"series are told apart by {reading.id!r} and ordered " + (f"by {by!r}" if by else "as they stand"))
    stamp = stamps(table[by], by) if by else np.arange(len(code), dtype=np.float64)
    order = np.lexsort((stamp, code))
    order = order[code[order] >= 0]
    others = {reading.id, by, reading.target, reading.group}
    columns, more = _channels(table, reading.channels, [name for name in frame.columns if name not in others])
    matrix = np.stack([columns[name][order] for name in columns], axis=1)
    ends = np.cumsum(np.bincount(code[order], minlength=len(names)))
    values = [np.ascontiguousarray(part) for part in np.split(matrix, ends[:-1])]
    last = stamp[order][ends - 1]
    first = stamp[order][np.concatenate([[0], ends[:-1]])]
    times = last if reading.time and not reading.group and len(np.unique(first)) > 1 else None
    if need and reading.time and not reading.group and times is None:
        notes.append(f"all series start at the same {reading.time!r}: it orders their steps and cuts no split")
    done = replace(reading, channels=tuple(columns), time=reading.time or by)
    raw = _constant(table, reading.target, code, "target") if need and reading.target else None
    groups = group_keys(pa.array(_constant(table, reading.group, code, "group"))) if need and reading.group else None
    return TableRows(values, done, raw, [str(name) for name in names], groups, times, [*notes, *more])


def _constant(table: pa.Table, name: str, code: NDArray[np.int64], word: str) -> NDArray[np.generic]:
    """One value a series; the empty cells of a series do not count."""
    cells = pd.Series(labels(table[name]).to_pylist(), dtype=object)
    grouped = cells.loc[code >= 0].groupby(code[code >= 0], sort=True)
    several = np.flatnonzero((grouped.nunique() > 1).to_numpy())
    if len(several):
        found = ", ".join(map(repr, grouped.unique().iloc[several[0]][:3]))
        raise InputError(
            f"{word}={name!r} must be the same in all rows of a series; {len(several):,} series have several "
            f"({found}, ...); check id= and {word}="
        )
    return grouped.first().to_numpy(dtype=object)


# ------------------------------------------------------------------------------------------------ wide


def read_wide(frame: Frame, reading: Reading, need: bool) -> TableRows:
    """Series of a table whose row is one series of one channel; empty cells at the end make it shorter."""
    table = pa.concat_tables(frame.chunks())
    others = {reading.id, reading.time, reading.target, reading.group}
    columns, notes = _channels(table, reading.steps, [name for name in frame.columns if name not in others])
    if len(columns) < 2:
        raise InputError(
            f"{frame.name}: a wide table needs two or more columns of numbers, the steps of a series; it has "
            f"{len(columns)}; is it long? then say id= and time="
        )
    matrix = np.stack(list(columns.values()), axis=1)
    steps = matrix.shape[1] - np.argmax(~np.isnan(matrix[:, ::-1]), axis=1)
    steps = np.where(np.isnan(matrix).all(axis=1), 1, steps)
    values = [row[:count, None] for row, count in zip(matrix, steps)]
    done = replace(reading, channels=("value",), steps=tuple(columns))
    raw = groups = times = None
    if need:
        raw = np.asarray(table[reading.target].to_pylist(), dtype=object) if reading.target else None
        groups = group_keys(table[reading.group]) if reading.group else None
        times = stamps(table[reading.time], reading.time) if reading.time else None
    names = [str(cell) for cell in table[reading.id].to_pylist()] if reading.id in frame.columns else []
    return TableRows(values, done, raw, names, groups, times, notes)


def _channels(
    table: pa.Table, known: tuple[str, ...], columns: list[str]
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Columns of numbers by name: the known ones, or all that hold numbers; and notes on the others."""
    notes, read = [], {}
    for name in known or columns:
        values = _numeric(table[name]) if name in columns else None
        if values is not None and (np.abs(values) > LARGEST).any():
            raise InputError(
                f"values must be finite; the column {name!r} has infinite ones; correct them or leave them empty"
            )
        if known and values is None:
            values = np.full(table.num_rows, np.nan)
        if values is not None:
            read[name] = values
    absent = [name for name in known if name not in columns]
    if known and len(absent) == len(known):
        raise InputError(
            f"expected the columns {_few(list(known))}; received {_few(columns)}; rename them as in training"
        )
    wordy = [name for name in columns if name not in read] if not known else []
    new = [name for name in columns if name not in known] if known else []
    if absent:
        notes.append(f"columns missing, filled in: {_few(absent)}")
    if new:
        notes.append(f"columns that were not trained on, left out: {_few(new)}")
    if wordy:
        notes.append(f"columns that hold no numbers, left out: {_few(wordy)}")
    if not read:
        raise InputError(
            f"expected columns of numbers; {_few(columns) or 'no other column'} holds none; check the columns"
        )
    return read, notes


def _numeric(column: pa.ChunkedArray) -> NDArray[np.float64] | None:
    """The column as numbers, or None when more than a few cells are something else."""
    filled = len(column) - labels(column).null_count
    for form in ("plain", "decimal comma"):
        values = numbers(column, form)
        if int((~np.isnan(values)).sum()) >= (1 - STRAY) * filled:
            return values
    return None


def _few(names: list[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
