"""Averages of a network's weights over the course of training."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class MovingAverage:
    """An exponential moving average of a network: noise of the last updates cancels out in it (Polyak & Juditsky 1992).

    At first it follows quickly: after n updates the decay is at most (1 + n) / (10 + n), so that the random weights of
    the beginning are soon forgotten. Buffers are copied as they are.

    Args:
        network: that learns.
        decay: share of the average that an update keeps; 0.9999 looks back over about 10,000 updates.

    Example:
        >>> line = nn.Linear(1, 1)
        >>> average = MovingAverage(line, decay=0.9)
        >>> nn.init.constant_(line.weight, 5.0).item()
        5.0
        >>> for step in range(200):
        ...     average.update(line, step)
        >>> round(average.network.weight.item(), 3)
        5.0
    """

    def __init__(self, network: nn.Module, decay: float = 0.9999) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Moves towards the network's weights, after update number `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, other = tuple(self.network.parameters()), tuple(network.parameters())
        torch._foreach_lerp_(mine, other, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
        for held, new in zip(self.network.buffers(), network.buffers()):
            held.copy_(new)

    def state_dict(self) -> dict[str, Tensor]:
        """For checkpoints."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """From a checkpoint."""
        self.network.load_state_dict(state)
