"""Small random images, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import tasks
from bestiary.batches import Batch
from bestiary.inputs import ImageInputs
from bestiary.rows.examples import target_of, targets
from bestiary.rows.store import ArrayData
from bestiary.specs import ImageSpec

SIZED: Mapping[str, object] = {"image_size": (32, 32)}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    height, width = words.get("image_size", (32, 32))
    if "features" in words and "channels" not in words and "image_size" not in words:
        return (torch.randn(batch, 1, 1, int(words["features"])),)
    return (torch.randn(batch, int(words.get("channels", 3)), height, width),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, ImageSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    (pixels,) = inputs(words, rows)
    outputs, (channels, height, width) = int(words.get("outputs", 1)), pixels.shape[1:]
    spec = ImageSpec(channels, (height, width), outputs)
    return Batch(ImageInputs(torch.rand_like(pixels)), target_of(rows, outputs, problem)), spec


def spec(outputs: int) -> ImageSpec:
    """A middling size."""
    return ImageSpec(1, (28, 28), outputs)


def data(keywords: Mapping[str, Any], problem: str, rows: int = 24) -> ArrayData:
    """Rows that a network of these words can learn from; the same ones validate."""
    (pixels,) = inputs(keywords, rows)
    outputs = int(keywords.get("outputs", 1))
    _, channels, height, width = pixels.shape
    facts: dict[str, object] = {
        "problem": problem,
        "mean": 0.0,
        "scale": 1.0,
        "classes": [str(k) for k in range(outputs)],
    }
    if not tasks.find(problem).told:
        pixels = (torch.rand(pixels.shape) * 255).byte()
        facts |= {"pixel_mean": [127.0] * channels, "pixel_scale": [70.0] * channels}
    arrays = {"pixels": pixels.numpy(), **targets(rows, outputs, problem)}
    spec = ImageSpec(channels, (height, width), outputs)
    return ArrayData(spec, facts, {"train": arrays, "validation": arrays}, batch=8)


def row(spec: ImageSpec) -> dict[str, NDArray[np.generic]]:
    """One row of zeros, as an encoder would give it."""
    return {"pixels": np.zeros((1, spec.channels, *spec.image_size), np.uint8)}
