"""Deep Q-network (Mnih et al. 2015, Human-level control through deep reinforcement learning).

A Q-network is given an observation and answers with the return that it expects of each action, all actions at once, so
that the best one costs a single pass. How it learns is `algorithms/q_learning.py`.

Three networks: the paper's, on four frames of 84x84 pixels; one for observations that are a few numbers; and one with
the dueling head (Wang et al. 2016, Dueling network architectures for deep reinforcement learning), which tells apart
how good a state is and how much better than the mean each action is in it: Q(s, a) = V(s) + A(s, a) - mean over a' of
A(s, a').

Departs from the paper: observations of numbers are scaled by a mean and spread that the algorithm measures while it
explores; pixels are divided by 255 as there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

# B batch, F numbers in an observation, A actions, C frames


class Dueling(nn.Module):
    """The dueling head, equation 9 of Wang et al. 2016.

    Args:
        width: of what it is given.
        hidden: units of each of its two streams.
        outputs: actions.
    """

    def __init__(self, *, width: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.state = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.advantage = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, outputs))

    def forward(self, x: Float[Tensor, "B width"]) -> Float[Tensor, "B outputs"]:
        advantage = self.advantage(x)
        return self.state(x) + advantage - advantage.mean(1, keepdim=True)


class Observations(nn.Module):
    """Brings numbers of different units to mean 0 and spread 1; the figures are buffers, measured by the algorithm.

    Args:
        features: numbers in an observation.
    """

    def __init__(self, *, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    @torch.no_grad()
    def measure(self, observations: Float[Tensor, "B F"]) -> None:
        """Takes mean and spread from observations; a number that never changes keeps a spread of 1."""
        spread = observations.std(0)
        self.get_buffer("mean").copy_(observations.mean(0))
        self.get_buffer("scale").copy_(torch.where(spread > 1e-6, spread, 1.0))

    def forward(self, observation: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        return (observation - self.get_buffer("mean")) / self.get_buffer("scale")


class QNetwork(nn.Module):
    """The expected return of each action, from observations that are a few numbers.

    Args:
        features: numbers in an observation.
        outputs: actions.
        widths: units of the hidden layers.

    Example:
        >>> QNetwork(features=4, outputs=2, widths=(16,))(torch.zeros(5, 4)).shape
        torch.Size([5, 2])
    """

    def __init__(self, *, features: int, outputs: int, widths: Sequence[int] = (128, 128)) -> None:
        super().__init__()
        self.observations = Observations(features=features)
        self.body = _body(features, widths)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, observation: Float[Tensor, "B F"]) -> Float[Tensor, "B outputs"]:
        return self.head(self.body(self.observations(observation)))


class DuelingQNetwork(nn.Module):
    """The same with a dueling head.

    Args:
        features: numbers in an observation.
        outputs: actions.
        widths: units of the hidden layers; the last one is that of the head's two streams.
    """

    def __init__(self, *, features: int, outputs: int, widths: Sequence[int] = (128, 128)) -> None:
        super().__init__()
        self.observations = Observations(features=features)
        self.body = _body(features, widths[:-1])
        self.head = Dueling(width=[features, *widths][-2], hidden=widths[-1], outputs=outputs)

    def forward(self, observation: Float[Tensor, "B F"]) -> Float[Tensor, "B outputs"]:
        return self.head(self.body(self.observations(observation)))


class PixelQNetwork(nn.Module):
    """The network of the paper, for four frames of 84x84 grey pixels from 0 to 255 (Extended Data table 1).

    Args:
        channels: frames.
        outputs: actions.

    Example:
        >>> PixelQNetwork(outputs=6)(torch.zeros(1, 4, 84, 84)).shape
        torch.Size([1, 6])
    """

    def __init__(self, *, channels: int = 4, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, 32, 8, stride=4), nn.ReLU()),  # [B, 32, 20, 20]
            *(nn.Conv2d(32, 64, 4, stride=2), nn.ReLU()),  # [B, 64, 9, 9]
            *(nn.Conv2d(64, 64, 3), nn.ReLU()),  # [B, 64, 7, 7]
            *(nn.Flatten(), nn.Linear(64 * 7 * 7, 512), nn.ReLU()),
        )
        self.head = nn.Linear(512, outputs)

    def forward(self, frames: Float[Tensor, "B C 84 84"]) -> Float[Tensor, "B outputs"]:
        return self.head(self.body(frames / 255))


def _body(features: int, widths: Sequence[int]) -> nn.Sequential:
    return nn.Sequential(*(part for a, b in pairwise((features, *widths)) for part in (nn.Linear(a, b), nn.ReLU())))


def frames_example(keywords: Mapping[str, object], batch: int = 2) -> tuple[Tensor]:
    """The argument of the paper's network: four frames."""
    return (torch.rand(batch, cast("int", keywords.get("channels", 4)), 84, 84) * 255,)
