"""A tiny text for the networks that carry text on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bestiary.contracts import CorpusSpec
from bestiary.kinds.corpus.store import CorpusData


def tiny_data(keywords: Mapping[str, Any], problem: str) -> CorpusData:
    """Two stretches of random tokens for training and one for validation."""
    draw = np.random.default_rng(0)
    vocabulary = int(keywords["vocabulary"])
    stretches = [np.append([0], draw.integers(1, vocabulary, size)).astype(np.int32) for size in (150, 90, 40)]
    spec = CorpusSpec(vocabulary, int(keywords.get("length", 8)))
    facts = {"target": "next token", "problem": problem, "classes": [], "units": "bytes", "merges": []}
    splits = {"train": {"tokens": np.concatenate(stretches[:2])}, "validation": {"tokens": stretches[2]}}
    return CorpusData.of(spec, facts, splits, batch=8)
