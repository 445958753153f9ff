"""From a sequence to one vector, padding left out. Axes: B batch, T time, D width."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def inside(lengths: Int[Tensor, " B"], steps: int) -> Bool[Tensor, "B T"]:
    """Where rows of these lengths have real steps, among `steps`."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def mean_over_time(sequence: Float[Tensor, "B T D"], lengths: Int[Tensor, " B"] | None = None) -> Float[Tensor, "B D"]:
    """The mean of each row's real steps; of all steps where no lengths are given; 0 for a row without steps.

    Example:
        >>> mean_over_time(torch.tensor([[[1.0], [3.0], [100.0]]]), torch.tensor([2]))
        tensor([[2.]])
    """
    if lengths is None:
        return sequence.mean(1)
    real = sequence.masked_fill(~inside(lengths, sequence.shape[1])[:, :, None], 0.0)
    return real.sum(1) / lengths.clamp(min=1)[:, None]
