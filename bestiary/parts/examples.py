"""Arguments of forward for parts that are costed by themselves; `length` of a sequence is 5 unless given."""

from collections.abc import Mapping

import torch
from torch import Tensor


def steps(keywords: Mapping[str, int], batch: int = 2) -> tuple[Tensor]:
    """A sequence of the width."""
    return (torch.randn(batch, keywords.get("length", 5), keywords["width"]),)
