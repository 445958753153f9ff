"""Small random tables, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import tasks
from bestiary.batches import Batch
from bestiary.inputs import TableInputs
from bestiary.rows.examples import target_of, targets
from bestiary.rows.store import ArrayData
from bestiary.specs import TableSpec

GRAMS = 6  # of a text
SIZED: Mapping[str, object] = {}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randn(batch, int(words.get("features", 8))),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, TableSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    outputs = int(words.get("outputs", 1))
    target = target_of(rows, outputs, problem)
    if "numbers" in words:
        numbers, categories, grams = columns(words, rows)
        sizes = tuple(words.get("categories", ()))
        texts, vocabulary = int(words.get("texts", 0)), int(words.get("vocabulary", 0))
        spec = TableSpec(numbers.shape[1], outputs, 0, numbers.shape[1], sizes, texts, vocabulary)
        return Batch(TableInputs(numbers, numbers, categories, grams), target), spec
    (features,) = inputs(words, rows)
    return Batch(TableInputs(features), target), TableSpec(features.shape[1], outputs)


def spec(outputs: int) -> TableSpec:
    """A middling size: five plain numbers, two columns of words, two of text."""
    return TableSpec(5 + 8 + 16, outputs, numbers=5, categories=(4, 6), texts=2, vocabulary=50)


def columns(words: Mapping[str, Any], batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers [B P], categories [B C] and n-grams [B X T] for a network that takes columns apart.

    Example:
        >>> [tuple(part.shape) for part in columns({"numbers": 3, "categories": (4, 2)}, batch=5)]
        [(5, 3), (5, 2), (5, 0, 6)]
    """
    codes = [torch.randint(0, size, (batch, 1)) for size in words.get("categories", ())]
    grams = torch.randint(0, max(int(words.get("vocabulary", 0)), 1), (batch, int(words.get("texts", 0)), GRAMS))
    empty = torch.zeros((batch, 0), dtype=torch.long)
    return torch.randn(batch, int(words.get("numbers", 8))), torch.cat([empty, *codes], dim=1), grams


def data(keywords: Mapping[str, Any], problem: str, rows: int = 24) -> ArrayData:
    """Rows that a network of these words can learn from; the same ones validate."""
    outputs, apart = int(keywords.get("outputs", 1)), dict[str, Tensor]()
    if "numbers" in keywords:
        apart = dict(zip(("numbers", "categories", "words"), columns(keywords, rows)))
    features = apart["numbers"].clone() if apart and "features" not in keywords else inputs(keywords, rows)[0]
    if apart:
        features[:, : apart["numbers"].shape[1]] = apart["numbers"]  # they come first
    arrays: dict[str, NDArray[np.generic]] = {name: part.numpy() for name, part in apart.items()}
    arrays["features"] = features.numpy()
    arrays |= targets(rows, outputs, problem)
    sizes = {word: keywords[word] for word in ("numbers", "categories", "texts", "vocabulary") if word in keywords}
    facts = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": [str(k) for k in range(outputs)]}
    if tasks.find(problem).target == "values":
        facts |= {"targets": facts["classes"], "mean": [0.0] * outputs, "scale": [1.0] * outputs}
    spec = TableSpec(features.shape[1], outputs, **sizes)
    return ArrayData(spec, facts, {"train": arrays, "validation": arrays}, batch=8)


def row(spec: TableSpec) -> dict[str, NDArray[np.generic]]:
    """One row of zeros, as an encoder would give it."""
    arrays: dict[str, NDArray[np.generic]] = {"features": np.zeros((1, spec.features), np.float32)}
    if spec.numbers is not None:
        arrays["numbers"] = np.zeros((1, spec.numbers), np.float32)
    if spec.categories:
        arrays["categories"] = np.zeros((1, len(spec.categories)), np.int32)
    if spec.texts:
        arrays["words"] = np.zeros((1, spec.texts, GRAMS), np.int32)
    return arrays
