"""Graphs as people have them: nodes.csv and edges.csv in a folder, GraphML, networkx graphs; checked and numbered.

nodes.csv   id, any features, a column of classes         (graph,id,... for a set of graphs)
edges.csv   source, target, and weight where edges have one  (graph,source,target for a set)
graphs.csv  graph, label                                  (for a set alone)

Columns of other names are found by what they hold, see `columns`. A set may also be molecules in an SDF file, see
`molecules`.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.graph.columns import Columns, found
from bestiary.rows.frame import names_of
from bestiary.rows.frames import Frame, open_frame, whole
from bestiary.rows.paths import checked_path, stays
from bestiary.rows.places import place
from bestiary.rows.written import numbers

NODES, EDGES = 5_000_000, 50_000_000
_SUFFIXES = (
    ".csv", ".tsv", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zst", ".tsv.gz", ".parquet", ".feather", ".jsonl", ".xlsx",
)  # fmt: skip


@dataclass
class Graph:
    """One graph, or several that are not connected.

    Attributes:
        name: for messages.
        ids: what every node is called, [N].
        nodes: columns of the nodes, N rows; without columns where nodes have none.
        edges: int64 [2 E], no edge twice, none from a node to itself; each once, whichever way, when not `directed`.
        weights: float32 [E], 1 where edges have none.
        directed: whether messages go one way alone.
        digest: sha256 of all that was given.
        part: int64 [N] number of each node's graph, in a set; else all 0.
        parts: names of the graphs.
        columns: what the columns of names are called in the files.
        table: columns of the graphs of a set, one row each, else None.
        pairs: int64 [2 M] pairs that are asked about (pairs.csv), else None.
        notes: for people.
    """

    name: str
    ids: list[str]
    nodes: pa.Table
    edges: NDArray[np.int64]
    weights: NDArray[np.float32]
    directed: bool
    digest: str
    part: NDArray[np.int64]
    parts: list[str]
    columns: Columns
    table: pa.Table | None = None
    pairs: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def both_ways(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Edges in every direction that messages take, in the order of their receivers, and their weights."""
        edges, weights = self.edges, self.weights
        if not self.directed:
            edges, weights = np.concatenate([edges, edges[::-1]], 1), np.concatenate([weights, weights])
        order = np.lexsort((edges[0], edges[1]))
        return edges[:, order], weights[order]


def open_graph(
    source: object,
    *,
    asked: Columns = Columns(),  # noqa: B008 (it cannot be changed)
    trained: Columns = Columns(),  # noqa: B008
    answer: str | None = None,
    directed: bool | None = None,
    many: bool = False,
) -> Graph:
    """Reads whatever holds a graph.

    Args:
        source: folder, GraphML file, file of edges alone, networkx graph, list of networkx graphs for a set, or a
            mapping with frames `nodes` and `edges` (and `graphs` for a set).
        asked: columns that the person has named; found unless given.
        trained: what the columns were called in training.
        answer: column to predict, where it is known.
        directed: whether edges go one way; as networkx and GraphML say, else not.
        many: whether a set of graphs is expected.

    Raises:
        InputError: when there is no graph, or it contradicts itself.

    Example:
        >>> open_graph({"nodes": {"id": ["a", "b"]}, "edges": {"source": ["a"], "target": ["b"]}}).edges.tolist()
        [[0], [1]]
    """
    read = functools.partial(_from_frames, asked=asked, trained=trained, answer=answer, many=many)
    if isinstance(source, Graph):
        return source
    if isinstance(source, (str, Path)):
        path = Path(source).expanduser()
        if path.is_dir():
            found = _frames(path)
            return read(path.name, found, directed=directed)
        if path.suffix.lower() == ".graphml":
            from bestiary.kinds.graph.networkx_graphs import read_graphml

            source = read_graphml(checked_path(path))
        elif many and path.suffix.lower() in (".sdf", ".sd"):
            from bestiary.kinds.graphs.molecules import read_sdf

            source = read_sdf(checked_path(path))
        elif many:
            raise InputError(f"expected a folder with graphs.csv, nodes.csv and edges.csv, or SDF; received {path}")
        else:
            frame = open_frame(source)
            return read(path.name, {"edges": frame}, directed=directed)
    if isinstance(source, Mapping):
        return read("graph", {name: open_frame(part) for name, part in source.items()}, directed=directed)
    from bestiary.kinds.graph.networkx_graphs import from_networkx

    frames, named = from_networkx(source, many)
    return _from_frames(
        "graph", frames, asked=Columns("id", "source", "target"), trained=trained, answer=None, many=many,
        directed=named if directed is None else directed,
    )  # fmt: skip


