"""Metrics: what they are called, which one ranks and why, and how they are computed (by scikit-learn).

Selection during a race always uses a proper score, `loss`: log loss, or the squared error of the standardised target.
A ranking metric such as accuracy only says how the finalists are compared for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk
from torch import Tensor

from bestiary.contracts import Predictions
from bestiary.errors import InputError, nearest

SMALLEST = float(np.finfo(np.float32).eps)  # probabilities are clipped here: a row costs at most 15.9 nats
BALANCED = 3.0  # the largest class has at most this many times the rows of the smallest: accuracy ranks

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One way of scoring predictions.

    Attributes:
        name: its key in `verdict.json` and on the command line.
        title: for people.
        higher: whether more is better.
        problem: the task.
        needs: what it is computed from: "labels", "probabilities", "values", or "evidence" that each row gives.
        low, high: the range of its values.
        percent: whether people read it as a percentage.
        meaning: in a sentence, for people.
    """

    name: str
    title: str
    higher: bool
    problem: str
    needs: str
    low: float
    high: float
    percent: bool = False
    meaning: str = ""


METRICS: tuple[Metric, ...] = (
    Metric("accuracy", "accuracy", True, "classification", "labels", 0.0, 1.0, True),
    Metric("balanced_accuracy", "balanced accuracy", True, "classification", "labels", 0.0, 1.0, True),
    Metric("log_loss", "log loss", False, "classification", "probabilities", 0.0, float("inf")),
    Metric("macro_f1", "macro F1", True, "classification", "labels", 0.0, 1.0),
    Metric("auroc", "AUROC", True, "classification", "probabilities", 0.0, 1.0),
    Metric("rmse", "RMSE", False, "regression", "values", 0.0, float("inf")),
    Metric("mae", "MAE", False, "regression", "values", 0.0, float("inf")),
    Metric("r2", "R²", True, "regression", "values", float("-inf"), 1.0),
)
_METRICS = {metric.name: metric for metric in METRICS}


def by_name(name: str, problem: str | None = None) -> Metric:
    """The metric of a name.

    Args:
        name: such as "auroc"; case, spaces and hyphens do not matter.
        problem: refuses a metric of the other problem when given.

    Raises:
        InputError: for an unknown name, with the nearest known one, or a metric that does not fit the problem.

    Example:
        >>> by_name("Log-Loss").title
        'log loss'
    """
    known = [metric.name for metric in METRICS if problem in (None, metric.problem)]
    word = name.strip().lower().replace("-", "_").replace(" ", "_")
    if word in known:
        return _METRICS[word]
    if word in _METRICS:
        raise InputError(
            f"the target is for {problem}, where {_METRICS[word].title} does not apply; try {', '.join(known)}"
        )
    raise InputError(f"metric must be one of {', '.join(known)}; received {name!r}{nearest(word, known)}")


def choose(problem: str, counts: Sequence[int] = ()) -> tuple[Metric, str]:
    """The metric that ranks when the person names none, and why.

    Args:
        problem: "classification" or "regression".
        counts: training rows of each class.

    Returns:
        The metric, and the reason in words for people.

    Example:
        >>> metric, reason = choose("classification", [900, 100])
        >>> metric.name
        'log_loss'
        >>> print(reason)
        the largest class has 90 % of the rows, so always answering it would look accurate; log loss judges the \
probability given to every row
    """
    if problem == "regression":
        return _METRICS["rmse"], "the target is a number: RMSE is in its own unit, and large errors weigh most"
    present = [count for count in counts if count > 0]
    if not present or max(present) <= BALANCED * min(present):
        size = "similar sizes" if present and max(present) > min(present) else "equal size"
        return _METRICS["accuracy"], f"the classes are of {size}, so accuracy is fair to all of them"
    share = 100 * max(present) / sum(present)
    if share >= 50:
        return _METRICS["log_loss"], (
            f"the largest class has {share:.0f} % of the rows, so always answering it would look accurate; "
            "log loss judges the probability given to every row"
        )
    return _METRICS["log_loss"], (
        f"the largest class has {max(present) / min(present):.0f} times the rows of the smallest, which accuracy would "
        "hardly notice; log loss judges the probability given to every row"
    )


def row_losses(predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> Floats:
    """What each row costs: log loss in nats, or the squared error in the target's unit squared.

    Args:
        predictions: of N rows.
        truth: class numbers [N], or values [N].

    Returns:
        [N]; their mean is the log loss, or the mean squared error.

    Example:
        >>> import torch
        >>> half = torch.full((2,), 0.5)
        >>> answers = Predictions({"row": torch.arange(2), "probability_0": half, "probability_1": half})
        >>> row_losses(answers, torch.tensor([0, 1])).round(4).tolist()
        [0.6931, 0.6931]
    """
    if "value" in predictions.columns:
        return (values(predictions) - np.asarray(truth, dtype=np.float64)) ** 2
    table, labels = probabilities(predictions), np.asarray(truth, dtype=np.int64)
    return -np.log(np.clip(table[np.arange(len(labels)), labels], SMALLEST, 1.0))


def probabilities(predictions: Predictions) -> Floats:
    """The probabilities as a matrix [N, K]."""
    count = sum(name.startswith("probability_") for name in predictions.columns)
    return np.stack([predictions.columns[f"probability_{k}"].double().numpy() for k in range(count)], axis=1)


def values(predictions: Predictions) -> Floats:
    """The predicted values [N], in the target's own unit."""
    return predictions.columns["value"].double().numpy()


def score_classes(predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
    """All metrics of classification; AUROC is left out where one class alone is present.

    Balanced accuracy averages over the classes that occur, macro F1 over those that occur or are predicted, AUROC
    (several classes: each against the rest) over the classes that occur.
    """
    table, labels = probabilities(predictions), np.asarray(truth, dtype=np.int64)
    answers = table.argmax(1)
    present = np.unique(labels)
    scores = {
        "accuracy": float(sk.accuracy_score(labels, answers)),
        "balanced_accuracy": float(sk.recall_score(labels, answers, labels=present, average="macro")),
        "log_loss": float(row_losses(predictions, labels).mean()),
        "macro_f1": float(sk.f1_score(labels, answers, average="macro")),
    }
    if len(present) > 1:
        classes = present[-1:] if table.shape[1] == 2 else present
        scores["auroc"] = sum(float(sk.roc_auc_score(labels == k, table[:, k])) for k in classes) / len(classes)
    return scores


def score_values(predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
    """All metrics of regression; R² is left out where the truth does not vary."""
    guesses, known = values(predictions), np.asarray(truth, dtype=np.float64)
    scores = {
        "rmse": float(sk.root_mean_squared_error(known, guesses)),
        "mae": float(sk.mean_absolute_error(known, guesses)),
    }
    if np.ptp(known) > 0:
        scores["r2"] = float(sk.r2_score(known, guesses))
    return scores
