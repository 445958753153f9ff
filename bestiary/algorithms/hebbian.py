"""Storage in one pass: Hebb's rule (Hopfield 1982) and the projection rule (Personnaz, Guyon & Dreyfus 1986).

Hebb's rule adds what two units have in common, pattern by pattern, and looks at nothing else:

    W = 1/N sum_p x_p x_p^T

It needs patterns that are nearly orthogonal, as random ones are; with alike patterns each pulls the others' recall
away. The projection rule takes what is alike into account, so that any linearly independent patterns are minima:

    W = sum_pq x_p (C^-1)_pq x_q^T,  C_pq = x_p . x_q

It is the same projection that Personnaz, Guyon & Dreyfus 1985 write X X^+ with the pseudo-inverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.algorithms.contrastive_divergence import some_rows
from bestiary.contracts import Data, Logs


class Memory(Protocol):
    """A network that stores by its weights [N N]; its diagonal is empty whatever is written there."""

    weights: Tensor

    def holds(self, load: float) -> int: ...

    def read(self, inputs: Tensor) -> Tensor: ...

    def measure(self, rows: Iterable[Tensor]) -> None: ...


def patterns(network: Memory, data: Data, step: int, most: int) -> Tensor:
    """The patterns [P N] of update `step`: the next batch, cut where `most` patterns are stored in all."""
    states = network.read(*data.batch("train", step).inputs)
    return states[: max(0, most - step * len(states))]


class HebbianStorage:
    """Each update adds the outer products of one batch; it has finished when so many patterns are stored, or all that
    an epoch has: the rows at its end that fill no batch are not stored.

    Args:
        network: the memory, with empty weights.
        most: patterns that are stored at most; more than 0.138 a unit destroy each other.
    """

    stateful = ("network",)

    def __init__(self, network: nn.Module, most: int) -> None:
        self.network, self.most = network, most

    @property
    def answer(self) -> nn.Module:
        return self.network

    @torch.no_grad()
    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        memory = cast("Memory", self.network)
        if start == 0:
            memory.measure(some_rows(data))
        for step in range(start, horizon):
            new = patterns(memory, data, step, self.most)
            if not len(new) or step >= epoch(data):
                return
            memory.weights = memory.weights + new.T @ new / new.shape[1]
            yield {"loss": unstable(memory, new)}


class ProjectionStorage:
    """The projection rule, pattern by pattern: each adds the part of it that the stored ones do not span.

    With P the projection onto what is stored and d = x - P x, storing x makes it P + d d^T / |d|^2 (Gram and Schmidt);
    a pattern that is spanned already changes nothing. The network's diagonal stays empty, so P is kept beside it. It
    has finished when Hebb's rule has.

    Args:
        network: the memory, with empty weights.
        most: patterns that are stored at most; independent ones are stable up to as many as there are units.
    """

    stateful = ("network", "span")

    def __init__(self, network: nn.Module, most: int) -> None:
        self.network, self.most = network, most
        self.span = Span()

    @property
    def answer(self) -> nn.Module:
        return self.network

    @torch.no_grad()
    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        memory = cast("Memory", self.network)
        if start == 0:
            memory.measure(some_rows(data))
        for step in range(start, horizon):
            new = patterns(memory, data, step, self.most)
            if not len(new) or step >= epoch(data):
                return
            self.span.add(new)
            memory.weights = self.span.projection().to(memory.weights)
            yield {"loss": unstable(memory, new)}


class Span:
    """An orthonormal basis [D N] of patterns, in double precision: rounding would let alike patterns drift."""

    def __init__(self) -> None:
        self.basis = torch.empty(0, 0, dtype=torch.double)

    def add(self, patterns: Tensor) -> None:
        """Adds the direction of each pattern [P N] that is new."""
        for pattern in patterns.double():
            basis = self.basis.to(pattern.device) if len(self.basis) else pattern.new_empty(0, len(pattern))
            rest = pattern
            for _ in range(2):  # once more for the rounding of the first
                rest = rest - basis.T @ (basis @ rest)
            if rest.norm() > 1e-6 * pattern.norm():
                self.basis = torch.cat((basis, (rest / rest.norm())[None]))

    def projection(self) -> Tensor:
        """P [N N]."""
        return self.basis.T @ self.basis

    def state_dict(self) -> dict[str, Tensor]:
        """For checkpoints."""
        return {"basis": self.basis}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """From a checkpoint."""
        self.basis = state["basis"].clone()


def epoch(data: Data) -> int:
    """Updates in one pass over the training rows, less those at its end that fill no batch."""
    return int(getattr(data, "epoch", 1))


def unstable(memory: Memory, states: Tensor) -> float:
    """The share of units of some patterns [P N] that would not stay as they are."""
    pull = states @ memory.weights
    return float((pull * states < 0).float().mean())
