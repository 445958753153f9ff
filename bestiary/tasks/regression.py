"""Numbers: the network's standardised output becomes a value in the target's own unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions
from bestiary.tasks.metrics import row_losses, score_values
from bestiary.tasks.predictions import outputs


class Regression:
    """Predicts a number; implements `contracts.Task`.

    Args:
        mean: of the training targets, in their own unit.
        scale: their standard deviation: the network's output is (value - mean) / scale.

    Example:
        >>> import torch
        >>> answers = Regression(mean=100.0, scale=10.0).predictions(torch.tensor([[0.5]]), torch.arange(1))
        >>> answers.columns["value"]
        tensor([105.])
    """

    problem = "regression"

    def __init__(self, mean: float = 0.0, scale: float = 1.0) -> None:
        self.mean, self.scale = float(mean), float(scale)

    def predict(self, network: nn.Module, data: Data, split: str) -> Predictions:
        """Every row of a split: `row`, and `value` float32 in the target's own unit.

        The network is put into evaluation mode and back into the modes that it was found in.
        """
        answers, row = outputs(network, data, split)
        return self.predictions(answers, row)

    def predictions(self, answers: Tensor, row: Tensor) -> Predictions:
        """From standardised outputs [N 1] and row numbers [N]."""
        return Predictions({"row": row, "value": answers.float().squeeze(-1) * self.scale + self.mean})

    def score(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
        """All metrics of regression, truth being values [N] in the target's own unit."""
        return score_values(predictions, truth)

    def losses(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> NDArray[np.float64]:
        """The squared error of each row in units of `scale` squared [N]: what selection minimises."""
        return row_losses(predictions, truth) / self.scale**2

    def ignorant(self, data: Data, split: str) -> Predictions:
        """Every row answered with the mean of the training rows."""
        arrays = cast("Callable[[str], dict[str, Tensor]]", data.arrays)  # pyright: ignore[reportAttributeAccessIssue]
        rows = len(arrays(split)["target"])
        mean = float(arrays("train")["target"].numpy().astype(np.float64).mean())
        return Predictions({"row": torch.arange(rows), "value": torch.full((rows,), mean)})

    def table(self, answer: nn.Module, data: Data, split: str) -> dict[str, NDArray[np.generic]]:
        """`row` and `value`."""
        return {name: column.numpy() for name, column in self.predict(answer, data, split).columns.items()}
