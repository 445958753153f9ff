"""Recurrence: a cell's equations walked step by step, and the fused kernels that compute the same much faster.

A cell says what one step does; `Recurrence` stacks cells in layers and directions. Its parameters belong to the cells.
`walk` calls the cells themselves: slow, obvious, and the reference for `run`, which hands the very same parameters to
torch's fused kernels. Sequences of unequal length end where their `lengths` say: what stands behind never enters a
state, and the backward direction starts at the last real step.

    layer 1   forward cell  ->  ->  ->        backward cell  <-  <-  <-
                        \\______ concatenated ______/
    layer 2   forward cell  ->  ->  ->        backward cell  <-  <-  <-

Axes: B batch, T time, I inputs, H width, D directions (1 or 2), G gates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.errors import InputError

State = tuple[Tensor, ...]  # the hidden state first, each [B, H]


class Cell(nn.Module, ABC):
    """One step of a recurrent network. Abstract: an architecture writes its equations in `forward`.

    Args:
        inputs: numbers in one step of the sequence.
        width: units, the length of each state.
        biases: 2 as in torch's kernels (one with the input, one with the state), 1 as in the papers and in Keras.

    Attributes:
        gates: how many blocks of `width` rows the weights have.
        states: 1, or 2 with a memory beside the hidden state.
        kernel: torch's fused function for whole sequences; None where torch has none.
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1
    kernel: ClassVar[Callable[..., tuple[Tensor, ...]] | None] = None

    def __init__(self, *, inputs: int, width: int, biases: int = 2) -> None:
        super().__init__()
        if biases not in (1, 2):
            raise InputError(f"biases must be 1 or 2; received {biases}")
        self.width = width
        self.from_input = nn.Linear(inputs, self.gates * width)
        self.from_hidden = nn.Linear(width, self.gates * width, bias=biases == 2)
        initialise(self)

    @abstractmethod
    def forward(self, inputs: Float[Tensor, "B I"], state: State) -> State:
        """The states after one more step."""

    def start(self, inputs: Tensor) -> State:
        """States of zero for as many rows as `inputs` has."""
        return (inputs.new_zeros(inputs.shape[0], self.width),) * self.states

    def weights(self) -> list[Tensor]:
        """In the order of torch's kernels; a missing second bias is zero."""
        second = self.from_hidden.bias if self.from_hidden.bias is not None else torch.zeros_like(self.from_input.bias)
        return [self.from_input.weight, self.from_hidden.weight, self.from_input.bias, second]


def initialise(cell: Cell) -> None:
    """All weights and biases uniform within one over the square root of the width, as torch does."""
    bound = cell.width**-0.5
    for parameter in cell.parameters():
        nn.init.uniform_(parameter, -bound, bound)


