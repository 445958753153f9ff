"""Activation functions: what bends the sums of a layer, without which layers upon layers were one linear layer.

Rectifiers: Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines; Maas, Hannun & Ng 2013
(leaky); Clevert, Unterthiner & Hochreiter 2016 (ELU). Smooth ones: Hendrycks & Gimpel 2016, arXiv 1606.08415 (GELU);
Elfwing, Uchibe & Doya 2018 (SiLU). Softmax: Bridle 1990.
"""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from bestiary.errors import InputError, nearest

Numbers = Float[Tensor, "..."]


def relu(x: Numbers) -> Numbers:
    """max(0, x).

    Example:
        >>> relu(torch.tensor([-2.0, 3.0])).tolist()
        [0.0, 3.0]
    """
    return torch.where(x > 0, x, torch.zeros_like(x))


def leaky_relu(x: Numbers, slope: float = 0.01) -> Numbers:
    """x above 0, slope * x below: a unit that is never dead."""
    return torch.where(x > 0, x, slope * x)


def elu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """x above 0, alpha (e^x - 1) below."""
    return torch.where(x > 0, x, alpha * (x.clamp(max=0).exp() - 1))


def sigmoid(x: Numbers) -> Numbers:
    """1 / (1 + e^-x), from 0 to 1."""
    small = (-x.abs()).exp()  # never above 1, so nothing overflows
    return torch.where(x >= 0, torch.ones_like(x), small) / (1 + small)


def tanh(x: Numbers) -> Numbers:
    """(e^x - e^-x) / (e^x + e^-x), from -1 to 1: a sigmoid of twice the slope, moved down."""
    return 2 * sigmoid(2 * x) - 1


def softplus(x: Numbers) -> Numbers:
    """log(1 + e^x), a rectifier without a corner."""
    return x.clamp(min=0) + torch.log1p((-x.abs()).exp())


def silu(x: Numbers) -> Numbers:
    """x sigmoid(x), also called swish."""
    return x * sigmoid(x)


def gelu(x: Numbers) -> Numbers:
    """x P(Z < x) for a standard normal Z."""
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def gelu_tanh(x: Numbers) -> Numbers:
    """The approximation of GELU that GPT-2 uses: up to 5e-4 apart from it."""
    return x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def softmax(x: Numbers, axis: int = -1) -> Numbers:
    """e^x over its sum along an axis: positive, and sums to 1."""
    raised = (x - x.amax(axis, keepdim=True)).exp()  # the greatest is 1, so nothing overflows
    return raised / raised.sum(axis, keepdim=True)


ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    function.__name__: function
    for function in (relu, leaky_relu, elu, sigmoid, tanh, softplus, silu, gelu, gelu_tanh, softmax)
}


def activation(name: str, x: Numbers) -> Numbers:
    """The activation of this name at x.

    Raises:
        InputError: for an unknown name.

    Example:
        >>> activation("relu", torch.tensor([-2.0, 3.0])).tolist()
        [0.0, 3.0]
    """
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise InputError(f"an activation is one of {known}; received {name!r}{nearest(name, ACTIVATIONS)}")
    return ACTIVATIONS[name](x)
