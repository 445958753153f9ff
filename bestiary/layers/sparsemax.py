"""Sparsemax: the point of the simplex that is nearest to a vector, so that small entries become exactly 0.

Source: Martins & Astudillo 2016, From softmax to sparsemax, algorithm 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def sparsemax(scores: Float[Tensor, "... N"]) -> Float[Tensor, "... N"]:
    """Weights that sum to 1, most of them 0 where scores differ.

    Example:
        >>> sparsemax(torch.tensor([2.0, 1.5, -1.0])).tolist()
        [0.75, 0.25, 0.0]
    """
    ordered = scores.sort(dim=-1, descending=True).values
    ranks = torch.arange(1, scores.shape[-1] + 1, device=scores.device, dtype=scores.dtype)
    sums = ordered.cumsum(-1) - 1
    support = (ranks * ordered > sums).sum(-1, keepdim=True)  # how many entries stay above 0
    threshold = sums.gather(-1, support - 1) / support.to(scores.dtype)
    return (scores - threshold).clamp(min=0)
