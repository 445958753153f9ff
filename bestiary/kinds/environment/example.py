"""Small random environment, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import TableBatch
from bestiary.kinds.environment.reader import EnvironmentData
from bestiary.rows.examples import turns
from bestiary.specs import EnvironmentSpec

SIZED: Mapping[str, object] = {}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, object], problem: str) -> EnvironmentData:
    """Three episodes of the cart and pole."""
    arrays = {"row": np.arange(3), "target": np.zeros(3, np.int64)}
    facts = {"problem": problem, "target": "CartPole-v1", "classes": []}
    return EnvironmentData.of(EnvironmentSpec(4, 2, "CartPole-v1"), facts, {"train": arrays, "validation": arrays})


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 4))),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[TableBatch, EnvironmentSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    (observation,) = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    return TableBatch(observation, turns(rows, outputs, problem)), EnvironmentSpec(
        observation.shape[1], outputs, "CartPole-v1"
    )


def spec(outputs: int) -> EnvironmentSpec:
    """A middling size."""
    return EnvironmentSpec(4, outputs, "CartPole-v1")
