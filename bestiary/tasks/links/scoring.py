"""Edges that are there and edges that are not."""

from __future__ import annotations

from torch import Tensor, nn

from bestiary.contracts import Batch
from bestiary.tasks.class_answers import ClassAnswers


class Links(ClassAnswers):
    """Tells pairs of nodes that have an edge from pairs that have none.

    Edges that are judged take no part in the graph that is looked at; as many pairs without an edge stand beside them,
    so that a guess is right half of the time.
    """

    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        """Of the pairs that are asked about, [M 2]."""
        return network(*batch.inputs)
