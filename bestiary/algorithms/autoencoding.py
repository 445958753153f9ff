"""Gradient descent for networks that learn from inputs alone, with objectives that change as training goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor, nn

from bestiary.algorithms.gradient_descent import Prepare, accumulated
from bestiary.contracts import Data, Logs, Objective
from bestiary.optimisation.minimise import Minimise


class Reconstructing:
    """Each update follows the gradient of how badly a batch was reconstructed.

    Args:
        network: what learns.
        objective: (network, batch, step) -> loss, logs; asks for the inputs, never for the target.
        minimise: one update of the network's parameters.
        prepare: tells the network what range its data have, before the first update.
        parts: each batch's gradient is computed in so many parts, to save memory.
    """

    stateful = ("network", "minimise")

    def __init__(
        self, network: nn.Module, objective: Objective, minimise: Minimise, prepare: Prepare, parts: int = 1
    ) -> None:
        self.network, self.objective, self.minimise = network, objective, minimise
        self.prepare, self.parts = prepare, parts

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


class Bound(Protocol):
    """A negative lower bound of the evidence, whose weights may depend on how far training has come."""

    def __call__(self, network: nn.Module, inputs: Tensor, step: int, horizon: int) -> tuple[Tensor, Logs]: ...


class VariationalBayes:
    """Auto-encoding variational Bayes: algorithm 1 of Kingma & Welling 2014, with one code drawn for each row.

    Args:
        network: the model and its approximate posterior.
        bound: (network, inputs, step, horizon) -> loss, logs.
        minimise: one update of the network's parameters.
        prepare: tells the network what range its data have, before the first update.
    """

    stateful = ("network", "minimise")

    def __init__(self, network: nn.Module, bound: Bound, minimise: Minimise, prepare: Prepare) -> None:
        self.network, self.bound, self.minimise, self.prepare = network, bound, minimise, prepare

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.prepare(data)
        self.network.train()
        for step in range(start, horizon):
            inputs = data.batch("train", step).inputs[0]  # a minibatch of data
            loss, logs = self.bound(self.network, inputs, step, horizon)  # draws noise, estimates the bound
            self.minimise(loss, step, horizon)  # its gradient
            yield logs
