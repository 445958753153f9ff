"""Batch normalisation (Ioffe & Szegedy 2015, Batch normalization, arXiv 1502.03167)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class BatchNorm(nn.Module):
    """Brings every channel to mean 0 and variance 1 over the batch and all places; algorithm 1 of the paper.

    Afterwards (in evaluation) running statistics of the training batches take the place of the batch's, so that a row's
    answer does not depend on the others; algorithm 2.

    Args:
        channels: C, the second axis.
        momentum: share of a new batch in the running statistics.
        eps: added to the variance.

    Example:
        >>> BatchNorm(channels=1)(torch.tensor([[3.0], [5.0]])).flatten().detach().round(decimals=3)
        tensor([-1.,  1.])
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, *, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.gain, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Float[Tensor, "B C *places"]) -> Float[Tensor, "B C *places"]:
        columns = x.transpose(0, 1).flatten(1)  # [C, all numbers of a channel]
        mean, variance = self.mean, self.variance
        if self.training:
            mean = columns.mean(1)
            variance = (columns - mean[:, None]).square().mean(1)
            self.remember(mean.detach(), variance.detach(), columns.shape[1])
        scale = self.gain / (variance + self.eps).sqrt()
        shape = (1, -1, *[1] * (x.ndim - 2))
        return (x - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)

    def remember(self, mean: Float[Tensor, " C"], variance: Float[Tensor, " C"], count: int) -> None:
        """Moves the running statistics towards a batch's, whose variance is made unbiased for it."""
        self.mean.lerp_(mean, self.momentum)
        self.variance.lerp_(variance * count / (count - 1), self.momentum)
