"""Classes: logits become probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from bestiary.contracts import Predictions
from bestiary.tasks.class_evidence import ClassEvidence
from bestiary.tasks.predictions import outputs, told
from bestiary.tasks.scoring import Scoring


class Classification(Scoring):
    """Predicts a probability for each class.

    Args:
        classes: the labels in the order of the network's outputs, or how many there are.

    Example:
        >>> import torch
        >>> task = Classification(["no", "yes"])
        >>> answers = task.predictions(torch.tensor([[0.0, 0.0], [0.0, 9.0]]), torch.arange(2))
        >>> task.score(answers, torch.tensor([0, 1]))["accuracy"]
        1.0
    """

    evidence = ClassEvidence()

    def __init__(self, classes: Sequence[str] | int) -> None:
        named = range(classes) if isinstance(classes, int) else classes
        self.classes = [str(name) for name in named]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From `classes` among the facts."""
        return cls(facts["classes"])

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{K-1}` float32.

        Args:
            answer: a network, which is put into evaluation mode and back into the modes that it was found in; or a
                fitted baseline, whose `predict(arrays)` gives probabilities [N K].
            data: with the split.
            split: whose rows.
        """
        if isinstance(answer, nn.Module):
            return self.predictions(*outputs(answer, data, split))
        return self._columns(*told(answer, data, split))

    def predictions(self, logits: Tensor, row: Tensor) -> Predictions:
        """From logits [N K] and row numbers [N]."""
        return self._columns(logits.float().softmax(-1), row)

    def _columns(self, table: Tensor, row: Tensor) -> Predictions:
        columns = {f"probability_{k}": table[:, k].contiguous() for k in range(len(self.classes))}
        return Predictions({"row": row, **columns})

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
        shares = torch.stack([columns[f"probability_{k}"] for k in range(len(self.classes))], 1)
        named = {f"probability_{name}": shares[:, k].numpy() for k, name in enumerate(self.classes)}
        best = [self.classes[k] for k in shares.argmax(1).tolist()]
        return {"row": columns["row"].numpy(), "prediction": best, **named}
