"""networkx graphs and GraphML files as frames of nodes and edges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast
from xml.parsers import expat

import pyarrow as pa

from bestiary.errors import InputError
from bestiary.kinds.graph.attributes import as_columns, text_of
from bestiary.rows.frames import Frame, open_frame
from bestiary.rows.limits import need

BYTES = 500_000_000  # of a GraphML file, which is read whole
ELEMENTS = 20_000_000  # of its tree
ELEMENT = 1_000  # bytes of memory that one takes, as a node of the tree and as one of networkx; measured


def read_graphml(path: Path) -> Any:
    """The networkx graph of a GraphML file.

    The file is first walked through by a parser that keeps nothing but names: document types and entities, by which a
    small file can unfold into a huge one or name other files, are refused, and so is a file that is too large, or whose
    edges lead to nodes that it does not have, which networkx would make.

    Raises:
        InputError: when it is no GraphML, damaged, too large, contradicts itself, or has a document type.
    """
    networkx = _networkx()
    graphs = groups = 0
    if path.stat().st_size > BYTES:
        raise InputError(f"{path.name} is larger than {BYTES // 1_000_000} MB; save it as nodes.csv and edges.csv")
    elements, first = 0, ""
    nodes: set[str] = set()
    ends: dict[str, int] = {}  # of edges -> the line that names it first

    def begins(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal elements, first, graphs, groups
        first = first or name
        elements += 1
        kind = name.rpartition(":")[2]
        graphs += kind == "graph"
        groups += attributes.get("yfiles.foldertype") == "group"  # whose inner graph networkx does read
        if kind == "node" and "id" in attributes:
            nodes.add(attributes["id"])
        elif kind == "edge":
            for word in ("source", "target"):
                ends.setdefault(attributes.get(word, ""), parser.CurrentLineNumber)
        if elements > ELEMENTS:
            raise InputError(f"{path.name} has more than {ELEMENTS:,} elements; save it as nodes.csv and edges.csv")

    def refuse(*words: object) -> NoReturn:
        raise InputError(f"{path.name} has a document type or entities, which are not read; save it without <!DOCTYPE>")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begins
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
        if first.rpartition(":")[2] != "graphml":
            raise InputError(f"expected a GraphML file; {path.name} begins with <{first}>; export it as GraphML")
        if graphs > 1 + groups:
            told = f"{path.name} has {graphs} graphs, one after or inside another; only the first would be read"
            raise InputError(f"{told}; save each one alone, without graphs inside of nodes")
        strange = [(line, end) for end, line in ends.items() if end and end not in nodes]
        if strange:
            line, end = strange[0]
            more = f" ({len(strange):,} such nodes are named)" if len(strange) > 1 else ""
            raise InputError(
                f"an edge in line {line} of {path.name} leads to the node {end!r}, which the file does not have{more}; "
                "add it, or remove the edge"
            )
        need(ELEMENT * elements + 4 * path.stat().st_size, f"reading {path.name}", "save it as nodes.csv and edges.csv")
        return networkx.read_graphml(path)
    except (InputError, MemoryError):
        raise
    except Exception as reason:  # damaged files break inside networkx in many ways
        text = " ".join(str(reason).split())[:160]
        raise InputError(f"{path.name} is not readable GraphML ({text}); export it again") from None


def from_networkx(source: object, many: bool) -> tuple[dict[str, Frame], bool]:
    """Frames of the nodes and edges of a networkx graph, or of a set of them, and whether edges have a direction.

    Args:
        source: a graph; for a set a list of graphs whose `graph["label"]` says the class, or (graphs, labels).
        many: whether a set is expected.

    Raises:
        InputError: when it is none.
    """
    given = list(source) if isinstance(source, (list, tuple)) else [source]
    named = None
    if many and isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], Sequence):
        given, named = list(source[0]), list(source[1])
        if len(given) != len(named):
            raise InputError(f"expected a label for each of {len(given)} graphs; received {len(named)}")
    wrong = [g for g in given if not (hasattr(g, "nodes") and hasattr(g, "edges") and hasattr(g, "is_directed"))]
    if wrong or not given or (len(given) > 1 and not many):
        expected = "a list of networkx graphs" if many else "a folder, a GraphML file or a networkx graph"
        received = f"{len(given)} graphs" if not wrong else type(wrong[0]).__name__
        raise InputError(f"expected {expected}; received {received}")
    graphs = [cast("Any", graph) for graph in given]
    nodes = [(place, str(name), words) for place, g in enumerate(graphs) for name, words in g.nodes(data=True)]
    edges = [(place, str(a), str(b), words) for place, g in enumerate(graphs) for a, b, words in g.edges(data=True)]
    if not nodes:
        raise InputError("the graph has no nodes; add some")
    if not edges:
        raise InputError(f"the {'graphs have' if many else 'graph has'} no edges; add some")
    columns = as_columns([{str(k): _bounded(v) for k, v in words.items() if k != "id"} for _, _, words in nodes])
    ends = {"source": text_of([a for _, a, _, _ in edges]), "target": text_of([b for _, _, b, _ in edges])}
    weighted = any("weight" in words for _, _, _, words in edges)
    weight = as_columns([{"weight": _bounded(words.get("weight", 1.0))} for *_, words in edges]) if weighted else {}
    frames = {
        "nodes": pa.table({"id": text_of([name for _, name, _ in nodes]), **columns}),
        "edges": pa.table({**ends, **weight}),
    }
    if many:
        place = {part: text_of([row[0] for row in rows]) for part, rows in (("nodes", nodes), ("edges", edges))}
        frames = {part: table.append_column("graph", place[part]) for part, table in frames.items()}
        labels = as_columns([{"label": _bounded(value)} for value in named or [g.graph.get("label") for g in graphs]])
        frames["graphs"] = pa.table({"graph": text_of(range(len(graphs))), **labels})
    directed = any(graph.is_directed() for graph in graphs)
    return {name: open_frame(table) for name, table in frames.items()}, directed


def _bounded(value: object) -> object:
    """A value, whole numbers of more than 64 bits as the nearest float."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1023 else math.copysign(math.inf, value)
    return value


def _networkx() -> Any:
    try:
        import networkx
    except ImportError:
        raise InputError("GraphML is read by networkx, which is not installed; pip install networkx") from None
    return networkx
