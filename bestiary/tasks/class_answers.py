"""Tasks whose answers are probabilities of classes, but whose rows are not the rows of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Batch, Data, Predictions
from bestiary.sampling.looking import evaluating
from bestiary.tasks.classification import Classification


class ClassAnswers(ABC):
    """Probabilities of classes for whatever a batch asks about; implements `contracts.Task`.

    Args:
        facts: of the data, with `classes`.
    """

    problem: str

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.classes = [str(name) for name in facts["classes"]]
        self._answers = Classification(self.classes)

    @abstractmethod
    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        """Of the rows that a batch asks about, [M K]."""

    def predict(self, answer: Any, data: Data, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{K-1}` float32.

        Args:
            answer: a network, which is put into evaluation mode and back, or a fitted baseline, whose `answer(batch)`
                gives logits.
            data: of the kind.
            split: whose rows.
        """
        row = cast("Any", data).arrays(split)["row"].clone()
        with evaluating(answer):
            parts = [
                self.logits(answer, batch) if isinstance(answer, nn.Module) else answer.answer(batch)
                for batch in data.batches(split)
            ]
        return self._answers.predictions(torch.cat(parts).cpu() if parts else torch.empty(0, len(self.classes)), row)

    def score(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
        """All metrics of classification, truth being class numbers [M]."""
        return self._answers.score(predictions, truth)

    def losses(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> NDArray[np.float64]:
        """The log loss of each row [M]: what selection minimises."""
        return self._answers.losses(predictions, truth)

    def ignorant(self, data: Data, split: str) -> Predictions:
        """Every row answered with the shares of the classes among the training rows."""
        return self._answers.ignorant(data, split)

    def table(self, answer: Any, data: Data, split: str) -> dict[str, Any]:
        """`row`, `prediction` and the probability of each class, by name."""
        columns = self.predict(answer, data, split).columns
        shares = torch.stack([columns[f"probability_{k}"] for k in range(len(self.classes))], 1)
        named = {f"probability_{name}": shares[:, k].numpy() for k, name in enumerate(self.classes)}
        best = [self.classes[k] for k in shares.argmax(1).tolist()]
        return {"row": columns["row"].numpy(), "prediction": best, **named}
