"""The small network of image Transformers: two linear layers with GELU between, the same at every position."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class GeluFeedForward(nn.Module):
    """gelu(x W1 + b1) W2 + b2, with the exact GELU of Hendrycks & Gimpel 2016.

    Args:
        width: D, of what enters and of what comes out.
        feedforward: units between.
        dropout: of the units between, in training.

    Example:
        >>> import torch
        >>> GeluFeedForward(width=4, feedforward=8)(torch.zeros(2, 3, 4)).shape
        torch.Size([2, 3, 4])
    """

    def __init__(self, *, width: int, feedforward: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.widen = nn.Linear(width, feedforward)
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(feedforward, width)

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        return self.narrow(self.dropout(F.gelu(self.widen(x))))
