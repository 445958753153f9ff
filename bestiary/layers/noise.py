"""How diffusion drowns data in noise step by step, and what a network may say about it.

    q(x_t | x_0) = N(sqrt(signal_t) x_0, (1 - signal_t) I)          Ho, Jain & Abbeel 2020, equation 4

`linear` and `cosine` are tables of how much noise each step adds. `NOISE`, `VELOCITY` and `CLEAN` are what a network
can be asked for; each can be turned into the other two.

Axes: S steps, B batch, C channels, H height, W width. Step numbers count from 0, where the papers count from 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

Betas = Callable[[int], Float[Tensor, " S"]]


def linear(steps: int) -> Float[Tensor, " S"]:
    """Variances from 0.0001 to 0.02, as Ho, Jain & Abbeel 2020, section 4, took for 1,000 steps.

    For fewer steps they grow in proportion (Nichol & Dhariwal 2021 do the same), so that the last step is still nearly
    pure noise.

    Example:
        >>> linear(1000)[[0, -1]]
        tensor([1.0000e-04, 2.0000e-02])
    """
    times = 1000 / steps
    return torch.linspace(times * 1e-4, times * 0.02, steps).clamp(max=0.999)


def cosine(steps: int) -> Float[Tensor, " S"]:
    """Variances under which the signal falls like a squared cosine: Nichol & Dhariwal 2021, equation 17.

    It keeps more of the signal in the middle than `linear` does, which small images need.
    """

    def signal(time: float) -> float:
        return math.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2

    return torch.tensor([min(1 - signal((s + 1) / steps) / signal(s / steps), 0.999) for s in range(steps)])


def signal(betas: Float[Tensor, " S"]) -> Float[Tensor, " S"]:
    """How much of the data's variance is left after each step: the product of 1 - beta so far."""
    return (1 - betas).cumprod(0)


def scales(signal: Float[Tensor, " S"], step: Int[Tensor, " B"]) -> tuple[Tensor, Tensor]:
    """What data and noise are multiplied by at each row's step: two tensors [B 1 1 1] whose squares add up to 1."""
    kept = signal[step][:, None, None, None]
    return kept.sqrt(), (1 - kept).sqrt()


Parts = tuple[Tensor, Tensor]
Images = Float[Tensor, "B C H W"]


@dataclass(frozen=True)
class Prediction:
    """What a network is asked for. `a` and `s` are the `scales` of data and noise; x = a data + s noise.

    Attributes:
        target: (data, noise, a, s) -> what the network should have said.
        parts: (x, what it said, a, s) -> the data and the noise that this amounts to.
    """

    target: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    parts: Callable[[Tensor, Tensor, Tensor, Tensor], Parts]


def _noise_target(data: Images, noise: Images, a: Tensor, s: Tensor) -> Images:
    return noise


def _noise_parts(x: Images, said: Images, a: Tensor, s: Tensor) -> Parts:
    return (x - s * said) / a, said


def _velocity_target(data: Images, noise: Images, a: Tensor, s: Tensor) -> Images:
    return a * noise - s * data


def _velocity_parts(x: Images, said: Images, a: Tensor, s: Tensor) -> Parts:
    return a * x - s * said, s * x + a * said


def _clean_target(data: Images, noise: Images, a: Tensor, s: Tensor) -> Images:
    return data


def _clean_parts(x: Images, said: Images, a: Tensor, s: Tensor) -> Parts:
    return said, (x - a * said) / s


NOISE = Prediction(_noise_target, _noise_parts)  # Ho et al. 2020, equation 14
VELOCITY = Prediction(_velocity_target, _velocity_parts)  # Salimans & Ho 2022, appendix D
CLEAN = Prediction(_clean_target, _clean_parts)