def _frames(folder: Path) -> dict[str, Frame]:
    found: dict[str, Frame] = {}
    for name in ("nodes", "edges", "graphs", "pairs"):
        for path in (folder / f"{name}{suffix}" for suffix in _SUFFIXES):
            if path.is_symlink() and not stays(path, Path(os.path.realpath(folder))):
                raise InputError(
                    f"{path.name} is a link that leads out of the folder {folder.name}; copy the file there"
                )
            if path.is_file():
                found[name] = open_frame(path)
                break
    if "edges" not in found:
        shown = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
        raise InputError(f"expected nodes.csv and edges.csv in the folder {folder.name}; it holds {shown}; add them")
    return found


def _from_frames(
    name: str,
    frames: Mapping[str, Frame],
    *,
    asked: Columns,
    trained: Columns,
    answer: str | None,
    directed: bool | None,
    many: bool,
) -> Graph:
    missing = [part for part in (("nodes", "edges", "graphs") if many else ("edges",)) if part not in frames]
    if missing:
        raise InputError(
            f"a {'set of graphs' if many else 'graph'} needs {missing[0]}.csv; {name} has {', '.join(frames)}"
        )
    if not many and "graphs" in frames:
        raise InputError(f"{name} has graphs.csv, so it is a set of graphs; use --task graphs, or leave graphs.csv out")
    digest = hashlib.sha256(f"{directed} {many}".encode())
    tables = {part: _whole(frame, digest) for part, frame in frames.items()}
    if many:
        tables = {part: _with_graphs(table, part) for part, table in tables.items()}
    edges = tables["edges"]
    named, guessed = found(tables, asked, trained, answer)
    ends = [named.source or "", named.target or ""]
    columns = [_filled(frames["edges"], edges, end, "edges") for end in ends]
    inside = (
        [_filled(frames[part], tables[part], "graph", part) for part in ("graphs", "nodes", "edges")] if many else None
    )
    parts = _numbered(inside[0], "graph", "graphs.csv") if inside else pa.array([name])
    if "nodes" in tables:
        ids = _filled(frames["nodes"], tables["nodes"], named.id or "", "nodes")
        nodes = tables["nodes"].drop_columns([named.id])
    else:
        ids = pc.unique(pa.concat_arrays(columns))
        nodes = pa.table({"": pa.nulls(len(ids))}).drop_columns([""])
    if not 0 < len(ids) <= NODES or len(edges) > EDGES:
        raise InputError(f"a graph has from 1 to {NODES:,} nodes and at most {EDGES:,} edges; {name} has {len(ids):,}")
    part = np.zeros(len(ids), np.int64)
    keys: pa.Array = ids
    if inside:
        part = _places(frames["nodes"], inside[1], parts, "nodes.csv", "graph", "graphs.csv")
        of_edges = _places(frames["edges"], inside[2], parts, "edges.csv", "graph", "graphs.csv")
        keys = _within(part, ids)
        columns = [_within(of_edges, column) for column in columns]
        nodes = nodes.drop_columns(["graph"])
        empty = np.setdiff1d(np.arange(len(parts)), part)
        if len(empty):
            raise InputError(
                f"graph {parts[int(empty[0])].as_py()!r} has no node in nodes.csv; add one or leave it out"
            )
    known = _numbered(keys, "id", "nodes.csv")
    given = np.stack(
        [_places(frames["edges"], column, known, "edges.csv", end, "nodes.csv") for column, end in zip(columns, ends)]
    )
    pairs = None
    if "pairs" in tables:
        asked_for, _ = found({"edges": tables["pairs"]}, Columns(), named, None)
        wanted, table = frames["pairs"], tables["pairs"]
        pairs = np.stack(
            [
                _places(wanted, _filled(wanted, table, end, "pairs"), known, "pairs.csv", end, "nodes.csv")
                for end in (asked_for.source or "", asked_for.target or "")
            ]
        )
    notes = [*(note for frame in frames.values() for note in frame.notes), *guessed]
    others = [c for c in edges.column_names if c not in (*ends, "weight", *(["graph"] if many else []))]
    if others:
        notes.append(f"columns of edges are not learned from: {', '.join(map(repr, others))}")
    oneway = bool(directed)
    edges, weights = _tidy(given, _weights(frames["edges"], edges), oneway, notes)
    return Graph(
        name, ids.to_pylist(), nodes, edges, weights, oneway, digest.hexdigest(), part, parts.to_pylist(), named,
        tables["graphs"] if many else None, pairs, notes,
    )  # fmt: skip