class Recurrence(nn.Module):
    """Layers of cells over sequences.

    Args:
        cell: the type of cell.
        inputs: numbers in one step of the sequence.
        width: units of each cell.
        depth: layers.
        bidirectional: a second cell in each layer reads from the end; both states are concatenated.
        dropout: between layers, not after the last.
        recurrent_dropout: of the hidden state on its way to the next step, with one mask for all steps (Gal &
            Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks). No kernel
            does this: in training the cells are walked, several times slower.
        biases: 2, or 1 (see `Cell`).

    Example:
        >>> from bestiary.architectures.recurrence.lstm import LSTMCell
        >>> lstm = Recurrence(cell=LSTMCell, inputs=3, width=5, depth=2, bidirectional=True)
        >>> states, last = lstm(torch.randn(4, 7, 3), torch.tensor([7, 2, 1, 5]))
        >>> states.shape, last.shape
        (torch.Size([4, 7, 10]), torch.Size([4, 10]))
    """

    def __init__(
        self,
        *,
        cell: type[Cell],
        inputs: int,
        width: int,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        biases: int = 2,
    ) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise InputError(f"width and depth must be at least 1; received width={width}, depth={depth}")
        self.bidirectional, self.dropout, self.recurrent_dropout = bidirectional, dropout, recurrent_dropout
        self.width, directions = width, 2 if bidirectional else 1
        entering = [inputs] + [directions * width] * (depth - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(cell(inputs=size, width=width, biases=biases) for _ in range(directions)) for size in entering
        )

    def forward(
        self, sequence: Float[Tensor, "B T I"], lengths: Int[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, "B T DH"], Float[Tensor, "B DH"]]:
        """All hidden states of the last layer, and each row's last one.

        Args:
            sequence: padded at the end with anything finite.
            lengths: real steps of each row, at least 1; all of them unless given.

        Returns:
            The hidden states, 0 behind a row's end; and the state after its last real step, beside it (in both
            directions) the backward cell's after the first step.
        """
        if type(self._cells[0][0]).kernel is None or (self.training and self.recurrent_dropout > 0):
            return self.walk(sequence, lengths)
        return self.run(sequence, lengths)

    # ------------------------------------------------------------------------------------- the obvious way

    def walk(self, sequence: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `forward`, by the cells themselves, step after step."""
        inside = real_steps(sequence, lengths)
        states, ends = sequence, []
        for number, layer in enumerate(self._cells):
            states = self._between(states) if number else states
            ways = [range(states.shape[1]), reversed(range(states.shape[1]))]
            passes = [self._steps(cell, states, inside, way) for cell, way in zip(layer, ways)]
            states, ends = torch.cat([s for s, _ in passes], -1), [end for _, end in passes]
        return states, torch.cat(ends, -1)

    def _steps(self, cell: Cell, inputs: Tensor, inside: Tensor, way: Iterable[int]) -> tuple[Tensor, Tensor]:
        state, hidden = cell.start(inputs), [inputs.new_zeros(0)] * inputs.shape[1]
        mask = torch.ones_like(state[0])
        if self.recurrent_dropout:
            mask = F.dropout(mask, self.recurrent_dropout, self.training)
        for t in way:
            stepped = cell(inputs[:, t], (state[0] * mask, *state[1:]))
            state = tuple(torch.where(inside[:, t], new, old) for new, old in zip(stepped, state))
            hidden[t] = state[0] * inside[:, t]
        return torch.stack(hidden, 1), state[0]

    def _between(self, states: Tensor) -> Tensor:
        """Dropout between two layers; time first, as in the kernels, so that a seed drops the same."""
        if not (self.dropout and self.training):
            return states
        return F.dropout(states.transpose(0, 1).contiguous(), self.dropout).transpose(0, 1)

    # ---------------------------------------------------------------------------------------- the fast way

    def run(self, sequence: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `forward`, by torch's fused kernels, without packing.

        A forward cell has not seen the padding yet when it reaches a row's last real step, so its states up to there
        are right as they are. For a backward cell each row is turned around within its own length, run forward, and
        turned back. Packed sequences do the same more slowly.
        """
        if lengths is None:
            states = self._kernel(self._cells, sequence)
            return states, torch.cat([states[:, -1, : self.width], states[:, 0, self.width :]], -1)
        rows, end = torch.arange(len(lengths), device=lengths.device), lengths - 1
        if not self.bidirectional:
            states = self._kernel(self._cells, sequence)
            return states * real_steps(states, lengths), states[rows, end]
        turned, states, last = around(lengths, sequence.shape[1]), sequence, sequence
        for number, (forward, backward) in enumerate(self._cells):
            states = self._between(states) if number else states
            ahead = self._kernel([[forward]], states)
            back = self._kernel([[backward]], turn(states, turned))
            states = torch.cat([ahead, turn(back, turned)], -1)
            last = torch.cat([ahead[rows, end], back[rows, end]], -1)
        return states * real_steps(states, lengths), last

    @property
    def _cells(self) -> list[list[Cell]]:
        """Of each layer: one cell a direction."""
        return [list(layer) for layer in self.layers]  # type: ignore[call-overload]

    def _kernel(self, layers: list[list[Cell]], sequence: Tensor) -> Tensor:
        """States of the last of these layers [B, T, D*H]."""
        cells = [cell for layer in layers for cell in layer]
        weights = [weight for cell in cells for weight in cell.weights()]
        start = sequence.new_zeros(len(cells), len(sequence), self.width)
        state = start if cells[0].states == 1 else (start,) * cells[0].states
        kernel = type(cells[0]).kernel
        assert kernel is not None
        both, biases, batch_first = len(layers[0]) > 1, True, True
        return kernel(sequence, state, weights, biases, len(layers), self.dropout, self.training, both, batch_first)[0]


def around(lengths: Int[Tensor, " B"], steps: int) -> Int[Tensor, "B T"]:
    """Where each step goes when every row is turned around within its own length; padding stays.

    Example:
        >>> around(torch.tensor([3, 1]), 4)
        tensor([[2, 1, 0, 3],
                [0, 1, 2, 3]])
    """
    step = torch.arange(steps, device=lengths.device)
    return torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)


def turn(sequence: Float[Tensor, "B T I"], turned: Int[Tensor, "B T"]) -> Float[Tensor, "B T I"]:
    """A sequence with its steps in another order; by whole rows of memory, several times faster than `gather`."""
    first = torch.arange(len(turned), device=turned.device)[:, None] * turned.shape[1]
    return sequence.flatten(0, 1).index_select(0, (first + turned).flatten()).view(sequence.shape)


def real_steps(sequence: Float[Tensor, "B T I"], lengths: Int[Tensor, " B"] | None) -> Bool[Tensor, "B T 1"]:
    """Where a padded sequence has real steps."""
    steps = torch.arange(sequence.shape[1], device=sequence.device)
    ends = steps.new_full((len(sequence),), len(steps)) if lengths is None else lengths
    return (steps < ends[:, None])[:, :, None]
