"""A Transformer encoder that answers: tokens or steps enter with their positions, the mean of what leaves decides.

Source: the encoder of Vaswani et al. 2017, Attention is all you need. Departs from it: positions are learned rather
than sinusoids, and start small (deviation 0.02) beside tokens of the same size; the mean over a row's real steps feeds
a linear layer, where the paper has a decoder. Padding is never attended to, nor does it enter the mean.

Axes: B batch, T time, C channels, H image rows, W image columns, K outputs.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.attention.transformer_encoder import TransformerEncoder
from bestiary.layers.pooling import mean_over_time
from bestiary.layers.positions import LearnedPositions


class TransformerText(nn.Module):
    """Transformer for text.

    Args:
        vocabulary: number of different tokens; 0 is padding.
        length: the longest text, in tokens.
        width: of each token's vector.
        depth: layers.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        outputs: classes, or 1 for regression.
        dropout: of the embedded text and inside the layers.

    Example:
        >>> import torch
        >>> network = TransformerText(vocabulary=20, length=9, width=8, depth=2, heads=2, feedforward=16, outputs=3)
        >>> network(torch.randint(1, 20, (4, 7)), torch.tensor([7, 2, 5, 1])).shape
        torch.Size([4, 3])
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
        outputs: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embed.weight, std=0.02)
        self.positions = LearnedPositions(length=length, width=width)
        self.dropout = nn.Dropout(dropout)
        self.encoder = TransformerEncoder(
            width=width, depth=depth, heads=heads, feedforward=feedforward, dropout=dropout
        )
        self.classify = nn.Linear(width, outputs)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        embedded = self.dropout(self.positions(self.embed(tokens)))
        return self.classify(mean_over_time(self.encoder(embedded, lengths), lengths))


class TransformerSeries(nn.Module):
    """Transformer for series: each step is projected to the width.

    Args:
        channels: numbers in one step.
        length: the longest series, in steps.
        width: of each step's vector.
        depth: layers.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        outputs: classes, or 1 for regression.
        dropout: of the projected series and inside the layers.
    """

    def __init__(
        self,
        *,
        channels: int,
        length: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        outputs: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(channels, width)
        self.positions = LearnedPositions(length=length, width=width)
        self.dropout = nn.Dropout(dropout)
        self.encoder = TransformerEncoder(
            width=width, depth=depth, heads=heads, feedforward=feedforward, dropout=dropout
        )
        self.classify = nn.Linear(width, outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        projected = self.dropout(self.positions(self.project(values)))
        return self.classify(mean_over_time(self.encoder(projected, lengths), lengths))


class TransformerImage(nn.Module):
    """Transformer that reads an image as a sequence of its rows.

    Args:
        channels: of the image; a step holds the row's pixels of all of them.
        image_size: (height, width) in pixels.
        width: of each row's vector.
        depth: layers.
        heads: of each attention.
        feedforward: units of each feed-forward layer.
        outputs: classes, or 1 for regression.
        dropout: of the projected rows and inside the layers.
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        outputs: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(channels * image_size[1], width)
        self.positions = LearnedPositions(length=image_size[0], width=width)
        self.dropout = nn.Dropout(dropout)
        self.encoder = TransformerEncoder(
            width=width, depth=depth, heads=heads, feedforward=feedforward, dropout=dropout
        )
        self.classify = nn.Linear(width, outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        rows = pixels.transpose(1, 2).flatten(2)  # [B, H, C*W]
        projected = self.dropout(self.positions(self.project(rows)))
        return self.classify(mean_over_time(self.encoder(projected)))
