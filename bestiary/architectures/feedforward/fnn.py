"""The feedforward network: layers of rectified units, each fed by all units of the layer before, trained end to end.

Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors", Nature 323; dropout:
Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15; rectified units:
Nair, Hinton 2010, "Rectified linear units improve restricted Boltzmann machines". 1986 had logistic units; rectified
ones keep gradients alive through several layers.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.flat import Flattened

# B batch, F features, W width of a layer, K outputs


class FNN(nn.Module):
    """Hidden layers of rectified units, each followed by dropout, and a linear output.

    Args:
        features: numbers in a row; an image is flattened to channels * height * width.
        outputs: classes, or 1 for regression.
        widths: units of each hidden layer, in order.
        dropout: share of hidden units that are silenced at random in training, in [0, 1).

    Example:
        >>> import torch
        >>> FNN(features=784, outputs=10)(torch.randn(4, 1, 28, 28)).shape
        torch.Size([4, 10])
    """

    def __init__(
        self, *, features: int, outputs: int, widths: Sequence[int] = (256, 256), dropout: float = 0.0
    ) -> None:
        super().__init__()
        sizes = (features, *widths)
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        x = inputs.flatten(1)  # [B, F]
        for layer in self.hidden:
            x = self.dropout(F.relu(layer(x)))  # [B, W]
        return self.output(x)  # [B, K]


class SeriesFNN(Flattened):
    """The feedforward network on whole series: every step of every channel is a feature.

    Args:
        channels: of the series.
        length: of the longest series, in steps.
        outputs: classes, or 1 for regression.
        widths: units of each hidden layer, in order.
        dropout: share of hidden units that are silenced at random in training, in [0, 1).
    """

    def __init__(
        self, *, channels: int, length: int, outputs: int, widths: Sequence[int] = (256, 256), dropout: float = 0.0
    ) -> None:
        features = channels * length
        super().__init__(length, FNN(features=features, outputs=outputs, widths=widths, dropout=dropout))
