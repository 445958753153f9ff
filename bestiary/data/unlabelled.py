"""Tasks that learn without a target: labels, where there are any, are kept for judging and never learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from bestiary.data.source import Source

UNLABELLED = ("reconstruct", "anomaly", "generate")
KIND_OF = {
    "transduce": "pairs",
    "continue": "corpus",
    "nodes": "graph",
    "links": "graph",
    "graphs": "graphs",
    "control": "environment",
}
"""task -> the kind of data that it is about."""
USUAL_TASK = {
    "pairs": "transduce",
    "corpus": "continue",
    "graph": "nodes",
    "graphs": "graphs",
    "environment": "control",
}
"""kind of data -> the task that is meant when none is named."""


def unlabelled(source: Source, task: str) -> Source:
    """The same rows for a task that learns without their target.

    Args:
        source: read as if its target, where it has one, were to be predicted.
        task: one of `UNLABELLED`.

    Returns:
        The source, changed: classes stay as labels; a target of numbers is forgotten.
    """
    target = source.target
    values = target.values if target.classes else np.zeros(len(source), np.int64)
    labels = f"; {target.name!r} is not learned from, only used to judge" if target.classes else ""
    changed = replace(target, problem=task, reason=f"as asked{labels}", values=cast("np.ndarray", values))
    source.target = changed
    if hasattr(source, "rows") and hasattr(source.rows, "target"):  # pyright: ignore[reportAttributeAccessIssue]
        source.rows.target = changed  # pyright: ignore[reportAttributeAccessIssue]
    source.suspects = []
    source.notes = [note for note in source.notes if "determine" not in note and "equals the target" not in note]
    return source
