"""RMSProp (Tieleman & Hinton 2012, lecture 6.5 of Neural networks for machine learning).

The same numbers as torch.optim.RMSprop, whose first step imports torch's compiler: two seconds of every training.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class RMSprop:
    """Every gradient is divided by the root of a running mean of its squares.

    Args:
        parameters: that are updated.
        rate: learning rate.
        keep: share of the running mean that each step keeps.
        eps: added to the root.
    """

    def __init__(self, parameters: Iterable[Tensor], rate: float, keep: float = 0.99, eps: float = 1e-8) -> None:
        self.parameters = list(parameters)
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.rate, self.keep, self.eps = rate, keep, eps

    @torch.no_grad()
    def update(self, factor: float) -> None:
        """One update at `factor` times the rate; parameters without a gradient are left alone."""
        for parameter, square in zip(self.parameters, self.squares):
            if parameter.grad is not None:
                square.mul_(self.keep).addcmul_(parameter.grad, parameter.grad, value=1 - self.keep)
                parameter.addcdiv_(parameter.grad, square.sqrt().add_(self.eps), value=-self.rate * factor)

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {"squares": self.squares}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        for square, value in zip(self.squares, state["squares"]):
            square.copy_(value)
