"""How probabilities become one answer, and how sure they are.

The answer is the class whose probability, times its weight, is the largest.

Without weights that is the likeliest class, which is best where every mistake costs the same. Balanced accuracy and
macro F1 count a mistake on a rare class as many, so rare classes have to be answered sooner.

Where the probabilities themselves are judged, one temperature makes them as sure as they are right (Guo, Pleiss, Sun &
Weinberger 2017, On calibration of modern neural networks): p ** (1 / T), brought back to a sum of 1.

Axes: N rows, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
COOLEST, HOTTEST = 0.2, 5.0
FEWEST = 30  # rows from which a temperature is learned
ERRORS = 1.0  # standard errors of its gain that a temperature must reach
SMALLEST = 1e-12


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


def tempered(table: Floats, temperature: float | None) -> Floats:
    """Probabilities [N K] made surer (a temperature below 1) or less sure; the likeliest class stays the likeliest.

    Example:
        >>> tempered(np.array([[0.9, 0.1]]), 2.0).round(2).tolist()
        [[0.75, 0.25]]
    """
    if temperature is None:
        return table
    powers = np.log(np.clip(table, SMALLEST, 1.0)) / temperature
    powers = np.exp(powers - powers.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def temperature(table: Floats, truth: NDArray[np.int64]) -> float | None:
    """The temperature with which the log loss of these rows is smallest; None where it gains no more than luck would.

    Args:
        table: probabilities [N K] that did not see the truth.
        truth: class numbers [N].
    """
    from scipy.optimize import minimize_scalar

    if len(truth) < FEWEST:
        return None
    rows = np.arange(len(truth))

    def losses(power: float) -> Floats:
        return -np.log(np.clip(tempered(table, float(np.exp(power)))[rows, truth], SMALLEST, 1.0))

    bounds = (float(np.log(COOLEST)), float(np.log(HOTTEST)))
    found: Any = minimize_scalar(lambda power: losses(power).mean(), bounds=bounds, method="bounded")
    power = float(found.x)
    gains = losses(0.0) - losses(power)
    if gains.mean() <= ERRORS * gains.std() / np.sqrt(len(truth)):
        return None
    return round(float(np.exp(power)), 4)


def decided(predictions: Predictions, weights: Sequence[float] | None, temperature: float | None = None) -> Predictions:
    """Predictions with the class that a rule answers, at a temperature; as they are where there is neither."""
    if weights is None and temperature is None:
        return predictions
    names = sorted((n for n in predictions.columns if n.startswith("probability_")), key=lambda n: int(n[12:]))
    table = tempered(np.stack([predictions.columns[name].double().numpy() for name in names], axis=1), temperature)
    columns = dict(predictions.columns)
    if temperature is not None:
        columns |= {name: torch.from_numpy(table[:, place].copy()) for place, name in enumerate(names)}
    if weights is not None:
        columns[ANSWER] = torch.from_numpy(answered(table, weights))
    return Predictions(columns)
