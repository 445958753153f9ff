"""Making new data that look like the training rows: judged by how close they come to rows that nobody trained on.

As many rows are made as the split has; row i of the evidence tells of real row i and of made row i. All measures are
sums over rows, so that resampling the rows gives intervals, for one maker and for the difference of two. Why the kernel
distance ranks: it is unbiased for any number of rows, and notices both what is made badly and what is never made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions
from bestiary.errors import InputError
from bestiary.layers.pixel_range import bounds
from bestiary.sampling.looking import evaluating
from bestiary.sampling.samples import unit_images
from bestiary.tasks.closeness import copied, kernel_terms, manifolds
from bestiary.tasks.evidence import Evidence, Measure, mean, ratio
from bestiary.tasks.features import feature_space
from bestiary.tasks.metrics import Metric

SEED = 0  # of the codes: all looks at all makers use the same stream
SHARE = 0.2  # a class counts as made when its share of the made rows is at least this part of its share of real ones


def _metric(name: str, title: str, higher: bool, low: float = 0.0, high: float = 1.0, percent: bool = True) -> Metric:
    return Metric(name, title, higher, "generate", "evidence", low, high, percent)


EVIDENCE = Evidence(
    measures=(
        Measure(
            _metric("kernel_distance", "kernel distance", False, float("-inf"), float("inf"), False), ("kernel",), mean
        ),
        Measure(_metric("coverage", "coverage", True), ("covered",), mean),
        Measure(_metric("density", "density", True, 0.0, float("inf"), False), ("dense",), mean),
        Measure(_metric("precision", "precision", True), ("precise",), mean),
        Measure(_metric("recall", "recall", True), ("recalled",), mean),
        Measure(_metric("class_coverage", "rows whose class is made", True), ("class_made", "class_known"), ratio),
        Measure(_metric("memorised", "copies of training rows", False), ("memorised",), mean),
    ),
    loss="kernel",
    reason="it notices both what is made badly and what is never made",
    unit="kernel distance to validation rows",
)


class Maker(Protocol):
    """What makes new rows: a network or a baseline."""

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        """New rows in the units of a batch."""
        ...


class Generate:
    """Makes as many rows as a split has, and says how close each comes; implements `contracts.Task`.

    Args:
        facts: of the data.
    """

    problem = "generate"
    most = 1000  # rows made at each look during training: some networks take many passes for each

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def predict(self, answer: nn.Module | Maker, data: Data, split: str) -> Predictions:
        """The evidence of each row, from rows that the answer makes with codes from a fixed stream.

        Raises:
            InputError: when the answer cannot make rows.
        """
        return self.compare(make(answer, rows_of(data, split)), data, split)

    def compare(self, made: Float[Tensor, "N ..."], data: Data, split: str) -> Predictions:
        """The evidence of made rows, one for each row of the split, in the units of a batch."""
        whole: Any = getattr(data, "data", data)  # the training rows of a sample of validation rows
        space = feature_space(whole)
        made = within(made, data, self.facts)
        features, others = space.features_of(data, split), space.features(made)
        columns: dict[str, Tensor] = {
            "row": _arrays(data, split).get("row", torch.arange(len(made))).clone(),
            "kernel": kernel_terms(features, others),
            **manifolds(features, others),
            "memorised": copied(space.components(made), space.train_components(whole)),
            **self.classes(space.classes(made), _arrays(data, split)["target"]),
        }
        return Predictions(columns)

    def classes(self, read: Tensor | None, target: Tensor) -> dict[str, Tensor]:
        """The class that is read in each made row (-1: none), and whether that of each real row is made at all."""
        if read is None:
            nothing = torch.zeros(len(target))
            return {"label": torch.full((len(target),), -1), "class_made": nothing, "class_known": nothing}
        count = len(self.facts["classes"])
        shares = torch.bincount(read, minlength=count) / len(read)
        wanted = torch.bincount(target.long(), minlength=count) / len(target)
        made = (shares >= SHARE * wanted)[target.long()].float()
        return {"label": read, "class_made": made, "class_known": torch.ones(len(target))}

    def ignorant(self, data: Data, split: str) -> Predictions:
        """The evidence of a maker that always makes the mean training row."""
        whole: Any = getattr(data, "data", data)
        mean_row = feature_space(whole).tensors["mean"].reshape(next(iter(data.batches(split))).inputs[0].shape[1:])
        return self.compare(mean_row.expand(rows_of(data, split), *mean_row.shape), data, split)

    def losses(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> NDArray[np.float64]:
        """What each row adds to the kernel distance [N]: what selection minimises."""
        return EVIDENCE.losses(predictions)

    def score(self, predictions: Predictions, truth: Tensor | NDArray[np.generic]) -> dict[str, float]:
        """All measures; class coverage is left out where rows have no classes."""
        return EVIDENCE.score(predictions)

    def table(self, answer: nn.Module | Maker, data: Data, split: str) -> dict[str, Any]:
        """Nothing is predicted of new rows.

        Raises:
            InputError: always, with the command that makes new ones.
        """
        raise InputError(
            f"expected a model that predicts; received {type(answer).__name__}, which makes new data; "
            "run `bestiary sample` with the same folder"
        )


def make(answer: nn.Module | Maker, count: int) -> Float[Tensor, "N ..."]:
    """Rows that an answer makes in evaluation mode, in the units of a batch, on the CPU.

    Raises:
        InputError: when it cannot make rows.
    """
    if not hasattr(answer, "sample"):
        raise InputError(f"expected a network that makes data; received {type(answer).__name__}, which has no `sample`")
    with evaluating(answer):
        return answer.sample(count, torch.Generator().manual_seed(SEED)).cpu().float()  # pyright: ignore


def within(made: Float[Tensor, "N ..."], data: Data, facts: Mapping[str, Any]) -> Float[Tensor, "N ..."]:
    """Made images with pixels that a file could hold: clipped to the range of the training pixels; others as they are.

    A value that is not a number counts as 0, so that a maker that broke down is judged and not the judge broken.
    """
    made = made.nan_to_num(0.0, 1e6, -1e6)
    if data.spec.picture is None:
        return made.clamp(-1e3, 1e3)
    low, high = bounds(facts)
    return torch.maximum(torch.minimum(made, high), low)


def images_of(made: Float[Tensor, "N C H W"], facts: Mapping[str, Any]) -> Float[Tensor, "N C H W"]:
    """Made images from 0 to 1, to be looked at."""
    return unit_images(made, facts)


def rows_of(data: Data, split: str) -> int:
    """How many rows a split has."""
    return len(_arrays(data, split)["target"])


def _arrays(data: Any, split: str) -> dict[str, Tensor]:
    return data.arrays(split)
