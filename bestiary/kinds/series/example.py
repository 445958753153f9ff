"""Small random series, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.batches import Batch
from bestiary.inputs import SeriesInputs
from bestiary.rows.examples import lengths_to, target_of, targets
from bestiary.rows.store import ArrayData
from bestiary.specs import SeriesSpec

SIZED: Mapping[str, object] = {"length": 64}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    length = int(words.get("length", 12))
    lengths, inside = lengths_to(length, batch)
    return (torch.randn(batch, length, int(words.get("channels", 1))) * inside[:, :, None], lengths)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, SeriesSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    values, lengths = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    spec = SeriesSpec(values.shape[2], values.shape[1], outputs)
    return Batch(SeriesInputs(values, lengths), target_of(rows, outputs, problem)), spec


def spec(outputs: int) -> SeriesSpec:
    """A middling size."""
    return SeriesSpec(2, 60, outputs)


def data(keywords: Mapping[str, Any], problem: str, rows: int = 24) -> ArrayData:
    """Rows that a network of these words can learn from; the same ones validate."""
    values, lengths = inputs(keywords, rows)
    outputs = int(keywords.get("outputs", 1))
    arrays = {"values": values.numpy(), "lengths": lengths.numpy(), **targets(rows, outputs, problem)}
    facts = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": [str(k) for k in range(outputs)]}
    return ArrayData(
        SeriesSpec(values.shape[2], values.shape[1], outputs), facts, {"train": arrays, "validation": arrays}, batch=8
    )


def row(spec: SeriesSpec) -> dict[str, NDArray[np.generic]]:
    """One row of zeros, as an encoder would give it."""
    values = np.zeros((1, spec.length, spec.channels), np.float32)
    return {"values": values, "lengths": np.array([spec.length])}
