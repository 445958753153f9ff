"""Backpropagation by hand (Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors).

The pass backwards is the pass forwards read from the end: where forward multiplies by W, backward multiplies by its
transpose, and where forward bends a number, backward multiplies by the slope of the bend. docs/backpropagation.md tells
it with numbers.

Axes: B rows, I numbers in, W units of a layer, K numbers out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Layer = tuple[Float[Tensor, "O I"], Float[Tensor, " O"]]


@dataclass(frozen=True)
class Unit:
    """What bends the sum of a unit, and the slope of the bend, told by what came out of it."""

    function: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


TANH = Unit(torch.tanh, lambda h: 1 - h**2)
SIGMOID = Unit(torch.sigmoid, lambda h: h * (1 - h))
RECTIFIED = Unit(torch.relu, lambda h: (h > 0).to(h.dtype))


def forward(layers: Sequence[Layer], x: Float[Tensor, "B I"], unit: Unit = TANH) -> list[Float[Tensor, "B W"]]:
    """What every layer gives, the input first; the last layer is linear."""
    outputs = [x]
    for number, (weight, bias) in enumerate(layers, 1):
        sums = outputs[-1] @ weight.T + bias
        outputs.append(unit.function(sums) if number < len(layers) else sums)
    return outputs


def backpropagation(
    layers: Sequence[Layer], x: Float[Tensor, "B I"], target: Float[Tensor, "B K"], unit: Unit = TANH
) -> tuple[Float[Tensor, ""], list[Layer]]:
    """The loss of a network of dense layers, and its gradient by every weight and bias.

    The loss is half the squared error, summed over outputs and averaged over rows.

    Args:
        layers: (weight [O I], bias [O]) of each layer, first to last.
        x: inputs.
        target: what should come out.
        unit: of all layers but the last, which is linear.

    Returns:
        The loss, and for each layer the gradient of its weight and of its bias.

    Example:
        >>> layers = [(torch.tensor([[2.0]]), torch.zeros(1))]  # y = 2 x + 0, where 3 gives 6 and 5 is wanted
        >>> backpropagation(layers, torch.tensor([[3.0]]), torch.tensor([[5.0]]))
        (tensor(0.5000), [(tensor([[3.]]), tensor([1.]))])
    """
    outputs = forward(layers, x, unit)
    wrong = outputs[-1] - target
    loss = wrong.square().sum() / 2 / len(x)
    error = wrong / len(x)  # d(L)
    gradients: list[Layer] = []
    for number in reversed(range(len(layers))):
        below = outputs[number]
        gradients.append((error.T @ below, error.sum(0)))
        if number:
            error = (error @ layers[number][0]) * unit.slope(below)  # d(l) from d(l + 1)
    return loss, gradients[::-1]
