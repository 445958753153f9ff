"""Small random pairs, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import Batch
from bestiary.inputs import PairInputs
from bestiary.kinds.pairs.store import PairData
from bestiary.rows.examples import lengths_to
from bestiary.specs import PairSpec
from bestiary.targets import Written

SIZED: Mapping[str, object] = {"length": 32, "answer_length": 32}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, Any], problem: str) -> PairData:
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


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    length = int(words.get("length", 12))
    lengths, inside = lengths_to(length, batch)
    tokens = torch.randint(4, max(5, int(words.get("vocabulary", 20))), (batch, length)) * inside
    answer = torch.randint(4, max(5, int(words.get("answers", 20))), (batch, int(words.get("answer_length", 8))))
    answer[:, 0] = 2  # begin
    return (tokens, lengths, answer)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, PairSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    source, lengths, answer = inputs(words, rows)
    sequence = torch.cat([answer, answer[:, -1:]], 1)
    spec = PairSpec(int(words["vocabulary"]), int(words["answers"]), source.shape[1], sequence.shape[1])
    written = Written(sequence, torch.full_like(lengths, sequence.shape[1]))
    return Batch(PairInputs(source, lengths), written), spec


def spec(outputs: int) -> PairSpec:
    """A middling size."""
    return PairSpec(30, 40, 12, 14)
