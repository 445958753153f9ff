"""Rows of a normal sort to learn from, and others to be told apart: labelled ones, or rows that are spoiled on purpose.

Training rows are normal ones alone, as far as labels tell. Anomalies are divided between validation and test, where
nobody learns from them. Without labels every row is taken as normal, and a third of the rows that judge is spoiled:
each column of such a row is taken from another row (of an image each quarter, at its place), so that every value is
usual and their company is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bestiary.data.unlabelled import Relabelled
from bestiary.errors import InputError, nearest
from bestiary.rows.source import SPLITS, Source, Target
from bestiary.rows.splits import mixed, unit_keys

CLASSES = ("normal", "anomaly")
SPOILED = 3  # one row in so many


class AnomalySource(Relabelled):
    """A source whose classes are turned into normal (0) and anomaly (1).

    Args:
        source: tables or images, with classes or without.
        normal: the class or classes that are normal; the largest one unless given. Without classes: None.
        anomaly: instead, the class or classes that are not.
        code: see `Relabelled`.

    Raises:
        InputError: for classes that there are not, or when no row would be left on one of the two sides.
    """

    def __init__(self, source: Source, normal: object = None, anomaly: object = None, code: int | None = None) -> None:
        target = source.target
        self.labelled = bool(target.classes)
        if not self.labelled:
            if (normal, anomaly) != (None, None):
                raise InputError("normal and anomaly name classes, but these rows have none; leave them out")
            values, reason = np.zeros(len(source), np.int64), "test and validation rows are corrupted on purpose"
            self.said = (
                "no labels: all rows count as normal, and a third of the validation and test rows is corrupted "
                "on purpose, each "
                "column (of images, each quarter) taken from another row"
            )
        else:
            usual = _normal(target, normal, anomaly)
            values = (~np.isin(target.values, usual)).astype(np.int64)
            names = ", ".join(target.classes[k] for k in usual)
            if not 0 < values.sum() < len(values):
                raise InputError(f"normal={names} leaves no row on one side; the classes are {_named(target.classes)}")
            reason = f"{names} of {target.name!r} is normal, everything else is not"
            self.said = f"normal: {names} of {target.name!r}; every other class is an anomaly, never trained on"
        changed = Target(target.name or "label", "anomaly", reason, CLASSES, values)
        super().__init__(source, changed, code)
        self.source.notes.append(self.said)

    def arranged(self, splits: NDArray[np.int8]) -> NDArray[np.int8]:
        """A split of all rows, with the anomalies that would be trained on divided between those that judge."""
        strange = (self.target.values > 0) & (splits == 0)
        halves = mixed(unit_keys(cast("Source", self)), "anomalies") % np.uint64(2) == 0
        splits = np.where(strange, np.where(halves, 1, 2), splits).astype(np.int8)
        for number, name in enumerate(SPLITS):
            inside = self.target.values[splits == number]
            if not len(inside) or (self.labelled and number and not 0 < inside.sum() < len(inside)):
                raise InputError(
                    f"expected normal rows and anomalies enough for every split; {name} has {int(inside.sum())} "
                    f"anomalies among {len(inside)} rows; add rows of the rarer sort"
                )
        return splits

    def finish(self, encoder: Any, splits: NDArray[np.int8], folder: Path, train_only: bool) -> None:
        """Spoils rows that judge, where there are no labels."""
        if self.labelled:
            return
        keys = mixed(unit_keys(cast("Source", self)), "spoiled") % np.uint64(SPOILED) == 0
        for number, name in enumerate(SPLITS[1:], 1):
            if number == 2 and train_only:
                continue
            place = folder.parent / "sealed" if number == 2 else folder
            chosen = np.flatnonzero(keys[splits == number])
            chosen = chosen if len(chosen) else np.arange(1)
            rows = np.load(place / f"{name}.{encoder.array}.npy", mmap_mode="r+", allow_pickle=False)
            spoil(rows, chosen, encoder.pieces(rows.shape), np.random.default_rng(number))
            rows.flush()
            target = np.load(place / f"{name}.target.npy", mmap_mode="r+", allow_pickle=False)
            target[chosen] = 1
            target.flush()


def spoil(
    rows: NDArray[np.generic],
    chosen: NDArray[np.int64],
    parts: Sequence[tuple[slice, ...]],
    generator: np.random.Generator,
) -> None:
    """Changes the chosen rows in place: each part is taken from another row, at its place.

    Args:
        rows: [N ...].
        chosen: numbers of rows.
        parts: slices of a row.
        generator: of random numbers.

    Example:
        >>> rows = np.arange(8).reshape(4, 2)
        >>> spoil(rows, np.array([0]), [(slice(0, 1),), (slice(1, 2),)], np.random.default_rng(0))
        >>> sorted(set(rows[0] % 2)), rows[1:].tolist()
        ([np.int64(0), np.int64(1)], [[2, 3], [4, 5], [6, 7]])
    """
    before = np.array(rows)
    for part in parts:
        rows[(chosen, *part)] = before[(generator.integers(0, len(rows), len(chosen)), *part)]


def _normal(target: Target, normal: object, anomaly: object) -> list[int]:
    """The numbers of the classes that are normal: those named, else the one with most rows."""
    if normal is not None and anomaly is not None:
        raise InputError("normal and anomaly name the two sides of one line; received both; give one")
    if normal is None and anomaly is None:
        return [int(np.bincount(target.values.astype(np.int64)).argmax())]
    word, named = ("normal", normal) if normal is not None else ("anomaly", anomaly)
    given = [str(name) for name in named] if isinstance(named, tuple | list) else [str(named)]
    for name in given:
        if name not in target.classes:
            raise InputError(
                f"{word} must be one of {_named(target.classes)}, or several as (a, b); received {name!r}"
                f"{nearest(name, target.classes)}"
            )
    return [k for k, name in enumerate(target.classes) if (name in given) == (word == "normal")]


def _named(classes: Sequence[str]) -> str:
    return ", ".join(classes[:12]) + (" ..." if len(classes) > 12 else "")
