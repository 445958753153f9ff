"""The vocabulary of the house: batches, specs, objectives, algorithms, data, tasks, judges.

Axes used everywhere: B batch, F features, C channels, H height, W width, T time, K classes or outputs.
This file imports torch alone; everything else in the house speaks in its words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor, nn

Logs = dict[str, Tensor | float]
Problem = str  # "classification" or "regression"

# ------------------------------------------------------------------------------------------------ batches


class Batch:
    """What all kinds of batch can do. A kind is a frozen dataclass of tensors whose first axis is B."""

    target: Tensor

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The arguments of `forward`."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))  # pyright: ignore[reportArgumentType]

    def _map(self, change: object) -> Self:
        fields = dataclasses.fields(self)  # pyright: ignore[reportArgumentType]
        return type(self)(**{f.name: change(getattr(self, f.name)) for f in fields})  # pyright: ignore

    def to(self, device: torch.device | str) -> Self:
        """The same batch on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def part(self, start: int, stop: int) -> Self:
        """Rows `start` to `stop` of this batch, as a batch of the same kind."""
        return self._map(lambda tensor: tensor[start:stop])


@dataclass(frozen=True)
class TableBatch(Batch):
    """Encoded rows of a table."""

    features: Float[Tensor, "B F"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.features,)


@dataclass(frozen=True)
class ImageBatch(Batch):
    """Standardised images."""

    pixels: Float[Tensor, "B C H W"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.pixels,)


@dataclass(frozen=True)
class TokenBatch(Batch):
    """Token numbers, padded at the end with 0; `lengths` counts the real ones (at least 1)."""

    tokens: Int[Tensor, "B T"]
    lengths: Int[Tensor, " B"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        return (self.tokens, self.lengths)


@dataclass(frozen=True)
class SeriesBatch(Batch):
    """Standardised multichannel series, padded at the end with 0; `lengths` counts the real steps (at least 1)."""

    values: Float[Tensor, "B T C"]
    lengths: Int[Tensor, " B"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        return (self.values, self.lengths)


# ------------------------------------------------------------------------------------------------ specs


@dataclass(frozen=True)
class TableSpec:
    """What sizes a network for tables. `outputs` is the number of classes, or 1 for regression."""

    features: int
    outputs: int
    kind = "table"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return {"features": self.features, "outputs": self.outputs}


@dataclass(frozen=True)
class ImageSpec:
    """What sizes a network for images; `image_size` is (height, width) in pixels."""

    channels: int
    image_size: tuple[int, int]
    outputs: int
    kind = "image"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        features = self.channels * self.image_size[0] * self.image_size[1]
        return {
            "channels": self.channels,
            "image_size": tuple(self.image_size),
            "features": features,
            "outputs": self.outputs,
        }


@dataclass(frozen=True)
class TokenSpec:
    """What sizes a network for text; `length` is the longest sequence in tokens. Token 0 is padding, 1 unknown."""

    vocabulary: int
    length: int
    outputs: int
    kind = "text"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return {"vocabulary": self.vocabulary, "length": self.length, "outputs": self.outputs}


@dataclass(frozen=True)
class SeriesSpec:
    """What sizes a network for series; `length` is the longest series in steps."""

    channels: int
    length: int
    outputs: int
    kind = "series"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        features = self.channels * self.length
        return {"channels": self.channels, "length": self.length, "features": features, "outputs": self.outputs}


Spec = TableSpec | ImageSpec | TokenSpec | SeriesSpec
SPECS: Mapping[str, type] = {spec.kind: spec for spec in (TableSpec, ImageSpec, TokenSpec, SeriesSpec)}
BATCHES: Mapping[str, type] = {"table": TableBatch, "image": ImageBatch, "text": TokenBatch, "series": SeriesBatch}

# ------------------------------------------------------------------------------------------------ roles


class Objective(Protocol):
    """What is made small."""

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Float[Tensor, ""], Logs]:
        """The scalar loss of a batch, and detached figures for the log."""
        ...


class Data(Protocol):
    """Where batches come from."""

    spec: Spec

    def batch(self, split: str, number: int) -> Batch:
        """Training batch `number` (endless): a pure function of (seed, number)."""
        ...

    def batches(self, split: str) -> Iterator[Batch]:
        """All rows of a split once, in order."""
        ...


@runtime_checkable
class Algorithm(Protocol):
    """How parameters change: a generator that reads like the paper's algorithm.

    `answer` is what is evaluated, saved and shipped. `stateful` names the attributes that a checkpoint holds.
    `yield` is the last statement of an update; the end of the generator means finished.
    """

    stateful: tuple[str, ...]

    @property
    def answer(self) -> nn.Module: ...

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        """Updates `start`, `start + 1`, ... of `horizon` in all; one item per update of the parameters."""
        ...


@dataclass(frozen=True)
class Predictions:
    """A table of answers: equally long columns. `row` is the row number in the person's own data.

    Classification has `probability_0` ... `probability_{K-1}`; regression has `value`, in the target's own unit.
    """

    columns: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.columns["row"])


class Task(Protocol):
    """From outputs to answers."""

    def predict(self, network: nn.Module, data: Data, split: str) -> Predictions:
        """Every row of a split through the network, in evaluation mode."""
        ...

    def score(self, predictions: Predictions, truth: Tensor) -> dict[str, float]:
        """All metrics of the task; no network here, so that evidence can be computed again."""
        ...


class Judge(Protocol):
    """Looks at the answer during training."""

    def due(self, step: int) -> bool:
        """Whether to look after this step."""
        ...

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        """Scores; the key `loss` is the one that selects, lower is better."""
        ...


class Run(Protocol):
    """The folder that one training writes to."""

    def restore(self, algorithm: Algorithm) -> int:
        """Puts the last checkpoint back; returns the number of updates already made (0 when there is none)."""
        ...

    def log(self, step: int, logs: Logs) -> None:
        """Notes one update; raises `Diverged` on a loss that is not finite."""
        ...

    def judged(self, step: int, scores: Mapping[str, float], algorithm: Algorithm) -> bool:
        """Notes an evaluation, keeps the best answer; returns whether patience has run out."""
        ...

    def due(self, step: int) -> bool:
        """Whether to write a checkpoint after this step."""
        ...

    def save(self, step: int, algorithm: Algorithm) -> None:
        """Writes a checkpoint that `restore` can continue from, bit for bit."""
        ...
