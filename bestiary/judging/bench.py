"""The models of a race side by side on the test rows, and what counts as a lead.

A model that errs wildly on a few rows has a gap to every other one with a wide interval, and no interval of a mean sees
that it is behind on all the other rows too. So where a lead is not shown, it is looked at once more with those errors
forgiven: on each row on which the one behind costs more than `WILD` times what the leader costs on any row, it is given
the answers of the leader. That can only make the lead smaller, so a lead which is shown then is there: the mean of the
smaller gaps is above zero, and so is that of the gaps themselves. `tests/race/test_simulation.py` counts how often the
two looks are wrong together. Of rare errors that the leader makes and these rows do not show, neither knows anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bestiary.contracts import Predictions
from bestiary.judging.evidence import Interval
from bestiary.judging.statistics import Estimate, Resampling, excludes_zero
from bestiary.tasks import TaskDescriptor
from bestiary.tasks.metric import Metric
from bestiary.tasks.registry import evidence_of

WILD = 4.0  # times the costliest row of the leader: of squared errors, twice its largest error


@dataclass(frozen=True)
class Candidate:
    """A finalist or baseline with its answers on the test rows.

    Attributes:
        name: "resnet/small", or "baseline/linear".
        network: whether a neural network is in it.
        cost: of using it, in any one unit (seconds per 1,000 rows, bytes); the cheaper of equals ships.
        validation_loss: of the metric that ranks where that can be said, on validation rows; lower is better.
        predictions: on the test rows, one a seed, all of the same rows in the same order.
        title: for people; the name unless given.
    """

    name: str
    network: bool
    cost: float
    validation_loss: float
    predictions: Sequence[Predictions]
    title: str = ""


@dataclass(frozen=True)
class Rows:
    """The test rows, and how they are resampled.

    Attributes:
        truth: class numbers or values of the N rows.
        resampling: of these rows.
        total: rows in all, with those that were learned from.
    """

    truth: NDArray[np.generic]
    resampling: Resampling
    total: int

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class Lead:
    """How much better one model is than another on the same rows.

    Attributes:
        gain: positive = better.
        interval: of the gain; with errors forgiven, where that alone shows the lead.
        forgiven: rows whose errors are, 0 for none.
    """

    gain: Estimate
    interval: Interval
    forgiven: int = 0

    def __neg__(self) -> Lead:
        turned = Interval(-self.interval.value, -self.interval.high, -self.interval.low)
        return Lead(-self.gain, turned, self.forgiven)

    @property
    def shown(self) -> bool:
        """Whether one of them is better by more than chance."""
        return excludes_zero(self.interval)


class Bench:
    """The usable models side by side, best on test first (of equals the cheaper).

    Args:
        candidates: whose answers are finite.
        scores: name -> metric -> estimate.
        metric: that ranks.
        rows: that they answered.
        task: of the race.

    Attributes:
        rows: test rows; `total`: all rows.
        judged: what rows are called; `verb`: what a model does with them.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        scores: Mapping[str, Mapping[str, Estimate]],
        metric: Metric,
        rows: Rows,
        task: TaskDescriptor,
    ) -> None:
        self.metric, self.rows, self.total = metric, len(rows), rows.total
        self.judged, self.verb = task.judged, task.verb
        self._known, self._task = rows, task.name
        self._sign = 1 if metric.higher else -1
        self._scores = {name: estimates[metric.name] for name, estimates in scores.items()}
        self.order = sorted(candidates, key=lambda c: (-self._sign * self._scores[c.name].value, c.cost))

    def model(self, name: str) -> Candidate:
        """The one of this name."""
        return next(c for c in self.order if c.name == name)

    def gain(self, one: Candidate, other: Candidate) -> Estimate:
        """How much better the first is than the second on the same rows, positive = better."""
        return self._gain(self._scores[one.name], self._scores[other.name])

    def lead(self, one: Candidate, other: Candidate) -> Lead:
        """How much better the first is than the second, and whether that is more than chance."""
        gain = self.gain(one, other)
        if gain.value < 0:
            return -self.lead(other, one)
        plain = Lead(gain, self.interval(gain))
        if plain.shown or math.isfinite(self.metric.high - self.metric.low):
            return plain
        again = self._forgiving(one, other)
        return again if again and again.shown and again.interval.value <= gain.value else plain

    def interval(self, gain: Estimate) -> Interval:
        """Of a difference: no further from zero than the range of the metric allows."""
        found, most = gain.interval(), self.metric.high - self.metric.low
        low, high = (b if math.isinf(b) else min(max(b, -most), most) for b in (found.low, found.high))
        return Interval(found.value, low, high)

    def _gain(self, one: Estimate, other: Estimate) -> Estimate:
        return one - other if self.metric.higher else other - one

    def _forgiving(self, leader: Candidate, rival: Candidate) -> Lead | None:
        """The lead where the rival has the leader's answers on the rows on which it errs wildly; None without such."""
        evidence, truth = evidence_of(self._task), self._known.truth
        worst = max(float(evidence.losses(p, truth).max()) for p in leader.predictions)
        wild = [evidence.losses(p, truth) > WILD * worst for p in rival.predictions]
        if not any(rows.any() for rows in wild):
            return None
        seeds = []
        for number, rows in enumerate(wild):
            given = leader.predictions[number % len(leader.predictions)]
            seeds.append(_given(rival.predictions[number], given, rows))
        score = self._known.resampling.score(seeds, truth, self._task)[self.metric.name]
        gain = self._gain(self._scores[leader.name], score)
        return Lead(self.gain(leader, rival), self.interval(gain), int(np.any(wild, axis=0).sum()))


def _given(answers: Predictions, better: Predictions, rows: NDArray[np.bool_]) -> Predictions:
    """Answers that on some rows are those of a better model."""
    chosen = torch.from_numpy(rows)
    return Predictions(
        {n: torch.where(chosen, better.columns.get(n, own).to(own.dtype), own) for n, own in answers.columns.items()}
    )
