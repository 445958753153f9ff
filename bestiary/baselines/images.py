"""Baselines on pixels and on which way edges run.

Pictures larger than 32 pixels a side are averaged down first, for edges 64: at most 3,072 features in colour, or 1,764
of edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from torch.nn import functional

from bestiary.baselines import tables
from bestiary.baselines.baseline import Arrays, Baseline, Inputs, Setting
from bestiary.baselines.hog import cell_side, hog
from bestiary.contracts import Spec

SIDE = 32
EDGES = 64


def pixels(arrays: Arrays, spec: Spec) -> Inputs:
    """Pictures [N C H W] as rows of at most C * 32 * 32 numbers, in the unit of the stored pixels.

    Example:
        >>> from bestiary.contracts import ImageSpec
        >>> pixels({"pixels": np.ones((2, 3, 64, 40), np.uint8)}, ImageSpec(3, (64, 40), 10)).shape
        (2, 3072)
    """
    parts = [part.reshape(len(part), -1) for part in _averaged(arrays, SIDE)]
    return np.concatenate(parts) if parts else _none(arrays, SIDE)


def edges(arrays: Arrays, spec: Spec) -> Inputs:
    """Histograms of oriented gradients of pictures [N C H W], averaged down to at most 64 pixels a side.

    Example:
        >>> from bestiary.contracts import ImageSpec
        >>> edges({"pixels": np.ones((2, 3, 100, 90), np.uint8)}, ImageSpec(3, (100, 90), 10)).shape
        (2, 1764)
    """
    parts = [hog(part, cell_side(*part.shape[2:])).astype(np.float32) for part in _averaged(arrays, EDGES)]
    return np.concatenate(parts) if parts else _none(arrays, EDGES)


def _averaged(arrays: Arrays, side: int) -> list[NDArray[np.float32]]:
    """Pictures of at most `side` pixels a side, some at a time."""
    stored = arrays["pixels"]
    height, width = stored.shape[2:]
    size = (min(side, height), min(side, width))
    parts = [np.array(part, dtype=np.float32) for part in _pieces(stored)]
    if size == (height, width):
        return parts
    return [functional.adaptive_avg_pool2d(torch.from_numpy(part), size).numpy() for part in parts]


def _none(arrays: Arrays, side: int) -> Inputs:
    """No pictures, with as many columns as one would have."""
    channels, height, width = arrays["pixels"].shape[1:]
    one = np.zeros((1, channels, min(side, height), min(side, width)), np.float32)
    columns = one.size if side == SIDE else hog(one, cell_side(*one.shape[2:])).shape[1]
    return np.empty((0, columns), np.float32)


def _pieces(stored: np.ndarray, rows: int = 256) -> list[np.ndarray]:
    return [stored[start : start + rows] for start in range(0, len(stored), rows)]


def neighbours(target: str, setting: Setting, seed: int) -> Pipeline:
    """The nearest training pictures answer, pixel by pixel, the nearer ones more."""
    return make_pipeline(tables.nearest(target, setting["neighbours"], "distance"))


def neighbours_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A few neighbours, or one."""
    return [{"neighbours": number} for number in (5, 3, 10, 1) if number <= max(1, rows // 2)]


_LINEAR = next(baseline for baseline in tables.BASELINES if baseline.name == "linear")
BASELINES: tuple[Baseline, ...] = (
    tables.BASELINES[0],
    *tables.on(pixels, "on pixels", "linear", "boosting", "forest"),
    replace(_LINEAR, name="hog", title="linear model on histograms of oriented gradients", view=edges),
    Baseline(
        "neighbours",
        "nearest neighbours on pixels",
        pixels,
        neighbours,
        neighbours_settings,
        votes=lambda setting: setting["neighbours"],
        holds=f"up to {tables.MOST_NEIGHBOURS:,} training pictures, averaged down, with their target",
        most=tables.MOST_NEIGHBOURS,
    ),
)
