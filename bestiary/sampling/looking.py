"""Looking at what was trained without changing it, and at rows to look with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(answer: Any) -> Iterator[None]:
    """No gradients; a network in evaluation mode, each part put back into the mode that it was found in.

    Not inference mode: tensors that data or layers keep from here (memory maps, tables) must still be trained on.
    Anything but a network is left alone.

    Example:
        >>> network = nn.Dropout(0.5)
        >>> with evaluating(network):
        ...     network.training
        False
        >>> network.training
        True
    """
    modes = {module: module.training for module in answer.modules()} if isinstance(answer, nn.Module) else {}
    if isinstance(answer, nn.Module):
        answer.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training


def some_places(data: Any, most: int, split: str = "train") -> Tensor:
    """Places of rows in a split: all, or an even choice of them when there are more than so many."""
    count = _whole(data).rows(split)
    return torch.arange(0, count, max(1, -(-count // most)))


def some_rows(data: Any, most: int, split: str = "train") -> Tensor:
    """The inputs of such rows, [N ...], in the units of a batch."""
    return _whole(data).take(split, some_places(data, most, split)).inputs[0]


def row_numbers(data: Any, split: str, count: int) -> Tensor:
    """Numbers of the rows of a split: those of the person's file where the data know them, else 0 ... N-1."""
    arrays: dict[str, Tensor] = data.arrays(split) if hasattr(data, "arrays") else {}
    return arrays["row"].clone() if "row" in arrays else torch.arange(count)


def _whole(data: Any) -> Any:
    """The data themselves, where a sample of their validation rows is given."""
    return getattr(data, "data", data)
