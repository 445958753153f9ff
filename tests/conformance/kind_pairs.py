"""Tiny pairs of sequences for the networks that turn one into the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bestiary.contracts import PairSpec
from bestiary.kinds.pairs.reader import PairData


def tiny_data(keywords: Mapping[str, Any], problem: str) -> PairData:
    """Random sources of unequal length; the answer is the source, its tokens taken modulo."""
    draw = np.random.default_rng(0)
    vocabulary, answers = int(keywords["vocabulary"]), int(keywords["answers"])
    sizes = draw.integers(1, 6, 24)
    source, sequence = np.zeros((24, 7), np.int32), np.zeros((24, 8), np.int32)
    for row, size in enumerate(sizes):
        tokens = draw.integers(4, vocabulary, size)
        source[row, : size + 1] = [*tokens, 3]
        sequence[row, : size + 2] = [2, *(4 + tokens % (answers - 4)), 3]
    arrays = {"source": source, "source_lengths": sizes + 1, "sequence": sequence, "sequence_lengths": sizes + 2}
    known = [{"unit": "characters", "known": [chr(97 + n) for n in range(size - 4)]} for size in (vocabulary, answers)]
    facts = {"target": "answer", "problem": problem, "classes": [], "source": "source", "units": known}
    splits = {"train": arrays, "validation": arrays}
    return PairData.of(PairSpec(vocabulary, answers, 7, 8), facts, splits, batch=8)
