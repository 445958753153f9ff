"""What is made small where a row has several labels: a binary cross-entropy for each, mean over all of them.

Each label is a question of its own, answered by the logistic function of one logit ("binary relevance"; Tsoumakas &
Katakis 2007, "Multi-label classification: an overview"); the network below is shared by all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs
from bestiary.objectives.tables import TINY


def binary(logits: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Mean binary cross-entropy in nats.

    Args:
        logits: [..., L].
        target: [..., L], 1 where a row has the label.
        smoothing: share of each answer that is spread over yes and no alike.
    """
    wanted = target.to(logits.dtype) * (1 - smoothing) + 0.5 * smoothing
    return F.binary_cross_entropy_with_logits(logits, wanted)


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """Of the network's logits, one a label.

    Args:
        smoothing: share of each answer that is spread over yes and no alike.
    """

    smoothing: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        loss = binary(network(*batch.arguments(network)), batch.truth, self.smoothing)
        return loss, {"loss": loss.detach()}


@dataclass(frozen=True)
class MembersBinaryCrossEntropy:
    """The mean of that of all members of a network, each by itself (TabM, section 3.1).

    Args:
        smoothing: as in `BinaryCrossEntropy`.
    """

    smoothing: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits = cast("Any", network).answers(*batch.arguments(network))  # [B, M, L]
        loss = binary(logits, batch.truth[:, None].expand_as(logits), self.smoothing)
        return loss, {"loss": loss.detach()}


@dataclass(frozen=True)
class SparseLabels:
    """The same plus the entropy of the masks that choose features (TabNet, section 3).

    Args:
        sparsity: weight of the entropy, averaged over steps and rows, in nats.
    """

    sparsity: float

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits, masks = cast("Any", network).look(*batch.arguments(network))  # [B, L], [S, B, F]
        loss = binary(logits, batch.truth, 0.0)
        entropy = -(masks * torch.log(masks + TINY)).sum(-1).mean()
        return loss + self.sparsity * entropy, {"loss": loss.detach(), "entropy": entropy.detach()}
