"""Making new data that look like the training rows: judged by how close they come to rows that nobody trained on.

As many rows are made as the split has; row i of the evidence tells of real row i and of made row i. All measures are
sums over rows, so that resampling the rows gives intervals, for one maker and for the difference of two. Why the kernel
distance ranks: it is unbiased for any number of rows, and notices both what is made badly and what is never made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions, Spec
from bestiary.errors import InputError
from bestiary.layers.pixel_range import bounds
from bestiary.rows.store import truth_of
from bestiary.sampling.looking import evaluating
from bestiary.sampling.samples import unit_images
from bestiary.tasks.evidence import ColumnEvidence, Measure, mean, ratio
from bestiary.tasks.generate.closeness import copied, kernel_terms, manifolds
from bestiary.tasks.generate.features import feature_space, reads
from bestiary.tasks.generate.task import TASK
from bestiary.tasks.scoring import Scoring

SEED = 0  # of the codes: all looks at all makers use the same stream
SHARE = 0.2  # a class counts as made when its share of the made rows is at least this part of its share of real ones


EVIDENCE = ColumnEvidence(
    measures=(
        Measure(TASK.metric("kernel_distance"), ("kernel",), mean),
        Measure(TASK.metric("coverage"), ("covered",), mean),
        Measure(TASK.metric("density"), ("dense",), mean),
        Measure(TASK.metric("precision"), ("precise",), mean),
        Measure(TASK.metric("recall"), ("recalled",), mean),
        Measure(TASK.metric("class_coverage"), ("class_made", "class_known"), ratio),
        Measure(TASK.metric("memorised"), ("memorised",), mean),
    ),
    loss="kernel",
)


class Maker(Protocol):
    """What makes new rows: a network or a baseline."""

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        """New rows in the units of a batch."""
        ...


class Generate(Scoring):
    """Makes as many rows as a split has, and says how close each comes.

    Args:
        facts: of the data.
    """

    evidence = EVIDENCE
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
            **self.classes(space.classes(made), truth_of(data, split)),
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

    def notice(self, spec: Spec, rows: int) -> str:
        """Says that the judge learns first, where it does."""
        classes = self.facts.get("classes") or ()
        if not reads(spec, classes, rows):
            return ""
        return (
            f"the judge learns first, once: a small network reads the {len(classes)} classes of the training "
            "images, and made images are compared in its features"
        )

    def ignorant(self, data: Data, split: str) -> Predictions:
        """The evidence of a maker that always makes the mean training row."""
        whole: Any = getattr(data, "data", data)
        mean_row = feature_space(whole).tensors["mean"].reshape(next(iter(data.batches(split))).inputs[0].shape[1:])
        return self.compare(mean_row.expand(rows_of(data, split), *mean_row.shape), data, split)

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
    return cast("Any", data).rows(split)


def _arrays(data: Any, split: str) -> dict[str, Tensor]:
    return data.arrays(split)
