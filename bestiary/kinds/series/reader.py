"""Reading of series: tables, `.ts` files and arrays, kept ragged until they are written padded to a memory map."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.series.encoder import MOST_BYTES, MOST_STEPS, SeriesEncoder, fit
from bestiary.kinds.series.sources import Rows, gather, held_beside, join, labelled
from bestiary.kinds.series.tables import Reading
from bestiary.rows.columns import Asked
from bestiary.rows.labels import check_words, read_labels, target_facts, write_target
from bestiary.rows.limits import need_disk
from bestiary.rows.source import SPLITS, Target
from bestiary.rows.spool import Picked, Series
from bestiary.rows.store import empty_array, write_array, write_spec

__all__ = ["SeriesSource", "builtin_series", "held_beside", "read_arrays", "read_series"]

_KEY = b"bestiary series 1"


@dataclass
class SeriesSource:
    """Series with a target; implements `source.Source`. Made by `read_series` and `read_arrays`."""

    reason: str
    target: Target
    values: Sequence[Series]  # [T, C] each, missing values NaN
    reading: Reading
    rows: NDArray[np.int64]
    names: list[str]
    notes: list[str]
    groups: NDArray[np.generic] | None = None
    times: NDArray[np.generic] | None = None
    held: NDArray[np.int8] | None = None
    suspects: list[str] = field(default_factory=list)
    _keys: NDArray[np.uint64] | None = field(default=None, repr=False)
    kind = "series"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def digest(self) -> str:
        """sha256 over the values and targets of all rows."""
        labels = repr((self.target.name, self.target.classes, self.reading.channels)).encode()
        return hashlib.sha256(self.keys().tobytes() + np.asarray(self.target.values).tobytes() + labels).hexdigest()

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each series' values and shape."""
        if self._keys is None:
            self._keys = np.fromiter(map(_key, self.values), np.uint64, len(self))
        return self._keys

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> SeriesEncoder:
        """Fits scaling and length on the training rows and writes the arrays of each split.

        Args:
            splits: int8 [N], an index into `SPLITS`, or -1.
            folder: for `train.*`, `validation.*`, `spec.json` and `encoder/`; test rows go to `folder/../sealed`.
            seed: not used: nothing here is drawn.
            train_only: write no test rows.

        Raises:
            InputError: when no row is for training, or the padded series would be too large.
        """
        del seed
        train = np.flatnonzero(splits == 0)
        if not len(train):
            raise InputError(f"expected training rows among the {len(self):,} series; there are none; give more series")
        facts = target_facts(self.target, train)
        encoder = fit(Picked(self.values, rows=train), len(self.target.classes) or 1, self.reading, facts)
        for split, name in enumerate(SPLITS):
            if name != "test" or not train_only:
                where = folder.parent / "sealed" if name == "test" else folder
                self._write(encoder, np.flatnonzero(splits == split), where, name)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        return encoder

    def _write(self, encoder: SeriesEncoder, rows: NDArray[np.int64], folder: Path, split: str) -> None:
        shape = (len(rows), encoder.spec.length, encoder.spec.channels)
        if 4 * np.prod(shape, dtype=np.float64) > MOST_BYTES:
            raise InputError(
                f"series may take {MOST_BYTES >> 30} GiB when padded to one length; {shape[0]:,} series of "
                f"{shape[1]:,} steps and {shape[2]:,} channels take more; give fewer channels or steps"
            )
        need_disk(
            folder, 4 * np.prod(shape, dtype=np.float64), f"{split} series, padded to one length,", "give fewer of them"
        )
        values, lengths = empty_array(folder, split, "values", shape, "float32"), np.zeros(len(rows), dtype=np.int64)
        encoder.put(Picked(self.values, rows=rows), values, lengths)
        write_array(folder, split, "lengths", lengths)
        write_target(folder, split, self.target, rows, self.rows[rows])


