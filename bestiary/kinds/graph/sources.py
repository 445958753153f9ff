"""What can be asked of graphs: classes of nodes, edges that are there and are not, classes of graphs."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import GraphSpec
from bestiary.errors import InputError
from bestiary.kinds.graph.columns import Columns
from bestiary.kinds.graph.encoder import GraphEncoder, NodeFeatures
from bestiary.kinds.graph.files import Graph, open_graph
from bestiary.kinds.graph.negatives import unconnected
from bestiary.rows.labels import group_keys, stamps, target_facts, write_target
from bestiary.rows.rows import hashed
from bestiary.rows.source import SPLITS, Target
from bestiary.rows.split_names import UNLABELLED, split_of
from bestiary.rows.store import write_array, write_spec
from bestiary.rows.targets import REPEATS, TargetReader, column_named
from bestiary.rows.written import labels


class NodeSource:
    """The labelled nodes of a graph; see `rows.source.Source`.

    Args:
        graph: with all its nodes, those without a label included.
        target: column of classes.
        group, time, split: columns of nodes; see `read_graph`.
        inductive: whether nodes that are judged, and their edges, are hidden in training.
        reason: why it is read as a graph.
    """

    kind = "graph"

    def __init__(
        self,
        graph: Graph,
        target: str,
        *,
        group: str | None = None,
        time: str | None = None,
        split: str | None = None,
        inductive: bool = False,
        reason: str = "as asked",
    ) -> None:
        named = {"target": target, "group": group, "time": time, "split": split}
        for option, name in named.items():
            if name is not None:
                column_named(tuple(graph.nodes.column_names), name, option)
        self.graph, self.inductive, self.reason = graph, inductive, reason
        self.target, kept, self.notes = classes_of(graph, target, "nodes")
        self.notes = [*graph.notes, *self.notes]
        self.suspects: list[str] = []
        self.digest = graph.digest
        self.columns = [name for name in graph.nodes.column_names if name not in named.values()]
        held = _held(graph, split) if split else None
        if held is not None:
            self.target = replace(self.target, values=self.target.values[held[kept] > -2])
            kept = kept & (held > -2)
        self.rows = np.flatnonzero(kept)  # nodes that have a label
        self.held = held[self.rows].astype(np.int8) if held is not None else None
        self.groups = group_keys(graph.nodes[group])[self.rows] if group else None
        self.times = stamps(graph.nodes[time], time)[self.rows] if time else None
        self.names = [graph.ids[row] for row in self.rows.tolist()]
        way = "hidden in training" if inductive else "seen in training, without their labels"
        self.notes.append(f"nodes that are judged, and their edges, are {way}")

    def __len__(self) -> int:
        return len(self.rows)

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each node's name: no two nodes are one."""
        return hashed([name.encode() for name in self.names])

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> GraphEncoder:
        """Writes the graph and its labelled nodes.

        Transductive: one graph for all splits, `graph.*`; features are fitted on all its nodes, which training sees.
        Inductive: a graph for each split, of the nodes that are known by then; features are fitted on the first.
        """
        split_of = np.zeros(len(self.graph), np.int8)  # nodes without a label are there from the first
        split_of[self.rows] = np.where(splits < 0, len(SPLITS), splits)
        first = np.flatnonzero(split_of == 0) if self.inductive else np.arange(len(self.graph))
        nodes = NodeFeatures.fit(self.graph, self.columns, first, known=not self.inductive)
        self.notes += [note for note in (nodes.note(),) if note and note not in self.notes]
        facts = {
            **target_facts(self.target, np.flatnonzero(splits == 0)),
            "directed": self.graph.directed,
            "inductive": self.inductive,
            "features": nodes.way,
            "columns": asdict(self.graph.columns),
        }
        encoder = GraphEncoder(GraphSpec(nodes.width, len(self.target.classes), len(self.graph)), facts, nodes)
        if not self.inductive:
            _write_graph(folder, "graph", self.graph, nodes)
        for number, name in enumerate(SPLITS[: 2 if train_only else 3]):
            place = folder if number < 2 else folder.parent / "sealed"
            rows = np.flatnonzero(splits == number)
            where = self.rows[rows]
            if self.inductive:
                seen = np.flatnonzero(split_of <= number)
                _write_graph(place, name, _inside(self.graph, seen), nodes)
                where = np.searchsorted(seen, where)
            write_array(place, name, "where", where)
            write_target(place, name, self.target, rows, self.rows[rows])
        write_spec(folder, encoder.spec, facts)
        encoder.save(folder / "encoder")
        return encoder


