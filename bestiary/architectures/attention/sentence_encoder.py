"""A sentence encoder: BERT reads a text in both directions; the mean of what it says about each piece is its vector.

Source: Devlin, Chang, Lee & Toutanova 2019, BERT: pre-training of deep bidirectional Transformers for language
understanding (the network); Reimers & Gurevych 2019, Sentence-BERT (the mean, section 3); Wang et al. 2020, MiniLM (the
small sizes). Pieces enter with the vectors of their positions and of the segment that they stand in; then layers as in
the paper of the Transformer, normalised after each sum, with GELU between the two linear layers.

Departs from BERT: no pooler (a layer on the first piece, which the mean replaces) and none of the heads that it was
trained with; there is one text, so all pieces are of the first segment.

Axes: B batch, T time in pieces, D width, K outputs.
"""

from __future__ import annotations

import math

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.attention import Attention
from bestiary.layers.masks import Mask, padding
from bestiary.layers.pooling import mean_over_time
from bestiary.layers.positions import LearnedPositions
from bestiary.weights.maps import Line, NameMap, same

EPSILON = 1e-12  # of the norms, as in the authors' code
POOLER = ("pooler.dense.{*}", "embeddings.position_ids")
"""What a file may have beside: the layer on the first piece, and a list of numbers from 0."""


def _lines(prefix: str = "") -> tuple[Line, ...]:
    """Our names of an encoder, and transformers'."""
    ours, theirs = f"{prefix}layers.{{layer}}", "encoder.layer.{layer}"
    return (
        same(f"{prefix}embed.weight", "embeddings.word_embeddings.weight"),
        same(f"{prefix}segments.weight", "embeddings.token_type_embeddings.weight"),
        same(f"{prefix}positions.table", "embeddings.position_embeddings.weight"),
        same(f"{prefix}norm.{{*}}", "embeddings.LayerNorm.{*}"),
        *(same(f"{ours}.attention.{p}.{{*}}", f"{theirs}.attention.self.{p}.{{*}}") for p in ("query", "key", "value")),
        same(f"{ours}.attention.output.{{*}}", f"{theirs}.attention.output.dense.{{*}}"),
        same(f"{ours}.attention_norm.{{*}}", f"{theirs}.attention.output.LayerNorm.{{*}}"),
        same(f"{ours}.widen.{{*}}", f"{theirs}.intermediate.dense.{{*}}"),
        same(f"{ours}.narrow.{{*}}", f"{theirs}.output.dense.{{*}}"),
        same(f"{ours}.feedforward_norm.{{*}}", f"{theirs}.output.LayerNorm.{{*}}"),
    )


PUBLISHED = (
    NameMap("transformers", "transformers.BertModel", ("SentenceEncoder",), _lines(), ignored=POOLER),
    NameMap("transformers", "transformers.BertModel", ("SentenceClassifier",), _lines("encoder."), ignored=POOLER),
)


class Layer(nn.Module):
    """Attention and two linear layers, each sum normalised; dropout also acts on the attention weights.

    Args:
        width: of the sequence.
        heads: of the attention.
        feedforward: units between the linear layers.
        dropout: in training.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width=width, heads=heads, dropout=dropout)
        self.attention_norm = nn.LayerNorm(width, eps=EPSILON)
        self.widen = nn.Linear(width, feedforward)
        self.narrow = nn.Linear(feedforward, width)
        self.feedforward_norm = nn.LayerNorm(width, eps=EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Float[Tensor, "B T D"], mask: Mask) -> Float[Tensor, "B T D"]:
        sequence = self.attention_norm(sequence + self.dropout(self.attention(sequence, mask=mask)))
        return self.feedforward_norm(sequence + self.dropout(self.narrow(F.gelu(self.widen(sequence)))))


class SentenceEncoder(nn.Module):
    """A vector for each text.

    Args:
        vocabulary: number of different pieces; 0 is padding.
        length: the longest text, in pieces.
        width: D.
        depth: layers.
        heads: of each attention.
        feedforward: units between the linear layers of each layer.
        dropout: in training.

    Example:
        >>> import torch
        >>> encoder = SentenceEncoder(vocabulary=20, length=9, width=8, depth=2, heads=2, feedforward=16)
        >>> encoder(torch.randint(1, 20, (4, 7)), torch.tensor([7, 2, 5, 1])).shape
        torch.Size([4, 8])
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        length: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.segments = nn.Embedding(2, width)
        self.positions = LearnedPositions(length=length, width=width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.dropout = nn.Dropout(dropout)
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.layers = nn.ModuleList(Layer(**words) for _ in range(depth))
        initialise(self)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B D"]:
        return mean_over_time(self.read(tokens, lengths), lengths)

    def read(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B T D"]:
        """A vector for each piece; what stands behind a row's length is not attended to, and means nothing."""
        entering = self.positions(self.embed(tokens) + self.segments.weight[0])
        sequence, mask = self.dropout(self.norm(entering)), padding(lengths)
        for layer in self.layers:
            sequence = layer(sequence, mask)
        return sequence


class SentenceClassifier(nn.Module):
    """A sentence encoder with a linear layer on its vector: what is fine-tuned.

    Args:
        vocabulary, length, width, depth, heads, feedforward, dropout: as of `SentenceEncoder`.
        outputs: classes, or 1 for regression.

    Example:
        >>> import torch
        >>> words = {"vocabulary": 20, "length": 9, "width": 8, "depth": 2, "heads": 2, "feedforward": 16}
        >>> SentenceClassifier(**words, outputs=3)(torch.randint(1, 20, (4, 7)), torch.tensor([7, 2, 5, 1])).shape
        torch.Size([4, 3])
    """

    takes = "as_pieces"

    def __init__(
        self,
        *,
        vocabulary: int,
        length: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        outputs: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        words = {"vocabulary": vocabulary, "length": length, "heads": heads, "feedforward": feedforward}
        self.encoder = SentenceEncoder(**words, width=width, depth=depth, dropout=dropout)
        self.head = nn.Linear(width, outputs)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        return self.head(self.encoder(tokens, lengths))


class SentenceProbe(nn.Module):
    """A linear layer on the vectors of an encoder that does not learn: a linear probe (Alain & Bengio 2016).

    Args:
        sentence: numbers of a vector; vectors of norm 1 are scaled so that each number has a mean square of 1.
        outputs: classes, or 1 for regression.

    Example:
        >>> import torch
        >>> SentenceProbe(sentence=8, outputs=3)(torch.randn(4, 8)).shape
        torch.Size([4, 3])
    """

    takes = "as_sentence"

    def __init__(self, *, sentence: int, outputs: int) -> None:
        super().__init__()
        self.scale = math.sqrt(sentence)
        self.head = nn.Linear(sentence, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, sentence: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        return self.head(self.scale * sentence)


def initialise(encoder: nn.Module) -> None:
    """Matrices and tables normal with deviation 0.02, biases zero, as the authors' code does."""
    for module in encoder.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
