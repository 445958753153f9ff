"""Whether a set of graphs was given."""

from __future__ import annotations

from bestiary.kinds.graph.guess import held
from bestiary.rows.given import Given


def guess(given: Given) -> str | None:
    """A folder with graphs, nodes and edges."""
    found = {"graphs", "nodes", "edges"} <= held(given)
    return f"{given.path} is a folder of nodes and edges" if found else None
