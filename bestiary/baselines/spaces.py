"""Numbers and words drawn from a space of settings; it imports numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Random = np.random.Generator


def near(rng: Random, low: float, high: float) -> float:
    """A number between two, even on a logarithmic scale, to three digits."""
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}")


def pick(rng: Random, values: Sequence[Any]) -> Any:
    """One of several values."""
    return values[int(rng.integers(len(values)))]
