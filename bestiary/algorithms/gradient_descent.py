"""Gradient descent on mini-batches (Robbins & Monro 1951; Rumelhart, Hinton & Williams 1986)."""

from collections.abc import Callable, Iterator

from torch import Tensor, nn

from bestiary.contracts import Batch, Data, Logs, Objective
from bestiary.optimisation.minimise import Minimise

Prepare = Callable[[Data], None]


def ready(data: Data) -> None:
    """Nothing to prepare."""


class GradientDescent:
    """Each update follows the gradient of the objective on one batch.

    Args:
        network: what learns.
        objective: (network, batch, step) -> loss, logs.
        minimise: one update of the network's parameters.
        prepare: shows the data to the network before the first update, for what it has to know of them.
    """

    stateful = ("network", "minimise")

    def __init__(self, network: nn.Module, objective: Objective, minimise: Minimise, prepare: Prepare = ready) -> None:
        self.network, self.objective, self.minimise, self.prepare = network, objective, minimise, prepare

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.prepare(data)
        self.network.train()
        for step in range(start, horizon):
            loss, logs = self.objective(self.network, data.batch("train", step), step)
            self.minimise(loss, step, horizon)
            yield logs


class AccumulatedGradientDescent:
    """Gradient descent that computes each batch's gradient in equal parts, to fit in less memory.

    Same steps, order and rates as `GradientDescent`; the gradient is the same too, but for layers that look across
    the batch (batch normalisation sees a part at a time). An objective that is a mean over other things than rows has
    `weight(batch)`, how many of them a batch has.

    Args:
        network: what learns.
        objective: a mean over the rows of a batch, or over what its `weight` counts.
        minimise: one update of the network's parameters.
        parts: into how many parts a batch is cut.
        prepare: shows the data to the network before the first update, for what it has to know of them.
    """

    stateful = ("network", "minimise")

    def __init__(
        self, network: nn.Module, objective: Objective, minimise: Minimise, parts: int = 2, prepare: Prepare = ready
    ) -> None:
        self.network, self.objective, self.minimise = network, objective, minimise
        self.parts, self.prepare = parts, prepare

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.prepare(data)
        self.network.train()
        for step in range(start, horizon):
            loss = accumulated(self.objective, self.network, data.batch("train", step), step, self.parts)
            self.minimise.update(step, horizon)
            yield {"loss": loss}


def accumulated(objective: Objective, network: nn.Module, batch: Batch, step: int, parts: int) -> Tensor | float:
    """Adds the gradient of a batch to that of the parameters, part by part; returns the loss.

    Args:
        objective: a mean over the rows of a batch, or over what its `weight` counts.
        network: whose parameters get the gradient.
        batch: the whole of it.
        step: number of the update.
        parts: into how many parts it is cut.
    """
    weight: Callable[[Batch], int] = getattr(objective, "weight", len)
    total: Tensor | float = 0.0
    for part in pieces(batch, parts):
        share = weight(part) / weight(batch)
        if not share:  # a mean over nothing is not a number
            continue
        loss, logs = objective(network, part, step)
        (loss * share).backward()
        total = total + logs["loss"] * share
    return total


def pieces(batch: Batch, parts: int) -> list[Batch]:
    """A batch cut into so many nearly equal parts, without empty ones."""
    size = -(-len(batch) // parts)
    return [batch.part(start, start + size) for start in range(0, len(batch), size)]
