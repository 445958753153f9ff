"""Small random corpus, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import Batch
from bestiary.kinds.corpus.store import CorpusData, next_tokens
from bestiary.specs import CorpusSpec

SIZED: Mapping[str, object] = {"length": 64}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, Any], problem: str) -> CorpusData:
    """Two stretches of random tokens for training and one for validation."""
    draw = np.random.default_rng(0)
    vocabulary = int(keywords["vocabulary"])
    stretches = [np.append([0], draw.integers(1, vocabulary, size)).astype(np.int32) for size in (150, 90, 40)]
    spec = CorpusSpec(vocabulary, int(keywords.get("length", 8)))
    facts = {"target": "next token", "problem": problem, "classes": [], "units": "bytes", "merges": []}
    splits = {"train": {"tokens": np.concatenate(stretches[:2])}, "validation": {"tokens": stretches[2]}}
    return CorpusData.of(spec, facts, splits, batch=8)


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return (torch.randint(0, int(words.get("vocabulary", 20)), (batch, int(words.get("length", 12)))),)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, CorpusSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    (tokens,) = inputs(words, rows)
    window = torch.cat([tokens, tokens[:, :1]], 1)
    return next_tokens(window), CorpusSpec(int(words["vocabulary"]), tokens.shape[1])


def spec(outputs: int) -> CorpusSpec:
    """All bytes and the beginning of a text, as `data` has them; a window shorter than its stretches."""
    return CorpusSpec(257, 32)
