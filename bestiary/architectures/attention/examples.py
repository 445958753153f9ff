"""Arguments of forward for the blocks of this family that take more than one sequence, or vectors of their own."""

from collections.abc import Mapping

import torch
from torch import Tensor


def attention(keywords: Mapping[str, int]) -> tuple[Tensor, Tensor]:
    """A sequence, and a context of `context_width`."""
    width = keywords["width"]
    return torch.randn(2, 5, width), torch.randn(2, 7, keywords.get("context_width", width))


def queries_keys_values(keywords: Mapping[str, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values."""
    return torch.randn(2, 4, 8), torch.randn(2, 6, 8), torch.randn(2, 6, 8)


def sequence(keywords: Mapping[str, int]) -> tuple[Tensor]:
    """A sequence of the width."""
    return (torch.randn(2, 5, keywords["width"]),)


def padded_sequence(keywords: Mapping[str, int]) -> tuple[Tensor, Tensor]:
    """A sequence of the width and its lengths."""
    return torch.randn(2, 5, keywords["width"]), torch.tensor([5, 3])


def query_and_keys(keywords: Mapping[str, int]) -> tuple[Tensor, Tensor]:
    """A query for each row, and the keys that it is compared with."""
    return torch.randn(2, keywords["query_width"]), torch.randn(2, 7, keywords["key_width"])
