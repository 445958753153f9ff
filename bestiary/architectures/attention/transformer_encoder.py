"""The encoder of the Transformer: every position looks at every other, then thinks for itself; N times.

Source: Vaswani et al. 2017, Attention is all you need, sections 3.1 and 3.3. Each layer is two sublayers, each with a
residual connection, dropout of what it adds, and layer normalisation after the sum:

    x = norm(x + attention(x))
    x = norm(x + feed_forward(x))

The pre-norm form (Xiong et al. 2020, On layer normalization in the Transformer architecture) normalises what enters a
sublayer instead, and the sum at the end once more; it trains without warm-up:

    x = x + attention(norm(x))
    x = x + feed_forward(norm(x))

Departs from the paper: the decoder is not here, nor are embeddings and positions. Dropout acts where the paper has it,
on what a sublayer adds (section 5.4); torch.nn.TransformerEncoder also drops attention weights and feed-forward units,
and its layers start as copies of one, where these start independent of each other.

Axes: B batch, T time, D width.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.attention import Attention
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.masks import Mask, padding
from bestiary.weights.maps import NameMap, joined, same

PUBLISHED = (
    NameMap(
        "torch",
        "torch.nn.TransformerEncoder",
        ("TransformerEncoder", "PreNormTransformerEncoder"),
        (
            joined(
                tuple(f"layers.{{layer}}.attention.{part}.{{*}}" for part in ("query", "key", "value")),
                "layers.{layer}.self_attn.in_proj_{*}",
            ),
            same("layers.{layer}.attention.output.{*}", "layers.{layer}.self_attn.out_proj.{*}"),
            same("layers.{layer}.attention_norm.{*}", "layers.{layer}.norm1.{*}"),
            same("layers.{layer}.feedforward_norm.{*}", "layers.{layer}.norm2.{*}"),
            same("layers.{layer}.feedforward.widen.{*}", "layers.{layer}.linear1.{*}"),
            same("layers.{layer}.feedforward.narrow.{*}", "layers.{layer}.linear2.{*}"),
            same("norm.{*}", "norm.{*}"),
        ),
    ),
)


class FeedForward(nn.Module):
    """Two linear layers at each position: max(0, x W1 + b1) W2 + b2 (section 3.3).

    Args:
        width: of the sequence.
        feedforward: units between.
    """

    def __init__(self, *, width: int, feedforward: int) -> None:
        super().__init__()
        self.widen = nn.Linear(width, feedforward)
        self.narrow = nn.Linear(feedforward, width)

    def forward(self, sequence: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        return self.narrow(self.widen(sequence).relu())


class PostNormLayer(nn.Module):
    """A layer as in the paper: the sum of a sublayer and its input is normalised.

    Args:
        width: of the sequence.
        heads: of the attention.
        feedforward: units of the feed-forward layer.
        dropout: of what each sublayer adds.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width=width, heads=heads)
        self.attention_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width=width, feedforward=feedforward)
        self.feedforward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Float[Tensor, "B T D"], mask: Mask | None = None) -> Float[Tensor, "B T D"]:
        sequence = self.attention_norm(sequence + self.dropout(self.attention(sequence, mask=mask)))
        return self.feedforward_norm(sequence + self.dropout(self.feedforward(sequence)))


class PreNormLayer(nn.Module):
    """A layer whose sublayers see normalised input; the sums are left alone.

    Args:
        width: of the sequence.
        heads: of the attention.
        feedforward: units of the feed-forward layer.
        dropout: of what each sublayer adds.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width=width, heads=heads)
        self.attention_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width=width, feedforward=feedforward)
        self.feedforward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Float[Tensor, "B T D"], mask: Mask | None = None) -> Float[Tensor, "B T D"]:
        sequence = sequence + self.dropout(self.attention(self.attention_norm(sequence), mask=mask))
        return sequence + self.dropout(self.feedforward(self.feedforward_norm(sequence)))


class TransformerEncoder(nn.Module):
    """The encoder as in the paper, layers normalised after the sum.

    Args:
        width: D, of the sequence that enters and of what comes out.
        depth: layers.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        dropout: in training.

    Example:
        >>> import torch
        >>> encoder = TransformerEncoder(width=16, depth=2, heads=4, feedforward=32)
        >>> encoder(torch.randn(3, 7, 16), torch.tensor([7, 2, 5])).shape
        torch.Size([3, 7, 16])
    """

    def __init__(self, *, width: int, depth: int, heads: int, feedforward: int, dropout: float = 0.1) -> None:
        super().__init__()
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.layers = nn.ModuleList(PostNormLayer(**words) for _ in range(depth))
        glorot_uniform(self)

    def forward(
        self, sequence: Float[Tensor, "B T D"], lengths: Int[Tensor, " B"] | None = None
    ) -> Float[Tensor, "B T D"]:
        """No position attends to what stands behind a row's length; what comes out there means nothing."""
        mask = None if lengths is None else padding(lengths)
        for layer in self.layers:
            sequence = layer(sequence, mask)
        return sequence


class PreNormTransformerEncoder(nn.Module):
    """The encoder with layers that normalise what enters a sublayer, and a norm at the end.

    Args:
        width: D, of the sequence that enters and of what comes out.
        depth: layers.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        dropout: in training.
    """

    def __init__(self, *, width: int, depth: int, heads: int, feedforward: int, dropout: float = 0.1) -> None:
        super().__init__()
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.layers = nn.ModuleList(PreNormLayer(**words) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        glorot_uniform(self)

    def forward(
        self, sequence: Float[Tensor, "B T D"], lengths: Int[Tensor, " B"] | None = None
    ) -> Float[Tensor, "B T D"]:
        """No position attends to what stands behind a row's length; what comes out there means nothing."""
        mask = None if lengths is None else padding(lengths)
        for layer in self.layers:
            sequence = layer(sequence, mask)
        return self.norm(sequence)
