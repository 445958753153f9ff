"""Which rows train, which choose, which are sealed: decided by the content of the rows, never by a seed.

Rows are bundled into units that stay together: equal rows, or the rows of a group, or those of one moment. Units are
ordered by a keyed hash (by time with `--time`) and cut by cumulative row count. So the shares are exact to one unit,
and adding n rows moves about n * share others, those next to a cut. Of a classification every class is cut by itself,
so that rare classes are in every split; classes too small for that are cut together.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.source import SPLITS, Source

FOLDS_BELOW = 1_000  # rows: with fewer, selection is by folds
TOGETHER = 10  # equal rows up to so many, or a twentieth of all rows, count as copies
_TRAIN, _VALIDATION, _TEST = range(3)
_ALONE = 10  # units that a class needs to be cut by itself


def assign(
    source: Source, *, seed_key: str = "bestiary", test_share: float = 0.2, validation_share: float = 0.2
) -> NDArray[np.int8]:
    """The split of each row.

    Args:
        source: its groups, times, held-out rows and keys are respected, in this order of need.
        seed_key: another word gives another split; not the seed of a run.
        test_share: of all rows.
        validation_share: of the rows that are left.

    Returns:
        int8 [N], an index into `SPLITS`. Every split has rows, and every class of which two units exist is trained on.

    Raises:
        InputError: with fewer than three different rows (groups, moments).
    """
    keys = unit_keys(source)
    splits = np.full(len(source), -1, np.int8) if source.held is None else source.held.copy()
    free = splits < 0
    if source.held is None:
        _cut(source, keys, splits, free, _TEST, test_share, seed_key)
        free = splits < 0
    _cut(source, keys, splits, free, _VALIDATION, validation_share, seed_key)
    splits[splits < 0] = _TRAIN
    _train_on_every_class(source, keys, splits, seed_key)
    for number, name in enumerate(SPLITS):
        if not (splits == number).any():
            what = (
                "groups" if source.groups is not None else "moments" if source.times is not None else "different rows"
            )
            raise InputError(
                f"expected three {what} or more to split into train, validation and test; {name} got none; add data"
            )
    arranged = getattr(source, "arranged", None)  # a source that decides which rows may be learned from
    return splits if arranged is None else arranged(splits)


def unit_keys(source: Source) -> NDArray[np.uint64]:
    """What holds rows together, uint64 [N]: the group, else the moment, else the content.

    Contents that are common, as in a table of three yes-or-no columns, hold nothing together.
    """
    if source.groups is not None:
        values = source.groups
        if values.dtype == np.uint64:
            return values.astype(np.uint64)
        different, place = np.unique(values, return_inverse=True)
        hashes = [hashlib.blake2b(str(v).encode(), digest_size=8).digest() for v in different]
        return np.frombuffer(b"".join(hashes), "<u8").astype(np.uint64)[place]
    if source.times is not None:
        return np.unique(source.times, return_inverse=True)[1].astype(np.uint64)
    keys = source.keys()
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    common = _common(counts)[place]
    if common.any():
        order = np.argsort(place, kind="stable")
        times = np.empty(len(keys), np.uint64)
        times[order] = np.arange(len(keys)) - np.repeat(np.cumsum(counts) - counts, counts)
        keys = np.where(common, mixed(keys + times, "common"), keys)
    return keys


def _common(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Contents that so many rows share that they are no copies: a table of a few categories."""
    return counts > max(TOGETHER, int(0.05 * counts.sum()))


def duplicates(source: Source) -> list[str]:
    """Notes about equal rows: how many there are, and those that a split cannot hold together."""
    keys, held = source.keys(), source.held
    _, counts = np.unique(keys, return_counts=True)
    different = len(counts)
    notes = []
    if source.groups is None and source.times is None and _common(counts).any():
        share = int(counts[_common(counts)].sum())
        notes.append(f"{share:,} rows repeat a few contents so often that equal rows are spread over splits")
    elif different < len(keys):
        together = (
            "they stay in one split"
            if source.groups is None and source.times is None
            else "some may lie in different splits"
        )
        again = len(keys) - different
        said = "1 row repeats" if again == 1 else f"{again:,} rows repeat"
        notes.append(f"{said} the content of another row; {together}")
    if held is not None:
        shared = int(np.isin(keys[held >= 0], keys[held < 0]).sum())
        if shared == 1:
            notes.append("1 row of the held-out file equals one that is trained on")
        elif shared:
            notes.append(f"{shared:,} rows of the held-out file equal rows that are trained on")
    return notes


