"""Gradient descent (Cauchy 1847; Robbins & Monro 1951, A stochastic approximation method), with momentum (Polyak 1964)
and Nesterov's form of it (Nesterov 1983, as Sutskever, Martens, Dahl & Hinton 2013 put it for networks).

Stochastic is the gradient: that of a few rows stands for that of all. The steps are the same.
"""

import torch
from torch import Tensor


@torch.no_grad()
def gradient_descent(parameter: Tensor, gradient: Tensor, rate: float) -> None:
    """One step in place, against the gradient.

    Example:
        >>> place = torch.tensor([3.0])
        >>> for _ in range(50):
        ...     gradient_descent(place, 2 * (place - 1), rate=0.1)  # of (place - 1)^2
        >>> place.round(decimals=3)
        tensor([1.])
    """
    parameter -= rate * gradient


@torch.no_grad()
def momentum(parameter: Tensor, gradient: Tensor, velocity: Tensor, rate: float, keep: float = 0.9) -> None:
    """One step in place with a velocity, which remembers earlier gradients; it is 0 at first, and changed too."""
    velocity.mul_(keep).add_(gradient)
    parameter -= rate * velocity


@torch.no_grad()
def nesterov(parameter: Tensor, gradient: Tensor, velocity: Tensor, rate: float, keep: float = 0.9) -> None:
    """The same, one step of the velocity ahead."""
    velocity.mul_(keep).add_(gradient)
    parameter -= rate * (gradient + keep * velocity)
