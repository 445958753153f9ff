"""Whether one graph was given."""

from __future__ import annotations

from bestiary.rows.given import Given


def guess(given: Given) -> str | None:
    """A folder with nodes and edges, or a GraphML file."""
    if given.path is None:
        return None
    if {"nodes", "edges"} <= held(given):
        return f"{given.path} is a folder of nodes and edges"
    return f"{given.path.name} is a GraphML file" if given.suffix == ".graphml" else None


def held(given: Given) -> set[str]:
    """Names of the files of a folder, without their endings."""
    return {path.name.partition(".")[0] for path in given.folder.iterdir() if path.is_file()} if given.folder else set()
