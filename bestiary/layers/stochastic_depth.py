"""Stochastic depth (Huang, Sun, Liu, Sedra & Weinberger 2016, Deep networks with stochastic depth).

In training, what a residual branch adds is left out at random, for each row by itself; what stays is divided by the
probability to stay, so that its mean does not change. Outside of training everything stays.
"""

from jaxtyping import Float
from torch import Tensor, nn

from bestiary.layers.draws import bernoulli


class StochasticDepth(nn.Module):
    """Leaves out what a branch adds to a row, with a given probability.

    Args:
        probability: from 0 to below 1, that a row's branch is left out.

    Example:
        >>> import torch
        >>> StochasticDepth(0.5).eval()(torch.ones(2, 3)).tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, branch: Float[Tensor, "B *rest"]) -> Float[Tensor, "B *rest"]:
        if not self.training or not self.probability:
            return branch
        probabilities = branch.new_full((len(branch), *[1] * (branch.ndim - 1)), 1 - self.probability)
        stays = bernoulli(probabilities)
        return branch * stays / (1 - self.probability)


def rising(most: float, depth: int) -> list[float]:
    """A probability for each of so many layers, from 0 at the first to `most` at the last, in equal steps (equation 4).

    Example:
        >>> rising(0.2, 3)
        [0.0, 0.1, 0.2]
    """
    return [most * layer / max(1, depth - 1) for layer in range(depth)]
