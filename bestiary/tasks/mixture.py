"""Several models that answer as one: the weighted mean of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bestiary.contracts import Predictions


class Mixture:
    """An answer that a task takes in the place of a network or a fitted baseline.

    Args:
        parts: weight and answer of each; weights are positive and add up to 1.

    Raises:
        ValueError: for weights that do not.
    """

    def __init__(self, parts: Sequence[tuple[float, Any]]) -> None:
        if not parts or min(weight for weight, _ in parts) <= 0 or abs(sum(weight for weight, _ in parts) - 1) > 1e-6:
            raise ValueError(f"expected positive weights that add up to 1; received {[w for w, _ in parts]}")
        self.parts = [(weight, one.eval() if isinstance(one, nn.Module) else one) for weight, one in parts]

    def predict(self, task: Any, data: Any, split: str) -> Predictions:
        """What the task makes of each part's outputs, averaged."""
        return mean([(weight, task.predict(answer, data, split)) for weight, answer in self.parts])


def mean(parts: Sequence[tuple[float, Predictions]]) -> Predictions:
    """The weighted mean of predictions of the same rows in the same order; weights are divided by their sum.

    Raises:
        ValueError: when they are of other rows, or have other columns.

    Example:
        >>> row = torch.arange(1)
        >>> one, other = (Predictions({"row": row, "value": torch.tensor([v])}) for v in (1.0, 4.0))
        >>> mean([(2.0, one), (1.0, other)]).columns["value"]
        tensor([2.])
    """
    first = parts[0][1].columns
    total = sum(weight for weight, _ in parts)
    for _, predictions in parts[1:]:
        if list(predictions.columns) != list(first) or not torch.equal(predictions.columns["row"], first["row"]):
            raise ValueError("expected predictions of the same rows, in the same order")
    columns: dict[str, Tensor] = {"row": first["row"]}
    for name in first:
        if name != "row":
            column = sum(weight / total * one.columns[name].double() for weight, one in parts)
            columns[name] = torch.as_tensor(column).to(first[name].dtype)
    return Predictions(columns)
