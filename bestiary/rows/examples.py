"""What small random examples of several kinds have in common."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import targets as asked
from bestiary import tasks
from bestiary.batches import Target

NUMBERS = ("value", "values")


def targets(rows: int, outputs: int, problem: str) -> dict[str, NDArray[np.generic]]:
    """Targets and row numbers: classes in turn, or random values where numbers are predicted."""
    sort = tasks.find(problem).target
    target = torch.randn((rows, outputs) if sort == "values" else (rows,)) if sort in NUMBERS else None
    return {"target": (turns(rows, outputs, problem) if target is None else target).numpy(), "row": np.arange(rows)}


def turns(rows: int, outputs: int, problem: str) -> Tensor:
    """Targets of a batch: classes in turn, labels in turn, or zeros where numbers are predicted."""
    sort, place = tasks.find(problem).target, torch.arange(rows) % max(outputs, 1)
    if sort == "labels":
        return torch.nn.functional.one_hot(place, max(outputs, 1)).to(torch.int8)
    return torch.zeros((rows, outputs) if sort == "values" else (rows,)) if sort in NUMBERS else place


def target_of(rows: int, outputs: int, problem: str) -> Target | None:
    """The same as the target of a batch."""
    return asked.of(tasks.find(problem).target, {"target": turns(rows, outputs, problem)}, {})


def lengths_to(length: int, rows: int) -> tuple[Tensor, Tensor]:
    """Lengths [rows] from `length` down to its half, and which steps [rows, length] are inside."""
    lengths = torch.linspace(length, max(1, length // 2), rows).long()
    return lengths, torch.arange(length) < lengths[:, None]
