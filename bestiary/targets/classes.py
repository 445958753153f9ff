"""A class for each row."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Num
from torch import Tensor

from bestiary.batches import Target


@dataclass(frozen=True)
class Classes(Target):
    """The number of each row's class; of mixed rows, how much they have of each class [B K]."""

    numbers: Num[Tensor, "B ..."]


TARGET = Classes
