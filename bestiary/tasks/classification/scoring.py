"""Classes: logits become probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Predictions
from bestiary.tasks import rule
from bestiary.tasks.class_evidence import SMALLEST, ClassEvidence, area
from bestiary.tasks.evidence import Floats, Truth
from bestiary.tasks.mixture import Mixture
from bestiary.tasks.predictions import outputs, told
from bestiary.tasks.scoring import Scoring

RULED = (
    "balanced_accuracy",
    "macro_f1",
    "f1",
    "qwk",
)  # metrics for which the likeliest class is not always the best answer
AREAS = ("auroc", "average_precision")
LEANING = 0.1  # of the log loss in what is made small where a metric of labels decides: shares of few rows are coarse


class Classification(Scoring):
    """Predicts a probability for each class.

    Args:
        classes: the labels in the order of the network's outputs, or how many there are.
        weights: of each class, by which its probability is multiplied before the largest is answered.
        temperature: above 1 the probabilities that people get are less sure than those that were computed.

    Example:
        >>> import torch
        >>> task = Classification(["no", "yes"])
        >>> answers = task.predictions(torch.tensor([[0.0, 0.0], [0.0, 9.0]]), torch.arange(2))
        >>> task.score(answers, torch.tensor([0, 1]))["accuracy"]
        1.0
    """

    evidence = ClassEvidence()
    mixes = True

    def __init__(
        self, classes: Sequence[str] | int, weights: Sequence[float] | None = None, temperature: float | None = None
    ) -> None:
        named = range(classes) if isinstance(classes, int) else classes
        self.classes = [str(name) for name in named]
        self.weights = None if weights is None else list(weights)
        self._temperature = temperature

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From `classes` among the facts, and `rule` and `temperature` where a model has them."""
        return cls(facts["classes"], facts.get("rule"), facts.get("temperature"))

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{K-1}` float32.

        Args:
            answer: a network, which is put into evaluation mode and back into the modes that it was found in; or a
                fitted baseline, whose `predict(arrays)` gives probabilities [N K].
            data: with the split.
            split: whose rows.
        """
        if isinstance(answer, Mixture):
            return answer.predict(self, data, split)
        if isinstance(answer, nn.Module):
            return self.predictions(*outputs(answer, data, split))
        return self._columns(*told(answer, data, split))

    def predictions(self, logits: Tensor, row: Tensor) -> Predictions:
        """From logits [N K] and row numbers [N]."""
        return self._columns(logits.float().softmax(-1), row)

    def _columns(self, table: Tensor, row: Tensor) -> Predictions:
        columns = {f"probability_{k}": table[:, k].contiguous() for k in range(len(self.classes))}
        return Predictions({"row": row, **columns})

    def wanting(self, metric: str, answers: Floats, truth: Truth) -> float:
        """Log loss as it is; of a metric of labels what it lacks to 1 and a tenth of the log loss; 1 - an area."""
        labels = np.asarray(truth, dtype=np.int64)
        loss = float(-np.log(np.clip(answers[np.arange(len(labels)), labels], SMALLEST, 1.0)).mean())
        if metric == "log_loss":
            return loss
        if metric in AREAS:
            return 1 - area(metric, answers, labels)
        classes = answers.shape[1]
        weights = rule.starts(labels, classes) if metric in RULED else [None]
        reached = max(label_score(metric, rule.answered(answers, one), labels, classes) for one in weights)
        return 1 - reached + LEANING * loss

    def rule(self, metric: str, answers: Floats, truth: Truth) -> list[float] | None:
        """Where the likeliest class is not always the best answer: weights tuned on these rows."""
        if metric not in RULED or not len(truth):
            return None
        labels = np.asarray(truth, dtype=np.int64)
        found = rule.tuned(answers, labels, lambda given: label_score(metric, given, labels, answers.shape[1]))
        return None if np.ptp(found) < 1e-9 else [round(float(weight), 6) for weight in found]

    def temperature(self, metric: str, answers: Floats, truth: Truth) -> float | None:
        """Where log loss ranks: learned on these rows (temperature scaling)."""
        return rule.temperature(answers, np.asarray(truth, dtype=np.int64)) if metric == "log_loss" else None

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Every row answered with the shares of the classes among the training rows."""
        known = data.arrays("train")["target"].numpy().astype(np.int64)
        counts = np.bincount(known, minlength=len(self.classes)) + 1e-9
        shares = torch.from_numpy(counts / counts.sum()).float()
        row = torch.arange(len(data.arrays(split)["target"]))
        return self._columns(shares.expand(len(row), -1), row)

    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """`row`, `prediction` and the probability of each class, by name."""
        return self.written(self.predict(answer, data, split))

    def written(self, predictions: Predictions) -> dict[str, Any]:
        """Predictions as people get them."""
        columns = predictions.columns
        shares = torch.stack([columns[f"probability_{k}"] for k in range(len(self.classes))], 1).numpy()
        shares = rule.tempered(shares, self._temperature).astype(shares.dtype)
        named = {f"probability_{name}": shares[:, k] for k, name in enumerate(self.classes)}
        best = [self.classes[k] for k in rule.answered(shares.astype(np.float64), self.weights).tolist()]
        return {"row": columns["row"].numpy(), "prediction": best, **named}


def label_score(metric: str, answers: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> float:
    """A metric of labels from counts alone: `ClassEvidence.score` at a hundredth of its time.

    Args:
        metric: its name.
        answers: class numbers [N].
        truth: class numbers [N].
        classes: how many there are.

    Example:
        >>> label_score("balanced_accuracy", np.array([0, 0, 0]), np.array([0, 0, 1]), 2)
        0.5
    """
    table = np.bincount(truth * classes + answers, minlength=classes * classes).reshape(classes, classes)
    hits, true, given = np.diag(table), table.sum(1), table.sum(0)
    if metric == "balanced_accuracy":
        return float((hits[true > 0] / true[true > 0]).mean())
    if metric == "macro_f1":
        there = true + given > 0
        return float((2 * hits[there] / (true + given)[there]).mean())
    if metric == "f1":
        return float(2 * hits[1] / max(1, true[1] + given[1]))
    if metric == "qwk":
        apart = np.subtract.outer(np.arange(classes), np.arange(classes)) ** 2.0
        expected = float(true @ apart @ given) / len(truth)
        return 1 - float((apart * table).sum()) / expected if expected else 0.0
    return float(hits.sum() / len(truth))
