"""Stochastic gradient descent with momentum (Polyak 1964), for groups of parameters with weight decays of their own.

The same numbers as torch.optim.SGD, whose first step imports torch's compiler: two seconds of every training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class SGD:
    """The decay is added to the gradient; the velocity remembers earlier gradients.

    Args:
        groups: parameters and their weight decay.
        rate: learning rate.
        momentum: share of the velocity that each step keeps.
    """

    def __init__(self, groups: Sequence[tuple[Sequence[Tensor], float]], rate: float, momentum: float = 0.0) -> None:
        self.groups = [(list(parameters), decay) for parameters, decay in groups]
        self.parameters = [parameter for parameters, _ in self.groups for parameter in parameters]
        self.velocities = [[torch.zeros_like(parameter) for parameter in parameters] for parameters, _ in self.groups]
        self.rate, self.momentum = rate, momentum

    @torch.no_grad()
    def update(self, factor: float) -> None:
        """One update at `factor` times the rate; parameters without a gradient are left alone."""
        for (parameters, decay), velocities in zip(self.groups, self.velocities):
            for parameter, velocity in zip(parameters, velocities):
                if parameter.grad is None:
                    continue
                gradient = parameter.grad.add(parameter, alpha=decay) if decay else parameter.grad
                if self.momentum:
                    gradient = velocity.mul_(self.momentum).add_(gradient)
                parameter.add_(gradient, alpha=-self.rate * factor)

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {"velocities": self.velocities}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        for velocities, held in zip(self.velocities, state["velocities"]):
            for velocity, value in zip(velocities, held):
                velocity.copy_(value)
