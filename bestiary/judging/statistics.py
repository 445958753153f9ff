"""Intervals for scores and for paired differences of scores, by resampling the test rows.

Sources: Wilson (1927), "Probable inference, the law of succession, and statistical inference"; Efron (1987), "Better
bootstrap confidence intervals" (BCa); Agresti and Coull (1998), "Approximate is better than 'exact' for interval
estimation of binomial proportions" (pseudo-observations); Sood (2025), "Powerful rank verification for multivariate
Gaussian data with any covariance structure" (why the leader of a leaderboard may be tested unadjusted).

What the 5 % of a verdict rest on:

* **Crowned.** The leader on test is the best when a two-sided 95 % interval of its paired difference excludes zero
  against *every* other model; `race.bench` says how one that errs wildly is looked at. That the leader was found on
  the same rows is paid for by the two sides: the probability that a model that is not the best is crowned stays at
  most 5 %, however many models there are and however they are correlated (Gutmann and Maymin 1987 for independent
  scores, Hung and Fithian 2019, Sood 2025 for any covariance).
* **Worth it.** The network is named on validation rows, before the test rows are opened, and must exclude zero against
  *every* baseline (an intersection-union test: beating the truly best one by luck has probability at most 2.5 %).

Axes: N rows, M units (rows, or whole groups or time blocks), R resamples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from bestiary.contracts import Predictions
from bestiary.judging.evidence import Interval
from bestiary.judging.measures import linear
from bestiary.tasks.evidence import Combine, Floats
from bestiary.tasks.registry import evidence_of

RESAMPLES = 2_000
MOST_UNITS = 2_500  # more units are joined at random into this many: the standard error is then known to 1.4 %
MOST_TERMS = 100  # metrics of more sums than this (over 20 classes) are linearised, or the product would cost seconds
ALIKE = 5  # units that all agree by chance in more than 5 % of cases (a sign test): so many bound nothing
FEWEST = 50  # rows in all; below it a test split has ten rows or fewer, and nothing is claimed
LEVEL = 0.95


def wilson(share: float, rows: float, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a proportion.

    Args:
        share: observed, 0 to 1; a mean of correlated shares (several seeds) makes the interval wider than need be.
        rows: that it was observed on.
        level: of confidence.

    Example:
        >>> interval = wilson(1.0, 20)
        >>> round(interval.low, 3), interval.high
        (0.839, 1.0)
    """
    if rows <= 0:
        return Interval(share, 0.0, 1.0)
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    centre = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = math.sqrt(z2 * (share * (1 - share) / rows + z2 / (4 * rows**2))) / (1 + z2 / rows)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(share, min(low, share), max(high, share))


@dataclass(frozen=True)
class Estimate:
    """A figure and what it would be on other rows. Estimates on the same rows subtract to a paired difference.

    Attributes:
        value: on the rows as they are.
        draws: on each resample, [R].
        without: on all units but one, [M].
        origin: where the pseudo-observations of `interval` lie: the value, or zero for differences.
    """

    value: float
    draws: Floats
    without: Floats
    origin: float

    def __sub__(self, other: Estimate) -> Estimate:
        return Estimate(self.value - other.value, self.draws - other.draws, self.without - other.without, 0.0)

    def __neg__(self) -> Estimate:
        return Estimate(-self.value, -self.draws, -self.without, -self.origin)

    @property
    def influence(self) -> Floats:
        """What each unit pulls the figure by, times M (jackknife), [M]."""
        return (len(self.without) - 1) * (self.without.mean() - self.without)

    @property
    def error(self) -> float:
        """The standard error (jackknife); infinite for a single unit."""
        units = len(self.without)
        return math.sqrt((self.influence**2).sum() / (units * (units - 1))) if units > 1 else math.inf

    @property
    def constant(self) -> bool:
        """Whether no unit makes a difference, as for a perfect score; of a single unit nobody can tell."""
        return len(self.without) > 1 and float(np.abs(self.influence).max()) <= 1e-9 * (1 + abs(self.value))

    def interval(self, level: float = LEVEL) -> Interval:
        """BCa, and never narrower than Student's t with two pseudo-observations.

        BCa alone is too short where few units decide: with four rows on which two models differ, all in favour of
        one, it excludes zero (an exact sign test gives p = 0.125). The pseudo-observations lie one typical influence to
        either side of `origin`, and the variance is that of a score interval, as in Wilson's. Up to five units bound
        nothing, however alike they are; but what is zero on every unit is zero.
        """
        few = len(self.without) <= ALIKE
        if self.constant and (not few or abs(self.value) < 1e-12):
            return Interval(self.value, self.value, self.value)
        if few:
            return Interval(self.value, -math.inf, math.inf)
        one, other = self._accelerated(level), self._student(level)
        low, high = min(one[0], other[0], self.value), max(one[1], other[1], self.value)
        return Interval(self.value, low, high)

    def _accelerated(self, level: float) -> tuple[float, float]:
        influence = self.influence
        draws = self.draws[np.isfinite(self.draws)]
        if len(influence) < 2 or len(draws) < 2:
            return -math.inf, math.inf
        same = np.abs(draws - self.value) <= 1e-12 * (1 + abs(self.value))
        below = ((draws < self.value) & ~same).mean() + same.mean() / 2
        bias = ndtri(np.clip(below, 0.5 / len(draws), 1 - 0.5 / len(draws)))
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        normal = bias + ndtri([0.5 - level / 2, 0.5 + level / 2])
        places = ndtr(bias + normal / (1 - acceleration * normal))
        low, high = np.quantile(draws, places)
        return float(low), float(high)

    def _student(self, level: float) -> tuple[float, float]:
        influence, units = self.influence, len(self.without)
        t2 = float(stdtrit(units - 1, 0.5 + level / 2)) ** 2 if units > 1 else math.inf
        if units + 2 <= t2:
            return -math.inf, math.inf
        energy = (influence**2).sum()
        typical = (influence**4).sum() / energy
        centre = (units * self.value + 2 * self.origin) / (units + 2)
        half = math.sqrt(t2 * (energy + 2 * typical) / ((units + 2) * (units + 2 - t2)))
        return centre - half, centre + half


