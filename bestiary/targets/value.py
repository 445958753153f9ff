"""A number for each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import torch
from jaxtyping import Num
from torch import Tensor

from bestiary.batches import Target


@dataclass(frozen=True)
class Value(Target):
    """The value of each row, standardised by those of the training rows."""

    value: Num[Tensor, "B ..."]

    @classmethod
    def of(cls, stored: Mapping[str, Tensor], facts: Mapping[str, object]) -> Self:
        """Standardised with `mean` and `scale` of the facts."""
        mean, scale = (_unit(facts.get(name, usual)) for name, usual in (("mean", 0.0), ("scale", 1.0)))
        return cls(((stored["target"] - mean) / scale).float())


def _unit(number: object) -> Tensor | float:
    return torch.tensor(number, dtype=torch.float64) if isinstance(number, list) else float(cast("Any", number))


TARGET = Value
