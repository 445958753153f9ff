"""Losses of networks that are asked for their own input, seen as it is or spoiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs


@dataclass(frozen=True)
class Spoiling:
    """What the network sees of a clean input.

    Args:
        noise: standard deviation of normal noise that is added to what the network sees, never to what it is asked
            for: a share of the range of pixels, or of the standard deviation of a feature.
        masked: share of the inputs that are set to the bottom of that range, or to a feature's mean, as in Vincent et
            al. 2008.

    Example:
        >>> Spoiling(masked=0.9999)(torch.ones(3), low=-1.0)
        tensor([-1., -1., -1.])
    """

    noise: float = 0.0
    masked: float = 0.0

    def __call__(self, clean: Tensor, low: Tensor | float = 0.0, span: Tensor | float = 1.0) -> Tensor:
        """The spoiled input, given where the range of the inputs begins and how far it reaches."""
        seen = clean
        if self.noise:
            seen = seen + self.noise * span * torch.randn_like(seen)
        if self.masked:
            seen = torch.where(torch.rand_like(seen) < self.masked, low, seen)
        return seen


@dataclass(frozen=True)
class SquaredDifference:
    """Mean squared difference of output and input, in standard deviations of a feature.

    Args:
        spoil: what the network sees of an input.

    Example:
        >>> from bestiary.contracts import TableInputs
        >>> batch = Batch(TableInputs(torch.full((2, 3), 2.0)))
        >>> loss, _ = SquaredDifference()(nn.Threshold(5.0, 0.0), batch, step=0)
        >>> loss.item()
        4.0
    """

    spoil: Spoiling = Spoiling()

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        clean = batch.inputs[0]
        loss = F.mse_loss(network(self.spoil(clean)), clean)
        return loss, {"loss": loss.detach()}


class Range(Protocol):
    """Between the units of a batch and 0 to 1."""

    low: Tensor
    span: Tensor

    def __call__(self, inputs: Tensor) -> Tensor: ...


class Pixels(Protocol):
    """A network with logistic outputs."""

    unit: Range

    def logits(self, inputs: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class PixelCrossEntropy:
    """Cross-entropy of intensities from 0 to 1, a mean over pixels, in nats.

    It is least where outputs equal inputs, as the squared difference is, but its gradient does not fade where a
    logistic output is far off: with squared differences, networks of dark images turn black and stay so.

    Args:
        spoil: what the network sees of an input.
    """

    spoil: Spoiling = Spoiling()

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        pixels, clean = cast("Pixels", network), batch.inputs[0]
        seen = self.spoil(clean, pixels.unit.low, pixels.unit.span)
        loss = F.binary_cross_entropy_with_logits(pixels.logits(seen), pixels.unit(clean))
        return loss, {"loss": loss.detach()}
