"""Contrastive divergence (Hinton 2002) and its persistent form (Tieleman 2008), for machines with a free energy.

The gradient of the log likelihood is what data say minus what the machine itself believes:

    d log p(v) / d W  =  <h v> of data  -  <h v> of the machine  =  - d/dW [ F(data) - F(fantasies) ]

The second part needs samples of the machine. Contrastive divergence starts a short chain at each batch of data;
persistent contrastive divergence keeps chains going from update to update, which are never far from the machine's own
distribution as long as it changes slowly.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.contracts import Data, Logs
from bestiary.optimisation.minimise import Minimise

# B batch, F visible units, W hidden units, M chains


class Machine(Protocol):
    """What learns: a distribution over visible states [B, F] with one layer of hidden units."""

    weight: nn.Parameter
    visible_bias: nn.Parameter
    hidden_bias: nn.Parameter

    def hidden(self, visible: Tensor) -> Tensor: ...

    def visible(self, hidden: Tensor) -> Tensor: ...

    def gibbs(self, visible: Tensor, steps: int) -> Tensor: ...


class ReadingMachine(Machine, Protocol):
    """A machine that is fed by data."""

    def read(self, inputs: Tensor) -> Tensor: ...

    def measure(self, facts: Mapping[str, object], rows: Iterable[Tensor]) -> None: ...


def some_rows(data: Data, parts: int = 20) -> Iterator[Tensor]:
    """Training rows to measure ranges and means by: the first parts of the split, about 10,000 rows."""
    return (batch.inputs[0] for batch in itertools.islice(data.batches("train"), parts))


def facts(data: Data) -> Mapping[str, object]:
    """What is known of the data, such as the range of its pixels; empty where nothing is."""
    return getattr(data, "facts", {})


@torch.no_grad()
def fantasies(machine: Machine, visible: Tensor, steps: int) -> Tensor:
    """What a machine makes of data after `steps` rounds; in the last, visible units keep their means (less noise)."""
    visible = machine.gibbs(visible, steps - 1)
    return machine.visible(torch.bernoulli(machine.hidden(visible)))


@torch.no_grad()
def contrast(machine: Machine, visible: Tensor, fantasy: Tensor) -> Logs:
    """Gives the parameters the gradient <h v> of the fantasies - <h v> of the data, hidden units averaged.

    It is that of F(data) - F(fantasies). The log has the squared difference between data and fantasies: not what is
    made small, but what tells how it goes.
    """
    seen, dreamt = machine.hidden(visible), machine.hidden(fantasy)  # [B, W], [M, W]
    machine.weight.grad = dreamt.T @ fantasy / len(fantasy) - seen.T @ visible / len(visible)
    machine.visible_bias.grad = fantasy.mean(0) - visible.mean(0)
    machine.hidden_bias.grad = dreamt.mean(0) - seen.mean(0)
    return {"loss": (machine.visible(seen) - visible).square().mean()}


class ContrastiveDivergence:
    """CD-k: fantasies are data after k rounds of Gibbs sampling.

    Args:
        network: the machine.
        minimise: one update of its parameters.
        steps: k, the rounds.
    """

    stateful = ("network", "minimise")

    def __init__(self, network: nn.Module, minimise: Minimise, steps: int = 1) -> None:
        self.network, self.minimise, self.steps = network, minimise, steps

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        machine = cast("ReadingMachine", self.network)
        if start == 0:
            machine.measure(facts(data), some_rows(data))
        for step in range(start, horizon):
            visible = machine.read(*data.batch("train", step).inputs)
            fantasy = fantasies(machine, visible, self.steps)
            logs = contrast(machine, visible, fantasy)
            self.minimise.update(step, horizon)
            yield logs


class PersistentContrastiveDivergence:
    """Stochastic maximum likelihood: fantasies are chains that go on from update to update.

    Args:
        network: the machine.
        minimise: one update of its parameters; small rates, for the chains must keep up.
        chains: how many are kept.
        steps: rounds of Gibbs sampling between updates.
    """

    stateful = ("network", "minimise", "chains")

    def __init__(self, network: nn.Module, minimise: Minimise, chains: int = 100, steps: int = 1) -> None:
        self.network, self.minimise, self.steps = network, minimise, steps
        self.chains = Chains(chains)

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        machine = cast("ReadingMachine", self.network)
        if start == 0:
            machine.measure(facts(data), some_rows(data))
            self.chains.begin(machine.read(*data.batch("train", 0).inputs))
        for step in range(start, horizon):
            visible = machine.read(*data.batch("train", step).inputs)
            self.chains.states = machine.gibbs(self.chains.states, self.steps)
            logs = contrast(machine, visible, self.chains.states)
            self.minimise.update(step, horizon)
            yield logs


class Chains:
    """Visible states [M, F] that a machine keeps dreaming on.

    Args:
        count: M.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.states = torch.empty(0, 0)

    def begin(self, visible: Tensor) -> None:
        """Starts the chains at rows of data, each row at as many as are needed."""
        self.states = visible[torch.arange(self.count, device=visible.device) % len(visible)].clone()

    def state_dict(self) -> dict[str, Tensor]:
        """For checkpoints."""
        return {"states": self.states}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """From a checkpoint."""
        self.states = state["states"].clone()
