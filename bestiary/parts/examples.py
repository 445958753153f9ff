"""Arguments of forward for parts that are costed by themselves: small, unless the words of an example say more."""

from collections.abc import Mapping

import torch
from torch import Tensor

Words = Mapping[str, int]


def steps(words: Words, batch: int = 2) -> tuple[Tensor]:
    """A sequence of the width, of `length` steps."""
    return (torch.randn(batch, words.get("length", 5), words["width"]),)


def images(words: Words, batch: int = 2) -> tuple[Tensor]:
    """Images of so many channels (or `before`), `side` pixels wide and high."""
    side = words.get("side", 8)
    return (torch.randn(batch, words.get("channels", words.get("before", 3)), side, side),)


def rows(words: Words, batch: int = 2) -> tuple[Tensor]:
    """Rows of `features` numbers."""
    return (torch.randn(batch, words.get("features", 64)),)


def tokens(words: Words, batch: int = 2) -> tuple[Tensor]:
    """Texts of `length` tokens."""
    return (torch.randint(words["vocabulary"], (batch, words.get("length", 5))),)


def graph(words: Words, batch: int = 1) -> tuple[Tensor, Tensor]:
    """A ring of `nodes` nodes, edges in both directions; `batch` of them as one graph."""
    nodes = batch * words.get("nodes", 6)
    ring = torch.arange(nodes)
    edges = torch.stack([torch.cat([ring, (ring + 1) % nodes]), torch.cat([(ring + 1) % nodes, ring])])
    return torch.randn(nodes, words["features"]), edges
