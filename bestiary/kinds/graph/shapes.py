"""Which graphs of a set are the same but for the order of their nodes: they must not be parted between splits.

Source: Weisfeiler & Leman 1968, after Shervashidze et al. 2011, Weisfeiler-Lehman graph kernels. Each node begins with
a colour of its features; in each round its new colour is one of the old and of the bag of its neighbours' colours.
Equal graphs have equal bags of colours whatever the order; different ones nearly always have not (some regular graphs
do, and are then kept together without need).

Axes: N nodes of all graphs, E edges, G graphs.
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
ROUNDS = 4


def shapes(colours: Keys, edges: NDArray[np.int64], weights: NDArray[np.float32], part: NDArray[np.int64]) -> Keys:
    """A key of each graph [G] that its order of nodes does not change.

    Args:
        colours: of the nodes' features, [N].
        edges: from and to, in both directions where edges have none, [2, E].
        weights: of the edges, [E].
        part: the graph of each node, from 0, [N].

    Example:
        >>> a, b, c = 3, 3, 5  # colours of a path a - b - c, and of the same read from its other end
        >>> path = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> both = np.concatenate([path, path + 3], 1)
        >>> first, second = shapes(
        ...     np.array([a, b, c, c, b, a], np.uint64), both, np.ones(8, np.float32), np.repeat([0, 1], 3)
        ... )
        >>> bool(first == second)
        True
    """
    weighed = mixed(weights.astype(np.float32).view(np.uint32).astype(np.uint64))
    for _ in range(ROUNDS):
        arriving, leaving = (mixed(colours[end] ^ weighed) for end in edges)
        colours = mixed(colours + 3 * bag(arriving, edges[1], len(colours)) + 5 * bag(leaving, edges[0], len(colours)))
    return mixed(bag(mixed(colours), part, int(part.max(initial=-1)) + 1))


def smallest(keys: Keys, shapes: Keys) -> Keys:
    """The smallest key [G] of the graphs of the same shape, for each graph.

    Example:
        >>> smallest(np.array([7, 4, 9], np.uint64), np.array([1, 2, 1], np.uint64)).tolist()
        [7, 4, 7]
    """
    kinds, alike = np.unique(shapes, return_inverse=True)
    least = np.full(len(kinds), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, alike, keys)
    return least[alike]


def bag(keys: Keys, places: NDArray[np.int64], count: int) -> Keys:
    """The sum of the keys at each place, modulo 2^64: the same in any order."""
    total = np.zeros(count, np.uint64)
    np.add.at(total, places, keys)
    return total


def mixed(keys: Keys) -> Keys:
    """Keys whose bits all depend on all bits of those given: the last steps of SplitMix64 (Steele et al. 2014)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
