"""Masks say which query may attend to which key; True = may attend. They combine: `causal() & padding(lengths)`.

A mask is a rule, not a tensor: it is laid out when the numbers of queries and keys are known. When there are fewer
queries than keys, the queries are the last ones (decoding with a memory of earlier keys).

Axes: B batch, Q queries, K keys. (torch.nn.MultiheadAttention has it the other way round: True = blocked.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from bestiary.errors import InputError


@dataclass(frozen=True)
class Mask:
    """A rule: positions of queries [Q, 1] and of keys [1, K] -> bool, of a shape that broadcasts to [B, 1, Q, K].

    Example:
        >>> (causal() & window(1))(3, 3).int()
        tensor([[1, 0, 0],
                [1, 1, 0],
                [0, 1, 1]], dtype=torch.int32)
    """

    rule: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, queries: int, keys: int, device: torch.device | str | None = None) -> Bool[Tensor, "*B Q K"]:
        """The mask laid out for so many queries and keys."""
        columns = torch.arange(keys, device=device)
        return self.rule(columns[keys - queries :, None] if queries <= keys else _early(queries, keys, device), columns)

    def __and__(self, other: Mask) -> Mask:
        return Mask(lambda query, key: self.rule(query, key) & other.rule(query, key))

    def __or__(self, other: Mask) -> Mask:
        return Mask(lambda query, key: self.rule(query, key) | other.rule(query, key))

    def __invert__(self) -> Mask:
        return Mask(lambda query, key: ~self.rule(query, key))


def _early(queries: int, keys: int, device: torch.device | str | None) -> Tensor:
    return torch.arange(keys - queries, keys, device=device)[:, None]


def causal() -> Mask:
    """No query sees a later key. All masks that this returns are equal, so that kernels made for it can be used."""
    return Mask(_not_later)


def _not_later(query: Tensor, key: Tensor) -> Tensor:
    return key <= query


def window(size: int) -> Mask:
    """Keys at most `size` positions away, on either side.

    Raises:
        InputError: when `size` is negative.
    """
    if size < 0:
        raise InputError(f"a window reaches 0 or more positions; received {size}")
    return Mask(lambda query, key: (query - key).abs() <= size)


def padding(lengths: Int[Tensor, " B"]) -> Mask:
    """Keys that are real: the first `lengths[b]` of row b."""
    return Mask(lambda query, key: key < lengths[:, None, None, None])
