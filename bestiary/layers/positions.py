"""Where a token stands: fixed sinusoids (Vaswani et al. 2017, section 3.5) or a learned table (Gehring et al. 2017).

Axes: B batch, T time, D width.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.errors import InputError


def sinusoids(length: int, width: int, device: torch.device | str | None = None) -> Float[Tensor, "T D"]:
    """Sine and cosine of each position at wavelengths from 2 pi to 10000 * 2 pi, interleaved as in the paper:

        PE(t, 2i) = sin(t / 10000^(2i/width)),  PE(t, 2i+1) = cos(t / 10000^(2i/width))

    Args:
        length: positions, from 0.
        width: even or odd; an odd one lacks the last cosine.
        device: where it is made.

    Example:
        >>> sinusoids(2, 4)
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    frequencies = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000) / width))
    angles = torch.arange(length, device=device)[:, None] * frequencies  # [T, D/2]
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :width]


class SinusoidalPositions(nn.Module):
    """Adds sinusoids to a sequence: no parameters, any length.

    Args:
        width: of the sequence.

    Example:
        >>> SinusoidalPositions(width=6)(torch.zeros(2, 5, 6)).shape
        torch.Size([2, 5, 6])
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, sequence: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        return sequence + sinusoids(sequence.shape[-2], self.width, sequence.device).to(sequence.dtype)


class LearnedPositions(nn.Module):
    """Adds a learned vector for each position, up to a longest length.

    Args:
        length: the longest sequence.
        width: of the sequence.

    Example:
        >>> LearnedPositions(length=8, width=6)(torch.zeros(2, 5, 6)).shape
        torch.Size([2, 5, 6])
    """

    def __init__(self, *, length: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(length, width))
        nn.init.normal_(self.table, std=0.02)

    def forward(self, sequence: Float[Tensor, "B T D"], start: int = 0) -> Float[Tensor, "B T D"]:
        """The sequence stands at positions from `start`. Raises `InputError` when it ends behind the table."""
        end, longest = start + sequence.shape[-2], len(self.table)
        if end > longest:
            raise InputError(
                f"sequences may have {longest} steps; received {end}; cut them, or build with length={end}"
            )
        return sequence + self.table[start:end]
