"""Losses of networks that are asked for their own input: squared error, of the input itself or of a spoiled one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs


@dataclass(frozen=True)
class Reconstruction:
    """Mean squared error of the output against the input, in the units of a batch.

    Args:
        noise: standard deviation of normal noise that is added to what the network sees, never to what it is asked
            for: a share of the range of pixels, or of the standard deviation of a feature (Vincent et al. 2008).
        masked: share of the inputs that are set to the bottom of that range, or to a feature's mean, as in that paper.

    Example:
        >>> class Nothing(nn.Module):
        ...     def forward(self, inputs: Tensor) -> Tensor:
        ...         return torch.zeros_like(inputs)
        >>> from bestiary.contracts import TableBatch
        >>> loss, _ = Reconstruction()(Nothing(), TableBatch(torch.full((2, 3), 2.0), torch.zeros(2)), step=0)
        >>> loss.item()
        4.0
    """

    noise: float = 0.0
    masked: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        clean = batch.inputs[0]
        loss = F.mse_loss(network(self.spoil(clean, *reach(network))), clean)
        return loss, {"loss": loss.detach()}

    def spoil(self, clean: Tensor, low: Tensor | float = 0.0, span: Tensor | float = 1.0) -> Tensor:
        """What the network sees, given where the range of the inputs begins and how far it reaches."""
        seen = clean
        if self.noise:
            seen = seen + self.noise * span * torch.randn_like(seen)
        if self.masked:
            seen = torch.where(torch.rand_like(seen) < self.masked, low, seen)
        return seen


def reach(network: nn.Module) -> tuple[Tensor | float, Tensor | float]:
    """Where the range of a network's inputs begins and how far it reaches; 0 and 1 where features are standardised."""
    unit = getattr(network, "unit", None)
    return (cast("Tensor", unit.low), cast("Tensor", unit.span)) if unit is not None else (0.0, 1.0)
