"""The names of the tasks, and which kinds of data they are about."""

from __future__ import annotations

from bestiary.errors import InputError, nearest

SUPERVISED = ("classification", "regression")
UNLABELLED = ("reconstruct", "anomaly", "generate")
"""Tasks that learn from tables or images without a target; labels, where there are any, only help to judge."""
KIND_OF: dict[str, str] = {
    "transduce": "pairs",
    "continue": "corpus",
    "nodes": "graph",
    "links": "graph",
    "graphs": "graphs",
    "control": "environment",
}
"""task -> the kind of data that it is about."""
USUAL_TASK: dict[str, str] = {
    "pairs": "transduce",
    "corpus": "continue",
    "graph": "nodes",
    "graphs": "graphs",
    "environment": "control",
}
"""kind of data -> the task that is meant when none is named."""
JUDGED = {
    "transduce": "pairs",
    "continue": "windows of text",
    "nodes": "nodes",
    "links": "pairs of nodes",
    "graphs": "graphs",
    "control": "episodes",
}
"""task -> what is judged one by one; of the others rows."""
NAMES = (*SUPERVISED, *UNLABELLED, *KIND_OF)


def check_task(name: str) -> str:
    """The name itself.

    Raises:
        InputError: for a task that there is not, with the nearest.

    Example:
        >>> check_task("generate")
        'generate'
    """
    if name not in NAMES:
        raise InputError(f"task must be one of {', '.join(NAMES)}; received {name!r}{nearest(name, NAMES)}")
    return name


def check_suits(task: str, kind: str) -> str:
    """The task itself, when it is one for a kind of data.

    Raises:
        InputError: for a task that there is not, and for one that is about other data.

    Example:
        >>> check_suits("nodes", "graph")
        'nodes'
    """
    check_task(task)
    own = tuple(name for name, about in KIND_OF.items() if about == kind)
    known = own or (*SUPERVISED, *UNLABELLED)
    if task not in known:
        raise InputError(f"data of kind {kind} are for the tasks {', '.join(known)}; received {task!r}")
    return task
