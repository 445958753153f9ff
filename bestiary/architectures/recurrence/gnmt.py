"""GNMT: deep stacks of LSTMs whose layers add to what enters them, bound by attention.

Source: Wu et al. 2016, Google's neural machine translation system: bridging the gap between human and machine
translation, section 3. The first layer of the encoder reads both ways; from the third layer on, in encoder and decoder,
what enters a layer is added to what comes out. The lowest layer of the decoder asks, with its state of the step before,
and what it sees goes to all layers of the decoder, so that they need not wait for the top:

    c_t = attention(h^1_{t-1}, encoder)           additive, as in RNNsearch
    h^i_t = LSTM_i([x^i_t ; c_t], h^i_{t-1})
    x^{i+1}_t = h^i_t + x^i_t   (i > 2),   h^i_t   (i <= 2)

Departs from it: attention compares by one hidden layer without biases (the paper says a feed-forward network of one
hidden layer); decoder states start at zero; dropout of what enters each layer. Its reinforcement, quantisation and
word pieces are no part of the network.

Axes: B batch, S source, T target, H width, K tokens of the target.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.recurrence.lstm import LSTMCell
from bestiary.errors import InputError
from bestiary.layers.additive_attention import AdditiveAttention
from bestiary.layers.recurrent import Recurrence, real_steps

State = tuple[Tensor, ...]
PLAIN = 2  # layers at the bottom that do not add their input


class GNMT(nn.Module):
    """Residual stacks of LSTMs with attention.

    Args:
        vocabulary: tokens of the source; 0 is padding.
        answers: tokens of the target; 0 is padding, 2 the beginning, 3 the end.
        width: H, of embedded tokens and of every layer.
        depth: layers of the encoder and of the decoder, 2 or more.
        dropout: of what enters each layer, and before the output.

    Raises:
        InputError: with fewer layers than the one that reads both ways and one above it.

    Example:
        >>> network = GNMT(vocabulary=9, answers=7, width=6, depth=3)
        >>> source, lengths = torch.randint(1, 9, (2, 5)), torch.tensor([5, 3])
        >>> network(source, lengths, torch.randint(1, 7, (2, 4))).shape
        torch.Size([2, 4, 7])
    """

    def __init__(self, *, vocabulary: int, answers: int, width: int, depth: int, dropout: float = 0.0) -> None:
        super().__init__()
        if depth < 2:
            raise InputError(f"depth of GNMT must be 2 or more; received {depth}; try 3")
        self.width = width
        self.source, self.target = nn.Embedding(vocabulary, width), nn.Embedding(answers, width)
        self.both = Recurrence(cell=LSTMCell, inputs=width, width=width, bidirectional=True)
        entering = [2 * width] + [width] * (depth - 2)
        self.encoder = nn.ModuleList(Recurrence(cell=LSTMCell, inputs=size, width=width) for size in entering)
        self.attention = AdditiveAttention(query_width=width, key_width=width, width=width)
        self.decoder = nn.ModuleList(LSTMCell(inputs=2 * width, width=width) for _ in range(depth))
        self.output = nn.Linear(width, answers)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T K"]:
        """Logits of what follows each token of the true sequence (teacher forcing)."""
        memory, state = self.encode(source, source_lengths)
        written: list[Tensor] = []
        for token in self.target(sequence).unbind(1):
            top, state, _ = self._write(token, memory, state)
            written.append(top)
        return self.output(self.dropout(torch.stack(written, 1)))

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]) -> tuple[State, State]:
        """What stays (states, what they bring to the energies, which are real), and the first state of the decoder:
        of each layer, from the first, a hidden state and a memory of zero."""
        states, _ = self.both(self.dropout(self.source(source)), lengths)
        for number, layer in enumerate(self.encoder, 2):
            entering = states
            states, _ = layer(self.dropout(states), lengths)
            states = states + entering if number > PLAIN else states
        real = real_steps(states, lengths).squeeze(-1)
        start = states.new_zeros(len(states), self.width)
        return (states, self.attention.prepare(states), real), (start,) * (2 * len(self.decoder))

    def step(self, tokens: Int[Tensor, " B"], memory: State, state: State) -> tuple[Float[Tensor, "B K"], State]:
        """Logits of what follows these tokens, and the next state."""
        top, state, _ = self._write(self.target(tokens), memory, state)
        return self.output(self.dropout(top)), state

    def look(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T S"]:
        """Where it looks while it writes what follows each token."""
        memory, state = self.encode(source, source_lengths)
        looked: list[Tensor] = []
        for token in self.target(sequence).unbind(1):
            _, state, weights = self._write(token, memory, state)
            looked.append(weights)
        return torch.stack(looked, 1)

    def _write(self, token: Float[Tensor, "B H"], memory: State, state: State) -> tuple[Tensor, State, Tensor]:
        """What leaves the top layer [B, H], the next state, and the weights [B, S]."""
        states, prepared, real = memory
        context, weights = self.attention(state[0], states, real, prepared)
        flowing = token
        following: list[Tensor] = []
        for number, cell in enumerate(self.decoder, 1):
            entering = torch.cat([self.dropout(flowing), context], -1)
            following += cell(entering, state[2 * number - 2 : 2 * number])
            flowing = following[-2] + flowing if number > PLAIN else following[-2]
        return flowing, tuple(following), weights
