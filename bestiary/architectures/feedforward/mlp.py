"""The multi-layer perceptron as it is built today: batch norm and dropout make a deeper feedforward network trainable.

Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors", Nature 323; Ioffe,
Szegedy 2015, "Batch normalization", arXiv 1502.03167; Srivastava et al. 2014, "Dropout", JMLR 15. Every hidden layer
but the last is normalised and dropped out; the last one, narrow, is left whole before the output. Linear layers keep
their bias before a batch norm, where it is redundant, because the layout that this follows keeps it.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.flat import Flattened

# B batch, F features, W width of a layer, K outputs


class NormalisedLayer(nn.Module):
    """Linear, batch norm, rectifier, dropout. In training, a batch needs two rows or more.

    Args:
        before: numbers that come in.
        width: units.
        dropout: share of units that are silenced at random in training, in [0, 1).
    """

    def __init__(self, *, before: int, width: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(before, width)
        self.norm = nn.BatchNorm1d(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "B F"]) -> Float[Tensor, "B W"]:
        return self.dropout(F.relu(self.norm(self.linear(x))))


class MLP(nn.Module):
    """Normalised hidden layers, a plain last one, and a linear output.

    Args:
        features: numbers in a row; an image is flattened to channels * height * width.
        outputs: classes, or 1 for regression.
        widths: units of each hidden layer, in order; all but the last are normalised and dropped out.
        dropout: share of units that are silenced at random in training, in [0, 1).

    Example:
        >>> import torch
        >>> MLP(features=30, outputs=2)(torch.randn(4, 30)).shape
        torch.Size([4, 2])
    """

    def __init__(
        self, *, features: int, outputs: int, widths: Sequence[int] = (256, 128, 64), dropout: float = 0.3
    ) -> None:
        super().__init__()
        *earlier, last = pairwise((features, *widths))
        self.hidden = nn.ModuleList(
            NormalisedLayer(before=before, width=width, dropout=dropout) for before, width in earlier
        )
        self.last = nn.Linear(*last)
        self.output = nn.Linear(last[1], outputs)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        x = inputs.flatten(1)  # [B, F]
        for layer in self.hidden:
            x = layer(x)  # [B, W]
        return self.output(F.relu(self.last(x)))  # [B, K]


class SeriesMLP(Flattened):
    """The multi-layer perceptron on whole series: every step of every channel is a feature.

    Args:
        channels: of the series.
        length: of the longest series, in steps.
        outputs: classes, or 1 for regression.
        widths: units of each hidden layer, in order; all but the last are normalised and dropped out.
        dropout: share of units that are silenced at random in training, in [0, 1).
    """

    def __init__(
        self,
        *,
        channels: int,
        length: int,
        outputs: int,
        widths: Sequence[int] = (256, 128, 64),
        dropout: float = 0.3,
    ) -> None:
        features = channels * length
        super().__init__(length, MLP(features=features, outputs=outputs, widths=widths, dropout=dropout))
