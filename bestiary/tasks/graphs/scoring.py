"""Classes of whole graphs."""

from __future__ import annotations

from torch import Tensor, nn

from bestiary.contracts import Batch
from bestiary.tasks.class_answers import ClassAnswers


class Graphs(ClassAnswers):
    """Tells the classes of small graphs."""

    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        """Of the graphs of a batch, [G K]."""
        return network(*batch.inputs)
