"""MiniROCKET: at what share of its steps a series, seen through small fixed convolutions, lies above thresholds.

Source: Dempster, Schmidt & Webb 2021, "MiniRocket: a very fast (almost) deterministic transform for time series
classification", arXiv 2012.08791. All 84 kernels of nine weights, of which three are 2 and six are -1, are laid over
a series at several dilations. Thresholds are quantiles of what a kernel gives on one training series. A feature is
the share of positions that are above its threshold; 9,996 features and a linear model are among the best known for
series, and cost seconds.

It is written out here because the packages that have it compile it for half a minute when it is first used, which is
more than a whole race may have. Several channels: as in the authors' code, each kernel adds up some channels at
random.

Departs from the paper: the series that a kernel takes its thresholds from, and its channels, are drawn by a generator
of ours, so that features are not those of another program under the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from bestiary.errors import InputError

Floats = NDArray[np.floating[Any]]

TAPS = 9  # weights of a kernel
KERNELS = np.array(list(combinations(range(TAPS), 3)))  # which three of the nine weigh 2; the others weigh -1
MOST_DILATIONS = 32
AT_ONCE = 4_000_000  # numbers of shifted series held at a time
GOLDEN = (np.sqrt(5) + 1) / 2


def shifts(series: Floats, dilation: int) -> Floats:
    """A series as each weight of a kernel meets it, [9, N, C, T]; beyond its ends there are zeros."""
    found = np.zeros((TAPS, *series.shape), np.float32)
    steps = series.shape[-1]
    for tap in range(TAPS):
        ahead = (tap - TAPS // 2) * dilation
        if ahead >= 0:
            found[tap, ..., : steps - ahead] = series[..., ahead:]
        else:
            found[tap, ..., -ahead:] = series[..., :ahead]
    return found


def spread(steps: int, features: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Dilations, from 1 to where a kernel is as long as the series, and how many features a kernel has at each.

    Example:
        >>> [part.tolist() for part in spread(33, 84 * 8)]
        [[1, 2, 3, 4], [4, 2, 1, 1]]
    """
    each = max(1, features // len(KERNELS))
    drawn = min(each, MOST_DILATIONS)
    highest = np.log2((steps - 1) / (TAPS - 1))
    powers = np.logspace(0, highest, drawn, base=2).astype(np.int32)  # 32 bits round down what is a whole number
    dilations, counts = np.unique(powers, return_counts=True)
    counts = (counts * (each / drawn)).astype(np.int64)
    for place in range(each - int(counts.sum())):
        counts[place % len(counts)] += 1
    return dilations.astype(np.int64), counts


class MiniRocket(TransformerMixin, BaseEstimator):
    """The transform: series [N C T] -> shares [N F].

    Args:
        features: how many, rounded down to a multiple of 84.
        seed: of the series that thresholds are taken of, and of the channels that a kernel adds up.
    """

    def __init__(self, features: int = 10_000, seed: int = 0) -> None:
        self.features, self.seed = features, seed

    def fit(self, series: Floats, target: object = None) -> Self:
        """Draws the channels of each kernel, and takes its thresholds from one of the series."""
        rng = np.random.default_rng(self.seed)
        channels, steps = series.shape[1:]
        self.shape_ = np.array([channels, steps], np.int64)
        dilations, counts = spread(steps, self.features)
        numbers = 2 ** rng.uniform(0, np.log2(min(channels, TAPS) + 1), (len(dilations), len(KERNELS)))
        self.chosen_ = np.zeros((*numbers.shape, channels), np.float32)  # 1 where a kernel adds up a channel
        for where in np.ndindex(numbers.shape):
            self.chosen_[where][rng.choice(channels, int(numbers[where]), replace=False)] = 1
        quantiles = (np.arange(1, len(KERNELS) * counts.sum() + 1) * GOLDEN) % 1  # spread evenly, in any order
        taken = []
        for where, part in self._features():
            one = series[rng.integers(len(series))][None].astype(np.float32)
            shifted = shifts(one, int(dilations[where[0]]))
            answer = self._answer(shifted, shifted.sum(0), where)
            taken.append(np.quantile(answer, quantiles[part]))
        self.thresholds_ = np.concatenate(taken).astype(np.float32)
        return self

    def transform(self, series: Floats) -> Floats:
        """Shares of positions above each threshold, [N F].

        Raises:
            InputError: for series of another number of channels or steps than those that it was fitted on.
        """
        if series.ndim != 3 or series.shape[1:] != tuple(self.shape_):
            expected, given = tuple(self.shape_.tolist()), series.shape[1:]
            raise InputError(f"expected series of {expected} channels and steps; received {given}")
        rows = max(1, AT_ONCE // (TAPS * int(np.prod(self.shape_))))
        parts = [self._shares(series[start : start + rows].astype(np.float32)) for start in range(0, len(series), rows)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.thresholds_)), np.float32)

    def _shares(self, series: Floats) -> Floats:
        steps = series.shape[-1]
        dilations, _ = spread(steps, self.features)
        found = np.empty((len(series), len(self.thresholds_)), np.float32)
        dilation, shifted, total = 0, series, series
        for where, part in self._features():
            if dilations[where[0]] != dilation:
                dilation = int(dilations[where[0]])
                shifted = shifts(series, dilation)
                total = shifted.sum(0)
            answer = self._answer(shifted, total, where)
            if sum(where) % 2:  # every second kernel looks only where it lies inside the series
                edge = TAPS // 2 * dilation
                answer = answer[:, edge : steps - edge]
            for place in range(part.start, part.stop):
                found[:, place] = np.count_nonzero(answer > self.thresholds_[place], axis=1)
            found[:, part] /= answer.shape[1]
        return found

    def _features(self) -> Iterator[tuple[tuple[int, int], slice]]:
        """Number of the dilation and of the kernel, and where their features stand."""
        place = 0
        for which, count in enumerate(spread(int(self.shape_[1]), self.features)[1].tolist()):
            for kernel in range(len(KERNELS)):
                yield (which, kernel), slice(place, place + count)
                place += count

    def _answer(self, shifted: Floats, total: Floats, where: tuple[int, int]) -> Floats:
        """What a kernel gives at every step, its channels added up, [N T]."""
        answer = 3 * shifted[KERNELS[where[1]]].sum(0) - total  # [N, C, T]
        return np.einsum("nct,c->nt", answer, self.chosen_[where])