def read_series(
    source: object,
    *,
    target: str | None = None,
    problem: str | None = None,
    id: str | None = None,  # noqa: A002 (the word of the command line)
    time: str | None = None,
    group: str | None = None,
    layout: str | None = None,
    test: object = None,
    separator: str | None = None,
    encoding: str | None = None,
    dates: str | None = None,
    missing: str | Sequence[str] | None = None,
    reason: str | None = None,
) -> SeriesSource:
    """Reads series with labels.

    Args:
        source: a CSV, TSV or Parquet file, or a frame, long or wide; a `.ts` file, or a folder with NAME_TRAIN.ts and
            NAME_TEST.ts; a `.npz` file with arrays `x` [N, T] or [N, T, C] and `y`; or a pair of
            such arrays.
        target: column of the labels; found by its name unless given.
        problem: "classification" or "regression"; told from the labels unless given.
        id: long: column that tells series apart; wide: column that names them.
        time: long: column that orders the steps, and holds out the series that end last when they start at different
            times; wide: column that later series are held out by.
        group: column whose equal values stay in one split.
        layout: "long" (a row is a step) or "wide" (a row is a series); told from the columns unless given.
        test: held-out series, in any of the forms above.
        separator: of a CSV file; detected unless given.
        encoding: of a CSV file; detected unless given.
        dates: "day-first" or "month-first", where dates such as 03/04/2024 can be read either way.
        missing: words that mark a missing label; told from how often they occur unless given.
        reason: why these are series, for people.

    Raises:
        InputError: when there are no series or labels, channels differ, or values are infinite.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 2, 1, 1], "label": ["up", "up", "down", "down"]})
        >>> source = read_series(frame)
        >>> source.target.classes, source.values[0].shape
        (('down', 'up'), (2, 1))
    """
    if layout is not None and layout not in ("long", "wide"):
        raise InputError(f"layout must be long or wide; received {layout!r}; leave it out to have it detected")
    check_words(target=target, id=id, time=time, group=group)
    asked = Asked.of(dates=dates, missing=missing)
    known = Reading(layout or "", target, id, time, group, separator=separator, encoding=encoding, dates=asked.dates)
    rows = _gather(source, known)
    used = (("id", id), ("time", time), ("group", group))
    wrong = [word for word, name in used if name is not None and rows.reading.layout not in ("long", "wide")]
    if wrong:
        raise InputError(f"{wrong[0]}= names a column of a table; the series come from no table; leave it out")
    if rows.groups is not None and rows.times is not None:
        raise InputError("series are split by group or by time; received both; leave one out")
    if rows.labels is None:
        raise InputError("expected labels with the series; arrays alone have none; use read_arrays(values, labels)")
    if test is not None:
        rows = join(rows, _gather(test, rows.reading))
        if rows.labels is None:
            raise InputError("expected labels with the test series; they have none; add them")
    elif isinstance(source, (str, Path)) and rows.held is None and (beside := held_beside(Path(source))):
        rows.notes.append(f"{beside.name} lies beside it and is not used; test={beside.name} holds it out")
    return _source(rows, problem, reason or _reason(source, rows), asked.missing)


def read_arrays(
    values: NDArray[np.generic] | Sequence[object],
    labels: Sequence[object] | NDArray[np.generic],
    *,
    target: str = "label",
    problem: str | None = None,
) -> SeriesSource:
    """Series in memory.

    Args:
        values: [N, T] or [N, T, C], or a list of [T] or [T, C]; NaN is missing, and at the end makes a series shorter.
        labels: [N] classes or numbers.
        target: what the labels are called.
        problem: "classification" or "regression"; told from the labels unless given.

    Raises:
        InputError: for other shapes, infinite values, and where the numbers of series and labels differ.

    Example:
        >>> read_arrays([[1, 2, 3], [3, 2], [2, 3], [4, 1, 0]], ["up", "down", "up", "down"]).values[1].shape
        (2, 1)
    """
    return _source(labelled(values, labels, Reading(target=target)), problem, "an array of series")


def builtin_series() -> dict[str, Path]:
    """Series that an installed package ships: name -> its `.ts` file of training rows (`held_beside` gives the other).

    Found without importing the package. Source of the files: the UCR and UEA archives, as shipped with aeon and sktime.
    """
    found: dict[str, Path] = {}
    for package in ("aeon", "sktime"):
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(place, "datasets", "data").glob("*/*_TRAIN.ts")):
                found.setdefault(_snake(path.stem.removesuffix("_TRAIN")), path)
    return found


def _gather(source: object, reading: Reading) -> Rows:
    if isinstance(source, tuple) and len(source) == 2:
        return labelled(source[0], source[1], replace(reading, target=reading.target or "label"))
    return gather(source, reading)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _key(series: Series) -> int:
    canonical = np.where(np.isnan(series), np.nan, series + 0.0)  # one NaN, and no negative zero
    code = hashlib.blake2b(canonical.tobytes() + repr(series.shape).encode(), digest_size=8, key=_KEY)
    return int.from_bytes(code.digest(), "little")


def _source(rows: Rows, problem: str | None, reason: str, missing: Sequence[str] | None = None) -> SeriesSource:
    assert rows.labels is not None
    usual = (rows.problem, "the file says so") if rows.problem else None
    target, kept, more = read_labels(rows.reading.target or "label", rows.labels, problem, usual, missing)
    numbers = np.flatnonzero(kept)
    groups, times, held = (
        None if rows.groups is None else rows.groups[kept],
        None if rows.times is None else rows.times[kept],
        None if rows.held is None else rows.held[kept],
    )
    values = rows.values if kept.all() else Picked(rows.values, rows=numbers)
    names = [rows.names[row] for row in numbers] if rows.names else []
    notes = [*rows.notes, *more, *_about(values)]
    return SeriesSource(reason, target, values, rows.reading, numbers, names, notes, groups, times, held)


def _about(values: Sequence[Series]) -> list[str]:
    lengths, gaps = set[int](), 0
    for series in values:
        lengths.add(len(series))
        gaps += bool(np.isnan(series).any())
    notes = []
    if min(lengths) != max(lengths):
        notes.append(f"series are {min(lengths):,} to {max(lengths):,} steps long")
    if max(lengths) > MOST_STEPS:
        notes.append(f"series longer than {MOST_STEPS:,} steps are averaged down, all by the same factor")
    if gaps:
        notes.append(f"{gaps:,} of {len(values):,} series have missing values, which are interpolated")
    return notes


def _reason(source: object, rows: Rows) -> str:
    name = Path(source).name if isinstance(source, (str, Path)) else "the data"
    what = {
        "ts": "a .ts file",
        "array": "arrays of series",
        "long": "a row is a step of a series",
        "wide": "a row is a series",
    }
    return f"{name}: {what[rows.reading.layout]}"
