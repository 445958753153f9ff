"""Long short-term memory: a memory cell that is added to, behind gates that learn when to write, keep and read.

Sources: Hochreiter & Schmidhuber 1997, Long short-term memory; the forget gate is from Gers, Schmidhuber, Cummins 2000,
Learning to forget: continual prediction with LSTM. With s the logistic function and * element by element,

    i = s(W_i x + U_i h + b_i)        input gate: what to write
    f = s(W_f x + U_f h + b_f)        forget gate: what to keep
    g = tanh(W_g x + U_g h + b_g)     cell candidate
    o = s(W_o x + U_o h + b_o)        output gate: what to show
    c' = f * c + i * g
    h' = o * tanh(c')

Departs from them: the candidate and the output are squashed by tanh (1997: scaled logistic functions); one memory cell
a gate; no peepholes (Gers & Schmidhuber 2000); gradients are not truncated. Forget gates start open, their biases
summing to 1, so that a new network remembers (Gers et al. 2000; Jozefowicz, Zaremba, Sutskever 2015).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.architectures.recurrence.classifiers import (
    RecurrentImage,
    RecurrentSequence,
    RecurrentSeries,
    RecurrentText,
    torch_names,
)
from bestiary.layers.recurrent import Cell, State

PUBLISHED = (torch_names("torch.nn.LSTM", "LSTM"),)


class LSTMCell(Cell):
    """One step; the blocks of the weights are in the order input, forget, candidate, output.

    Args:
        inputs: numbers in one step of the sequence.
        width: memory cells.
        biases: 2, or 1 (see `Cell`).

    Example:
        >>> cell = LSTMCell(inputs=3, width=5)
        >>> hidden, memory = cell(torch.randn(2, 3), (torch.zeros(2, 5), torch.zeros(2, 5)))
        >>> hidden.shape, memory.shape
        (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    gates = 4
    states = 2
    kernel = staticmethod(torch.lstm)

    def __init__(self, *, inputs: int, width: int, biases: int = 2) -> None:
        super().__init__(inputs=inputs, width=width, biases=biases)
        open_forget_gates(self)

    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        hidden, memory = state
        gates = self.from_input(inputs) + self.from_hidden(hidden)  # [B, 4H]
        input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=-1)
        memory = forget_gate.sigmoid() * memory + input_gate.sigmoid() * candidate.tanh()
        return output_gate.sigmoid() * memory.tanh(), memory


def open_forget_gates(cell: LSTMCell) -> None:
    """Forget biases that sum to 1: a new cell keeps 73 % of its memory at each step."""
    forget = slice(cell.width, 2 * cell.width)
    for linear, bias in ((cell.from_input, 1.0), (cell.from_hidden, 0.0)):
        if linear.bias is not None:
            nn.init.constant_(linear.bias[forget], bias)


class LSTM(RecurrentSequence):
    """LSTM layers alone: hidden states of every step, and the last."""

    cell = LSTMCell


class LSTMText(RecurrentText):
    """LSTM for text."""

    cell = LSTMCell


class LSTMSeries(RecurrentSeries):
    """LSTM for series."""

    cell = LSTMCell


class LSTMImage(RecurrentImage):
    """LSTM that reads an image row by row."""

    cell = LSTMCell
