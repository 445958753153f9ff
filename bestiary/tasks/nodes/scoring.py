"""Classes of nodes."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from bestiary.contracts import Batch, GraphInputs
from bestiary.tasks.class_answers import ClassAnswers


class Nodes(ClassAnswers):
    """Tells the classes of nodes of one graph, some of which are known: the network answers for every node."""

    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        """Of the nodes that are asked about, [M K]."""
        return network(*batch.inputs)[cast("GraphInputs", batch.inputs).where]
