"""An environment as data, for the conformance suite."""

from collections.abc import Mapping

import numpy as np

from bestiary.contracts import EnvironmentSpec
from bestiary.kinds.environment.reader import EnvironmentData


def tiny_data(keywords: Mapping[str, object], problem: str) -> EnvironmentData:
    """Three episodes of the cart and pole."""
    arrays = {"row": np.arange(3), "target": np.zeros(3, np.int64)}
    facts = {"problem": problem, "target": "CartPole-v1", "classes": []}
    return EnvironmentData.of(EnvironmentSpec(4, 2, "CartPole-v1"), facts, {"train": arrays, "validation": arrays})
