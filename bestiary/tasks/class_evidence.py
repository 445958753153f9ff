"""What probabilities of classes tell, row by row, and how the rows together make a metric (scikit-learn computes them).

Accuracy, F1, kappa and log loss depend on the rows through a few sums (hits, counts, losses). AUROC does not; its
first-order terms do: the placements of DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or more
correlated receiver operating characteristic curves: a nonparametric approach". Those of average precision are its
derivatives with respect to the weight of each row.

Axes: N rows, S sums, K classes, "..." resamples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import Predictions
from bestiary.tasks.evidence import Combine, Floats, Truth
from bestiary.tasks.rule import ANSWER

SMALLEST = float(np.finfo(np.float32).eps)  # probabilities are clipped here: a row costs at most 15.9 nats


class ClassEvidence:
    """Evidence of `probability_0` ... `probability_{K-1}`; implements `tasks.evidence.Evidence`.

    Kappa takes classes in their order; where that means nothing, neither does it, and it is not shown.

    Example:
        >>> import torch
        >>> half = torch.full((2,), 0.5)
        >>> answers = Predictions({"row": torch.arange(2), "probability_0": half, "probability_1": half})
        >>> ClassEvidence().losses(answers, np.array([0, 1])).round(4).tolist()
        [0.6931, 0.6931]
    """

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The log loss of each row in nats, [N]; truth is class numbers [N]."""
        table, labels = probabilities(predictions), np.asarray(truth, dtype=np.int64)
        return -np.log(np.clip(table[np.arange(len(labels)), labels], SMALLEST, 1.0))

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics; AUROC is left out where one class alone is present.

        Balanced accuracy averages over the classes that occur, macro F1 over those that occur or are predicted, AUROC
        (several classes: each against the rest) over the classes that occur.
        """
        from sklearn import metrics as sk

        table, labels = probabilities(predictions), np.asarray(truth, dtype=np.int64)
        answers = given(predictions, table)
        present = np.unique(labels)
        scores = {
            "accuracy": float(sk.accuracy_score(labels, answers)),
            "balanced_accuracy": float(sk.recall_score(labels, answers, labels=present, average="macro")),
            "log_loss": float(self.losses(predictions, labels).mean()),
            "macro_f1": float(sk.f1_score(labels, answers, average="macro")),
        }
        if len(present) > 1:
            classes = present[-1:] if table.shape[1] == 2 else present
            scores["auroc"] = sum(float(sk.roc_auc_score(labels == k, table[:, k])) for k in classes) / len(classes)
            areas = [float(sk.average_precision_score(labels == k, table[:, k])) for k in classes]
            scores["average_precision"] = sum(areas) / len(areas)
        if table.shape[1] == 2:
            scores["f1"] = 2 * float(((labels == 1) & (answers == 1)).sum()) / max(1, int((labels + answers).sum()))
        if len(np.union1d(labels, answers)) > 1:
            scores["qwk"] = float(sk.cohen_kappa_score(labels, answers, weights="quadratic"))
        return scores

    def sums(self, predictions: Predictions, truth: Truth) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        labels, table = np.asarray(truth).astype(np.int64), probabilities(predictions)
        return _sums(table, given(predictions, table), labels, self.losses(predictions, labels))


def probabilities(predictions: Predictions) -> Floats:
    """The probabilities as a matrix [N, K]."""
    count = sum(name.startswith("probability_") for name in predictions.columns)
    return np.stack([predictions.columns[f"probability_{k}"].double().numpy() for k in range(count)], axis=1)


def given(predictions: Predictions, table: Floats) -> NDArray[np.int64]:
    """The class that is answered for each row [N]: as the predictions say, or the likeliest."""
    answers = predictions.columns.get(ANSWER)
    return table.argmax(1) if answers is None else answers.numpy().astype(np.int64)


def _sums(
    table: Floats, answers: NDArray[np.int64], truth: NDArray[np.int64], losses: Floats
) -> tuple[Floats, Combine]:
    rows, classes = table.shape
    is_class = np.eye(classes)[truth]
    answered = np.eye(classes)[answers]
    ranked = [1] if classes == 2 else list(range(classes))
    placed = np.stack([_placements(table[:, k], is_class[:, k] > 0) for k in ranked], axis=1)
    parts = [average_precision(table[:, k], is_class[:, k] > 0) for k in ranked]
    precise, slopes = np.array([average for average, _ in parts]), np.stack([slope for _, slope in parts], axis=1)
    away = ((answers - truth) ** 2).astype(np.float64)
    terms = np.concatenate(
        [
            np.stack([np.ones(rows), losses, away], axis=1),
            *(is_class, answered, is_class * answered),
            *(placed * is_class[:, ranked], placed * (1 - is_class[:, ranked])),
            slopes,
        ],
        axis=1,
    )
    edges = np.cumsum([3, classes, classes, classes, len(ranked), len(ranked)])
    apart = np.subtract.outer(np.arange(classes, dtype=np.float64), np.arange(classes)) ** 2
    with np.errstate(invalid="ignore"):
        whole = (placed * is_class[:, ranked]).sum(0) / is_class[:, ranked].sum(0)

    def combine(total: Floats) -> dict[str, Floats]:
        plain, true, told, hits, inside, outside, slope = np.split(total, edges, axis=-1)
        count, loss, off = plain[..., 0], plain[..., 1], plain[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            above = inside / true[..., ranked] + outside / (count[..., None] - true[..., ranked]) - whole
            found = {
                "accuracy": hits.sum(-1) / count,
                "balanced_accuracy": mean_of_defined(np.where(true > 0, hits / true, np.nan)),
                "log_loss": loss / count,
                "macro_f1": mean_of_defined(np.where(true + told > 0, 2 * hits / (true + told), np.nan)),
                "auroc": mean_of_defined(above),
                "average_precision": mean_of_defined(precise + rows * slope / count[..., None]),
            }
            if classes == 2:
                found["f1"] = np.nan_to_num(2 * hits[..., 1] / (true[..., 1] + told[..., 1]))
            expected = ((true @ apart) * told).sum(-1) / count
            found["qwk"] = np.where(expected > 0, 1 - off / expected, np.nan)
            return found

    return terms, combine


def area(metric: str, table: Floats, labels: NDArray[np.int64]) -> float:
    """AUROC or average precision alone, at a fraction of the time of `ClassEvidence.score`; a half where undefined.

    Args:
        metric: "auroc" or "average_precision".
        table: probabilities [N K].
        labels: class numbers [N].
    """
    present = np.unique(labels)
    if len(present) < 2:
        return 0.5
    found = []
    for k in present[-1:] if table.shape[1] == 2 else present:
        inside = labels == k
        if metric == "auroc":
            found.append(_placements(table[:, k], inside)[inside].mean())
        else:
            found.append(average_precision(table[:, k], inside)[0])
    return float(np.mean(found))


def _placements(score: Floats, positive: NDArray[np.bool_]) -> Floats:
    """For a row of the class the share of others ranked below it; for another row the share of the class above it."""
    if positive.all() or not positive.any():
        return np.full(len(score), np.nan)
    from scipy.stats import rankdata

    overall = rankdata(score)
    within = np.empty(len(score))
    within[positive] = rankdata(score[positive])
    within[~positive] = rankdata(score[~positive])
    count = int(positive.sum())
    below = (overall - within) / (len(score) - count)
    above = 1 - (overall - within) / count
    return np.where(positive, below, above)


def average_precision(score: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Average precision of a class, and how it changes with the weight of each row [N]; NaN where it has no rows."""
    count = int(positive.sum())
    if not count:
        return np.nan, np.full(len(score), np.nan)
    order = np.argsort(-score, kind="stable")
    sorted_, is_true = score[order], positive[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_)), len(sorted_) - 1)  # rows of one score stand together
    group = np.searchsorted(ends, np.arange(len(sorted_)))
    above, true = (ends + 1.0)[group], np.cumsum(is_true)[ends][group].astype(np.float64)
    precision = true / above
    average = float(precision[is_true].sum() / count)
    starts = np.append(0, ends[:-1] + 1)[group]
    lost = np.cumsum((is_true * true / above**2)[::-1])[::-1][starts]  # over true rows that do not stand above
    gained = np.cumsum((is_true / above)[::-1])[::-1][starts]
    slope = np.where(is_true, precision + gained - lost - average, -lost) / count
    back = np.empty_like(slope)
    back[order] = slope
    return average, back


def mean_of_defined(parts: Floats) -> Floats:
    """The mean over the last axis of what is defined; NaN where nothing is."""
    defined = np.isfinite(parts)
    count = defined.sum(-1)
    return np.where(count > 0, np.where(defined, parts, 0.0).sum(-1) / np.maximum(count, 1), np.nan)
