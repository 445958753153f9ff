"""The artificial neural network with one hidden layer: the smallest network that can represent what no line separates.

Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors", Nature 323; Cybenko
1989, "Approximation by superpositions of a sigmoidal function" shows that one hidden layer suffices to approximate any
continuous function, if it is wide enough. Here hidden units are rectified (max(0, a)) where 1986 had logistic ones:
their gradient does not fade for large sums.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.flat import Flattened

# B batch, F features, W width, K outputs


class ANN(nn.Module):
    """One hidden layer of rectified units: y = W2 max(0, W1 x + b1) + b2.

    Args:
        features: numbers in a row; an image is flattened to channels * height * width.
        outputs: classes, or 1 for regression.
        width: hidden units.

    Example:
        >>> import torch
        >>> ANN(features=10, outputs=1)(torch.randn(4, 10)).shape
        torch.Size([4, 1])
    """

    def __init__(self, *, features: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, width)
        self.output = nn.Linear(width, outputs)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        hidden = F.relu(self.hidden(inputs.flatten(1)))  # [B, W]
        return self.output(hidden)  # [B, K]


class SeriesANN(Flattened):
    """The one-hidden-layer network on whole series: every step of every channel is a feature.

    Args:
        channels: of the series.
        length: of the longest series, in steps.
        outputs: classes, or 1 for regression.
        width: hidden units.
    """

    def __init__(self, *, channels: int, length: int, outputs: int, width: int = 64) -> None:
        super().__init__(length, ANN(features=channels * length, outputs=outputs, width=width))
