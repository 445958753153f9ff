"""Layer normalisation (Ba, Kiros & Hinton 2016, Layer normalization, arXiv 1607.06450)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LayerNorm(nn.Module):
    """Brings the last axis to mean 0 and variance 1, example by example; equation (4), with a gain and a bias.

    Args:
        width: W, units of the last axis.
        eps: added to the variance, so that equal units give 0.

    Example:
        >>> LayerNorm(width=2)(torch.tensor([[3.0, 5.0]])).detach().round(decimals=3)
        tensor([[-1.,  1.]])
    """

    def __init__(self, *, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).square().mean(-1, keepdim=True)  # divided by W, not by W - 1
        return self.gain * (x - mean) / (variance + self.eps).sqrt() + self.bias
