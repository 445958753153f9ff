"""From outputs to answers to scores: what every task does, and what each has to say for itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from bestiary.contracts import Predictions, Spec
from bestiary.tasks.evidence import Evidence, Floats, Truth

MOST = 20_000  # rows looked at: the standard error of a log loss of 0.5 with spread 0.5 is then 0.0035


class Scoring(ABC):
    """How the outputs of networks and baselines are read and scored; implements `contracts.Task`.

    Attributes:
        evidence: what makes metrics of predictions.
        most: rows that are looked at during training.
        mixes: whether the mean of two predictions is a prediction, so that models can answer together.
    """

    evidence: Evidence
    most: int = MOST
    mixes: bool = False

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From the facts of the data."""
        return cls(facts)  # pyright: ignore[reportCallIssue] - those that take something else say so

    @abstractmethod
    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and what the evidence needs.

        Args:
            answer: a network, which is put into evaluation mode and back, or a fitted baseline of this task.
            data: with the split.
            split: whose rows.
        """

    @abstractmethod
    def ignorant(self, data: Any, split: str) -> Predictions:
        """The predictions of someone who knows nothing but averages of the training rows."""

    @abstractmethod
    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """The predictions in the form that people get: `row`, and equally long columns."""

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """What each row costs [N]: the mean is what selection makes small."""
        return self.evidence.losses(predictions, truth)

    def costs(self, metric: str, predictions: Predictions, truth: Truth) -> Floats:
        """What each row costs [N] where a metric ranks: what promotion from rung to rung compares, row by row."""
        return self.losses(predictions, truth)

    def loss(self, predictions: Predictions, truth: Truth) -> float:
        """The mean of `losses`."""
        return float(self.losses(predictions, truth).mean())

    def rule(self, metric: str, answers: Floats, truth: Truth) -> list[float] | None:
        """Weights of classes with which the metric is best, tuned on rows that the answers did not see; None for none.

        Args:
            metric: that ranks.
            answers: the columns of predictions but for `row`, [N, K].
            truth: of the same rows.
        """
        return None

    def temperature(self, metric: str, answers: Floats, truth: Truth) -> float | None:
        """How much less sure probabilities must be to be right, where the metric judges them; None for as they are.

        Args:
            metric: that ranks.
            answers: the columns of predictions but for `row`, [N, K]; they did not see the truth.
            truth: of the same rows.
        """
        return None

    def deciding(self, metric: str, loss: float, scores: Mapping[str, float]) -> float:
        """The loss by which trainings stop and are chosen, where a metric ranks.

        Args:
            metric: that ranks; "" for none in particular.
            loss: the mean of `losses`.
            scores: all metrics on the same rows.
        """
        return loss

    def wanting(self, metric: str, answers: Floats, truth: Truth) -> float:
        """What is made small where a metric decides: lower is better.

        Args:
            metric: that ranks.
            answers: the columns of predictions but for `row`, [N, K].
            truth: of the same rows.

        Raises:
            NotImplementedError: for a task whose predictions do not mix.
        """
        raise NotImplementedError(f"{type(self).__name__} does not choose by {metric}")

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics that are defined; no network here, so that scores can be computed again."""
        return self.evidence.score(predictions, truth)

    def notice(self, spec: Spec, rows: int) -> str:
        """What a person is told before a race, where judging takes something that shows; else nothing.

        Args:
            spec: of the data.
            rows: of training.
        """
        return ""
