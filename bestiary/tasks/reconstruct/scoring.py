"""Rows given back from a code that is smaller than they are: how far the answer is from the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions
from bestiary.sampling.looking import evaluating, row_numbers, some_rows
from bestiary.tasks.evidence import ColumnEvidence, Floats, Measure, root_mean
from bestiary.tasks.reconstruct.task import TASK
from bestiary.tasks.scoring import Scoring

CENTRE = 10_000  # training rows whose mean is what a row is when nothing is known of it


def explained(rows: Floats, error: Floats, spread: Floats) -> Floats:
    """The share of the squared distance from the training mean that is not left over."""
    return 1 - error / spread


def decibels(rows: Floats, error: Floats) -> Floats:
    """How far the mean squared error lies below 1, in dB.

    Example:
        >>> float(decibels(np.array(10.0), np.array(0.1)))
        20.0
    """
    return -10 * np.log10(np.maximum(error / rows, 1e-12))


EVIDENCE = ColumnEvidence(
    (
        Measure(TASK.metric("reconstruction_rmse"), ("squared_error",), root_mean),
        Measure(TASK.metric("explained"), ("squared_error", "spread"), explained),
        Measure(TASK.metric("psnr"), ("squared_error",), decibels),
    ),
    loss="squared_error",
)


class Reconstruct(Scoring):
    """Judges networks and baselines that give rows back: they have `reconstruct(*inputs)` of the inputs' shape.

    Args:
        facts: of the data.

    Example:
        >>> from bestiary.contracts import TableSpec
        >>> from bestiary.rows.store import ArrayData
        >>> rows = {"features": np.float32([[1, -1], [-1, 1]])}
        >>> data = ArrayData(TableSpec(2, 1), {"problem": "reconstruct"}, {"train": rows, "test": rows})
        >>> task = Reconstruct(data.facts)
        >>> task.score(task.predict(Half(), data, "test"), torch.empty(0))["explained"]
        0.75
    """

    evidence = EVIDENCE

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts
        self._centre: tuple[object, Tensor] | None = None

    def predict(self, answer: Any, data: Data, split: str) -> Predictions:
        """Every row of a split: `row`, `squared_error` and `spread`, means over its numbers, in squared `unit`s.

        `spread` is the squared distance from the mean of the training rows.
        """
        return self._predictions(answer.reconstruct, answer, data, split)

    def ignorant(self, data: Data, split: str) -> Predictions:
        """Every row answered with the mean of the training rows."""
        return self._predictions(lambda inputs: self._mean(data).expand_as(inputs), None, data, split)

    def table(self, answer: Any, data: Data, split: str) -> dict[str, NDArray[np.generic]]:
        """`row`, `error` (a root mean square) and the numbers of the code, `code_0` ..."""
        errors, codes = [], []
        with evaluating(answer):
            for batch in data.batches(split):
                (inputs,) = batch.inputs
                wrong = (answer.reconstruct(inputs) - inputs) / self.unit(inputs)
                errors.append(wrong.square().flatten(1).mean(1).sqrt().cpu())
                codes.append(answer.encode(inputs).flatten(1).cpu())
        joined = torch.cat(codes).numpy()
        columns = {f"code_{k}": joined[:, k] for k in range(joined.shape[1])}
        return {"row": row_numbers(data, split, len(joined)).numpy(), "error": torch.cat(errors).numpy(), **columns}

    def unit(self, inputs: Tensor) -> Tensor:
        """What counts as 1 in the units of a batch: the range of the training pixels, a feature's deviation."""
        if inputs.ndim != 4 or "pixel_scale" not in self.facts:
            return torch.ones((), device=inputs.device)
        low, high = cast("tuple[float, float]", self.facts.get("pixel_range", (0.0, 255.0)))
        scale = torch.tensor(cast("list[float]", self.facts["pixel_scale"]), device=inputs.device)[:, None, None]
        return max(high - low, 1e-6) / scale

    def _predictions(self, give: Callable[[Tensor], Tensor], answer: Any, data: Data, split: str) -> Predictions:
        centre, errors, spreads = self._mean(data), [], []
        with evaluating(answer):
            for batch in data.batches(split):
                (inputs,) = batch.inputs
                unit = self.unit(inputs)
                errors.append(((give(inputs) - inputs) / unit).square().flatten(1).mean(1).cpu())
                spreads.append(((inputs - centre) / unit).square().flatten(1).mean(1).cpu())
        error = torch.cat(errors)
        columns = {"squared_error": error, "spread": torch.cat(spreads)}
        return Predictions({"row": row_numbers(data, split, len(error)), **columns})

    def _mean(self, data: Data) -> Tensor:
        """The mean of the training rows (of at most 10,000), reckoned once."""
        if self._centre is None or self._centre[0] is not data:
            self._centre = (data, some_rows(data, CENTRE).mean(0))
        return self._centre[1]


class Half:
    """Gives back half of every number; for examples."""

    def reconstruct(self, inputs: Tensor) -> Tensor:
        return inputs / 2


def encode(network: nn.Module, data: Data, split: str) -> dict[str, Tensor]:
    """The code of every row, `code_0` ..., and `error`: the root mean square of what is lost, in the task's unit.

    Args:
        network: with `encode` and `reconstruct`.
        data: with the split.
        split: which rows.
    """
    columns = Reconstruct(cast("Any", data).facts).table(network, data, split)
    return {name: torch.from_numpy(column) for name, column in columns.items() if name != "row"}
