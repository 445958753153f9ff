"""Baselines on pixels. Pictures larger than 32 pixels a side are averaged down first: 3,072 features in colour."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from bestiary.baselines import tables
from bestiary.baselines.baseline import Arrays, Baseline, Inputs
from bestiary.contracts import Spec

SIDE = 32


def pixels(arrays: Arrays, spec: Spec) -> Inputs:
    """Pictures [N C H W] as rows of at most C * 32 * 32 numbers, in the unit of the stored pixels.

    Example:
        >>> from bestiary.contracts import ImageSpec
        >>> pixels({"pixels": np.ones((2, 3, 64, 40), np.uint8)}, ImageSpec(3, (64, 40), 10)).shape
        (2, 3072)
    """
    stored = arrays["pixels"]
    height, width = stored.shape[2:]
    size = (min(SIDE, height), min(SIDE, width))
    if size == (height, width):
        return np.asarray(stored, dtype=np.float32).reshape(len(stored), -1)
    parts = [torch.from_numpy(np.array(part, dtype=np.float32)) for part in _pieces(stored)]
    small = [functional.adaptive_avg_pool2d(part, size).flatten(1).numpy() for part in parts]
    return np.concatenate(small) if small else np.empty((0, stored.shape[1] * size[0] * size[1]), np.float32)


def _pieces(stored: np.ndarray, rows: int = 256) -> list[np.ndarray]:
    return [stored[start : start + rows] for start in range(0, len(stored), rows)]


BASELINES: tuple[Baseline, ...] = (
    tables.BASELINES[0],
    *tables.on(pixels, "on pixels", "linear", "boosting", "forest"),
)
