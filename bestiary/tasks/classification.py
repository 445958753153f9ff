"""Classes: logits become probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions
from bestiary.tasks.metrics import row_losses, score_classes
from bestiary.tasks.predictions import outputs


class Classification:
    """Predicts a probability for each class; implements `contracts.Task`.

    Args:
        classes: the labels in the order of the network's outputs, or how many there are.

    Example:
        >>> import torch
        >>> task = Classification(["no", "yes"])
        >>> answers = task.predictions(torch.tensor([[0.0, 0.0], [0.0, 9.0]]), torch.arange(2))
        >>> task.score(answers, torch.tensor([0, 1]))["accuracy"]
        1.0
    """

    problem = "classification"

    def __init__(self, classes: Sequence[str] | int) -> None:
        self.count = classes if isinstance(classes, int) else len(classes)

    def predict(self, network: nn.Module, data: Data, split: str) -> Predictions:
        """Every row of a split: `row`, and `probability_0` ... `probability_{K-1}` float32.

        The network is put into evaluation mode and back into the modes that it was found in.
        """
        logits, row = outputs(network, data, split)
        return self.predictions(logits, row)

    def predictions(self, logits: Tensor, row: Tensor) -> Predictions:
        """From logits [N K] and row numbers [N]."""
        table = logits.float().softmax(-1)
        return Predictions({"row": row, **{f"probability_{k}": table[:, k].contiguous() for k in range(self.count)}})

    def score(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
        """All metrics of classification, truth being class numbers [N]."""
        return score_classes(predictions, truth)

    def losses(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> NDArray[np.float64]:
        """The log loss of each row [N]: what selection minimises."""
        return row_losses(predictions, truth)

    def ignorant(self, data: Data, split: str) -> Predictions:
        """Every row answered with the shares of the classes among the training rows."""
        arrays = cast("Callable[[str], dict[str, Tensor]]", data.arrays)  # pyright: ignore[reportAttributeAccessIssue]
        counts = np.bincount(arrays("train")["target"].numpy().astype(np.int64), minlength=self.count) + 1e-9
        shares = torch.from_numpy(counts / counts.sum()).float()
        row = torch.arange(len(arrays(split)["target"]))
        return Predictions({"row": row, **{f"probability_{k}": shares[k].repeat(len(row)) for k in range(self.count)}})

    def table(self, answer: nn.Module, data: Data, split: str) -> dict[str, NDArray[np.generic]]:
        """`row` and the probability of each class."""
        return {name: column.numpy() for name, column in self.predict(answer, data, split).columns.items()}
