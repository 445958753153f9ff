"""What test predictions say beyond a score: confusions, classes, calibration, residuals. NumPy alone, no network.

N rows, K classes throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScore:
    """How one class fares: rows that have it, rows that were given it, precision and recall (NaN where undefined)."""

    number: int
    rows: int
    predicted: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are 0 or undefined."""
        right = 0.0 if np.isnan(self.recall) else self.recall * self.rows
        return 2 * right / (self.rows + self.predicted) if self.rows + self.predicted else 0.0


def confusion(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """Counts [K, K]: true class by row, predicted class by column.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def confusions(truth: Ints, predicted: Ints, most: int = 20) -> list[tuple[int, int, int]]:
    """The commonest mistakes (true class, predicted class, rows); works for thousands of classes.

    Example:
        >>> confusions(np.array([0, 0, 1, 2]), np.array([1, 1, 0, 2]))
        [(0, 1, 2), (1, 0, 1)]
    """
    wrong = truth != predicted
    pairs, counts = np.unique(np.stack([truth[wrong], predicted[wrong]], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    return [(int(pairs[i, 0]), int(pairs[i, 1]), int(counts[i])) for i in order]


def per_class(truth: Ints, predicted: Ints, classes: int) -> list[ClassScore]:
    """Precision and recall of every class, in order."""
    rows = np.bincount(truth, minlength=classes)
    given = np.bincount(predicted, minlength=classes)
    right = np.bincount(truth[truth == predicted], minlength=classes)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = right / given, right / rows
    return [ClassScore(k, int(rows[k]), int(given[k]), float(precision[k]), float(recall[k])) for k in range(len(rows))]


@dataclass(frozen=True)
class Bins:
    """Rows gathered by what was predicted: rows a bin, mean of what was said, mean of what was true; none are empty."""

    rows: Ints
    said: Floats
    true: Floats


def reliability(truth: Ints, probabilities: Floats, bins: int = 10) -> tuple[Bins, float]:
    """Confidence in the predicted class against how often it is right.

    Args:
        truth: [N].
        probabilities: [N, K].
        bins: equally wide, over [0, 1].

    Returns:
        The bins, and the expected calibration error: the mean over rows of |confidence - accuracy| of their bin
        (Guo et al. 2017, On Calibration of Modern Neural Networks).

    Example:
        >>> reliability(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]))[1]
        0.25
    """
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gathered = _gather(place, bins, confidence, right)
    error = float((gathered.rows * np.abs(gathered.said - gathered.true)).sum() / max(1, len(truth)))
    return gathered, error


def deciles(truth: Floats, values: Floats, bins: int = 10) -> Bins:
    """Mean true value against mean predicted value, rows gathered into equally full bins of the prediction."""
    order = np.argsort(values, kind="stable")
    bins = max(1, min(bins, len(values) // 5))
    place = np.empty(len(values), dtype=int)
    place[order] = np.arange(len(values)) * bins // max(1, len(values))
    return _gather(place, bins, values, truth)


def _gather(place: NDArray[np.intp], bins: int, said: Floats, true: Floats) -> Bins:
    rows = np.bincount(place, minlength=bins)
    full = rows > 0
    sums = [np.bincount(place, weights=w, minlength=bins)[full] / rows[full] for w in (said, true)]
    return Bins(rows[full], sums[0], sums[1])


def worst_classes(truth: Ints, probabilities: Floats, most: int) -> Ints:
    """Places [<= most] of the mistakes that were most confident: least probability on the true class first."""
    given = probabilities[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != truth)
    return wrong[np.argsort(given[wrong], kind="stable")[:most]]


def worst_values(truth: Floats, values: Floats, most: int) -> Ints:
    """Places [<= most] of the largest absolute errors, largest first."""
    return np.argsort(-np.abs(truth - values), kind="stable")[:most]


def class_scores(truth: Ints, probabilities: Floats) -> dict[str, float]:
    """Accuracy and log loss; probabilities are clipped at the resolution of float32."""
    given = np.clip(probabilities[np.arange(len(truth)), truth], np.finfo(np.float32).eps, 1.0)
    right = probabilities.argmax(axis=1) == truth
    return {"accuracy": float(right.mean()), "log_loss": float(-np.log(given).mean())}


def value_scores(truth: Floats, values: Floats) -> dict[str, float]:
    """Root mean squared error and mean absolute error."""
    errors = values - truth
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.abs(errors).mean())}
