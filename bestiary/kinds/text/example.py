"""Small random texts, for tests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.batches import Batch
from bestiary.inputs import TokenInputs
from bestiary.rows.examples import lengths_to, target_of, targets
from bestiary.rows.store import ArrayData
from bestiary.specs import TokenSpec

SENTENCE = 24  # numbers in a vector of a text
SIZED: Mapping[str, object] = {"length": 64}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    length = int(words.get("length", 12))
    lengths, inside = lengths_to(length, batch)
    tokens = torch.randint(2, max(3, int(words.get("vocabulary", 20))), (batch, length))
    return (tokens * inside, lengths)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, TokenSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    tokens, lengths = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    sentence = int(words.get("sentence", SENTENCE))
    spec = TokenSpec(int(words.get("vocabulary", 20)), tokens.shape[1], outputs, tokens.shape[1], sentence)
    given = TokenInputs(tokens, lengths, tokens, lengths, torch.randn(rows, sentence))
    return Batch(given, target_of(rows, outputs, problem)), spec


def spec(outputs: int) -> TokenSpec:
    """A middling size, of texts that a pre-trained encoder has read too."""
    return TokenSpec(500, 40, outputs, pieces=40, sentence=SENTENCE)


def data(keywords: Mapping[str, Any], problem: str, rows: int = 24) -> ArrayData:
    """Rows that a network of these words can learn from; the same ones validate."""
    tokens, lengths = inputs(keywords, rows)
    outputs = int(keywords.get("outputs", 1))
    sentence = int(keywords.get("sentence", SENTENCE))
    arrays = {"tokens": tokens.numpy(), "lengths": lengths.numpy(), **targets(rows, outputs, problem)}
    arrays |= {"pieces": tokens.numpy(), "piece_lengths": lengths.numpy()}
    arrays["sentence"] = torch.randn(rows, sentence).numpy()
    facts = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": [str(k) for k in range(outputs)]}
    return ArrayData(
        TokenSpec(int(keywords["vocabulary"]), tokens.shape[1], outputs, tokens.shape[1], sentence),
        facts,
        {"train": arrays, "validation": arrays},
        batch=8,
    )


def row(spec: TokenSpec) -> dict[str, NDArray[np.generic]]:
    """One row of a letter, as baselines read it, as an encoder would give it."""
    return {"bytes": np.frombuffer(b"a", np.uint8), "offsets": np.array([0, 1])}
