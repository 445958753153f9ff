"""Backpropagation through time (Werbos 1990, Backpropagation through time: what it does and how to do it).

A recurrent network read step by step is a deep network whose layers share their weights: the error goes back from the
last step to the first, and the gradients of all steps add up. Cut into spans (Williams & Peng 1990), a span begins with
the state that the last one ended with, but no error passes back over the cut.

Axes: B rows, T steps, I numbers in, H units.
"""

from dataclasses import astuple, dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Weights:
    """Of h(t) = tanh(W x(t) + U h(t-1) + b), or their gradients.

    Attributes:
        entering: W.
        recurrent: U.
        bias: b.
    """

    entering: Float[Tensor, "H I"]
    recurrent: Float[Tensor, "H H"]
    bias: Float[Tensor, " H"]


def states(weights: Weights, sequence: Float[Tensor, "B T I"]) -> list[Float[Tensor, "B H"]]:
    """h(0) = 0, h(1), ... h(T)."""
    found = [sequence.new_zeros(len(sequence), len(weights.bias))]
    for inputs in sequence.unbind(1):
        found.append(torch.tanh(inputs @ weights.entering.T + found[-1] @ weights.recurrent.T + weights.bias))
    return found


def through_time(
    weights: Weights,
    sequence: Float[Tensor, "B T I"],
    slopes: Float[Tensor, "B T H"],
    span: int | None = None,
) -> tuple[Float[Tensor, "B T H"], Weights]:
    """The states of Elman's network, and the gradient of a loss by its weights.

    Args:
        weights: of the network.
        sequence: what it reads.
        slopes: of the loss by each state, as far as the state itself is what the loss is about.
        span: steps that an error goes back over; all unless given.

    Returns:
        The states, and the gradients of the loss.

    Example:
        >>> one = Weights(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(1))
        >>> _, gradient = through_time(one, torch.zeros(1, 3, 1), torch.ones(1, 3, 1))
        >>> float(gradient.bias)  # three states, of which 1, 2 and 3 biases are part
        6.0
    """
    h = states(weights, sequence)
    entering, recurrent, bias = (torch.zeros_like(part) for part in astuple(weights))
    back = torch.zeros_like(h[0])
    for t in range(sequence.shape[1], 0, -1):
        error = (slopes[:, t - 1] + back) * (1 - h[t] ** 2)  # d(t)
        entering += error.T @ sequence[:, t - 1]
        recurrent += error.T @ h[t - 1]
        bias += error.sum(0)
        back = error @ weights.recurrent
        if span is not None and (t - 1) % span == 0:
            back = torch.zeros_like(back)  # the state goes over the cut, the error does not
    return torch.stack(h[1:], 1), Weights(entering, recurrent, bias)
