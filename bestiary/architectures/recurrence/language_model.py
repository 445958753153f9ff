"""A recurrent language model: what it has read is in its state, from which a linear layer tells what comes next.

Source: Mikolov et al. 2010, Recurrent neural network based language model; with LSTM, Zaremba, Sutskever, Vinyals 2014,
Recurrent neural network regularization. Departs from them: a window of text starts from a state of zeros, where they
hand the state on from one stretch to the next; so any windows can be trained on in any order.

Axes: B batch, T time, E embedding, H width, V vocabulary.
"""

from abc import ABC
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.recurrence.gru import GRUCell
from bestiary.architectures.recurrence.lstm import LSTMCell
from bestiary.layers.recurrent import Cell, Recurrence, State


class RecurrentLanguageModel(nn.Module, ABC):
    """Embedding, recurrent layers, linear layer at every step. Abstract: an architecture names its `cell`.

    Args:
        vocabulary: V, number of different tokens.
        embedding: numbers that a token becomes.
        width: units of a layer.
        depth: layers.
        dropout: of the embedded text, between layers and before the linear layer, in training.

    Example:
        >>> network = LSTMLanguageModel(vocabulary=20, embedding=6, width=8, depth=2)
        >>> network(torch.randint(0, 20, (3, 7))).shape
        torch.Size([3, 7, 20])
    """

    cell: ClassVar[type[Cell]]

    def __init__(self, *, vocabulary: int, embedding: int, width: int, depth: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embedding)
        self.recurrence = Recurrence(cell=self.cell, inputs=embedding, width=width, depth=depth, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.read_out = nn.Linear(width, vocabulary)

    def forward(self, tokens: Int[Tensor, "B T"], memory: list[State] | None = None) -> Float[Tensor, "B T V"]:
        """Logits of the token that follows each of these.

        Args:
            tokens: of a text from its beginning, or those that follow what is in memory.
            memory: from `remember`; it holds the states after these tokens then. Without gradients or dropout.
        """
        embedded = self.dropout(self.embed(tokens))
        states = self.recurrence(embedded)[0] if memory is None else self._walk(embedded, memory)
        return self.read_out(self.dropout(states))

    def remember(self) -> list[State]:
        """An empty memory for one batch of texts: the state of each layer, once it has one."""
        return []

    def _walk(self, sequence: Float[Tensor, "B T E"], memory: list[State]) -> Float[Tensor, "B T H"]:
        """Step by step from the states in memory, which move on."""
        cells = [layer[0] for layer in self.recurrence.layers]  # pyright: ignore[reportIndexIssue]
        if not memory:
            memory.extend(cell.start(sequence) for cell in cells)
        last = []
        for step in sequence.unbind(1):
            for number, cell in enumerate(cells):
                memory[number] = cell(step, memory[number])
                step = memory[number][0]
            last.append(step)
        return torch.stack(last, 1)


class LSTMLanguageModel(RecurrentLanguageModel):
    """Language model of LSTM layers."""

    cell = LSTMCell


class GRULanguageModel(RecurrentLanguageModel):
    """Language model of GRU layers."""

    cell = GRUCell
