"""The vocabulary of the house: batches, inputs and specs, objectives, algorithms, data, tasks, judges.

This file imports torch alone; everything else in the house speaks in its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.batches import Batch, Inputs, Target
from bestiary.inputs import (
    CorpusInputs,
    GraphInputs,
    GraphsInputs,
    ImageInputs,
    LinkInputs,
    ObservationInputs,
    PairInputs,
    SeriesInputs,
    TableInputs,
    TokenInputs,
)
from bestiary.specs import (
    CorpusSpec,
    EnvironmentSpec,
    GraphSpec,
    GraphsSpec,
    ImageSpec,
    PairSpec,
    SeriesSpec,
    Spec,
    TableSpec,
    TokenSpec,
)

__all__ = [
    "Algorithm",
    "Batch",
    "CorpusInputs",
    "CorpusSpec",
    "Data",
    "EnvironmentSpec",
    "GraphInputs",
    "GraphSpec",
    "GraphsInputs",
    "GraphsSpec",
    "ImageInputs",
    "ImageSpec",
    "Inputs",
    "Judge",
    "LinkInputs",
    "Logs",
    "Objective",
    "ObservationInputs",
    "PairInputs",
    "PairSpec",
    "Predictions",
    "Run",
    "SeriesInputs",
    "SeriesSpec",
    "Spec",
    "TableInputs",
    "TableSpec",
    "Target",
    "Task",
    "TokenInputs",
    "TokenSpec",
    "device_of",
]

Logs = dict[str, Tensor | float]
Problem = str  # the name of a task: "classification", "regression", "generate", ...


def device_of(network: nn.Module) -> torch.device:
    """Where a network is, by its first parameter or buffer; the CPU for one that has none, and for a plain function.

    Example:
        >>> device_of(nn.Linear(2, 1)).type
        'cpu'
    """
    tensors = (*network.parameters(), *network.buffers()) if isinstance(network, nn.Module) else ()
    first = next(iter(tensors), None)
    return torch.device("cpu") if first is None else first.device


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

    Classification has `probability_0` ... `probability_{K-1}`; regression has `value`, in the target's own unit. Other
    tasks keep the evidence that each row gives: squared errors, bits, edits, returns.
    """

    columns: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.columns["row"])


class Task(Protocol):
    """From outputs to answers. `answer` is a network, or a fitted baseline that offers the same methods."""

    problem: Problem

    def predict(self, answer: Any, data: Data, split: str) -> Predictions:
        """Every row of a split through the answer, in evaluation mode."""
        ...

    def score(self, predictions: Predictions, truth: Tensor) -> dict[str, float]:
        """All metrics of the task; no network here, so that evidence can be computed again."""
        ...

    def losses(self, predictions: Predictions, truth: Tensor) -> Any:
        """What each row costs, float64 [N]: the mean is what selection makes small."""
        ...

    def ignorant(self, data: Data, split: str) -> Predictions:
        """The predictions of someone who knows nothing but averages of the training rows."""
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
