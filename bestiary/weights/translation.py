"""Tensors under our names and under published ones, there and back, along the pairs of a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from bestiary.weights.maps import Pair

Shape = tuple[int, ...]


def outward(found: Sequence[Pair], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors as a library names and shapes them.

    Args:
        found: pairs of all of our names.
        ours: name -> tensor.

    Example:
        >>> outward([Pair(("a", "b"), ("ab",), True)], {"a": torch.ones(1, 3), "b": torch.ones(1, 3)})["ab"].shape
        torch.Size([3, 2])
    """
    made: dict[str, Tensor] = {}
    for pair in found:
        tensors = [ours[name] for name in pair.ours]
        whole = torch.cat(tensors) if len(tensors) > 1 else tensors[0]
        parts: tuple[Tensor, ...] = whole.chunk(len(pair.theirs)) if len(pair.theirs) > 1 else (whole,)
        for name, part in zip(pair.theirs, parts, strict=True):
            turned = _turned(part, pair)
            made[name] = turned.reshape((*turned.shape, *[1] * pair.ones)).contiguous()
    return made


def inward(pair: Pair, read: Callable[[str], Tensor], shapes: Mapping[str, Shape]) -> dict[str, Tensor]:
    """What a file holds of one pair, as we name and shape it.

    Args:
        pair: whose tensors in the file have the shapes that `expected` says.
        read: the tensor of one of their names.
        shapes: our name -> shape.
    """
    parts = [_turned(_without_ones(read(name), pair), pair) for name in pair.theirs]
    whole = torch.cat(parts) if len(parts) > 1 else parts[0]
    if len(pair.ours) == 1:
        return {pair.ours[0]: whole}
    return dict(zip(pair.ours, whole.split([shapes[name][0] for name in pair.ours])))


def expected(pair: Pair, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Their name -> shape that it must have.

    Example:
        >>> expected(Pair(("a", "b"), ("ab",), True), {"a": (1, 3), "b": (2, 3)})
        {'ab': (3, 3)}
    """
    first = shapes[pair.ours[0]]
    if len(pair.ours) > 1:
        first = (sum(shapes[name][0] for name in pair.ours), *first[1:])
    if len(pair.theirs) > 1:
        first = (first[0] // len(pair.theirs), *first[1:])
    shape = first[::-1] if pair.turned and len(first) == 2 else first
    return {name: (*shape, *[1] * pair.ones) for name in pair.theirs}


def _turned(tensor: Tensor, pair: Pair) -> Tensor:
    return tensor.T if pair.turned and tensor.ndim == 2 else tensor


def _without_ones(tensor: Tensor, pair: Pair) -> Tensor:
    return tensor.reshape(tensor.shape[: tensor.ndim - pair.ones])
