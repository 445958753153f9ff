"""Who goes on to the next rung: the best, and whoever is within one paired standard error of the cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Losses = Mapping[str, NDArray[np.float64]]


def ranked(losses: Losses) -> list[str]:
    """Names by mean loss, best first; equal means in the order that they were given."""
    return sorted(losses, key=lambda name: float(np.mean(losses[name])))


def promoted(losses: Losses, keep: int) -> list[str]:
    """Those that go on.

    The best `keep` go on, and everyone whose mean difference to the last of them is at most one standard error of
    that difference, row by row; at most `2 * keep` in all.

    Args:
        losses: name -> loss of each validation row [N], the same rows in the same order for all.
        keep: how many go on when nothing is tied.

    Returns:
        Names, best first.

    Example:
        >>> rows = np.linspace(0, 1, 100)
        >>> promoted({"a": rows, "b": rows + 0.1, "c": rows + 5}, keep=1)
        ['a']
    """
    order = ranked(losses)
    if len(order) <= keep:
        return order
    cut = losses[order[keep - 1]]
    tied = [name for name in order[keep:] if _within_one_error(losses[name] - cut)]
    return [*order[:keep], *tied][: 2 * keep]


def _within_one_error(difference: NDArray[np.float64]) -> bool:
    if len(difference) < 2:
        return False
    error = float(np.std(difference, ddof=1)) / np.sqrt(len(difference))
    return float(np.mean(difference)) <= error
