"""Losses on graphs."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, GraphInputs, Logs, Target


@dataclass(frozen=True)
class NodeCrossEntropy:
    """Cross-entropy over the nodes that are asked about, in nats (Kipf, Welling 2017, formula 10).

    Every node sends and receives messages; only those with a training label count here.
    """

    def __call__(self, network: nn.Module, batch: Batch[GraphInputs, Target | None], step: int) -> tuple[Tensor, Logs]:
        logits = network(*batch.inputs)[batch.inputs.where]  # [M, K]
        loss = F.cross_entropy(logits, batch.truth)
        return loss, {"loss": loss.detach()}
