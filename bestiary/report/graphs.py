"""What the report shows of graphs: a drawing coloured by predictions, how scores part edges from pairs without one, and
small graphs with what they were taken for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.data import load_encoder
from bestiary.records import door
from bestiary.report import figures
from bestiary.report.gather import Evidence
from bestiary.report.sections import Section
from bestiary.report.trained import opened
from bestiary.sampling.pictures import Picture

NODES, LINES = 300, 2_500  # that a drawing holds
ROUNDS = 120  # of the layout
SEEDS, FEW = 8, 60  # layouts that are tried of a graph that has but a few nodes
SMALL, ACROSS = 12, 4  # small graphs that are shown, and how many in a row
TABLE = 12
Places = NDArray[np.float64]


def sections(evidence: Evidence) -> list[Section]:
    """Of the chosen model, on test rows."""
    chosen = evidence.predictions.get(evidence.verdict.chosen) or next(iter(evidence.predictions.values()), None)
    if evidence.truth is None or not chosen:
        return []
    show = {"nodes": _nodes, "links": _links, "graphs": _graphs}[evidence.verdict.problem]
    return [show(evidence, opened(evidence), chosen[0])]


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


def _around(edges: NDArray[np.int64], nodes: int, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """All nodes where a drawing holds them; else those wanted, and whoever has most edges to them."""
    if nodes <= NODES:
        return np.arange(nodes)
    wanted = wanted[:NODES]
    inside = np.zeros(nodes, bool)
    inside[wanted] = True
    near = np.bincount(edges[0][inside[edges[1]]], minlength=nodes) * ~inside
    more = np.argsort(-near, kind="stable")[: NODES - len(wanted)]
    return np.sort(np.concatenate([wanted, more[near[more] > 0]]))


def _nodes(evidence: Evidence, data: Any, answers: Places) -> Section:
    """The graph; judged nodes in the colour of the class that they were given, wrong ones crossed out."""
    truth = evidence.truth
    assert truth is not None
    (batch,) = data.batches("test")
    edges, where = batch.edges.numpy(), batch.where.numpy()
    shown = _around(edges, len(batch.features), where)
    place = np.full(len(batch.features), -1)
    place[shown] = np.arange(len(shown))
    inside = place[edges]
    inside = inside[:, (inside >= 0).all(0)]
    inside = np.unique(np.sort(inside, axis=0), axis=1) if inside.size else inside
    spots = layout(inside, len(shown))
    given, wrong = answers.argmax(1), answers.argmax(1) != truth.target
    judged = place[where] >= 0
    common = np.argsort(-np.bincount(truth.target, minlength=answers.shape[1]), kind="stable")[: len(figures.SERIES)]
    named = len(common) >= answers.shape[1]

    told = data.arrays("train")
    taught, labels = _seen(batch, data, told), told["target"].numpy()

    def paint(axes: Any) -> None:
        _lines(axes, spots, inside)
        axes.scatter(*spots.T, s=8, color=figures.SOFT, alpha=0.4, linewidth=0)
        for number, one in enumerate([*common, None]):
            colour = figures.SERIES[number] if one is not None else figures.INK
            of_class = (lambda k, one=one: k == one) if one is not None else (lambda k: ~np.isin(k, common))
            known = place[taught[of_class(labels)]]
            axes.scatter(*spots[known[known >= 0]].T, s=16, color=colour, alpha=0.55, linewidth=0, zorder=2)
            mine = judged & of_class(given)
            if mine.any():
                label = evidence.verdict.classes[one] if one is not None else "another"
                right, missed = (spots[place[where[mine & which]]].T for which in (~wrong, wrong))
                axes.scatter(*right, s=60, color=colour, linewidth=0, label=label, zorder=3)
                axes.scatter(*missed, s=52, facecolor=figures.PAPER, edgecolor=colour, linewidth=1.8, zorder=3)
        axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        axes.set_axis_off()

    part = "" if len(shown) == len(batch.features) else f", and {len(shown) - int(judged.sum())} nodes around them"
    caption = (
        f"{int(judged.sum())} nodes that were judged, large, in the colour of the class that they were given{part}. "
        f"Hollow: it was the wrong one. Small and coloured: nodes whose class was told"
        f"{'' if named else '; rarer classes share a colour'}."
    )
    drawing = Picture("The graph", caption, svg=figures.draw("graph", (640, 480), paint))
    text = f"{int((~wrong).sum())} of {len(wrong)} nodes were given their own class."
    return Section("Nodes and what they were taken for", text, [drawing])


def _seen(batch: Any, data: Any, told: Any) -> NDArray[np.int64]:
    """Where the training nodes are in the graph of the test."""
    if "features" not in told:
        return told["where"].numpy()
    place = {number: node for node, number in enumerate(batch.known.tolist()) if number >= 0}
    return np.array([place[n] for n in data.graph("train")["known"][told["where"]].tolist()], np.int64)


def _links(evidence: Evidence, data: Any, answers: Places) -> Section:
    """How scores part edges from pairs without one, and the likeliest pairs that have none."""
    truth = evidence.truth
    assert truth is not None
    there, scores = truth.target == 1, answers[:, 1]

    def paint(axes: Any) -> None:
        bins = np.linspace(0, 1, 26).tolist()
        axes.hist(scores[there], bins=bins, color=figures.SERIES[0], alpha=0.7, label="edges that were held out")
        axes.hist(scores[~there], bins=bins, color=figures.SERIES[3], alpha=0.6, label="pairs without an edge")
        axes.set(xlabel="probability of an edge", ylabel="pairs", xlim=(0, 1))
        axes.legend(frameon=False, fontsize=9)
        axes.grid(axis="x", visible=False)

    drawing = Picture(
        "Scores of edges", "The less the two overlap, the better.", svg=figures.draw("links", (460, 320), paint)
    )
    names = _names(evidence)
    rows = [
        [names[k] if names else str(truth.rows[k]), f"{scores[k]:.2f}", kind]
        for kind, side, order in (
            ("no edge, though likeliest", ~there, np.argsort(-scores, kind="stable")),
            ("an edge, though unlikeliest", there, np.argsort(scores, kind="stable")),
        )
        for k in order[side[order]][: TABLE // 2]
    ]
    text = "Judged edges were not in the graph that was looked at. A likely pair without an edge may yet get one."
    return Section("Edges told from pairs without one", text, [drawing], ("pair", "probability", "in truth"), rows)


def _graphs(evidence: Evidence, data: Any, answers: Places) -> Section:
    """Some test graphs, wrong answers first."""
    assert evidence.truth is not None
    target, classes = evidence.truth.target.astype(np.int64), evidence.verdict.classes
    given = answers.argmax(1)
    wrong = np.flatnonzero(given != target)
    order = np.concatenate([wrong[: SMALL // 2], np.flatnonzero(given == target)])[:SMALL]
    table = _table(evidence)

    def paint(axes: Any) -> None:
        for number, one in enumerate(order.tolist()):
            batch = data.take("test", slice(one, one + 1))
            across, down = number % ACROSS, number // ACROSS
            colour = figures.SERIES[0 if given[one] == target[one] else 3]
            if len(batch.features) <= NODES:
                corner = np.array([across * 1.35, -down * 1.6])
                _small(axes, corner + untangled(batch.edges.numpy(), len(batch.features)), batch, colour, table)
            said = classes[given[one]]
            told = said if given[one] == target[one] else f"{said}, is {classes[target[one]]}"
            axes.text(across * 1.35 + 0.5, -down * 1.6 - 0.25, told[:28], ha="center", fontsize=10)
        axes.set_axis_off()
        axes.set_aspect("equal")

    rows = -(-len(order) // ACROSS)
    letters = "; letters are the first column of words of a node" if _letters(table, None) is not None else ""
    caption = (
        "Placed so that neighbours are near; below, what each was taken for, and what it is where that is wrong "
        f"(in another colour, and first). Thicker lines are of greater weight{letters}."
    )
    drawing = Picture("Graphs", caption, svg=figures.draw("graphs", (760, 40 + 210 * rows), paint))
    text = f"{len(given) - len(wrong)} of {len(given)} graphs were given their own class."
    return Section("Graphs and what they were taken for", text, [drawing])


def _small(axes: Any, spots: Places, batch: Any, colour: str, table: Any) -> None:
    """One graph: a letter for each node where nodes have words, else a point."""
    from matplotlib.collections import LineCollection

    lines = [(spots[a], spots[b]) for a, b in batch.edges.numpy().T.tolist()]
    weights = batch.weights.numpy()
    varied = weights.size and np.ptp(weights) > 0
    widths = (0.8 + 2 * (weights - weights.min()) / np.ptp(weights)).tolist() if varied else 1.0
    axes.add_collection(LineCollection(lines, colors=figures.SOFT, linewidths=widths, alpha=0.6, zorder=1))
    letters = _letters(table, batch.features.numpy())
    if letters is None:
        axes.scatter(*spots.T, s=14, color=colour, linewidth=0, zorder=3)
        return
    axes.scatter(*spots.T, s=62, color=figures.PAPER, linewidth=0, zorder=2)
    for place, word in zip(spots, letters):
        axes.text(*place, word, ha="center", va="center", fontsize=8, color=colour, zorder=3)


def _table(evidence: Evidence) -> Any:
    """The encoder of the columns of nodes; None where they have none."""
    encoder: Any = load_encoder(evidence.run / "data" / "encoder")
    return encoder.nodes.table


def _letters(table: Any, features: NDArray[np.float32] | None) -> list[str] | None:
    """The words of the first column whose words are short enough to be drawn; None where there is none."""
    short = [c.name for c in table.used if c.role == "category" and max(map(len, c.known)) <= 2] if table else []
    if not short:
        return None
    return [] if features is None else [str(word or "?")[:2] for word in table.decode(features)[short[0]]]


def _lines(axes: Any, spots: Places, edges: NDArray[np.int64]) -> None:
    """Edges as thin lines; of very many an even share."""
    from matplotlib.collections import LineCollection

    some = edges[:, np.linspace(0, edges.shape[1] - 1, min(edges.shape[1], LINES)).astype(int)] if edges.size else edges
    lines = [(spots[a], spots[b]) for a, b in some.T.tolist()]
    axes.add_collection(LineCollection(lines, colors=figures.LINE, linewidths=0.7, zorder=0))


def _names(evidence: Evidence) -> list[str]:
    path = evidence.run / "sealed" / "names.json"
    return door.read(path, list[str], inside=evidence.run, largest=1 << 30) if path.is_file() else []
