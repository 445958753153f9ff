"""The attention of Luong: the decoder moves first, then looks, and carries what it saw into its next step.

Source: Luong, Pham, Manning 2015, Effective approaches to attention-based neural machine translation: global attention
with three ways to score a state h_t of the decoder against a state s_j of the encoder, and input feeding,

    h_t = LSTM([y_{t-1} ; a_{t-1}], h_{t-1})           a_{t-1}: what it saw at the step before
    score(h_t, s_j) = h_t . s_j                        dot
                    = h_t . W_a s_j                    general
                    = v . tanh(W_a [h_t ; s_j])        concat
    c_t = sum_j softmax_j(score(h_t, s_j)) s_j
    a_t = tanh(W_c [c_t ; h_t]),    p(y_t) = softmax(W_s a_t)

Departs from it: the source is not reversed. Local attention is left out.

Axes: B batch, S source, T target, H width, E embedding, K tokens of the target, L layers.
"""

from abc import ABC
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.recurrence.lstm import LSTMCell
from bestiary.layers.additive_attention import weigh
from bestiary.layers.recurrent import Recurrence, real_steps

State = tuple[Tensor, ...]


class Dot(nn.Module):
    """h . s: nothing to learn.

    Args:
        width: H, of both states.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()

    def prepare(self, states: Float[Tensor, "B S H"]) -> Float[Tensor, "B S H"]:
        """What the states of the encoder bring to the scores, whatever the query."""
        return states

    def forward(self, query: Float[Tensor, "B H"], prepared: Float[Tensor, "B S H"]) -> Float[Tensor, "B S"]:
        return (prepared @ query[:, :, None]).squeeze(-1)


class General(nn.Module):
    """h . W s.

    Args:
        width: H, of both states.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.weight = nn.Linear(width, width, bias=False)

    def prepare(self, states: Float[Tensor, "B S H"]) -> Float[Tensor, "B S H"]:
        """W s: the same for every query."""
        return self.weight(states)

    def forward(self, query: Float[Tensor, "B H"], prepared: Float[Tensor, "B S H"]) -> Float[Tensor, "B S"]:
        return (prepared @ query[:, :, None]).squeeze(-1)


class Concat(nn.Module):
    """v . tanh(W [h ; s]): additive attention by another name; W is kept as its two halves.

    Args:
        width: H, of both states and of the hidden layer.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.state = nn.Linear(width, width, bias=False)
        self.energy = nn.Linear(width, 1, bias=False)

    def prepare(self, states: Float[Tensor, "B S H"]) -> Float[Tensor, "B S H"]:
        """The half of W that meets s: the same for every query."""
        return self.state(states)

    def forward(self, query: Float[Tensor, "B H"], prepared: Float[Tensor, "B S H"]) -> Float[Tensor, "B S"]:
        return self.energy(torch.tanh(self.query(query)[:, None] + prepared)).squeeze(-1)


class Luong(nn.Module, ABC):
    """Stacked LSTMs with global attention and input feeding. Abstract: a subclass names its `score`.

    Args:
        vocabulary: tokens of the source; 0 is padding.
        answers: tokens of the target; 0 is padding, 2 the beginning, 3 the end.
        embedding: E, numbers that a token becomes.
        width: H, units of each layer.
        depth: L, layers of the encoder and of the decoder.
        dropout: of what enters each layer, and before the output.
    """

    score: ClassVar[type[Dot] | type[General] | type[Concat]]

    def __init__(
        self, *, vocabulary: int, answers: int, embedding: int, width: int, depth: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(vocabulary, embedding), nn.Embedding(answers, embedding)
        self.encoder = Recurrence(cell=LSTMCell, inputs=embedding, width=width, depth=depth, dropout=dropout)
        entering = [embedding + width] + [width] * (depth - 1)
        self.decoder = nn.ModuleList(LSTMCell(inputs=size, width=width) for size in entering)
        self.attention = self.score(width=width)
        self.combine = nn.Linear(2 * width, width, bias=False)
        self.output = nn.Linear(width, answers, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T K"]:
        """Logits of what follows each token of the true sequence (teacher forcing)."""
        memory, state = self.encode(source, source_lengths)
        seen: list[Tensor] = []
        for token in self.target(sequence).unbind(1):
            state, _ = self._write(token, memory, state)
            seen.append(state[0])
        return self.output(self.dropout(torch.stack(seen, 1)))

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]) -> tuple[State, State]:
        """What stays (states, what they bring to the scores, which are real), and the first state of the decoder:
        nothing seen, and of each layer the encoder's last hidden state and memory."""
        states, ends = self.encoder.read(self.dropout(self.source(source)), lengths)
        last = [part for end in ends for part in end]
        real = real_steps(states, lengths).squeeze(-1)
        return (states, self.attention.prepare(states), real), (torch.zeros_like(states[:, 0]), *last)

    def step(self, tokens: Int[Tensor, " B"], memory: State, state: State) -> tuple[Float[Tensor, "B K"], State]:
        """Logits of what follows these tokens, and the next state."""
        state, _ = self._write(self.target(tokens), memory, state)
        return self.output(self.dropout(state[0])), state

    def look(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T S"]:
        """Where it looks while it writes what follows each token."""
        memory, state = self.encode(source, source_lengths)
        looked: list[Tensor] = []
        for token in self.target(sequence).unbind(1):
            state, weights = self._write(token, memory, state)
            looked.append(weights)
        return torch.stack(looked, 1)

    def _write(self, token: Float[Tensor, "B E"], memory: State, state: State) -> tuple[State, Tensor]:
        """The next state, and the weights [B, S]."""
        states, prepared, real = memory
        entering = torch.cat([token, state[0]], -1)
        following: list[Tensor] = []
        for number, cell in enumerate(self.decoder):
            following += cell(self.dropout(entering), state[1 + 2 * number : 3 + 2 * number])
            entering = following[-2]
        context, weights = weigh(self.attention(entering, prepared), states, real)
        return (torch.tanh(self.combine(torch.cat([context, entering], -1))), *following), weights


class LuongDot(Luong):
    """Scores by the dot product.

    Example:
        >>> network = LuongDot(vocabulary=9, answers=7, embedding=4, width=6, depth=2)
        >>> source, lengths = torch.randint(1, 9, (2, 5)), torch.tensor([5, 3])
        >>> network(source, lengths, torch.randint(1, 7, (2, 4))).shape
        torch.Size([2, 4, 7])
    """

    score = Dot


class LuongGeneral(Luong):
    """Scores by a dot product through a matrix. In the paper's table 4 it is the better one for local attention; for
    global attention, as here, the plain dot product is (18.6 BLEU against 17.3)."""

    score = General


class LuongConcat(Luong):
    """Scores by a small network."""

    score = Concat
