"""Gradient descent on mini-batches (Robbins & Monro 1951; Rumelhart, Hinton & Williams 1986)."""

from collections.abc import Callable, Iterator

from torch import nn

from bestiary.contracts import Data, Logs, Objective
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
    the batch (batch normalisation sees a part at a time).

    Args:
        network: what learns.
        objective: a mean over the rows of a batch.
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
            batch = data.batch("train", step)
            rows = len(batch)
            total = 0.0
            size = -(-rows // self.parts)
            for first in range(0, rows, size):
                part = batch.part(first, min(first + size, rows))
                loss, logs = self.objective(self.network, part, step)
                share = len(part) / rows
                (loss * share).backward()
                total = total + logs["loss"] * share
            self.minimise.update(step, horizon)
            yield {"loss": total}
