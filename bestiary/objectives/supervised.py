"""Losses of supervised learning."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy of the softmax of the network's logits, in nats.

    Args:
        smoothing: share of the target's mass that is spread evenly over all classes (Szegedy et al. 2016).
    """

    smoothing: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits = network(*batch.arguments(network))  # [B, K]
        loss = F.cross_entropy(logits, batch.truth, label_smoothing=self.smoothing)
        return loss, {"loss": loss.detach()}


ERRORS = {"squared": F.mse_loss, "absolute": F.l1_loss}
"""What an error of numbers costs: its square (the mean is learned), or its size (the median is)."""


@dataclass(frozen=True)
class ErrorOfValues:
    """Mean error of a number a row, in standardised units of the target.

    Args:
        error: a word of `ERRORS`.
    """

    error: str = "squared"

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        loss = ERRORS[self.error](network(*batch.arguments(network)).squeeze(-1), batch.truth)  # [B, 1] -> [B]
        return loss, {"loss": loss.detach()}


class SquaredError(ErrorOfValues):
    """Mean squared error, in standardised units of the target."""
