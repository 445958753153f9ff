"""Small random tables, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from bestiary.batches import TableBatch, TableSpec
from bestiary.rows.examples import targets, turns
from bestiary.rows.store import ArrayData

SIZED: Mapping[str, object] = {}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 8))),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[TableBatch, TableSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    (features,) = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    return TableBatch(features, turns(rows, outputs, problem)), TableSpec(features.shape[1], outputs)


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