class Resampling:
    """The same resamples of the test rows for every model: what makes differences paired.

    Args:
        rows: N.
        groups: one label a row: whole groups are drawn; None where rows are independent.
        resamples: R.
        seed: of the draw.
    """

    def __init__(
        self, rows: int, groups: NDArray[np.generic] | None = None, resamples: int = RESAMPLES, seed: int = 0
    ) -> None:
        draw = np.random.default_rng(seed)
        unit = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
        count = int(unit.max()) + 1
        self.independent = count  # units before they are joined
        if count > MOST_UNITS:
            unit = (draw.permutation(count) % MOST_UNITS)[unit]
            count = MOST_UNITS
        self.rows, self.units, self.resamples, self._unit = rows, count, resamples, unit
        drawn = draw.integers(0, count, (resamples, count)) + count * np.arange(resamples)[:, None]
        self.weights = np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count).astype(float)

    def joined(self, terms: Floats) -> Floats:
        """Terms of rows [N, S] added up within each unit [M, S]."""
        if self.units == self.rows:
            return terms[np.argsort(self._unit)]
        total = np.zeros((self.units, terms.shape[1]))
        for place, column in enumerate(terms.T):
            total[:, place] = np.bincount(self._unit, weights=column, minlength=self.units)
        return total

    def estimates(self, terms: Floats, combine: Combine) -> dict[str, Estimate]:
        """Each metric, from the terms of rows [N, S]; a metric that the rows do not define is left out."""
        joined = self.joined(terms)
        if terms.shape[1] > MOST_TERMS:
            joined, combine = linear(joined, combine)
        whole = joined.sum(0)
        value, draws, without = combine(whole), combine(self.weights @ joined), combine(whole - joined)
        return {
            name: Estimate(
                float(value[name]), draws[name], np.where(np.isfinite(without[name]), without[name], value[name]),
                float(value[name]),
            )
            for name in value
            if np.isfinite(value[name])
        }  # fmt: skip

    def score(self, seeds: Iterable[Predictions], truth: NDArray[np.generic], problem: str) -> dict[str, Estimate]:
        """Each metric of a model, averaged over its seeds."""
        every = [self.estimates(*evidence_of(problem).sums(predictions, truth)) for predictions in seeds]
        return {
            name: mean([estimates[name] for estimates in every])
            for name in every[0]
            if all(name in one for one in every)
        }


def mean(estimates: list[Estimate]) -> Estimate:
    """The mean of estimates on the same rows, such as those of several seeds."""
    if len(estimates) == 1:
        return estimates[0]
    value = float(np.mean([e.value for e in estimates]))
    draws = np.mean([e.draws for e in estimates], axis=0)
    return Estimate(value, draws, np.mean([e.without for e in estimates], axis=0), value)


def excludes_zero(interval: Interval) -> bool:
    """Whether a difference is more than chance.

    Example:
        >>> excludes_zero(Interval(0.02, 0.001, 0.04)), excludes_zero(Interval(0.02, -0.001, 0.04))
        (True, False)
    """
    return interval.low > 1e-9 or interval.high < -1e-9


def within_one_standard_error(worse: Mapping[str, Estimate]) -> list[str]:
    """The models whose paired difference to the best (positive = worse) is at most its own standard error."""
    return [name for name, difference in worse.items() if difference.value <= difference.error + 1e-12]


def rows_needed(difference: Estimate, rows: int, power: float = 0.8) -> float:
    """How many test rows would show this difference with this probability, if it is real; infinite for none.

    The standard error shrinks with the root of the rows: N ((1.96 + 0.84) error / difference)².

    Example:
        >>> draws = np.zeros(2)
        >>> rows_needed(Estimate(0.1, draws, np.array([0.0, 0.1, 0.2]), 0.0), 100).__round__()
        1047
    """
    if abs(difference.value) < 1e-12:
        return math.inf
    z = float(ndtri(0.5 + LEVEL / 2) + ndtri(power))
    return rows * (z * difference.error / difference.value) ** 2


def time_blocks(times: NDArray[np.generic]) -> NDArray[np.int64]:
    """Blocks of consecutive rows, about the cube root of N long, so that neighbours in time are drawn together.

    The length that makes the variance of a mean right to first order grows as N^(1/3) (Künsch 1989, "The jackknife and
    the bootstrap for general stationary observations").

    Example:
        >>> time_blocks(np.array([5, 1, 3, 2, 4, 6, 8, 7])).tolist()
        [2, 0, 1, 0, 1, 2, 3, 3]
    """
    length = max(1, round(len(times) ** (1 / 3)))
    place = np.empty(len(times), dtype=np.int64)
    place[np.argsort(times, kind="stable")] = np.arange(len(times))
    return place // length
