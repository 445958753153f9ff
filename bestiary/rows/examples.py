"""What small random examples of several kinds have in common."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def targets(rows: int, outputs: int, problem: str) -> dict[str, NDArray[np.generic]]:
    """Targets and row numbers: classes in turn, or random values where a number is predicted."""
    classes = torch.arange(rows) % max(outputs, 1)
    target = torch.randn(rows) if problem == "regression" else classes
    return {"target": target.numpy(), "row": np.arange(rows)}


def turns(rows: int, outputs: int, problem: str) -> Tensor:
    """Targets of a batch: classes in turn, or zeros where a number is predicted."""
    return torch.zeros(rows) if problem == "regression" else torch.arange(rows) % max(outputs, 1)


def lengths_to(length: int, rows: int) -> tuple[Tensor, Tensor]:
    """Lengths [rows] from `length` down to its half, and which steps [rows, length] are inside."""
    lengths = torch.linspace(length, max(1, length // 2), rows).long()
    return lengths, torch.arange(length) < lengths[:, None]
