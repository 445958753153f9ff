"""One update of given parameters: gradients, clipping, optimiser, schedule. Algorithms own one or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from bestiary.optimisation.schedule import Schedule, constant


class Optimiser(Protocol):
    """What changes parameters by their gradients."""

    @property
    def parameters(self) -> Sequence[Tensor]: ...

    def update(self, factor: float) -> None:
        """One update at `factor` times its rate."""
        ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Minimise:
    """`minimise(loss, step, horizon)` makes one update of its parameters.

    Args:
        optimiser: of the parameters.
        schedule: (step, horizon) -> factor of the optimiser's rate.
        clip: largest norm of all gradients together, or None.
        constraint: brings parameters back to what they must keep to, after every update; None where they are free.

    Example:
        >>> line = nn.Linear(1, 1)
        >>> minimise = Minimise(FromTorch(torch.optim.SGD(line.parameters(), lr=0.1)))
        >>> minimise(line(torch.ones(1, 1)).square().sum(), step=0, horizon=1)
    """

    def __init__(
        self,
        optimiser: Optimiser,
        schedule: Schedule = constant,
        clip: float | None = None,
        constraint: Callable[[], None] | None = None,
    ) -> None:
        self.optimiser, self.schedule, self.clip, self.constraint = optimiser, schedule, clip, constraint

    def __call__(self, loss: Tensor, step: int, horizon: int) -> None:
        """Makes the loss smaller by one update."""
        loss.backward()
        self.update(step, horizon)

    def update(self, step: int, horizon: int) -> None:
        """One update with the gradients that have been gathered, which are then forgotten."""
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.optimiser.parameters, self.clip)
        self.optimiser.update(self.schedule(step, horizon))
        if self.constraint is not None:
            self.constraint()
        for parameter in self.optimiser.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return self.optimiser.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.optimiser.load_state_dict(state)


class FromTorch:
    """An optimiser of torch.optim as an `Optimiser`.

    Args:
        optimiser: its groups' rates are the base rates.
    """

    def __init__(self, optimiser: torch.optim.Optimizer) -> None:
        self.optimiser = optimiser
        self.parameters: list[Tensor] = [p for group in optimiser.param_groups for p in group["params"]]
        self.rates = [float(group["lr"]) for group in optimiser.param_groups]

    def update(self, factor: float) -> None:
        """One update at `factor` times the base rates."""
        for group, rate in zip(self.optimiser.param_groups, self.rates):
            group["lr"] = rate * factor
        self.optimiser.step()

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return self.optimiser.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.optimiser.load_state_dict(state)
