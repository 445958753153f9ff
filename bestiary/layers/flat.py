"""Sequences as flat vectors of one length, for networks that know no time."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

# B batch, T time, C channels, L the fixed length, K outputs


class FlatSeries(nn.Module):
    """Series of unequal lengths -> vectors of `length * channels` numbers: what lies beyond a series' end is 0.

    Args:
        length: steps that are kept; later ones are cut off, missing ones are 0.

    Example:
        >>> flat = FlatSeries(length=3)
        >>> flat(torch.ones(2, 2, 1), torch.tensor([2, 1]))
        tensor([[1., 1., 0.],
                [1., 0., 0.]])
    """

    def __init__(self, *, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B LC"]:
        values = values[:, : self.length]
        outside = torch.arange(values.shape[1], device=values.device) >= lengths[:, None]
        values = values.masked_fill(outside[:, :, None], 0.0)
        return F.pad(values, (0, 0, 0, self.length - values.shape[1])).flatten(1)


class Flattened(nn.Module):
    """A network for flat vectors, put behind `FlatSeries`. Abstract: an architecture names its network.

    Args:
        length: of the longest series, in steps.
        network: takes `[B, length * channels]`.
    """

    def __init__(self, length: int, network: nn.Module) -> None:
        super().__init__()
        self.flat = FlatSeries(length=length)
        self.network = network

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        return self.network(self.flat(values, lengths))
