"""Fitted preprocessing of graphs: what a node knows of itself before it hears from its neighbours.

columns     features of nodes.csv, encoded as tables are
identity    where nodes have no features: one-hot, so that a network can learn a vector for every node of this graph
projection  the same of large graphs, thrown on 256 random directions that are nearly orthogonal
structure   where networks meet graphs that they have not seen: a node's number of neighbours
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import GraphSpec, GraphsSpec, TableSpec
from bestiary.errors import InputError
from bestiary.kinds.graph.columns import Columns
from bestiary.kinds.graph.files import Graph, open_graph
from bestiary.kinds.table.encoder import TableEncoder
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.limits import need
from bestiary.rows.many_columns import describe_all
from bestiary.rows.source import Encoded

EXACT, DIRECTIONS = 1_024, 256
SAMPLE = 10_000  # nodes that preprocessing is fitted on
MOST_PAIRS = 200_000  # pairs that are scored when none are named
DEGREES = 10  # degrees that have a feature of their own; higher ones share the last
Arrays = dict[str, NDArray[np.generic]]


@dataclass
class NodeFeatures:
    """How nodes become vectors.

    Attributes:
        way: "columns", "identity", "projection" or "structure".
        table: fitted on training nodes, for `columns`.
        ids: of the nodes that have an identity.
    """

    way: str
    table: TableEncoder | None = None
    ids: list[str] = field(default_factory=list)

    @classmethod
    def fit(cls, graph: Graph, columns: list[str], where: NDArray[np.int64], known: bool) -> NodeFeatures:
        """From columns that can be learned from, else from identities where nodes are known, else from structure.

        Args:
            graph: with its nodes.
            columns: of the nodes that may be learned from.
            where: nodes to fit on.
            known: whether the nodes that will be asked about are among these.
        """
        table = _fitted(graph.nodes.select(columns), where)
        ids = [graph.ids[node] for node in where.tolist()] if len(graph.parts) == 1 else []
        if table is not None:
            return cls("columns", table, ids)
        if not known:
            return cls("structure", ids=ids)
        return cls("identity" if len(ids) <= EXACT else "projection", ids=ids)

    @property
    def width(self) -> int:
        """How many features a node has."""
        sizes = {"identity": len(self.ids), "projection": DIRECTIONS, "structure": 2 + DEGREES}
        return self.table.spec.features if self.table is not None else sizes[self.way]

    def known(self, ids: list[str]) -> NDArray[np.int64]:
        """The number that each node had in training, -1 for new ones."""
        place = {name: number for number, name in enumerate(self.ids)}
        return np.array([place.get(name, -1) for name in ids], np.int64)

    def of(self, graph: Graph, edges: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features [N F] and known numbers [N] of the nodes of a graph with these edges [2 E]."""
        need(3 * 4 * self.width * len(graph), f"the features of {len(graph):,} nodes", "give fewer nodes or columns")
        known = self.known(graph.ids) if self.ids else np.full(len(graph), -1)
        if self.table is not None:
            return cast("NDArray[np.float32]", self.table.arrays(graph.nodes)["features"]), known
        if self.way == "structure":
            return structure(edges, len(graph)), known
        table = np.eye(len(self.ids), dtype=np.float32) if self.way == "identity" else _directions(len(self.ids))
        return np.where(known[:, None] >= 0, table[known], np.float32(0)), known

    def note(self) -> str:
        """For people."""
        return {
            "columns": "",
            "identity": "nodes have no features, so each node gets a one-hot vector",
            "projection": f"nodes have no features, so each node gets {DIRECTIONS} random numbers",
            "structure": "nodes have no features, so each node gets its number of neighbours",
        }[self.way]


def structure(edges: NDArray[np.int64], nodes: int) -> NDArray[np.float32]:
    """What a node's edges [2 E] tell: the logarithms of those in and out, and the number in as one-hot, [N 12].

    Example:
        >>> structure(np.array([[0, 1], [1, 0]]), 3)[:, 2:5].astype(int).tolist()
        [[0, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    into, out = np.bincount(edges[1], minlength=nodes), np.bincount(edges[0], minlength=nodes)
    counts = np.eye(DEGREES)[np.minimum(into, DEGREES - 1)]
    return np.column_stack([np.log1p(into), np.log1p(out), counts]).astype(np.float32)


def _directions(count: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(0).standard_normal((count, DIRECTIONS), np.float32)
    return drawn / np.float32(np.sqrt(DIRECTIONS))


def _fitted(nodes: pa.Table, where: NDArray[np.int64]) -> TableEncoder | None:
    """A table encoder of the columns that can be learned from, or None where there is none."""
    index = where[np.linspace(0, len(where) - 1, min(len(where), SAMPLE)).astype(np.int64)] if len(where) else where
    if not nodes.column_names or not len(index):
        return None
    sample = nodes.take(pa.array(index))
    columns = describe_all(sample, index)
    unlabelled = {"target": "", "problem": "reconstruct", "classes": []}  # the columns of nodes answer nothing
    encoder = TableEncoder(TableSpec(0, 0), unlabelled, columns, {})
    if not encoder.used:
        return None
    try:
        encoder.learn(sample)
    except InputError as reason:
        if "all are constant" in str(reason):
            return None
        raise
    encoder.spec = TableSpec(encoder.width, 1)
    return encoder


@dataclass
class GraphEncoder:
    """Fitted preprocessing of one graph, for nodes and for links; see `rows.source.Encoder`."""

    spec: GraphSpec
    facts: Mapping[str, object]
    nodes: NodeFeatures
    kind: str = "graph"

    def encode(self, source: object) -> Encoded:
        """All nodes of a graph, or for links all pairs that are asked about (pairs.csv), else all unconnected pairs."""
        graph = open_graph(source, trained=_columns(self.facts), directed=bool(self.facts["directed"]))
        edges, weights = graph.both_ways()
        features, known = self.nodes.of(graph, edges)
        arrays: Arrays = {"features": features, "edges": edges, "weights": weights, "known": known}
        warnings = list(graph.notes) + self._strange(known)
        if tasks.find(str(self.facts["problem"])).labels == "needed":
            where = np.arange(len(graph))
            return Encoded({**arrays, "where": where}, where, warnings, list(graph.ids))
        pairs = _pairs(graph)
        names = [f"{graph.ids[a]} - {graph.ids[b]}" for a, b in pairs.tolist()]
        return Encoded({**arrays, "where": pairs}, np.arange(len(pairs)), warnings, names)

    def _strange(self, known: NDArray[np.int64]) -> list[str]:
        new = int((known < 0).sum())
        if not new or self.nodes.way not in ("identity", "projection"):
            return []
        return [f"{new:,} nodes are new; the model knows nodes by themselves alone and can say little about these"]

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`, and the columns' encoder to `nodes/`."""
        _save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> GraphEncoder:
        """What `save` wrote; `InputError` when it was altered."""
        spec, facts, nodes = _load(folder, cls.kind)
        return cls(cast("GraphSpec", spec), facts, nodes)


