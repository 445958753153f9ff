"""Columns of many words: what the target is on average for each word, drawn towards the mean where rows are few.

Target encoding (Micci-Barreca 2001, A preprocessing scheme for high-cardinality categorical attributes in
classification and prediction problems). A row that is trained on must not see its own target, so it gets the averages
of the other folds; rows that are new get those of all training rows, and words that are new the mean of all.

Axes: N rows, W words, K averages of a word: one for a number or two classes, else one a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.rows.rows import hashed
from bestiary.rows.source import Target
from bestiary.rows.splits import mixed
from bestiary.rows.written import labels

FOLDS = 5
CLASSES = 20  # at most, for each is a feature
RARE = 0.05  # share of training rows whose word has no place of its own, from which on averages are worth while
REPEATED = 0.5  # share of these rows whose word comes at least `TIMES` times
TIMES = 3

Floats = NDArray[np.float64]
Keys = NDArray[np.int64]


def keys_of(column: pa.ChunkedArray | pa.Array) -> Keys:
    """A hash of each cell's word, [N]; a missing cell is a word too.

    Example:
        >>> keys = keys_of(pa.array(["oak", "ash", "oak", None]))
        >>> bool(keys[0] == keys[2]), len(set(keys.tolist()))
        (True, 3)
    """
    coded = labels(column).dictionary_encode()
    words = hashed([word.encode() for word in coded.dictionary.to_pylist()] + [b"\0"]).view(np.int64)
    return words[coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)]


def worth(keys: Keys, known: Sequence[str]) -> bool:
    """Whether words without a place of their own are frequent, and come again and again.

    Args:
        keys: of the training rows, [N].
        known: words that have a place.
    """
    rare = keys[~np.isin(keys, keys_of(pa.array(list(known), pa.string())))]
    if len(rare) < RARE * len(keys):
        return False
    times = np.unique(rare, return_counts=True)[1]
    return bool(times[times >= TIMES].sum() >= REPEATED * len(rare))


def count(target: Target) -> int:
    """How many averages a word has, K; 0 where there are too many classes or targets."""
    if target.several:
        return target.outputs if target.outputs <= CLASSES else 0
    classes = len(target.classes)
    return 1 if classes <= 2 else classes if classes <= CLASSES else 0


def wanted(target: Target) -> Floats:
    """What is averaged of each row, [N, K]."""
    values = np.asarray(target.values)
    if target.several:
        return values.astype(np.float64)
    if len(target.classes) <= 2:
        return values.astype(np.float64)[:, None]
    return (values[:, None] == np.arange(len(target.classes))).astype(np.float64)


@dataclass(frozen=True)
class Averages:
    """What the target is on average for each word of one column.

    Attributes:
        keys: of the words, sorted, [W].
        means: [W, K].
        overall: [K], for words that are new.
    """

    keys: Keys
    means: Floats
    overall: Floats

    @classmethod
    def fit(cls, keys: Keys, values: Floats) -> Averages:
        """From the words [N] and targets [N, K] of training rows.

        How far a word is drawn to the mean of all is empirical Bayes: the spread within words over that between them.
        """
        words, place, times = np.unique(keys, return_inverse=True, return_counts=True)
        overall = values.mean(0)
        sums = np.stack([np.bincount(place, column, len(words)) for column in values.T], axis=1)
        means = sums / times[:, None]
        within = ((values - means[place]) ** 2).sum(0) / max(1, len(keys) - len(words))
        between = (times[:, None] * (means - overall) ** 2).sum(0) - (len(words) - 1) * within
        spread = len(keys) - (times.astype(np.float64) ** 2).sum() / len(keys)
        between = np.maximum(between / max(spread, 1.0), 0.0)
        own = between * times[:, None]
        share = np.divide(own, own + within, out=np.zeros_like(own), where=own + within > 0)
        return cls(words, overall + share * (means - overall), overall)

    def of(self, keys: Keys) -> Floats:
        """The averages of words [N], [N, K]."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where((self.keys[place] == keys)[:, None], self.means[place], self.overall)

    def state(self) -> dict[str, NDArray[Any]]:
        """What it consists of, for `restore`."""
        return {"keys": self.keys, "means": self.means, "overall": self.overall}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Averages:
        """From what `state` gave."""
        return cls(state["keys"], state["means"], state["overall"])


def out_of_fold(keys: Keys, values: Floats, units: NDArray[np.uint64]) -> Floats:
    """The averages of training rows, each made without the rows of its own fold, [N, K].

    Args:
        keys: of their words, [N].
        values: their targets, [N, K].
        units: of rows that stay together, [N].
    """
    folds = mixed(units, "averages") % np.uint64(FOLDS)
    found = np.tile(values.mean(0), (len(keys), 1))
    for fold in range(FOLDS):
        inside = folds == fold
        if inside.any() and not inside.all():
            found[inside] = Averages.fit(keys[~inside], values[~inside]).of(keys[inside])
    return found


def sound(state: object, width: int) -> bool:
    """Whether what a file gave is what `Averages.state` writes, for K averages."""
    if not isinstance(state, dict) or not all(isinstance(one, np.ndarray) for one in state.values()):
        return False
    keys, means, overall = (state.get(name) for name in ("keys", "means", "overall"))
    shapes = [getattr(one, "shape", None) for one in (keys, means, overall)]
    kinds = [getattr(one, "dtype", None) for one in (keys, means, overall)]
    words = len(keys) if isinstance(keys, np.ndarray) and keys.ndim == 1 else 0
    return (
        words > 0
        and shapes == [(words,), (words, width), (width,)]
        and kinds == [np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.float64)]
        and bool(np.isfinite(means).all() and np.isfinite(overall).all())  # pyright: ignore[reportArgumentType, reportCallIssue]
    )


def keys_of_pieces(pieces: Iterable[pa.Table], names: Sequence[str]) -> dict[str, Keys]:
    """The keys of columns, by name, of rows that come piece by piece."""
    found: dict[str, list[Keys]] = {name: [] for name in names}
    for piece in pieces:
        for name in names:
            found[name].append(keys_of(piece[name]))
    return {name: np.concatenate(parts) for name, parts in found.items()}
