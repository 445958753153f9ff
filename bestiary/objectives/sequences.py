"""What is made small when a network learns to write sequences."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs


@dataclass(frozen=True)
class SequenceCrossEntropy:
    """Minus the log probability of the true sequence, each token after the true ones before it (teacher forcing,
    Williams & Zipser 1989): nats summed over a row's real tokens, the mean over rows.

    Args:
        smoothing: share of each target's mass that is spread evenly over all tokens (Szegedy et al. 2016).
    """

    smoothing: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits = network(*batch.arguments(network))  # [B, T, K]
        loss = nats(logits, batch.truth, self.smoothing).mean()
        return loss, {"loss": loss.detach()}


def nats(logits: Float[Tensor, "B T K"], target: Int[Tensor, "B T"], smoothing: float = 0.0) -> Float[Tensor, " B"]:
    """What each row's true sequence costs; padding (0) costs nothing.

    Example:
        >>> import torch
        >>> even = torch.zeros(1, 3, 4)
        >>> nats(even, torch.tensor([[2, 3, 0]]))  # twice the log of four
        tensor([2.7726])
    """
    cost = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=0, label_smoothing=smoothing, reduction="none")
    return cost.sum(1)
