"""The Transformer: an encoder reads the source, a decoder writes the target; both are attention from end to end.

Source: Vaswani et al. 2017, Attention is all you need. The encoder is `transformer_encoder`. A layer of the decoder is
three sublayers, each with a residual connection, dropout of what it adds, and layer normalisation after the sum:

    y = norm(y + attention(y, y))        masked: no position sees a later one
    y = norm(y + attention(y, x))        x: what the encoder made of the source
    y = norm(y + feed_forward(y))

Tokens enter as vectors times the root of the width, plus sinusoids; one table serves source, target and output where
they share a vocabulary (section 3.4), otherwise target and output alone.

Departs from it: layers start independent of each other, matrices uniform after Glorot & Bengio as in the authors' code.

Axes: B batch, S source, T target, D width, h heads, d width of a head, K tokens of the target.
"""

from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.attention.transformer_encoder import FeedForward, TransformerEncoder
from bestiary.errors import InputError
from bestiary.layers.attention import Attention, attend
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.masks import Mask, causal, padding
from bestiary.layers.positions import sinusoids

State = tuple[Tensor, ...]


class DecoderLayer(nn.Module):
    """A layer of the decoder.

    Args:
        width: D, of the sequence.
        heads: of each attention.
        feedforward: units of the feed-forward layer.
        dropout: of what each sublayer adds.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width=width, heads=heads)
        self.attention_norm = nn.LayerNorm(width)
        self.looking = Attention(width=width, heads=heads)
        self.looking_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width=width, feedforward=feedforward)
        self.feedforward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, written: Float[Tensor, "B T D"], read: Float[Tensor, "B S D"], real: Mask
    ) -> Float[Tensor, "B T D"]:
        """All positions at once; `real` says which of the source are no padding."""
        written = self.attention_norm(written + self.dropout(self.attention(written, mask=causal())))
        written = self.looking_norm(written + self.dropout(self.looking(written, read, real)))
        return self.feedforward_norm(written + self.dropout(self.feedforward(written)))

    def step(self, token: Float[Tensor, "B 1 D"], memory: State, past: State) -> tuple[Float[Tensor, "B 1 D"], State]:
        """One more position.

        Args:
            token: what enters.
            memory: keys and values of the source [B, h, S, d], and which are real [B, 1, 1, S].
            past: keys and values of the positions before [B, h, t, d].
        """
        keys, values, real = memory
        query, key, value = self.attention.project(token)
        past = (torch.cat([past[0], key], 2), torch.cat([past[1], value], 2))
        token = self.attention_norm(token + self.dropout(self._join(self.attention, attend(query, *past))))
        query = self.looking.project(token)[0]
        seen = self._join(self.looking, attend(query, keys, values, real))
        token = self.looking_norm(token + self.dropout(seen))
        return self.feedforward_norm(token + self.dropout(self.feedforward(token))), past

    def _join(self, attention: Attention, heads: Float[Tensor, "B h T d"]) -> Float[Tensor, "B T D"]:
        return attention.output(heads.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """Encoder and decoder.

    Args:
        vocabulary: tokens of the source; 0 is padding.
        answers: tokens of the target; 0 is padding, 2 the beginning, 3 the end.
        width: D, of each token's vector.
        depth: layers of the encoder and of the decoder.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        dropout: of what enters, and of what each sublayer adds.
        shared: one table for source, target and output; `vocabulary` and `answers` must be equal.

    Raises:
        InputError: when a table is to be shared by vocabularies of unequal size.

    Example:
        >>> network = Transformer(vocabulary=9, answers=7, width=8, depth=2, heads=2, feedforward=16)
        >>> source, lengths = torch.randint(1, 9, (2, 5)), torch.tensor([5, 3])
        >>> network(source, lengths, torch.randint(1, 7, (2, 4))).shape
        torch.Size([2, 4, 7])
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        answers: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        dropout: float = 0.1,
        shared: bool = False,
    ) -> None:
        super().__init__()
        if shared and vocabulary != answers:
            raise InputError(
                f"a shared table needs equal vocabularies; received vocabulary={vocabulary}, answers={answers}; "
                "leave shared out"
            )
        self.width = width
        self.target = nn.Embedding(answers, width)
        self.source = self.target if shared else nn.Embedding(vocabulary, width)
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.encoder = TransformerEncoder(**words, depth=depth)
        self.decoder = nn.ModuleList(DecoderLayer(**words) for _ in range(depth))
        self.dropout = nn.Dropout(dropout)
        glorot_uniform(self.decoder)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, std=width**-0.5)

    @property
    def layers(self) -> list[DecoderLayer]:
        """Of the decoder, from the first."""
        return cast("list[DecoderLayer]", list(self.decoder))

    def forward(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T K"]:
        """Logits of what follows each token of the true sequence (teacher forcing)."""
        return F.linear(self.features(source, source_lengths, sequence), self.target.weight)

    def features(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T D"]:
        """What the logits are read from: a vector for each token of the target."""
        read = self.encoder(self.enter(self.source, source), source_lengths)
        written = self.enter(self.target, sequence)
        for layer in self.layers:
            written = layer(written, read, padding(source_lengths))
        return written

    def enter(self, table: nn.Embedding, tokens: Int[Tensor, "B T"], first: int = 0) -> Float[Tensor, "B T D"]:
        """Tokens as vectors that know their position, counted from `first`."""
        places = sinusoids(first + tokens.shape[1], self.width, tokens.device)[first:]
        entering = table(tokens) * self.width**0.5
        return self.dropout(entering + places.to(entering.dtype))

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]) -> tuple[State, State]:
        """What stays (which positions are real, and for each layer the source's keys and values), and the first state
        (each layer's keys and values of what is written, none yet)."""
        read = self.encoder(self.enter(self.source, source), lengths)
        real = padding(lengths)(1, source.shape[1], source.device)  # [B, 1, 1, S]
        memory = [pair for layer in self.layers for pair in layer.looking.project(read)[1:]]
        return (real, *memory), tuple(tensor[:, :, :0] for tensor in memory)

    def step(self, tokens: Int[Tensor, " B"], memory: State, state: State) -> tuple[Float[Tensor, "B K"], State]:
        """Logits of what follows these tokens, and the next state."""
        written, following = self.enter(self.target, tokens[:, None], first=state[0].shape[2]), list[Tensor]()
        for number, layer in enumerate(self.layers):
            pair = slice(2 * number, 2 * number + 2)
            written, past = layer.step(written, (*memory[1:][pair], memory[0]), state[pair])
            following += past
        return F.linear(written[:, 0], self.target.weight), tuple(following)

    def look(
        self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"], sequence: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T S"]:
        """Where it looks while it writes what follows each token: the mean over heads and layers."""
        real, looked = padding(source_lengths), list[Tensor]()
        read = self.encoder(self.enter(self.source, source), source_lengths)
        written = self.enter(self.target, sequence)
        for layer in self.layers:
            asking = layer.attention_norm(written + layer.attention(written, mask=causal()))
            looked.append(layer.looking.weights(asking, read, real).mean(1))
            written = layer(written, read, real)
        return torch.stack(looked).mean(0)
