"""Which columns of graph files name nodes and the ends of edges: as asked, by their names, or by what they hold."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bestiary.errors import InputError, nearest
from bestiary.rows.frame import names_of
from bestiary.rows.written import numbers

Ends = tuple[str, str]
# Names of the ends of edges, without the words "node" and "id", signs and case.
_SURE: tuple[Ends, ...] = (
    *product(("source", "from", "src"), ("target", "to", "dst", "dest", "destination")),
    ("u", "v"), ("sender", "receiver"), ("citing", "cited"), ("follower", "followee"),
)  # fmt: skip
_LIKELY: tuple[Ends, ...] = (
    ("1", "2"), ("a", "b"), ("i", "j"), ("start", "end"), ("head", "tail"), ("parent", "child"), ("left", "right"),
    ("origin", "destination"),
)  # fmt: skip
_WORDS = {word for pair in (*_SURE, *_LIKELY) for word in pair}
_NODE = {"node", "nodes", "id", "ids", "nodeid", "vertex", "vertexid"}
_NAMES = ("", "name", "key", "title", "label")  # of nodes, likewise: `node` and `node_id` leave nothing


@dataclass(frozen=True)
class Columns:
    """Names of columns.

    Attributes:
        id: of nodes.csv, that names nodes; None where there is no such file.
        source: of edges.csv, one end.
        target: of edges.csv, the other.
    """

    id: str | None = None
    source: str | None = None
    target: str | None = None


def found(
    tables: Mapping[str, pa.Table], asked: Columns, trained: Columns, answer: str | None
) -> tuple[Columns, list[str]]:
    """The columns that hold names, and notes on those that were guessed.

    Args:
        tables: of "nodes", where there is one, and "edges".
        asked: what the person has named.
        trained: what the columns were called in training; used where there are columns of these names.
        answer: the column to predict, which names no nodes unless nothing else can.

    Raises:
        InputError: for asked columns that do not exist, and where none can be guessed.
    """
    edges, nodes = tables["edges"], tables.get("nodes")
    source, target = asked.source or trained.source, asked.target or trained.target
    for name, option, table, file in (
        (asked.source, "source_node", edges, "edges"),
        (asked.target, "target_node", edges, "edges"),
        (asked.id, "id", nodes, "nodes"),
    ):
        if name is not None and table is not None:
            _there(table, name, file, option)
    if source is None or target is None or source == target or not {source, target} <= set(edges.column_names):
        source, target = _ends(edges, nodes, asked)
    notes = []
    if not asked.source and not asked.target and not _telling(source, target):
        notes.append(
            f"edges lead from {source!r} to {target!r}, as their names do not say; `--source` and `--target-node` "
            "override it"
        )
    if nodes is None:
        return Columns(None, source, target), notes
    id_ = asked.id or (trained.id if trained.id in nodes.column_names else None)
    if id_ is None:
        id_, why = _id(nodes, [names_of(edges[end]) for end in (source, target)], answer)
        notes += [f"nodes are named by the column {id_!r}, {why}; `--id` overrides it"] if why else []
    return Columns(id_, source, target), notes


def _there(table: pa.Table, name: str, file: str, option: str) -> None:
    if name not in table.column_names:
        shown = ", ".join(table.column_names[:12])
        raise InputError(
            f"{file}.csv needs a column {name!r} ({option}); its columns are {shown}{nearest(name, table.column_names)}"
        )


def _plain(name: str) -> str:
    """A name without case, signs, "node" and "id": `Source_ID` is source, `node1` is 1, `node` is nothing."""
    parts = re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    ends = [part[:-2] if part.endswith("id") and part[:-2] in _WORDS else part for part in parts]
    return "".join(part for part in ends if part not in _NODE)


def _telling(source: str, target: str) -> bool:
    return (_plain(source), _plain(target)) in _SURE


# ------------------------------------------------------------------------------------------------ ends of edges


def _ends(edges: pa.Table, nodes: pa.Table | None, asked: Columns) -> Ends:
    free = [name for name in edges.column_names if name.lower() not in ("graph", "weight")]
    if len(free) < 2:
        raise InputError(
            f"edges.csv needs two columns, the nodes at both ends (source, target); its columns are "
            f"{', '.join(edges.column_names)}; add the other"
        )
    likely = {frozenset(pair): pair for pair in _named(free, _LIKELY)}
    held = [likely.get(frozenset(pair), pair) for pair in _held(free, edges, nodes)]
    guesses = [*_named(free, _SURE), *held, *likely.values(), (free[0], free[1])]
    guesses += [(asked.source or name, asked.target or name) for name in free]
    return next((a, b) for a, b in guesses if a != b and asked.source in (None, a) and asked.target in (None, b))


def _named(columns: Sequence[str], pairs: Iterable[Ends]) -> list[Ends]:
    plain = {_plain(name): name for name in reversed(columns)}
    return [(plain[a], plain[b]) for a, b in pairs if a in plain and b in plain]


def _held(columns: Sequence[str], edges: pa.Table, nodes: pa.Table | None) -> list[Ends]:
    """The first two columns whose cells are all found in one column of nodes."""
    if nodes is None:
        return []
    cells = {name: pc.unique(names_of(edges[name])) for name in columns}
    pairs = []
    for column in nodes.column_names:
        known = names_of(nodes[column])
        inside = [name for name, values in cells.items() if _share(values, known) == 1]
        pairs += [(inside[0], inside[1])] if len(inside) > 1 else []
    return pairs


# ------------------------------------------------------------------------------------------------ names of nodes


def _id(nodes: pa.Table, ends: Sequence[pa.Array], answer: str | None) -> tuple[str, str]:
    """The column that names nodes, and how that is known; nothing where it is called `id`."""
    free = [name for name in nodes.column_names if name not in ("graph", answer)]
    asked = pc.unique(pa.concat_arrays(ends))
    shares = {name: _share(asked, names_of(nodes[name])) for name in free}
    holding = [name for name in free if shares[name] == 1 and _different(nodes, name)]
    rank = {plain: place for place, plain in enumerate(_NAMES)}
    if "id" in free and "id" not in holding:  # only names, no numbers that hold the ends by chance, are put before it
        holding = [name for name in holding if _plain(name) in rank or np.isnan(numbers(nodes[name])).any()]
    if "id" in free and ("id" in holding or not holding):
        return "id", ""
    if holding:
        return min(holding, key=lambda name: rank.get(_plain(name), len(rank))), "which holds the ends of all edges"
    called = [name for name in free if _plain(name) in _NAMES[:3]]
    best = called[0] if called else max(free, key=lambda name: shares[name], default="")
    if not called and shares.get(best, 0) < 0.5:
        raise InputError(
            f"nodes.csv needs a column 'id' that names the nodes: none of its columns ({', '.join(free[:12])}) holds "
            "the ends of edges.csv; add one, or name it (--id)"
        )
    return best, "by its name" if called else f"which holds {shares[best]:.0%} of the ends of edges"


def _share(names: pa.Array, known: pa.Array) -> float:
    """How many of these different names are known, 0 to 1; empty cells do not count."""
    names = names.drop_null()
    return pc.mean(pc.cast(pc.is_in(names, value_set=pc.unique(known)), pa.float64())).as_py() if len(names) else 0.0


def _different(nodes: pa.Table, name: str) -> bool:
    """Whether a column names every node, and no two of a graph alike."""
    names = names_of(nodes[name])
    if "graph" in nodes.column_names:
        names = pc.binary_join_element_wise(names_of(nodes["graph"]), names, "\x1f")
    return not names.null_count and pc.count_distinct(names).as_py() == len(names)
