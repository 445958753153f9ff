"""The gated recurrent unit: two gates, no memory beside the state.

Source: Cho et al. 2014, Learning phrase representations using RNN encoder-decoder for statistical machine translation.
With s the logistic function and * element by element,

    r = s(W_r x + U_r h + b_r)             reset gate: how much of the past the candidate sees
    z = s(W_z x + U_z h + b_z)             update gate: how much of the past is kept
    n = tanh(W_n x + b_n + r * (U_n h + b'_n))   candidate
    h' = z * h + (1 - z) * n

Departs from it: the reset gate acts after the product with U_n, where the paper has U_n (r * h): that is what fused
kernels compute, for then one product serves all gates. `ResetFirstCell` is the paper's order. There are biases.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from bestiary.architectures.recurrence.classifiers import (
    RecurrentImage,
    RecurrentSequence,
    RecurrentSeries,
    RecurrentText,
    torch_names,
)
from bestiary.layers.recurrent import Cell, State

PUBLISHED = (torch_names("torch.nn.GRU", "GRU"),)


class GRUCell(Cell):
    """One step, reset after the product; the blocks of the weights are in the order reset, update, candidate.

    Example:
        >>> cell = GRUCell(inputs=3, width=5)
        >>> (hidden,) = cell(torch.randn(2, 3), (torch.zeros(2, 5),))
        >>> hidden.shape
        torch.Size([2, 5])
    """

    gates = 3
    kernel = staticmethod(torch.gru)

    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        (hidden,) = state
        reset, update, candidate = self.from_input(inputs).chunk(3, dim=-1)
        reset_past, update_past, candidate_past = self.from_hidden(hidden).chunk(3, dim=-1)
        reset, update = (reset + reset_past).sigmoid(), (update + update_past).sigmoid()
        candidate = torch.tanh(candidate + reset * candidate_past)
        return (update * hidden + (1 - update) * candidate,)


class ResetFirstCell(Cell):
    """One step as in the paper: the candidate sees U (r * h). No fused kernel does this, so it is walked."""

    gates = 3

    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        (hidden,) = state
        weights, biases = self.from_hidden.weight, self.from_hidden.bias
        gates, last = slice(0, 2 * self.width), slice(2 * self.width, None)
        reset, update, candidate = self.from_input(inputs).chunk(3, dim=-1)
        past = F.linear(hidden, weights[gates], None if biases is None else biases[gates])
        reset_past, update_past = past.chunk(2, dim=-1)
        reset, update = (reset + reset_past).sigmoid(), (update + update_past).sigmoid()
        candidate = torch.tanh(
            candidate + F.linear(reset * hidden, weights[last], None if biases is None else biases[last])
        )
        return (update * hidden + (1 - update) * candidate,)


class GRU(RecurrentSequence):
    """GRU layers alone: states of every step, and the last."""

    cell = GRUCell


class GRUText(RecurrentText):
    """GRU for text."""

    cell = GRUCell


class GRUSeries(RecurrentSeries):
    """GRU for series."""

    cell = GRUCell


class GRUImage(RecurrentImage):
    """GRU that reads an image row by row."""

    cell = GRUCell


class ResetFirstGRUText(RecurrentText):
    """GRU for text with the paper's order of reset and product; slow, for it is walked."""

    cell = ResetFirstCell
