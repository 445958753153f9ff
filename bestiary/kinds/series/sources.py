"""Where series come from: long and wide tables, `.ts` files, `.npz` files, arrays; all become ragged rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bestiary.errors import InputError, nearest
from bestiary.kinds.series.tables import Reading, bare_frame, read_long, settle
from bestiary.kinds.series.ts_files import read_ts
from bestiary.kinds.series.wide import read_wide
from bestiary.rows.array_files import check_labels, held_rows, labelled_parts, read_npz
from bestiary.rows.frames import open_frame
from bestiary.rows.paths import checked_path
from bestiary.rows.spool import Lazy, Picked, Series
from bestiary.rows.written import LARGEST

LAYOUTS = ("long", "wide")
Values = Sequence[Series]


@dataclass
class Rows:
    """Series as they were read, one a row.

    Attributes:
        values: float64 [T, C] each, missing values NaN.
        reading: how they were read, so that new ones can be read alike.
        labels: one a row as written, or None.
        problem: what the file says that they are, or None.
        names: of the rows where they have names.
        groups: one a row, or None.
        times: last time of each, or None.
        held: split of each where names tell, else None.
        notes: for people; at prediction, warnings.
    """

    values: Values
    reading: Reading
    labels: NDArray[np.generic] | None = None
    problem: str | None = None
    names: list[str] = field(default_factory=list)
    groups: NDArray[np.uint64] | None = None
    times: NDArray[np.float64] | None = None
    held: NDArray[np.int8] | None = None
    notes: list[str] = field(default_factory=list)


def gather(source: object, reading: Reading, labels: bool = True) -> Rows:
    """Series of anything that holds series.

    Args:
        source: a CSV, TSV or Parquet file or a frame (long or wide), a `.ts` file, a folder with NAME_TRAIN.ts and
            NAME_TEST.ts, a `.npz` or `.npy` file, an array [N, T] or [N, T, C], or a list of arrays [T] or [T, C].
        reading: what is known of layout and columns.
        labels: whether labels are needed.

    Raises:
        InputError: when it holds no series, or no labels where they are needed.
    """
    if isinstance(source, (np.ndarray, list, tuple)):
        values = from_array(source)
        return Rows(values, _numbered(reading, values))
    if isinstance(source, pd.DataFrame):
        return _from_table(source, reading, labels)
    if not isinstance(source, (str, os.PathLike)):
        kind = type(source).__name__
        raise InputError(f"series come as a path, a frame, an array or a list of arrays; received {kind}")
    path = Path(os.fspath(source))
    if path.is_dir():
        return _from_folder(path, reading, labels)
    path = checked_path(path)
    if path.suffix.lower() == ".ts":
        return _from_ts(path, reading, labels)
    if path.suffix.lower() in (".npz", ".npy"):
        return _from_npz(path, reading, labels)
    return _from_table(path, reading, labels)


def _from_table(source: Path | pd.DataFrame, reading: Reading, labels: bool) -> Rows:
    if reading.layout not in (*LAYOUTS, ""):
        if reading.layout in ("array", "ts"):
            raise InputError(f"expected series as they were trained on ({reading.layout}); received a table")
        raise InputError(f"layout must be long or wide; received {reading.layout!r}{nearest(reading.layout, LAYOUTS)}")
    bare = bare_frame(source, reading) if isinstance(source, Path) else None
    frame, reading = bare or (open_frame(source, reading.separator, reading.encoding), reading)
    reading, by = settle(frame, reading, labels)
    read = read_long(frame, reading, labels, by) if reading.layout == "long" else read_wide(frame, reading, labels)
    return Rows(
        read.values,
        read.reading,
        read.labels,
        None,
        read.names,
        read.groups,
        read.times,
        None,
        [*frame.notes, *read.notes],
    )


def _from_ts(path: Path, reading: Reading, labels: bool) -> Rows:
    found = read_ts(path)
    if labels and not found.problem:
        raise InputError(f"{path.name}: expected labels; its header says it has none (@classLabel false); add them")
    raw = np.array(found.labels) if found.problem else None
    reading = _numbered(replace(reading, target=reading.target or "label"), found.values, "ts")
    return Rows(found.values, reading, raw, found.problem or None)


def _from_folder(folder: Path, reading: Reading, labels: bool) -> Rows:
    pairs = [(path, held_beside(path)) for path in sorted(folder.glob("*_TRAIN.ts"))]
    if len(pairs) != 1:
        found = ", ".join(path.name for path, _ in pairs) or "none"
        raise InputError(f"{folder}: expected one file NAME_TRAIN.ts; found {found}; give the file itself")
    train, test = pairs[0]
    rows = _from_ts(train, reading, labels)
    if test is None:
        return rows
    both = join(rows, _from_ts(test, rows.reading, labels))
    both.notes.append(f"{test.name} is taken as the test rows")
    return both


def held_beside(path: Path) -> Path | None:
    """NAME_TEST.ts beside NAME_TRAIN.ts, where there is one.

    Example:
        >>> held_beside(Path("nowhere/ArrowHead_TRAIN.ts")) is None
        True
    """
    test = path.with_name(path.name.replace("_TRAIN", "_TEST"))
    return test if test != path and test.is_file() else None


def _from_npz(path: Path, reading: Reading, labels: bool) -> Rows:
    found = labelled_parts(read_npz(path), path.name, reading.target, labels)
    values = Picked(*[from_array(inputs) for inputs, _ in found.values()])
    raw = None
    if labels:
        raw = np.concatenate([check_labels(label, len(inputs), path.name) for inputs, label in found.values()])
    reading = _numbered(replace(reading, target=reading.target or "label"), values)
    return Rows(values, reading, raw, held=held_rows(found))


def from_array(array: object) -> Values:
    """Series of an array [N, T] or [N, T, C], or of a list of arrays [T] or [T, C]; empty ends cut off.

    Raises:
        InputError: for other shapes, text, and infinite values.

    Example:
        >>> [series.shape for series in from_array([[1, 2, 3], [4, 5]])]
        [(3, 1), (2, 1)]
    """
    if isinstance(array, np.ndarray) and (
        array.ndim not in (2, 3) or 0 in array.shape or array.dtype.kind not in "biuf"
    ):
        raise InputError(
            f"series must be numbers [N, T] or [N, T, C]; received {array.dtype} {list(array.shape)}; reshape them"
        )
    if not len(array):  # pyright: ignore[reportArgumentType]
        raise InputError("expected series; received an empty list")
    if isinstance(array, np.ndarray):
        return Sliced(array)
    return [_one(number, series) for number, series in enumerate(array)]  # pyright: ignore[reportArgumentType]


class Sliced(Lazy):
    """The series of an array [N, T] or [N, T, C], made numbers of eight bytes one at a time.

    Args:
        array: of numbers; a truth takes one byte there, and would take eight.

    Raises:
        InputError: for infinite values, when a series is brought.
    """

    def __init__(self, array: NDArray[np.generic]) -> None:
        self._array = array
        if array.dtype.kind == "f":
            for number in range(len(array)):  # said before anything is made of them
                _check_finite(number, array[number])

    def __len__(self) -> int:
        return len(self._array)

    def bring(self, number: int) -> Series:
        return _one(number, self._array[number])


def _one(number: int, series: object) -> NDArray[np.float64]:
    try:
        values = np.asarray(series, dtype=np.float64)
    except (ValueError, TypeError):
        raise InputError(f"series {number} must be numbers [T] or [T, C]; it is something else; convert it") from None
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or 0 in values.shape:
        raise InputError(
            f"series {number} must be [T] or [T, C] with one step or more; its shape is {list(values.shape)}"
        )
    _check_finite(number, values)
    return trimmed(values)


def _check_finite(number: int, values: NDArray[np.generic]) -> None:
    if (np.abs(values) > LARGEST).any():
        raise InputError(f"series {number} has infinite values; make them NaN (missing) or correct them")


def trimmed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[T, C] without the last steps in which all channels are missing, but at least one step."""
    if not np.isnan(values[-1]).all():
        return values
    some = np.flatnonzero(~np.isnan(values).all(axis=1))
    return values[: int(some[-1]) + 1 if len(some) else 1]


