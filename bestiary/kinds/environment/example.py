"""Small random environment, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import Batch
from bestiary.inputs import ObservationInputs
from bestiary.kinds.environment.reader import EnvironmentData
from bestiary.specs import EnvironmentSpec
from bestiary.targets import Steps

SIZED: Mapping[str, object] = {}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, object], problem: str) -> EnvironmentData:
    """Three episodes of the cart and pole."""
    arrays = {"row": np.arange(3)}
    facts = {"problem": problem, "target": "CartPole-v1", "classes": []}
    return EnvironmentData.of(EnvironmentSpec(4, 2, "CartPole-v1"), facts, {"train": arrays, "validation": arrays})


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 4))),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, EnvironmentSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    (observation,) = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    actions = torch.arange(rows) % max(outputs, 1)
    steps = Steps(actions, torch.ones(rows), observation, torch.zeros(rows, dtype=torch.bool))
    return Batch(ObservationInputs(observation), steps), EnvironmentSpec(observation.shape[1], outputs, "CartPole-v1")


def spec(outputs: int) -> EnvironmentSpec:
    """A middling size."""
    return EnvironmentSpec(4, outputs, "CartPole-v1")
