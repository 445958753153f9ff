"""Random columns of a table, for looking at networks that take them apart."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

LENGTH = 6  # n-grams of a text


def columns(words: Mapping[str, object], batch: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers [B P], categories [B C] and words [B X T] for a network of these constructor words.

    Example:
        >>> [tuple(part.shape) for part in columns({"numbers": 3, "categories": (4, 2)}, batch=5)]
        [(5, 3), (5, 2), (5, 0, 6)]
    """
    sizes = cast("tuple[int, ...]", words.get("categories", ()))
    texts, vocabulary = cast("int", words.get("texts", 0)), cast("int", words.get("vocabulary", 0))
    codes = [torch.randint(0, size, (batch, 1)) for size in sizes]
    grams = torch.randint(0, max(vocabulary, 1), (batch, texts, LENGTH))
    empty = torch.zeros((batch, 0), dtype=torch.long)
    return torch.randn(batch, cast("int", words.get("numbers", 8))), torch.cat([empty, *codes], dim=1), grams
