"""Pairs of nodes without an edge, drawn at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEW = 2_000  # nodes up to which all pairs are listed


def unconnected(edges: NDArray[np.int64], nodes: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Different pairs of different nodes that no edge joins, the smaller number first.

    Args:
        edges: [2 E], whichever way.
        nodes: how many there are.
        count: pairs that are wanted.
        random: where they are drawn from.

    Returns:
        int64 [2 M]; M is `count`, or less where a graph has not as many.

    Example:
        >>> unconnected(np.array([[0, 2], [1, 1]]), 3, 5, np.random.default_rng(0)).tolist()
        [[0], [2]]
    """
    taken = np.unique(np.minimum(*edges) * nodes + np.maximum(*edges))
    if nodes <= FEW:
        first, second = np.triu_indices(nodes, 1)
        free = np.setdiff1d(first * nodes + second, taken, assume_unique=True)
        chosen = random.permutation(free)[:count]
        return np.stack(np.divmod(chosen, nodes))
    free = nodes * (nodes - 1) // 2 - len(taken)
    count = min(count, free)
    if 2 * count > free:  # drawing would hit what is taken again and again
        return _of_ranks(random.permutation(free)[:count], np.stack(np.divmod(taken, nodes)), nodes)
    found = np.empty(0, np.int64)
    while len(found) < count:
        ends = random.integers(0, nodes, (2, 2 * (count - len(found)) + 16))
        ends = ends[:, ends[0] != ends[1]]
        fresh = np.minimum(*ends) * nodes + np.maximum(*ends)
        fresh = fresh[~np.isin(fresh, taken)]
        _, first = np.unique(np.concatenate([found, fresh]), return_index=True)
        found = np.concatenate([found, fresh])[np.sort(first)]
    return np.stack(np.divmod(found[:count], nodes))


def _of_ranks(ranks: NDArray[np.int64], taken: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """The pairs [2 M] that have these places among all that are not taken [2 E], in the order (0, 1), (0, 2), ..."""
    starts = np.arange(nodes) * (2 * nodes - np.arange(nodes) - 1) // 2  # place of (i, i + 1) among all pairs
    places = np.sort(starts[taken[0]] + taken[1] - taken[0] - 1)
    numbers = ranks + np.searchsorted(places - np.arange(len(places)), ranks, side="right")
    first = np.searchsorted(starts, numbers, side="right") - 1
    first = np.minimum(first, nodes - 2)  # the last node begins no pair
    return np.stack([first, numbers - starts[first] + first + 1])