def folds(keys: NDArray[np.uint64], k: int, splits: NDArray[np.int8]) -> NDArray[np.int8]:
    """Fold numbers for cross-validation over training and validation rows.

    Args:
        keys: of units, from `unit_keys`; rows with equal keys share a fold.
        k: number of folds, at least 2.
        splits: from `assign`.

    Returns:
        int8 [N], 0 to k-1; -1 for test rows. Folds of rows that are ordered by time would look ahead: use the
        validation split there.

    Example:
        >>> folds(np.arange(6, dtype=np.uint64), 2, np.zeros(6, np.int8)).tolist().count(0)
        3
    """
    result = np.full(len(keys), -1, np.int8)
    open_rows = np.flatnonzero((splits == _TRAIN) | (splits == _VALIDATION))
    units, place, sizes = np.unique(keys[open_rows], return_inverse=True, return_counts=True)
    if not 2 <= k <= len(units):
        raise InputError(f"folds must be between 2 and the number of different rows, {len(units)}; received {k}")
    order = np.argsort(mixed(units, "folds"), kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    fold = np.empty(len(units), np.int8)
    fold[order] = before * k // len(open_rows)
    result[open_rows] = fold[place]
    return result


def mixed(keys: NDArray[np.uint64], word: str) -> NDArray[np.uint64]:
    """Keys stirred with a word (the finaliser of SplitMix64), so that cuts for different ends are independent."""
    salt = np.frombuffer(hashlib.blake2b(word.encode(), digest_size=8).digest(), "<u8").astype(np.uint64)
    z = keys ^ salt[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _cut(
    source: Source,
    keys: NDArray[np.uint64],
    splits: NDArray[np.int8],
    free: NDArray[np.bool_],
    number: int,
    share: float,
    word: str,
) -> None:
    """Gives about `share` of the free rows to split `number`, whole units, at least one unit."""
    rows = np.flatnonzero(free)
    units, first, place, sizes = np.unique(keys[rows], return_index=True, return_inverse=True, return_counts=True)
    if len(units) < (3 if source.held is None and number == _TEST else 2):
        return
    late = source.times is not None and source.groups is None
    rank = -units.astype(np.int64) if late else mixed(units, f"{word} {SPLITS[number]}")
    stratum = np.zeros(len(units), np.int64)
    strata = source.target.strata
    if strata is not None and not late:
        stratum = strata[rows][first]
        times = np.bincount(stratum)
        stratum = np.where(times[stratum] >= _ALONE, stratum, -1)
    chosen = np.zeros(len(units), bool)
    for value in np.unique(stratum):
        inside = np.flatnonzero(stratum == value)
        inside = inside[np.argsort(rank[inside], kind="stable")]
        middle = np.cumsum(sizes[inside]) - sizes[inside] / 2
        chosen[inside] = middle < share * sizes[inside].sum()
    if not chosen.any():
        chosen[np.argmin(rank)] = True
    if chosen.all():
        chosen[np.argmax(rank)] = False
    splits[rows[chosen[place]]] = number


def _train_on_every_class(source: Source, keys: NDArray[np.uint64], splits: NDArray[np.int8], word: str) -> None:
    """Moves one unit into training for each class that has none there; a split that would be emptied gets another."""
    values = source.target.strata
    if values is None or (source.times is not None and source.groups is None):
        return
    movable = splits == _VALIDATION if source.held is not None else splits != _TRAIN
    rank = mixed(keys, word)
    for label in np.setdiff1d(np.unique(values), np.unique(values[splits == _TRAIN])):
        rows = np.flatnonzero((values == label) & movable & (splits != _TRAIN))
        if not len(rows):
            continue
        taken = rows[np.argmax(rank[rows])]
        place, unit = splits[taken], (keys == keys[taken]) & movable
        if (splits[~unit] == place).any():
            splits[unit] = _TRAIN
            continue
        spare = _spare(values, keys, splits, rank)
        if spare is not None:
            splits[unit], splits[spare] = _TRAIN, place


def _spare(
    values: NDArray[np.generic], keys: NDArray[np.uint64], splits: NDArray[np.int8], rank: NDArray[np.uint64]
) -> NDArray[np.bool_] | None:
    """The rows of a training unit without which every class of its rows is still trained on."""
    rows = np.flatnonzero(splits == _TRAIN)
    for row in rows[np.argsort(rank[rows], kind="stable")]:
        unit = (keys == keys[row]) & (splits == _TRAIN)
        rest = (splits == _TRAIN) & ~unit
        if np.isin(values[unit], values[rest]).all():
            return unit
    return None