def _numbered(reading: Reading, values: Values, layout: str = "array") -> Reading:
    """The reading of series whose channels have no names."""
    counts = {series.shape[1] for series in values}
    if len(counts) > 1:
        raise InputError(f"all series must have equally many channels; received {sorted(counts)[:5]}; make them equal")
    channels = tuple(f"channel {number}" for number in range(counts.pop()))
    if reading.channels and len(channels) != len(reading.channels):
        raise InputError(
            f"expected series of {len(reading.channels)} channels; received {len(channels)}; give all of them"
        )
    return replace(reading, layout=layout, channels=reading.channels or channels)


def join(first: Rows, second: Rows) -> Rows:
    """Rows and the test rows that were given beside them."""

    def both(word: str) -> NDArray | None:
        parts = [getattr(rows, word) for rows in (first, second)]
        return None if any(part is None for part in parts) else np.concatenate(parts)

    held = [np.full(len(rows.values), split, dtype=np.int8) for rows, split in ((first, -1), (second, 2))]
    if first.held is not None:
        if (first.held == 2).any():
            raise InputError("test rows are given twice: in the first source and as test=; give them once")
        held[0] = first.held
    return replace(
        first,
        values=Picked(first.values, second.values),
        labels=both("labels"),
        names=[*first.names, *second.names] if first.names and second.names else [],
        groups=both("groups"),
        times=both("times"),
        held=np.concatenate(held),
        notes=[*first.notes, *(f"test: {note}" for note in second.notes if note not in first.notes)],
    )


def labelled(values: object, labels: Sequence[object] | NDArray[np.generic], reading: Reading) -> Rows:
    """Rows of arrays and their labels."""
    series = from_array(values)
    return Rows(series, _numbered(reading, series), check_labels(labels, len(series), "labels"))
