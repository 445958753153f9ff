"""Several labels a row: a probability for each, and those at or above their thresholds are answered.

Axes: N rows, L labels, S sums, "..." resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Batch, Predictions
from bestiary.tasks.class_evidence import SMALLEST, average_precision, mean_of_defined, probabilities
from bestiary.tasks.evidence import Combine, Floats, Truth
from bestiary.tasks.mixture import Mixture
from bestiary.tasks.multilabel import thresholds
from bestiary.tasks.predictions import by_member, outputs, told
from bestiary.tasks.rule import ANSWER
from bestiary.tasks.scoring import Scoring

LEANING = 0.1  # of the loss in what is made small where a metric of labels decides: counts of few rows are coarse


class LabelsEvidence:
    """Evidence of `probability_0` ... `probability_{L-1}`; implements `tasks.evidence.Evidence`.

    A label that no row has and that is given to none has no F1, and one that no row has no average precision: means
    are over the others.

    Example:
        >>> columns = {"probability_0": torch.tensor([0.9, 0.2]), "probability_1": torch.tensor([0.8, 0.7])}
        >>> found = LabelsEvidence().score(Predictions({"row": torch.arange(2), **columns}), np.array([[1, 0], [0, 1]]))
        >>> found["hamming_loss"], found["subset_accuracy"], round(found["micro_f1"], 2)
        (0.25, 0.5, 0.8)
    """

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The binary cross-entropy of each row in nats, mean over labels, [N]; truth is 0 or 1, [N L]."""
        return entropy(probabilities(predictions), truth)

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics that are defined."""
        terms, combine = self.sums(predictions, truth)
        return {name: float(value) for name, value in combine(terms.sum(0)).items() if np.isfinite(value)}

    def sums(self, predictions: Predictions, truth: Truth) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        table, known = probabilities(predictions), np.asarray(truth) > 0
        rows, labels = known.shape
        answers = given(predictions, table)
        parts = [average_precision(table[:, k], known[:, k]) for k in range(labels)]
        precise, slopes = np.array([area for area, _ in parts]), np.stack([slope for _, slope in parts], axis=1)
        wrong = (answers != known).sum(1)
        plain = np.stack([np.ones(rows), wrong, wrong == 0], axis=1)
        terms = np.concatenate([plain, known, answers, answers & known, slopes], axis=1).astype(np.float64)
        edges = np.cumsum([3, labels, labels, labels])

        def combine(total: Floats) -> dict[str, Floats]:
            first, true, told_, hits, slope = np.split(total, edges, axis=-1)
            count, off, whole = first[..., 0], first[..., 1], first[..., 2]
            with np.errstate(divide="ignore", invalid="ignore"):
                each = np.where(true + told_ > 0, 2 * hits / (true + told_), np.nan)
                areas = np.where(true > 0, precise + rows * slope / count[..., None], np.nan)
                return {
                    "average_precision": mean_of_defined(areas),
                    "macro_f1": mean_of_defined(each),
                    "micro_f1": 2 * hits.sum(-1) / (true + told_).sum(-1),
                    "subset_accuracy": whole / count,
                    "hamming_loss": off / (labels * count),
                }

        return terms, combine


def _chances(network: nn.Module, batch: Batch) -> Tensor:
    """The probability of each label, [B L]: the mean of what the members of a network say."""
    return by_member(network, batch).float().sigmoid().mean(1)


def entropy(table: Floats, truth: Truth) -> Floats:
    """Binary cross-entropy in nats, mean over labels, [N]."""
    true = np.where(np.asarray(truth) > 0, table, 1 - table)
    return -np.log(np.clip(true, SMALLEST, 1.0)).mean(1)


def given(predictions: Predictions, table: Floats) -> NDArray[np.bool_]:
    """Which labels are answered [N L]: as the predictions say, or those that are more likely than not."""
    names = [f"{ANSWER}_{k}" for k in range(table.shape[1])]
    if names[0] not in predictions.columns:
        return table >= thresholds.USUAL
    return np.stack([predictions.columns[name].numpy() > 0 for name in names], axis=1)


class Multilabel(Scoring):
    """Predicts a probability for each label.

    Args:
        labels: their names, in the order of the network's outputs.
        thresholds: the probability from which on each is answered; a half unless given.

    Example:
        >>> task = Multilabel(["red", "round"])
        >>> answers = task.predictions(torch.tensor([[3.0, -3.0], [3.0, 3.0]]), torch.arange(2))
        >>> task.written(answers)["prediction"]
        [['red'], ['red', 'round']]
    """

    evidence = LabelsEvidence()
    mixes = lists = True

    def __init__(self, labels: Sequence[str], thresholds: Sequence[float] | None = None) -> None:
        self.labels = [str(name) for name in labels]
        self.thresholds = None if thresholds is None else list(thresholds)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From `classes` among the facts, and `rule` where a model has thresholds."""
        return cls(facts["classes"], facts.get("rule"))

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{L-1}` float32.

        Args:
            answer: a network, which is put into evaluation mode and back into the modes that it was found in; or a
                fitted baseline, whose `predict(arrays)` gives probabilities [N L].
            data: with the split.
            split: whose rows.
        """
        if isinstance(answer, Mixture):
            return answer.predict(self, data, split)
        if isinstance(answer, nn.Module):
            return self._columns(*outputs(answer, data, split, _chances))
        return self._columns(*told(answer, data, split))

    def predictions(self, logits: Tensor, row: Tensor) -> Predictions:
        """From logits [N L] and row numbers [N]."""
        return self._columns(logits.float().sigmoid(), row)

    def _columns(self, table: Tensor, row: Tensor) -> Predictions:
        columns = {f"probability_{k}": table[:, k].float().contiguous() for k in range(len(self.labels))}
        return Predictions({"row": row, **columns})

    def wanting(self, metric: str, answers: Floats, truth: Truth) -> float:
        """What a metric lacks to its best, with thresholds tuned on the rows, and a tenth of the loss."""
        known = np.asarray(truth) > 0
        loss = float(entropy(answers, known).mean())
        return thresholds.lacking(metric, answers, known) + LEANING * loss

    def rule(self, metric: str, answers: Floats, truth: Truth) -> list[float] | None:
        """Thresholds with which F1 is best on these rows; None where a half is best whatever the rows are."""
        known = np.asarray(truth) > 0
        if metric in ("hamming_loss", "subset_accuracy") or not len(known):
            return None
        found = thresholds.shared(answers, known) if metric == "micro_f1" else thresholds.each(answers, known)
        return [round(float(one), 6) for one in found]

    def decided(
        self, predictions: Predictions, rule: Sequence[float] | None, temperature: float | None = None
    ) -> Predictions:
        """Predictions with `answer_0` ... `answer_{L-1}`: 1 where a label is answered."""
        if rule is None:
            return predictions
        chosen = (probabilities(predictions) >= np.asarray(rule)).astype(np.int8)
        columns = {f"{ANSWER}_{k}": torch.from_numpy(chosen[:, k].copy()) for k in range(len(self.labels))}
        return Predictions({**predictions.columns, **columns})

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Every row answered with the shares of the labels among the training rows."""
        shares = data.arrays("train")["target"].double().mean(0).float()
        rows = len(data.arrays(split)["target"])
        return self._columns(shares.expand(rows, -1), torch.arange(rows))

    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """`row`, `prediction`, a list of labels, and the probability of each label, by name."""
        return self.written(self.predict(answer, data, split))

    def written(self, predictions: Predictions) -> dict[str, Any]:
        """Predictions as people get them."""
        table = probabilities(predictions)
        chosen = table >= np.asarray(thresholds.USUAL if self.thresholds is None else self.thresholds)
        lists = [[self.labels[k] for k in np.flatnonzero(row)] for row in chosen]
        named = {f"probability_{name}": table[:, k].astype(np.float32) for k, name in enumerate(self.labels)}
        return {"row": predictions.columns["row"].numpy(), "prediction": lists, **named}
