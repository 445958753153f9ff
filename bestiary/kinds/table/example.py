"""Small random tables, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from bestiary.batches import TableSpec
from bestiary.rows.examples import targets
from bestiary.rows.store import ArrayData


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 8))),)


def spec(outputs: int) -> TableSpec:
    """A middling size."""
    return TableSpec(13, outputs)


def data(keywords: Mapping[str, Any], problem: str, rows: int = 24) -> ArrayData:
    """Rows that a network of these words can learn from; the same ones validate."""
    (features,) = inputs(keywords, rows)
    outputs = int(keywords.get("outputs", 1))
    arrays = {"features": features.numpy(), **targets(rows, outputs, problem)}
    facts = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": [str(k) for k in range(outputs)]}
    return ArrayData(TableSpec(features.shape[1], outputs), facts, {"train": arrays, "validation": arrays}, batch=8)
