"""Tasks whose answers are probabilities of classes, but whose rows are not the rows of a batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from bestiary.contracts import Batch, Predictions
from bestiary.sampling.looking import evaluating
from bestiary.tasks.class_evidence import ClassEvidence
from bestiary.tasks.classification.scoring import Classification
from bestiary.tasks.scoring import Scoring


class ClassAnswers(Scoring):
    """Probabilities of classes for whatever a batch asks about.

    Args:
        facts: of the data, with `classes`.
    """

    evidence = ClassEvidence()

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._answers = Classification(facts["classes"])

    @abstractmethod
    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        """Of the rows that a batch asks about, [M K]."""

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{K-1}` float32.

        Args:
            answer: a network, which is put into evaluation mode and back, or a fitted baseline, whose `answer(batch)`
                gives logits.
            data: of the kind.
            split: whose rows.
        """
        row = data.arrays(split)["row"].clone()
        with evaluating(answer):
            parts = [
                self.logits(answer, batch) if isinstance(answer, nn.Module) else answer.answer(batch)
                for batch in data.batches(split)
            ]
        count = len(self._answers.classes)
        return self._answers.predictions(torch.cat(parts).cpu() if parts else torch.empty(0, count), row)

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Every row answered with the shares of the classes among the training rows."""
        return self._answers.ignorant(data, split)

    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """`row`, `prediction` and the probability of each class, by name."""
        return self._answers.written(self.predict(answer, data, split))
