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
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import ClassVar, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from bestiary.errors import InputError

State = tuple[Tensor, ...]  # the hidden state first, each [B, H]
STAGED, PACKED = 0.75, 0.5  # shares of real steps in a batch, below which they are faster than the whole, measured


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
            lengths: real steps of each row; all of them unless given. A row without steps stays at a state of zeros.

        Returns:
            The hidden states, 0 behind a row's end; and the state after its last real step, beside it (in both
            directions) the backward cell's after the first step.
        """
        if not self.fused:
            return self.walk(sequence, lengths)
        if lengths is None or sequence.device.type != "cpu" or torch.compiler.is_compiling():
            return self.run(sequence, lengths)
        share = float(lengths.sum()) / max(1, len(lengths) * sequence.shape[1])
        if torch.is_grad_enabled():
            return self.run_in_stages(sequence, lengths) if share < STAGED else self.run(sequence, lengths)
        return self.run_packed(sequence, lengths) if share < PACKED else self.run(sequence, lengths)

    @property
    def fused(self) -> bool:
        """Whether torch's kernels compute what the cells would: nothing hangs on a cell or stands in its place.

        Kernels read the weights of a cell and never call it. A cell with a hook, or whose linear layers were replaced
        (by adapters of low rank, by quantised ones), is walked, several times slower, so that all of that takes effect.
        """
        if self.training and self.recurrent_dropout > 0:
            return False
        return all(type(cell).kernel is not None and untouched(cell) for layer in self._cells for cell in layer)

    # ------------------------------------------------------------------------------------- the obvious way

    def walk(self, sequence: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `forward`, by the cells themselves, step after step."""
        inside = real_steps(sequence, lengths)
        states, ends = sequence, []
        for number, layer in enumerate(self._cells):
            states = self._between(states) if number else states
            ways = [range(states.shape[1]), reversed(range(states.shape[1]))]
            passes = [self._steps(cell, states, inside, way) for cell, way in zip(layer, ways)]
            states, ends = torch.cat([s for s, _ in passes], -1), [end[0] for _, end in passes]
        return states, torch.cat(ends, -1)

    def _steps(self, cell: Cell, inputs: Tensor, inside: Tensor, way: Iterable[int]) -> tuple[Tensor, State]:
        state, hidden = cell.start(inputs), [inputs.new_zeros(0)] * inputs.shape[1]
        mask = torch.ones_like(state[0])
        if self.recurrent_dropout:
            mask = F.dropout(mask, self.recurrent_dropout, self.training)
        for t in way:
            stepped = cell(inputs[:, t], (state[0] * mask, *state[1:]))
            state = tuple(torch.where(inside[:, t], new, old) for new, old in zip(stepped, state))
            hidden[t] = state[0] * inside[:, t]
        return torch.stack(hidden, 1), state

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
        turned back.
        """
        if lengths is None:
            states = self._kernel(self._cells, sequence)
            return states, torch.cat([states[:, -1, : self.width], states[:, 0, self.width :]], -1)
        return self._by_layers(sequence, lengths, self._kernel)

    def run_in_stages(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `run`, but rows that have ended are left out from time to time (see `stages`), longest rows first.

        Measured on a processor with rows that fill a seventh of the batch: GRU 1.7, LSTM 3 times as fast in training as
        `run`. Packed sequences are slower than `run` there, for their way back.
        """
        order = lengths.argsort(descending=True)
        plan = stages(lengths)
        states, last = self._by_layers(
            sequence[order], lengths[order], lambda layers, entering: self._staged(layers, entering, plan)
        )
        back = order.argsort()
        return states[back], last[back]

    def run_packed(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `run`, by packed sequences: without gradients the fastest where rows fill less than half of the batch."""
        states, ends = self._packed(sequence, lengths)
        return states, torch.cat([end[0] for end in ends[-len(self._cells[-1]) :]], -1)

    def read(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, list[State]]:
        """All hidden states of the last layer, and the whole state of each layer after each row's last real step.

        Args:
            sequence: padded at the end, [B, T, I]; read in one direction.
            lengths: real steps of each row.
        """
        if self.fused and not torch.compiler.is_compiling() and not sequence.is_meta:
            return self._packed(sequence, lengths)
        inside, states, ends = real_steps(sequence, lengths), sequence, []
        for number, (cell,) in enumerate(self._cells):
            states = self._between(states) if number else states
            states, end = self._steps(cell, states, inside, range(states.shape[1]))
            ends.append(end)
        return states, ends

    def _by_layers(self, sequence: Tensor, lengths: Tensor, kernel: Kernel) -> tuple[Tensor, Tensor]:
        rows, end = torch.arange(len(lengths), device=lengths.device), (lengths - 1).clamp(min=0)
        some = (lengths > 0)[:, None]
        if not self.bidirectional:
            states = kernel(self._cells, sequence)
            return states * real_steps(states, lengths), states[rows, end] * some
        turned, states, last = around(lengths, sequence.shape[1]), sequence, sequence
        for number, (forward, backward) in enumerate(self._cells):
            states = self._between(states) if number else states
            ahead = kernel([[forward]], states)
            back = kernel([[backward]], turn(states, turned))
            states = torch.cat([ahead, turn(back, turned)], -1)
            last = torch.cat([ahead[rows, end], back[rows, end]], -1)
        return states * real_steps(states, lengths), last * some

    @property
    def _cells(self) -> list[list[Cell]]:
        """Of each layer: one cell a direction."""
        return [list(layer) for layer in self.layers]  # type: ignore[call-overload]

    def _kernel(self, layers: list[list[Cell]], sequence: Tensor) -> Tensor:
        """States of the last of these layers [B, T, D*H]."""
        return self._call(layers, sequence, self._begin(layers, sequence, len(sequence)))[0]

    def _staged(self, layers: list[list[Cell]], sequence: Tensor, plan: list[tuple[int, int, int]]) -> Tensor:
        """The same of rows that are sorted, the longest first; 0 behind the stage in which a row ends."""
        state, parts = self._begin(layers, sequence, len(sequence)), []
        for start, stop, rows in plan:
            state = tuple(part[:, :rows].contiguous() for part in state)
            states, *state = self._call(layers, sequence[:rows, start:stop].contiguous(), tuple(state))
            parts.append(F.pad(states, (0, 0, 0, 0, 0, len(sequence) - rows)))
        missing = sequence.shape[1] - plan[-1][1]
        return F.pad(torch.cat(parts, 1), (0, 0, 0, missing))

    def _packed(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, list[State]]:
        """Hidden states of the last layer, and the last states of each cell; lengths are read on the CPU."""
        counted = lengths.clamp(min=1).cpu()
        data, sizes, order, back = pack_padded_sequence(sequence, counted, batch_first=True, enforce_sorted=False)
        cells, state = self._cells, self._begin(self._cells, sequence, len(sequence))
        kernel, weights = self._fused_kernel(cells)
        entering = as_kernels_take(state)
        options = (len(cells), self.dropout, self.training, self.bidirectional)
        outputs, *ends = kernel(data, sizes, entering, weights, True, *options)
        whole = PackedSequence(outputs, sizes, order, back)
        states, _ = pad_packed_sequence(whole, batch_first=True, total_length=sequence.shape[1])
        some = (lengths > 0)[:, None]
        placed = [end.index_select(1, cast("Tensor", back)) * some for end in ends]
        return states * real_steps(states, lengths), list(zip(*(end.unbind() for end in placed)))

    def _begin(self, layers: list[list[Cell]], sequence: Tensor, rows: int) -> State:
        """States of zero [cells, B, H] for each that a cell has."""
        cells = [cell for layer in layers for cell in layer]
        return (sequence.new_zeros(len(cells), rows, self.width),) * cells[0].states

    def _fused_kernel(self, layers: list[list[Cell]]) -> tuple[Callable[..., tuple[Tensor, ...]], list[Tensor]]:
        """torch's function for these layers, and their weights in its order."""
        cells = [cell for layer in layers for cell in layer]
        kernel = type(cells[0]).kernel
        assert kernel is not None
        return kernel, [weight for cell in cells for weight in cell.weights()]

    def _call(self, layers: list[list[Cell]], sequence: Tensor, state: State) -> tuple[Tensor, ...]:
        """States of the last of these layers [B, T, D*H], and the last ones of each cell."""
        kernel, weights = self._fused_kernel(layers)
        both, biases, batch_first = len(layers[0]) > 1, True, True
        options = (biases, len(layers), self.dropout, self.training, both, batch_first)
        if sequence.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            # oneDNN has no lower precision for LSTM on most processors, and fails: single precision, as its weights
            with torch.autocast("cpu", enabled=False):
                plain = tuple(part.to(weights[0].dtype) for part in state)
                return kernel(sequence.to(weights[0].dtype), as_kernels_take(plain), weights, *options)
        return kernel(sequence, as_kernels_take(state), weights, *options)


Kernel = Callable[[list[list[Cell]], Tensor], Tensor]


def as_kernels_take(state: State) -> Tensor | State:
    """A single state by itself, several as they are."""
    first, *others = state
    return state if others else first


def untouched(cell: Cell) -> bool:
    """Whether a call of the cell would do what its equations say with its weights, and nothing else."""
    linears = (cell.from_input, cell.from_hidden)
    if not all(isinstance(linear, nn.Linear) and type(linear).forward is nn.Linear.forward for linear in linears):
        return False
    return not any(
        part._forward_hooks
        or part._forward_pre_hooks
        or part._backward_hooks
        or part._backward_pre_hooks
        or "forward" in part.__dict__
        for part in (cell, *linears)
    )


def stages(lengths: Int[Tensor, " B"], share: float = 0.7, least: int = 8) -> list[tuple[int, int, int]]:
    """(first step, last step + 1, rows that go on), so that little is computed for rows that have ended.

    A stage ends where no more than a share of its rows is left.

    Args:
        lengths: real steps of each row.
        share: of the rows of a stage.
        least: steps of a stage.

    Example:
        >>> stages(torch.tensor([20, 10, 9, 9]), least=4)
        [(0, 9, 4), (9, 20, 2)]
    """
    rising = sorted(lengths.tolist())
    ends, start, rows = [], 0, len(rising)
    for step in sorted(set(rising)):
        left = len(rising) - bisect_right(rising, step)
        if step - start >= least and left <= share * rows:
            ends.append((start, step, rows))
            start, rows = step, left
    if rows or not ends:
        ends.append((start, max(rising[-1], start + 1), max(rows, 1)))
    return ends


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
