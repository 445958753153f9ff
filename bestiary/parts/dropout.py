"""Dropout (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, Dropout, JMLR 15)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Dropout(nn.Module):
    """In training leaves out each number with a chance and makes the others larger, so that the mean stays.

    The paper makes weights smaller after training instead; divided in training, as here and everywhere today, nothing
    is to be done afterwards.

    Args:
        chance: of a number to be left out.

    Example:
        >>> Dropout(chance=0.5)(torch.ones(1000)).unique().tolist()
        [0.0, 2.0]
    """

    def __init__(self, *, chance: float = 0.5) -> None:
        super().__init__()
        self.chance = chance

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if not self.training:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.chance)
        return x * kept / (1 - self.chance)
