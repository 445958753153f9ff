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
        loss = F.cross_entropy(logits, batch.target, label_smoothing=self.smoothing)
        return loss, {"loss": loss.detach()}


@dataclass(frozen=True)
class SquaredError:
    """Mean squared error, in standardised units of the target."""

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        loss = F.mse_loss(network(*batch.arguments(network)).squeeze(-1), batch.target)  # [B, 1] -> [B]
        return loss, {"loss": loss.detach()}
