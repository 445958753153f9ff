"""The perceptron: one layer of linear threshold units, the first machine that learned from its mistakes.

Source: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain",
Psychological Review 65(6). What the paper calls the response units are here; its layer of randomly wired association
units is left out, as is usual: the features themselves are the input. There is one unit a class, and the unit with the
largest sum answers (for two classes this is one threshold). The threshold itself has no useful gradient, so it is not
part of the network: it is in the learning rule, which changes weights only on a mistake.

The rule starts from weights of zero, so that the size of a correction scales the sums but never changes an answer.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.flat import FlatSeries

# B batch, T time, C channels, F features, K outputs


class Perceptron(nn.Module):
    """One linear unit a class, for tables and flattened images; the largest sum wins.

    Args:
        features: numbers in a row.
        outputs: classes.

    Example:
        >>> import torch
        >>> Perceptron(features=64, outputs=10)(torch.randn(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(self, *, features: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, outputs)

    def vectors(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        """What the rule adds to the weights and takes from them."""
        return inputs.flatten(1)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        return self.layer(self.vectors(inputs))


class SeriesPerceptron(nn.Module):
    """The perceptron on whole series: every step of every channel is a feature.

    Args:
        channels: of the series.
        length: of the longest series, in steps.
        outputs: classes.
    """

    def __init__(self, *, channels: int, length: int, outputs: int) -> None:
        super().__init__()
        self.flat = FlatSeries(length=length)
        self.layer = nn.Linear(channels * length, outputs)

    def vectors(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B F"]:
        """What the rule adds to the weights and takes from them."""
        return self.flat(values, lengths)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        return self.layer(self.vectors(values, lengths))
