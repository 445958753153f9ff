"""Rows that are not like those that were trained on: how well a score tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

from bestiary.contracts import Data, Predictions
from bestiary.rows.store import truth_of
from bestiary.sampling.looking import evaluating, row_numbers
from bestiary.tasks.anomaly.task import TASK
from bestiary.tasks.evidence import ColumnEvidence, Floats, Measure
from bestiary.tasks.reconstruct.scoring import Reconstruct
from bestiary.tasks.scoring import Scoring


def area(rows: Floats, anomaly: Floats, above: Floats, below: Floats, level: Floats) -> Floats:
    """The area under the receiver operating characteristic, linear in the rows as DeLong et al. 1988 have it.

    Sums over all rows give the area itself; sums over resampled rows move it as far as both kinds of row do.
    """
    return above / anomaly + below / (rows - anomaly) - level / rows


def where_any(rows: Floats, average: Floats, anomaly: Floats) -> Floats:
    """The mean of a column where there is an anomaly at all."""
    return np.where(anomaly > 0, average / rows, np.nan)


def pulls(score: Floats, strange: NDArray[np.bool_], found: Floats, at_least: Floats) -> Floats:
    """What one more of each row would move the average precision by, to first order [N]; they sum to 0.

    Args:
        score, strange: of the rows, [N].
        found, at_least: anomalies, and rows of any sort, with at least the score of each anomaly, [P].
    """
    order = np.argsort(score[strange], kind="stable")
    below = np.searchsorted(score[strange][order], score, side="right")  # anomalies that a row stands level or above

    def over(terms: Floats) -> Floats:
        return np.concatenate([[0.0], np.cumsum(terms[order])])[below]

    pull = np.where(strange, over((at_least - found) / at_least**2), -over(found / at_least**2))
    precision = found / at_least
    pull[strange] += precision - precision.mean()
    return pull / len(found)


EVIDENCE = ColumnEvidence(
    (
        Measure(TASK.metric("anomaly_auroc"), ("anomaly", "above", "below", "level"), area),
        Measure(TASK.metric("average_precision"), ("average", "anomaly"), where_any),
    ),
    loss="misplaced",
)


class Anomaly(Scoring):
    """Judges scores of anomaly. Networks and baselines have `anomaly(*inputs)`, or `reconstruct(*inputs)`.

    Whoever only reconstructs is scored by the squared error of a row: what was never seen comes back badly.
    The target of a row is 1 where it is an anomaly; no network is ever shown it.

    Args:
        facts: of the data.

    Example:
        >>> task = Anomaly({})
        >>> told = task.tell(torch.tensor([0.1, 0.4, 0.3, 0.9]), torch.tensor([0, 0, 1, 1]), torch.arange(4))
        >>> task.score(told, torch.empty(0))["anomaly_auroc"]
        0.75
    """

    evidence = EVIDENCE

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts
        self._pixels = Reconstruct(facts)

    def predict(self, answer: Any, data: Data, split: str) -> Predictions:
        """Every row of a split: see `tell`."""
        scores = self.scores(answer, data, split)
        return self.tell(scores, truth_of(data, split), row_numbers(data, split, len(scores)))

    def ignorant(self, data: Data, split: str) -> Predictions:
        """Every row given the same score."""
        truth = truth_of(data, split)
        return self.tell(torch.zeros(len(truth)), truth, row_numbers(data, split, len(truth)))

    def scores(self, answer: Any, data: Data, split: str) -> Tensor:
        """The score of every row [N], higher where it is stranger."""
        scores = []
        with evaluating(answer):
            for batch in data.batches(split):
                (inputs,) = batch.inputs
                if hasattr(answer, "anomaly"):
                    scores.append(answer.anomaly(inputs).cpu())
                else:
                    wrong = (answer.reconstruct(inputs) - inputs) / self._pixels.unit(inputs)
                    scores.append(wrong.square().flatten(1).mean(1).cpu())
        return torch.cat(scores)

    def tell(self, scores: Tensor, truth: Tensor, row: Tensor) -> Predictions:
        """What each row tells.

        Args:
            scores: [N], higher where a row is stranger.
            truth: 1 for anomalies, [N].
            row: numbers in the person's file, [N].

        Returns:
            `row`, `score`, `anomaly`; `misplaced`: the share of rows of the other sort that it is in the wrong order
            with; `above` and `below`: the share in the right order, of anomalies and of normal rows alone; `level`: the
            area under the curve; `precision`: at each anomaly, of the rows with at least its score; `average`: the
            average precision, and what the row moves it by to first order, as both sorts of row do.
        """
        score, strange = scores.double().numpy(), truth.numpy() > 0
        many, others = int(strange.sum()), int((~strange).sum())
        right = np.full(len(score), 0.5)
        precision, average = np.zeros(len(score)), np.zeros(len(score))
        if many and others:
            ranks, inside = rankdata(score), np.zeros(len(score))
            for sort in (strange, ~strange):
                inside[sort] = rankdata(score[sort])
            lower = ranks - inside  # rows of the other sort with a lower score, ties by half
            right = np.where(strange, lower / others, 1 - lower / many)
        if many:
            at_least = rankdata(-score, method="max")
            found = rankdata(-score[strange], method="max")  # anomalies with at least the score of each
            precision[strange] = found / at_least[strange]
            average = precision[strange].mean() + len(score) * pulls(score, strange, found, at_least[strange])
        columns = {
            "score": score,
            "anomaly": strange,
            "misplaced": 1 - right,
            "above": right * strange,
            "below": right * ~strange,
            "level": np.full(len(score), right[strange].mean() if many else 0.5),
            "precision": precision,
            "average": average,
        }
        return Predictions({"row": row, **{n: torch.from_numpy(np.asarray(c, np.float64)) for n, c in columns.items()}})

    def table(self, answer: Any, data: Data, split: str) -> dict[str, NDArray[np.generic]]:
        """`row` and `score`, higher where a row is stranger."""
        scores = self.scores(answer, data, split)
        return {"row": row_numbers(data, split, len(scores)).numpy(), "score": scores.numpy()}