def _whole(frame: Frame, digest: Any) -> pa.Table:
    table = whole(frame, weight=3)  # as it is read, in one piece, and the numbers of nodes that are made of it
    digest.update(repr((frame.columns, table.num_rows)).encode())
    for column in table.columns:
        between = ""
        for chunk in column.chunks:  # some cells at a time: as Python's words they take ten times the memory
            for start in range(0, len(chunk), 65_536):
                cells = "\x1f".join(map(str, chunk.slice(start, 65_536).to_pylist()))
                digest.update((between + cells).encode())
                between = "\x1f"
    return table.combine_chunks()


def _with_graphs(table: pa.Table, part: str) -> pa.Table:
    """The table of a set with the names of the graphs in a column `graph`, which may be called `graph_id`."""
    called = [name for name in table.column_names if re.sub(r"[\W_]+", "", name).lower() in ("graph", "graphid")]
    if not called:
        raise InputError(
            f"{part}.csv needs a column 'graph'; its columns are {', '.join(table.column_names[:12])}; add it"
        )
    first = next((name for name in called if name == "graph"), called[0])
    return table.rename_columns(["graph" if name == first else name for name in table.column_names])


def _filled(frame: Frame, table: pa.Table, name: str, part: str) -> pa.Array:
    """A column of names as text, none missing."""
    text = names_of(table[name])
    if text.null_count:
        where = place(frame, int(np.flatnonzero(text.is_null().to_numpy(zero_copy_only=False))[0]))
        raise InputError(f"every row of {part}.csv needs {name!r}; it is missing in {where}; fill or remove it")
    return text


def _numbered(names: pa.Array, word: str, file: str) -> pa.Array:
    """The names themselves, all different."""
    if pc.count_distinct(names).as_py() < len(names):
        counts = pc.value_counts(names)
        most = int(np.argmax(counts.field("counts").to_numpy()))
        twice = str(counts.field("values")[most].as_py()).split("\x1f")[-1]
        raise InputError(f"every {word} of {file} must be there once; {twice!r} comes again; remove one of the rows")
    return names


def _within(part: NDArray[np.int64], ids: pa.Array) -> pa.Array:
    """Names of nodes made different from those of other graphs."""
    return pc.binary_join_element_wise(pa.array(part).cast(pa.string()), ids, "\x1f")


def _places(frame: Frame, names: pa.Array, known: pa.Array, file: str, word: str, home: str) -> NDArray[np.int64]:
    """The number of each name among the known."""
    found = pc.index_in(names, value_set=known)
    if found.null_count:
        strange = np.flatnonzero(found.is_null().to_numpy(zero_copy_only=False))
        name, where = str(names[int(strange[0])].as_py()).split("\x1f")[-1], place(frame, int(strange[0]))
        more = f" ({len(strange):,} rows of it do such)" if len(strange) > 1 else ""
        raise InputError(
            f"{file} names the {word} {name!r} in {where}, which {home} does not have{more}; add it to {home}"
        )
    return found.to_numpy(zero_copy_only=False).astype(np.int64)


def _weights(frame: Frame, edges: pa.Table) -> NDArray[np.float32]:
    if "weight" not in edges.column_names:
        return np.ones(len(edges), np.float32)
    weights = numbers(edges["weight"])
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0) & (weights < np.finfo(np.float32).max)))
    if len(wrong):
        where, found = place(frame, int(wrong[0])), edges["weight"][int(wrong[0])].as_py()
        raise InputError(
            f"weights of edges are numbers from 0; edges.csv has {found!r} in {where}; correct or remove it"
        )
    return weights.astype(np.float32)


def _tidy(
    edges: NDArray[np.int64], weights: NDArray[np.float32], directed: bool, notes: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Without loops, repetitions and edges of weight 0, each said."""

    def keep(where: NDArray[np.bool_], one: str, many: str) -> None:
        nonlocal edges, weights
        gone = int((~where).sum())
        if gone:
            notes.append(one if gone == 1 else many.format(gone))
            edges, weights = edges[:, where], weights[where]

    keep(
        edges[0] != edges[1],
        "1 edge from a node to itself is left out; networks add self-loops themselves",
        "{:,} edges from a node to itself are left out; networks add self-loops themselves",
    )
    keep(weights > 0, "1 edge of weight 0 is left out", "{:,} edges of weight 0 are left out")
    ends = edges if directed else np.sort(edges, axis=0)
    _, first = np.unique(ends, axis=1, return_index=True) if ends.shape[1] else (None, np.empty(0, np.int64))
    fresh = np.zeros(ends.shape[1], bool)
    fresh[first] = True
    keep(fresh, "1 edge is there twice and counts once", "{:,} edges are there again and count once")
    return edges, weights
