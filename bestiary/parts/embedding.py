"""Embedding table (Bengio, Ducharme, Vincent & Jauvin 2003, A neural probabilistic language model, JMLR 3)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Embedding(nn.Module):
    """A learned vector for every token: the row of a table, which is the token as one 1 among zeros, times the table.

    Args:
        vocabulary: V, number of different tokens.
        width: E, numbers of a vector.

    Example:
        >>> Embedding(vocabulary=9, width=4)(torch.tensor([[1, 8, 8]])).shape
        torch.Size([1, 3, 4])
    """

    def __init__(self, *, vocabulary: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocabulary, width))

    def forward(self, tokens: Int[Tensor, "..."]) -> Float[Tensor, "... E"]:
        return self.table[tokens]