@dataclass
class GraphsEncoder:
    """Fitted preprocessing of a set of graphs; see `rows.source.Encoder`."""

    spec: GraphsSpec
    facts: Mapping[str, object]
    nodes: NodeFeatures
    kind: str = "graphs"

    def encode(self, source: object) -> Encoded:
        """All graphs of a set."""
        graph = open_graph(source, trained=_columns(self.facts), directed=bool(self.facts["directed"]), many=True)
        count = len(graph.parts)
        return Encoded(self.arrays(graph, np.arange(count)), np.arange(count), list(graph.notes), list(graph.parts))

    def arrays(self, graph: Graph, chosen: NDArray[np.int64]) -> Arrays:
        """Some graphs of a set: nodes and edges graph by graph, ends counted within each, and where each starts."""
        edges, weights = graph.both_ways()
        features, _ = self.nodes.of(graph, edges)
        of_edges = graph.part[edges[1]]
        order, node_starts = _gathered(graph.part, chosen, len(graph.parts))
        edge_order, edge_starts = _gathered(of_edges, chosen, len(graph.parts))
        first = np.zeros(len(graph), np.int64)  # a node's number within its graph
        first[order] = np.arange(len(order)) - np.repeat(node_starts[:-1], np.diff(node_starts))
        return {
            "features": features[order],
            "edges": first[edges[:, edge_order]],
            "weights": weights[edge_order],
            "node_starts": node_starts,
            "edge_starts": edge_starts,
        }

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`, and the columns' encoder to `nodes/`."""
        _save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> GraphsEncoder:
        """What `save` wrote; `InputError` when it was altered."""
        spec, facts, nodes = _load(folder, cls.kind)
        return cls(cast("GraphsSpec", spec), facts, nodes)


def _columns(facts: Mapping[str, object]) -> Columns:
    """What the columns of names were called in training; nothing in folders that do not say."""
    return Columns(**cast("dict[str, str | None]", facts.get("columns", {})))


def _gathered(
    part: NDArray[np.int64], chosen: NDArray[np.int64], parts: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What belongs to the chosen graphs, graph by graph in their order, and where each begins."""
    counts = np.bincount(part, minlength=parts)
    starts = np.concatenate([[0], counts.cumsum()])
    order = np.argsort(part, kind="stable")
    pieces = [order[starts[one] : starts[one + 1]] for one in chosen]
    return np.concatenate([np.empty(0, np.int64), *pieces]), np.concatenate([[0], counts[chosen].cumsum()])


def _pairs(graph: Graph) -> NDArray[np.int64]:
    """The pairs [M 2] that are asked about."""
    if graph.pairs is not None:
        return graph.pairs.T
    free = len(graph) * (len(graph) - 1) // 2 - graph.edges.shape[1]
    if free > MOST_PAIRS:
        raise InputError(
            f"name the pairs to score in pairs.csv (source,target) beside edges.csv; there are {free:,} without an edge"
        )
    joined = np.eye(len(graph), dtype=bool)
    joined[graph.edges[0], graph.edges[1]] = joined[graph.edges[1], graph.edges[0]] = True
    return np.argwhere(np.triu(~joined))


def _save(encoder: GraphEncoder | GraphsEncoder, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if encoder.nodes.table is not None:
        encoder.nodes.table.save(folder / "nodes")
    write_encoder(encoder, folder, way=encoder.nodes.way, ids=encoder.nodes.ids)


def _load(folder: Path, kind: str) -> tuple[object, Mapping[str, object], NodeFeatures]:
    spec, words = read_encoder(folder, kind)
    table = TableEncoder.load(folder / "nodes") if words["way"] == "columns" else None
    nodes = NodeFeatures(words["way"], table, words["ids"])
    if nodes.width != spec.sizes()["features"]:
        raise InputError(f"the nodes of {folder} have {nodes.width} features, not those of its sizes; save it again")
    return spec, words["facts"], nodes