class LinkSource:
    """The edges of a graph, and as many pairs without one; see `rows.source.Source`.

    Edges that are judged are taken out of the graph that messages pass over. The pairs without an edge that are judged
    are drawn among all that have none, by the names of the nodes and not by a seed; those to train on are drawn anew
    among all pairs that are no training edge, so that what is held out cannot be told from what is left out.
    """

    kind = "graph"
    groups = times = held = None

    def __init__(self, graph: Graph, target: str | None, reason: str = "as asked") -> None:
        if graph.edges.shape[1] < 3:
            raise InputError(f"links need three edges or more; {graph.name} has {graph.edges.shape[1]}; add some")
        self.graph, self.reason, self.digest = graph, reason, graph.digest
        edges = np.unique(np.sort(graph.edges, axis=0), axis=1) if graph.directed else graph.edges
        drawn = unconnected(edges, len(graph), edges.shape[1], np.random.default_rng(0))
        if not drawn.shape[1]:
            raise InputError(f"every pair of nodes of {graph.name} has an edge; there is nothing to predict")
        self.pairs = np.concatenate([edges, drawn], 1).T  # [R, 2]
        self.weights = graph.weights if not graph.directed else np.ones(edges.shape[1], np.float32)
        values = np.repeat([1, 0], [edges.shape[1], drawn.shape[1]])
        self.target = Target("edge", "links", "as asked", ("no edge", "edge"), values)
        self.columns = [name for name in graph.nodes.column_names if name != target]
        self.suspects: list[str] = []
        self.names = [f"{graph.ids[a]} - {graph.ids[b]}" for a, b in self.pairs.tolist()]
        self.notes = [
            *graph.notes,
            f"{edges.shape[1]:,} edges are to be distinguished from {drawn.shape[1]:,} random pairs without one",
            *(["edges are treated as undirected"] if graph.directed else []),
        ]

    def __len__(self) -> int:
        return len(self.pairs)

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of the names of both nodes, whichever comes first."""
        names = [sorted((self.graph.ids[a], self.graph.ids[b])) for a, b in self.pairs.tolist()]
        return hashed(["\x1f".join(pair).encode() for pair in names])

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> GraphEncoder:
        """Writes the graph of the training edges, and the pairs of each split."""
        seen = np.flatnonzero((splits == 0) & (self.target.values == 1))
        edges = self.pairs[seen].T
        graph = replace(self.graph, edges=edges, weights=self.weights[seen], directed=False)
        nodes = NodeFeatures.fit(graph, self.columns, np.arange(len(graph)), known=True)
        self.notes += [note for note in (nodes.note(),) if note and note not in self.notes]
        facts = {**target_facts(self.target, seen), "directed": False, "inductive": False}
        facts |= {"features": nodes.way, "columns": asdict(self.graph.columns)}
        encoder = GraphEncoder(GraphSpec(nodes.width, 2, len(graph)), facts, nodes)
        _write_graph(folder, "graph", graph, nodes)
        pairs = self.pairs.copy()
        without = np.flatnonzero((splits == 0) & (self.target.values == 0))
        fresh = unconnected(edges, len(graph), len(without), np.random.default_rng(1)).T
        pairs[without[: len(fresh)]] = fresh
        for number, name in enumerate(SPLITS[: 2 if train_only else 3]):
            place = folder if number < 2 else folder.parent / "sealed"
            rows = np.flatnonzero(splits == number)
            write_array(place, name, "where", pairs[rows])
            write_target(place, name, self.target, rows, rows)
        write_spec(folder, encoder.spec, facts)
        encoder.save(folder / "encoder")
        return encoder


def _write_graph(folder: Path, name: str, graph: Graph, nodes: NodeFeatures) -> None:
    edges, weights = graph.both_ways()
    features, known = nodes.of(graph, edges)
    for array, values in (("features", features), ("edges", edges), ("weights", weights), ("known", known)):
        write_array(folder, name, array, values)


def _inside(graph: Graph, nodes: NDArray[np.int64]) -> Graph:
    """The graph of some of the nodes, and the edges between them."""
    place = np.full(len(graph), -1)
    place[nodes] = np.arange(len(nodes))
    ends = place[graph.edges]
    there = (ends >= 0).all(0)
    ids = [graph.ids[n] for n in nodes.tolist()]
    taken = graph.nodes.take(nodes) if graph.nodes.column_names else graph.nodes
    return replace(
        graph, ids=ids, nodes=taken, edges=ends[:, there], weights=graph.weights[there], part=graph.part[nodes]
    )


def classes_of(graph: Graph, name: str, task: str) -> tuple[Target, NDArray[np.bool_], list[str]]:
    """The classes in a column of nodes or graphs, who has one, and notes."""
    table = graph.nodes if graph.table is None else graph.table
    reader = TargetReader(name)
    reader.add(table[name])
    target, kept, _ = reader.finish()
    if target.numeric:
        values = np.asarray(target.values)
        if len(np.unique(values)) * REPEATS > len(values) or (values != np.floor(values)).any():
            raise InputError(
                f"{task} need a target of classes; {name!r} has {len(np.unique(values)):,} different numbers; "
                "name a column of classes"
            )
        reader = TargetReader(name, tasks.by_target("classes"))
        reader.add(table[name])
        target, kept, _ = reader.finish()
    gone = int((~kept).sum())
    told = f"{gone:,} {task} have no class; " + (
        "they take part in the graph" if graph.table is None else "they are left out"
    )
    return replace(target, problem=task), kept, [told] if gone else []


def _held(graph: Graph, split: str) -> NDArray[np.int64]:
    """The split that each node was given: -2 where none, -1 where it may be chosen to validate on."""
    words = cast("list[str | None]", labels(graph.nodes[split]).to_pylist())
    splits = {word: split_of(word) for word in set(words) if word is not None}
    unknown = sorted(word for word, found in splits.items() if found is None)
    if unknown:
        raise InputError(f"column {split!r} must hold train, validation or test; it has {unknown[0]!r}")
    place = {None: -2, UNLABELLED: -2, **{name: number for number, name in enumerate(SPLITS)}}
    given = np.array([place[splits.get(word or "")] for word in words])
    if not (given == 0).any() or not (given == 2).any():
        raise InputError(f"column {split!r} must give nodes to train and nodes to test; add the word that is missing")
    return given if (given == 1).any() else np.where(given == 0, -1, given)


def read_graph(
    source: object,
    *,
    target: str | None = None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    split: str | None = None,
    inductive: bool = False,
    directed: bool | None = None,
    id: str | None = None,  # noqa: A002
    source_node: str | None = None,
    target_node: str | None = None,
    reason: str = "as asked",
) -> NodeSource | LinkSource:
    """Reads one graph, to tell the classes of its nodes or which edges it has.

    Args:
        source: a folder with nodes.csv (id, features, classes) and edges.csv (source, target, weight where edges have
            one), a GraphML file, a networkx graph; for links a file of edges alone will do.
        target: column of classes, for nodes; for links a column to leave out.
        problem: "nodes" or "links".
        group: column of nodes; those with equal cells are never parted between splits.
        time: column of nodes; the latest are judged.
        split: column of nodes that says train, validation or test; nodes without such a word are not judged.
        inductive: hides nodes that are judged, and their edges, in training.
        directed: whether messages go one way along edges; as GraphML and networkx say, else not.
        id: column of nodes.csv that names the nodes; "id", or the one that holds the ends of edges, unless given.
        source_node: column of edges.csv with one end; "source", "from" ..., or the first, unless given.
        target_node: column of edges.csv with the other end.
        reason: why it is read as a graph.

    Raises:
        InputError: for files that contradict each other, or a target that is no class.

    Example:
        >>> import networkx
        >>> read_graph(networkx.karate_club_graph(), target="club").target.classes
        ('Mr. Hi', 'Officer')
    """
    graph = open_graph(source, asked=Columns(id, source_node, target_node), answer=target, directed=directed)
    if problem is not None and tasks.takes(problem, "graph").labels == "none":
        named = {"group": group, "time": time, "split": split, "inductive": inductive or None}
        given = [word for word, value in named.items() if value is not None]
        if given:
            raise InputError(f"links are split edge by edge; they take no {given[0]}; leave it out")
        return LinkSource(graph, target, reason)
    if not target:
        shown = ", ".join(graph.nodes.column_names[:12]) or "no columns beside the id"
        raise InputError(f"name the column of nodes.csv to predict (target=); it has {shown}")
    if group and time:
        raise InputError("nodes are split by group or by time; received both; leave one out")
    return NodeSource(graph, target, group=group, time=time, split=split, inductive=inductive, reason=reason)
