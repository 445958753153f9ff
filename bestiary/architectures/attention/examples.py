"""Arguments of forward for the blocks of this family that take more than one sequence, or vectors of their own.

`length` and `context_length` are those of the sequences: 5 and 7 unless given.
"""

from collections.abc import Mapping

import torch
from torch import Tensor


def attention(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor, Tensor]:
    """A sequence, and a context of `context_width`."""
    width = keywords["width"]
    context = torch.randn(batch, keywords.get("context_length", 7), keywords.get("context_width", width))
    return torch.randn(batch, keywords.get("length", 5), width), context


def queries_keys_values(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values, equally long."""
    shape = batch, keywords.get("length", 5), keywords.get("width", 8)
    return torch.randn(shape), torch.randn(shape), torch.randn(shape)


def sequence(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor]:
    """A sequence of the width."""
    return (torch.randn(batch, keywords.get("length", 5), keywords["width"]),)


def padded_sequence(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor, Tensor]:
    """A sequence of the width and its lengths."""
    length = keywords.get("length", 5)
    lengths = torch.linspace(length, max(1, length // 2), batch).long()
    return torch.randn(batch, length, keywords["width"]), lengths


def texts(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor, ...]:
    """Vectors of texts, where words say how long these are and no network's width; else tokens and lengths."""
    if "sentence" in keywords and "width" not in keywords:
        return (torch.randn(batch, keywords["sentence"]),)
    length = keywords.get("length", 12)
    lengths = torch.linspace(length, max(1, length // 2), batch).long()
    tokens = torch.randint(2, max(3, keywords.get("vocabulary", 20)), (batch, length))
    return tokens * (torch.arange(length) < lengths[:, None]), lengths


def query_and_keys(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor, Tensor]:
    """A query for each row, and the keys that it is compared with."""
    keys = torch.randn(batch, keywords.get("length", 7), keywords["key_width"])
    return torch.randn(batch, keywords["query_width"]), keys
