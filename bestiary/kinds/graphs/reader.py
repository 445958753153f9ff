"""A set of graphs with a class each: how it is read, and written for each split."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import GraphsSpec
from bestiary.errors import InputError
from bestiary.kinds.graph.columns import Columns
from bestiary.kinds.graph.encoder import GraphsEncoder, NodeFeatures
from bestiary.kinds.graph.files import Graph, open_graph
from bestiary.kinds.graph.shapes import shapes, smallest
from bestiary.kinds.graph.sources import classes_of
from bestiary.rows.labels import group_keys, stamps, target_facts, write_target
from bestiary.rows.rows import hashed, joined
from bestiary.rows.source import SPLITS
from bestiary.rows.store import write_array, write_spec
from bestiary.rows.targets import column_named


class SetSource:
    """A set of graphs with a class each; see `rows.source.Source`."""

    kind = "graphs"
    held = None

    def __init__(
        self,
        graph: Graph,
        target: str | None,
        *,
        group: str | None = None,
        time: str | None = None,
        reason: str = "as asked",
    ) -> None:
        table = graph.table
        assert table is not None, "a set of graphs has a table of them"
        names = tuple(name for name in table.column_names if name != "graph")
        name = target or ("label" if "label" in names else names[0] if len(names) == 1 else None)
        if name is None:
            raise InputError(f"name the column of graphs.csv to predict (target=); its columns are {', '.join(names)}")
        for option, word in (("target", name), ("group", group), ("time", time)):
            if word is not None:
                column_named(names, word, option)
        self.graph, self.reason, self.digest = graph, reason, graph.digest
        self.target, kept, notes = classes_of(graph, name, "graphs")
        self.rows = np.flatnonzero(kept)
        self.groups = group_keys(table[group])[self.rows] if group else None
        self.times = stamps(table[time], time)[self.rows] if time else None
        self.suspects: list[str] = []
        self.names = [graph.parts[row] for row in self.rows.tolist()]
        self.notes = [*graph.notes, *notes]

    def __len__(self) -> int:
        return len(self.rows)

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each graph: its nodes' features in order, and its edges.

        Graphs that are the same but for the order of their nodes have the smallest of their hashes in common.
        """
        graph = self.graph
        cells = joined(graph.nodes) if graph.nodes.column_names else [b""] * len(graph)
        edges, weights = graph.both_ways()
        starts = np.concatenate([[0], np.bincount(graph.part, minlength=len(graph.parts)).cumsum()])
        order = np.argsort(graph.part, kind="stable")
        place = np.argsort(order)
        of_edges = graph.part[edges[1]]
        local = place[edges] - starts[of_edges]
        texts = [b"\x1e".join(cells[n] for n in order[a:b].tolist()) for a, b in pairwise(starts)]
        by_graph = np.argsort(of_edges, kind="stable")
        cuts = np.searchsorted(of_edges[by_graph], np.arange(len(graph.parts) + 1))
        for one, (a, b) in enumerate(pairwise(cuts)):
            inside = by_graph[a:b]
            texts[one] += local[:, inside].tobytes() + weights[inside].tobytes()
        return smallest(hashed(texts), shapes(hashed(cells), edges, weights, graph.part))[self.rows]

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> GraphsEncoder:
        """Writes the graphs of each split; features are fitted on the nodes of training graphs."""
        training = np.zeros(len(self.graph.parts), bool)
        training[self.rows[splits == 0]] = True
        where = np.flatnonzero(training[self.graph.part])
        nodes = NodeFeatures.fit(self.graph, list(self.graph.nodes.column_names), where, known=False)
        self.notes += [note for note in (nodes.note(),) if note and note not in self.notes]
        facts = {**target_facts(self.target, np.flatnonzero(splits == 0)), "directed": self.graph.directed}
        facts |= {"features": nodes.way, "columns": asdict(self.graph.columns)}
        encoder = GraphsEncoder(GraphsSpec(nodes.width, len(self.target.classes)), facts, nodes)
        for number, name in enumerate(SPLITS[: 2 if train_only else 3]):
            place = folder if number < 2 else folder.parent / "sealed"
            rows = np.flatnonzero(splits == number)
            for array, values in encoder.arrays(self.graph, self.rows[rows]).items():
                write_array(place, name, array, values)
            write_target(place, name, self.target, rows, self.rows[rows])
        write_spec(folder, encoder.spec, facts)
        encoder.save(folder / "encoder")
        return encoder


def read_graphs(
    source: object,
    *,
    target: str | None = None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    directed: bool | None = None,
    id: str | None = None,  # noqa: A002
    source_node: str | None = None,
    target_node: str | None = None,
    reason: str = "as asked",
) -> SetSource:
    """Reads a set of graphs with a class each.

    Args:
        source: a folder with graphs.csv (graph, label), nodes.csv (graph, id, features) and edges.csv (graph, source,
            target, weight), or a list of networkx graphs whose `graph["label"]` is the class.
        target: column of graphs.csv; "label" unless given.
        problem: "graphs".
        group: column of graphs.csv; those with equal cells are never parted between splits.
        time: column of graphs.csv; the latest are judged.
        directed: whether messages go one way along edges; as networkx says, else not.
        id: column of nodes.csv that names the nodes; "id", or the one that holds the ends of edges, unless given.
        source_node: column of edges.csv with one end; "source", "from" ..., or the first, unless given.
        target_node: column of edges.csv with the other end.
        reason: why it is read as a set of graphs.

    Raises:
        InputError: for files that contradict each other, or a target that is no class.
    """
    if group and time:
        raise InputError("graphs are split by group or by time; received both; leave one out")
    graph = open_graph(source, asked=Columns(id, source_node, target_node), directed=directed, many=True)
    return SetSource(graph, target, group=group, time=time, reason=reason)
