"""Several labels for each row, or none."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Num
from torch import Tensor

from bestiary.batches import Target


@dataclass(frozen=True)
class Labels(Target):
    """1 where a row has a label, else 0."""

    held: Num[Tensor, "B L"]


TARGET = Labels
