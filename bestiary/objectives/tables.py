"""Losses of networks for tables that do more than answer: members that each answer, masks that each choose."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs
from bestiary.objectives.supervised import ERRORS

TINY = 1e-15  # inside of the logarithm of a mask


@dataclass(frozen=True)
class MembersCrossEntropy:
    """The mean of the cross-entropies of all members, each by itself (TabM, section 3.1).

    Args:
        smoothing: share of the target's mass that is spread evenly over all classes.
    """

    smoothing: float = 0.0

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits = cast("Any", network).answers(*batch.arguments(network))  # [B, M, K]
        target = batch.truth[:, None].expand(logits.shape[:2])
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=self.smoothing)
        return loss, {"loss": loss.detach()}


@dataclass(frozen=True)
class MembersError:
    """The mean of the errors of all members, each by itself, in standardised units of the target.

    Args:
        error: "squared" or "absolute".
    """

    error: str = "squared"

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        values = cast("Any", network).answers(*batch.arguments(network)).squeeze(-1)  # [B, M]
        loss = ERRORS[self.error](values, batch.truth[:, None].expand_as(values))
        return loss, {"loss": loss.detach()}


@dataclass(frozen=True)
class SparseChoice:
    """The loss of the answers, plus the entropy of the masks that choose features (TabNet, section 3).

    Args:
        regression: whether answers are numbers: squared error takes the place of cross-entropy.
        sparsity: weight of the entropy, averaged over steps and rows, in nats.
        error: of numbers, "squared" or "absolute".
    """

    regression: bool
    sparsity: float
    error: str = "squared"

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        answers, masks = cast("Any", network).look(*batch.arguments(network))  # [B, K], [S, B, F]
        if self.regression:
            loss = ERRORS[self.error](answers.squeeze(-1), batch.truth)
        else:
            loss = F.cross_entropy(answers, batch.truth)
        entropy = -(masks * torch.log(masks + TINY)).sum(-1).mean()
        return loss + self.sparsity * entropy, {"loss": loss.detach(), "entropy": entropy.detach()}
