"""Every metric as a function of sums over rows, so that a resample of the rows costs one matrix product.

Accuracy, F1, RMSE and R² depend on the rows through a few sums (hits, counts, squared errors). AUROC does not; its
first-order terms do: the placements of DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or more
correlated receiver operating characteristic curves: a nonparametric approach".

Axes: N rows, S sums, K classes, "..." resamples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bestiary.contracts import Predictions
from bestiary.tasks.metrics import probabilities, row_losses, values
from bestiary.tasks.registry import evidence_of

Floats = NDArray[np.float64]
Combine = Callable[[Floats], dict[str, Floats]]


def sums(predictions: Predictions, truth: NDArray[np.generic], problem: str) -> tuple[Floats, Combine]:
    """What each row adds to the sums, and the metrics as a function of the sums.

    Args:
        predictions: of N rows.
        truth: class numbers or values, [N].
        problem: the task.

    Returns:
        Terms [N, S], and a function of sums [..., S] that gives each metric [...]; NaN where a metric is undefined.

    Example:
        >>> import torch
        >>> answers = Predictions({"row": torch.arange(2), "value": torch.tensor([1.0, 2.0])})
        >>> terms, combine = sums(answers, np.array([1.0, 4.0]), "regression")
        >>> combine(terms.sum(0))["rmse"].round(3)
        np.float64(1.414)
    """
    if problem == "regression":
        return _values(values(predictions), truth.astype(np.float64))
    evidence = evidence_of(problem)
    if evidence is not None:
        return evidence.sums(predictions)
    table = probabilities(predictions)
    return _classes(table, truth.astype(np.int64), row_losses(predictions, truth))


def _values(guesses: Floats, truth: Floats) -> tuple[Floats, Combine]:
    error, centred = guesses - truth, truth - truth.mean()
    terms = np.stack([np.ones_like(error), error**2, np.abs(error), centred**2, centred], axis=1)

    def combine(total: Floats) -> dict[str, Floats]:
        count, squared, absolute, square, plain = np.moveaxis(total, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = square - plain**2 / count
            r2 = np.where(spread > 1e-12 * (centred**2).sum(), 1 - squared / spread, np.nan)
            return {"rmse": np.sqrt(squared / count), "mae": absolute / count, "r2": r2}

    return terms, combine


def _classes(table: Floats, truth: NDArray[np.int64], losses: Floats) -> tuple[Floats, Combine]:
    rows, classes = table.shape
    is_class = np.eye(classes)[truth]
    answered = np.eye(classes)[table.argmax(1)]
    ranked = [1] if classes == 2 else list(range(classes))
    placed = np.stack([_placements(table[:, k], is_class[:, k] > 0) for k in ranked], axis=1)
    terms = np.concatenate(
        [
            np.stack([np.ones(rows), losses], axis=1),
            *(is_class, answered, is_class * answered),
            *(placed * is_class[:, ranked], placed * (1 - is_class[:, ranked])),
        ],
        axis=1,
    )
    edges = np.cumsum([2, classes, classes, classes, len(ranked)])
    with np.errstate(invalid="ignore"):
        area = (placed * is_class[:, ranked]).sum(0) / is_class[:, ranked].sum(0)

    def combine(total: Floats) -> dict[str, Floats]:
        plain, true, answers, hits, inside, outside = np.split(total, edges, axis=-1)
        count, loss = plain[..., 0], plain[..., 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            above = inside / true[..., ranked] + outside / (count[..., None] - true[..., ranked]) - area
            return {
                "accuracy": hits.sum(-1) / count,
                "balanced_accuracy": _mean(np.where(true > 0, hits / true, np.nan)),
                "log_loss": loss / count,
                "macro_f1": _mean(np.where(true + answers > 0, 2 * hits / (true + answers), np.nan)),
                "auroc": _mean(above),
            }

    return terms, combine


def _placements(score: Floats, positive: NDArray[np.bool_]) -> Floats:
    """For a row of the class the share of others ranked below it; for another row the share of the class above it."""
    if positive.all() or not positive.any():
        return np.full(len(score), np.nan)
    overall = rankdata(score)
    within = np.empty(len(score))
    within[positive] = rankdata(score[positive])
    within[~positive] = rankdata(score[~positive])
    count = int(positive.sum())
    below = (overall - within) / (len(score) - count)
    above = 1 - (overall - within) / count
    return np.where(positive, below, above)


def _mean(parts: Floats) -> Floats:
    """The mean over the last axis of what is defined; NaN where nothing is."""
    defined = np.isfinite(parts)
    count = defined.sum(-1)
    return np.where(count > 0, np.where(defined, parts, 0.0).sum(-1) / np.maximum(count, 1), np.nan)


def linear(terms: Floats, combine: Combine) -> tuple[Floats, Combine]:
    """The same metrics to first order: each becomes the mean of its pseudo-values, one term a metric.

    Args:
        terms: of units [M, S].
        combine: sums [..., S] -> metrics.
    """
    whole, units = combine(terms.sum(0)), len(terms)
    without = combine(terms.sum(0) - terms)
    columns = [np.ones(units)]
    for name, value in whole.items():
        pull = (units - 1) * (value - np.where(np.isfinite(without[name]), without[name], value))
        columns.append(value + pull - pull.mean())

    def average(total: Floats) -> dict[str, Floats]:
        return {name: total[..., 1 + place] / total[..., 0] for place, name in enumerate(whole)}

    return np.stack(columns, axis=1), average
