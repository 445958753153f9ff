"""Graphs drawn: places for nodes, and their edges as thin lines; for the reports of all tasks on graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary.report import figures
from bestiary.report.gather import Answers, Evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NODES, LINES = 300, 2_500  # that a drawing holds
ROUNDS = 120  # of the layout
SEEDS, FEW = 8, 60  # layouts that are tried of a graph that has but a few nodes
Places = NDArray[np.float64]


def chosen_answers(evidence: Evidence) -> Answers | None:
    """What the chosen model, or another that was kept, said of the test rows; None where nothing is left."""
    chosen = evidence.predictions.get(evidence.verdict.chosen) or next(iter(evidence.predictions.values()), None)
    return chosen[0] if evidence.truth is not None and chosen else None


def layout(edges: NDArray[np.int64], nodes: int, seed: int = 0) -> Places:
    """Places of nodes from 0 to 1: edges pull, nodes push (Fruchterman & Reingold 1991).

    Args:
        edges: [2 E].
        nodes: how many, up to some hundred: every pair pushes.
        seed: of the places that it begins with.

    Example:
        >>> places = layout(np.array([[0, 2], [1, 3]]), 4)
        >>> apart = np.linalg.norm(places[:, None] - places, axis=-1)
        >>> bool(apart[0, 1] < apart[0, 2] and apart[2, 3] < apart[1, 3])
        True
    """
    places = np.random.default_rng(seed).uniform(-1, 1, (nodes, 2))
    reach = 2 / np.sqrt(max(nodes, 1))
    degree = np.bincount(edges.ravel(), minlength=nodes).clip(1)
    ease = np.sqrt(degree[edges[0]] * degree[edges[1]])[:, None] ** 0.5  # so that hubs do not draw all into one spot
    for round_ in range(ROUNDS):
        apart = places[:, None] - places[None]  # [N, N, 2]
        distance = np.linalg.norm(apart, axis=-1).clip(0.01)
        moves = (apart * (reach**2 / distance**2)[..., None]).sum(1)
        along = apart[edges[0], edges[1]]
        pull = along * (np.linalg.norm(along, axis=-1, keepdims=True) / reach / ease)
        np.add.at(moves, edges[0], -pull)
        np.add.at(moves, edges[1], pull)
        moves -= 2 * places  # towards the middle, so that what hangs on nothing does not drift away
        step = np.linalg.norm(moves, axis=1, keepdims=True).clip(1e-9)
        places = places + moves / step * np.minimum(step, 0.2 * (1 - round_ / ROUNDS))
    low, high = places.min(0), places.max(0)
    return 0.5 + (places - (low + high) / 2) / max(float((high - low).max()), 1e-9)


def untangled(edges: NDArray[np.int64], nodes: int) -> Places:
    """Of a few layouts the one whose longest edge is shortest: where a ring lies crossed, an edge is long."""
    tried = [layout(edges, nodes, seed) for seed in range(SEEDS if nodes <= FEW else 1)]
    return min(
        tried, key=lambda places: float(np.linalg.norm(places[edges[0]] - places[edges[1]], axis=1).max(initial=0))
    )


def around(edges: NDArray[np.int64], nodes: int, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """All nodes where a drawing holds them; else those wanted, and whoever has most edges to them."""
    if nodes <= NODES:
        return np.arange(nodes)
    wanted = wanted[:NODES]
    inside = np.zeros(nodes, bool)
    inside[wanted] = True
    near = np.bincount(edges[0][inside[edges[1]]], minlength=nodes) * ~inside
    more = np.argsort(-near, kind="stable")[: NODES - len(wanted)]
    return np.sort(np.concatenate([wanted, more[near[more] > 0]]))


def lines(axes: Axes, spots: Places, edges: NDArray[np.int64]) -> None:
    """Edges as thin lines; of very many an even share."""
    from matplotlib.collections import LineCollection

    some = edges[:, np.linspace(0, edges.shape[1] - 1, min(edges.shape[1], LINES)).astype(int)] if edges.size else edges
    lines = [(spots[a], spots[b]) for a, b in some.T.tolist()]
    axes.add_collection(LineCollection(lines, colors=figures.LINE, linewidths=0.7, zorder=0))
