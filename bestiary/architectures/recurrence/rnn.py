"""The simple recurrent network: units that also see what they were one step before.

Source: Elman 1990, Finding structure in time. The state h(t) is a squashed sum of the new input and of the last state,

    h(t) = tanh(W x(t) + U h(t-1) + b)

Departs from it: tanh where Elman has the logistic function; gradients go back through all steps (back-propagation
through time, Werbos 1990), where Elman's stopped after one.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from bestiary.architectures.recurrence.classifiers import (
    RecurrentImage,
    RecurrentSequence,
    RecurrentSeries,
    RecurrentText,
    torch_names,
)
from bestiary.layers.recurrent import Cell, State

PUBLISHED = (torch_names("torch.nn.RNN", "RNN"),)


class ElmanCell(Cell):
    """h' = tanh(W x + U h + b).

    Example:
        >>> cell = ElmanCell(inputs=3, width=5)
        >>> (hidden,) = cell(torch.randn(2, 3), (torch.zeros(2, 5),))
        >>> hidden.shape
        torch.Size([2, 5])
    """

    gates = 1
    kernel = staticmethod(torch.rnn_tanh)

    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        (hidden,) = state
        return (torch.tanh(self.from_input(inputs) + self.from_hidden(hidden)),)


class RectifiedCell(Cell):
    """h' = max(0, W x + U h + b): does not saturate, and can blow up (Le, Jaitly, Hinton 2015, arXiv 1504.00941)."""

    gates = 1
    kernel = staticmethod(torch.rnn_relu)

    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        (hidden,) = state
        return (torch.relu(self.from_input(inputs) + self.from_hidden(hidden)),)


class RNN(RecurrentSequence):
    """Elman's network alone: states of every step, and the last."""

    cell = ElmanCell


class RNNText(RecurrentText):
    """Elman's network for text."""

    cell = ElmanCell


class RNNSeries(RecurrentSeries):
    """Elman's network for series."""

    cell = ElmanCell


class RNNImage(RecurrentImage):
    """Elman's network that reads an image row by row."""

    cell = ElmanCell


class RectifiedRNNSeries(RecurrentSeries):
    """Rectified units for series, as in Keras examples with `activation="relu"`."""

    cell = RectifiedCell
