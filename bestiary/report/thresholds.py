"""Two classes: what each threshold on the probability finds, misses and calls in vain; NumPy alone.

N rows; the class that is looked for is the rarer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 200  # thresholds on a page


@dataclass(frozen=True)
class Threshold:
    """A threshold, and what it makes of the rows: rightly found, missed, false alarms, rightly left alone."""

    at: float
    found: int
    missed: int
    alarms: int
    left: int

    @property
    def recall(self) -> float:
        """Share of the rows of the class that are found."""
        return self.found / (self.found + self.missed)

    @property
    def precision(self) -> float:
        """Share of the alarms that are right; 1 where there are none."""
        return self.found / (self.found + self.alarms) if self.found + self.alarms else 1.0

    @property
    def fall_out(self) -> float:
        """Share of the other rows that are alarms."""
        return self.alarms / (self.alarms + self.left)


@dataclass(frozen=True)
class Curve:
    """All thresholds, from the highest down.

    Attributes:
        wanted: number of the class that is looked for.
        points: the thresholds.
        start: place of the one that the model answers with.
        area: under the curve of recall over false alarms (AUROC).
        average: precision, averaged over recall.
    """

    wanted: int
    points: list[Threshold]
    start: int
    area: float
    average: float

    @property
    def numbers(self) -> list[list[float]]:
        """For the page's script."""
        return [[round(p.at, 6), p.found, p.missed, p.alarms, p.left] for p in self.points]

    @property
    def roc(self) -> str:
        """Recall over false alarms, as points of a line in a square of 100."""
        return " ".join(f"{100 * p.fall_out:.2f},{100 - 100 * p.recall:.2f}" for p in self.points)

    @property
    def trade(self) -> str:
        """Precision over recall, as points of a line in a square of 100."""
        return " ".join(f"{100 * p.recall:.2f},{100 - 100 * p.precision:.2f}" for p in self.points)


def curve(truth: NDArray[np.int64], probabilities: NDArray[np.float64], rule: Sequence[float] | None) -> Curve | None:
    """Every threshold on the probability of the rarer of two classes; None where a class has no rows.

    Args:
        truth: [N], 0 or 1.
        probabilities: [N, 2].
        rule: weights of the classes with which the model answers; None for the likelier class.

    Example:
        >>> chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
        >>> [(p.at, p.found, p.alarms) for p in curve(np.array([0, 0, 1]), chances, None).points]
        [(1.0, 0, 0), (0.8, 1, 0), (0.6, 1, 1), (0.1, 1, 2)]
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    counts = np.bincount(truth, minlength=2)
    if probabilities.shape[1] != 2 or not counts.all():
        return None
    wanted = int(counts[1] <= counts[0])
    scores, hits = probabilities[:, wanted], truth == wanted
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # of equal scores all or none are called
    found, called = np.cumsum(hits[order])[last], last + 1
    total, rest = int(hits.sum()), int((~hits).sum())
    points = [Threshold(1.0, 0, total, 0, rest)] if scores.max() < 1 else []
    points += [
        Threshold(float(at), int(f), total - int(f), int(c - f), rest - int(c - f))
        for at, f, c in zip(scores[order][last], found, called, strict=True)
    ]
    usual = 0.5 if rule is None else rule[1 - wanted] / (rule[0] + rule[1])
    start = max((n for n, p in enumerate(points) if p.at >= usual), default=0)
    kept = sorted({start, *np.linspace(0, len(points) - 1, min(MOST, len(points))).round().astype(int).tolist()})
    area, average = (float(score(hits, scores)) for score in (roc_auc_score, average_precision_score))
    return Curve(wanted, [points[n] for n in kept], kept.index(start), area, average)
