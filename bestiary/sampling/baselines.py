"""Samples of baselines that make new data, in the same form as those of networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from bestiary.contracts import ImageSpec, Spec
from bestiary.sampling.samples import Samples, unit_images


def from_baseline(answer: Any, spec: Spec, facts: Mapping[str, object], count: int, seed: int) -> Samples:
    """What a fitted baseline makes.

    Args:
        answer: with `sample(count, generator)`, rows or images in the units of a batch.
        spec, facts: of the data that it was fitted on.
        count: how many.
        seed: of the draws.
    """
    made = torch.as_tensor(answer.sample(count, torch.Generator().manual_seed(seed)))
    if isinstance(spec, ImageSpec):
        return Samples(images=unit_images(made.reshape(count, spec.channels, *spec.image_size), facts))
    return Samples(table={f"feature_{k}": column.numpy() for k, column in enumerate(made.reshape(count, -1).T)})
