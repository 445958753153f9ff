"""Small random environment, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import EnvironmentSpec
from bestiary.kinds.environment.reader import EnvironmentData


def data(keywords: Mapping[str, object], problem: str) -> EnvironmentData:
    """Three episodes of the cart and pole."""
    arrays = {"row": np.arange(3), "target": np.zeros(3, np.int64)}
    facts = {"problem": problem, "target": "CartPole-v1", "classes": []}
    return EnvironmentData.of(EnvironmentSpec(4, 2, "CartPole-v1"), facts, {"train": arrays, "validation": arrays})


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 4))),)


def spec(outputs: int) -> EnvironmentSpec:
    """A middling size."""
    return EnvironmentSpec(4, outputs, "CartPole-v1")
