"""RNNsearch: a translator that looks back at the source for every word that it writes.

Source: Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, appendix A.
Instead of squeezing the source into one vector, the decoder asks at each step which of its states matter now:

    h_j = [forward GRU(x)_j ; backward GRU(x)_j]      annotations of the source
    s_0 = tanh(W_s backward h_1)
    a_ij = softmax_j(v . tanh(W s_{i-1} + U h_j))     where to look
    c_i = sum_j a_ij h_j                              what is seen there
    s_i = GRU([y_{i-1} ; c_i], s_{i-1})
    t_i = maxout(U_o s_i + V_o y_{i-1} + C_o c_i),    p(y_i) = softmax(W_o t_i)

Departs from it: the GRU resets after its product (see `gru`), and its gates have biases; the output reads s_i, as
equation 4 of the paper says, where its appendix prints s_{i-1}. `maxout=0` leaves out the maxout layer, and s_i alone
decides. Dropout is ours; weights start as torch's do.

Axes: B batch, S source, T target, H width, E embedding, A width of the alignment, K tokens of the target.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.recurrence.gru import GRUCell
from bestiary.layers.additive_attention import AdditiveAttention
from bestiary.layers.recurrent import Recurrence, real_steps

State = tuple[Tensor, ...]


class Maxout(nn.Module):
    """Two linear units at a time, of which the larger speaks (Goodfellow et al. 2013).

    Args:
        inputs: numbers that enter.
        units: numbers that come out.
    """

    def __init__(self, *, inputs: int, units: int) -> None:
        super().__init__()
        self.pairs = nn.Linear(inputs, 2 * units)

    def forward(self, inputs: Float[Tensor, "*B I"]) -> Float[Tensor, "*B U"]:
        return self.pairs(inputs).unflatten(-1, (-1, 2)).amax(-1)


class AttentionNetwork(nn.Module):
    """RNNsearch.

    Args:
        vocabulary: tokens of the source; 0 is padding.
        answers: tokens of the target; 0 is padding, 2 the beginning, 3 the end.
        embedding: E, numbers that a token becomes.
        width: H, units of the decoder and of each direction of the encoder.
        alignment: A, units of the network that compares; the width unless given.
        maxout: units of the layer before the output; 0 for none.
        dropout: of embedded tokens, and before the output.

    Example:
        >>> network = AttentionNetwork(vocabulary=9, answers=7, embedding=4, width=6, maxout=5)
        >>> source, lengths = torch.randint(1, 9, (2, 5)), torch.tensor([5, 3])
        >>> network(source, lengths, torch.randint(1, 7, (2, 4))).shape
        torch.Size([2, 4, 7])
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        answers: int,
        embedding: int,
        width: int,
        alignment: int | None = None,
        maxout: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.width = width
        self.source, self.target = nn.Embedding(vocabulary, embedding), nn.Embedding(answers, embedding)
        self.encoder = Recurrence(cell=GRUCell, inputs=embedding, width=width, bidirectional=True)
        self.start = nn.Linear(width, width)
        self.attention = AdditiveAttention(query_width=width, key_width=2 * width, width=alignment or width)
        self.decoder = GRUCell(inputs=embedding + 2 * width, width=width)
        self.maxout = Maxout(inputs=3 * width + embedding, units=maxout) if maxout else None
        self.output = nn.Linear(maxout or width, answers)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T K"]:
        """Logits of what follows each token of the true sequence (teacher forcing)."""
        memory, state = self.encode(source, source_lengths)
        written: list[Tensor] = []
        for token in self.dropout(self.target(sequence)).unbind(1):
            features, state, _ = self._write(token, memory, state)
            written.append(features)
        return self._read(torch.stack(written, 1))

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]) -> tuple[State, State]:
        """What stays (annotations, what they bring to the energies, which are real), and the first state."""
        annotations, _ = self.encoder(self.dropout(self.source(source)), lengths)  # [B, S, 2H]
        start = torch.tanh(self.start(annotations[:, 0, self.width :]))
        real = real_steps(annotations, lengths).squeeze(-1)
        return (annotations, self.attention.prepare(annotations), real), (start,)

    def step(self, tokens: Int[Tensor, " B"], memory: State, state: State) -> tuple[Float[Tensor, "B K"], State]:
        """Logits of what follows these tokens, and the next state."""
        features, state, _ = self._write(self.dropout(self.target(tokens)), memory, state)
        return self._read(features), state

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

    def _write(self, token: Tensor, memory: State, state: State) -> tuple[Tensor, State, Tensor]:
        """What is to be read out [B, F], the next state, and the weights [B, S]."""
        annotations, prepared, real = memory
        context, weights = self.attention(state[0], annotations, real, prepared)
        state = self.decoder(torch.cat([token, context], -1), state)
        return torch.cat([state[0], token, context], -1) if self.maxout else state[0], state, weights

    def _read(self, features: Tensor) -> Tensor:
        return self.output(self.dropout(self.maxout(features) if self.maxout else features))
