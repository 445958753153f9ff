"""How probabilities become one answer: the class whose probability, times its weight, is the largest.

Without weights that is the likeliest class, which is best where every mistake costs the same. Balanced accuracy and
macro F1 count a mistake on a rare class as many, so rare classes have to be answered sooner.

Axes: N rows, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from bestiary.contracts import Predictions

Floats = NDArray[np.float64]
ANSWER = "answer"
"""Column of predictions with the class that is answered, where that is not the likeliest."""
POWERS = (0.0, 0.5, 1.0)  # of the inverse share of each class: a start
FACTORS = (0.5, 0.7, 0.85, 1.18, 1.43, 2.0)  # by which the weight of one class is changed at a time
ROUNDS = 3
GAIN = 0.002  # of the metric: a change of one weight that gains less is luck


def answered(table: Floats, weights: Sequence[float] | Floats | None = None) -> NDArray[np.int64]:
    """The class that is answered for each row, [N].

    Example:
        >>> answered(np.array([[0.7, 0.3]])).tolist(), answered(np.array([[0.7, 0.3]]), [1.0, 3.0]).tolist()
        ([0], [1])
    """
    return (table if weights is None else table * np.asarray(weights)).argmax(1)


def starts(truth: NDArray[np.int64], classes: int) -> list[Floats]:
    """Weights that need no search: all alike, and two powers of the inverse shares of the classes."""
    shares = np.maximum(np.bincount(truth, minlength=classes), 0.5) / max(1, len(truth))
    return [shares**-power for power in POWERS]


def tuned(table: Floats, truth: NDArray[np.int64], score: Callable[[NDArray[np.int64]], float]) -> Floats:
    """Weights of the classes with which a metric of answers is best on these rows, [K]; the largest is 1.

    Args:
        table: probabilities [N K] that did not see the truth.
        truth: class numbers [N].
        score: answers [N] -> the metric; higher is better.
    """
    found = max(starts(truth, table.shape[1]), key=lambda weights: score(answered(table, weights)))
    best = score(answered(table, found))
    for _ in range(ROUNDS):
        before = best
        for place in range(table.shape[1]):
            for factor in FACTORS:
                changed = found.copy()
                changed[place] *= factor
                reached = score(answered(table, changed))
                if reached > best + GAIN:
                    best, found = reached, changed
        if best == before:
            break
    return found / found.max()


def decided(predictions: Predictions, weights: Sequence[float] | None) -> Predictions:
    """Predictions with the class that a rule answers; as they are where there is no rule."""
    if weights is None:
        return predictions
    names = sorted((n for n in predictions.columns if n.startswith("probability_")), key=lambda n: int(n[12:]))
    table = np.stack([predictions.columns[name].double().numpy() for name in names], axis=1)
    return Predictions({**predictions.columns, ANSWER: torch.from_numpy(answered(table, weights))})
