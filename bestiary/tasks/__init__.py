"""The tasks there are, found by listing this folder: each folder with a `task.py` is one. Nothing here imports torch.

To add a task: a folder with `task.py`, whose `TASK` says everything about it (`descriptor.py`), and the modules that it
names. No other file has to know.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from bestiary import kinds
from bestiary.errors import InputError, nearest
from bestiary.tasks.descriptor import TaskDescriptor
from bestiary.tasks.metric import Metric, plain

__all__ = [
    "TaskDescriptor",
    "by_target",
    "every",
    "find",
    "kinds_of",
    "metric_named",
    "metric_of",
    "names",
    "takes",
]


@functools.cache
def every() -> Mapping[str, TaskDescriptor]:
    """All tasks by name.

    Raises:
        TypeError, ValueError: when a descriptor lacks something; the message names the folder.
    """
    found: dict[str, TaskDescriptor] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            continue
        place = f"{__name__}.{module.name}.task"
        try:
            task: TaskDescriptor = importlib.import_module(place).TASK
        except (TypeError, ValueError, AttributeError) as reason:
            raise type(reason)(f"{place} has no whole TASK: {reason}") from reason
        if task.name in found:
            raise ValueError(f"{place}: there is another task {task.name!r}")
        found[task.name] = task
    return found


def names() -> tuple[str, ...]:
    """Names of all tasks.

    Example:
        >>> "classification" in names()
        True
    """
    return tuple(every())


def find(name: str) -> TaskDescriptor:
    """The task of a name.

    Raises:
        InputError: for a task that there is not, with the nearest.

    Example:
        >>> find("generate").verb
        'generates'
    """
    if name not in every():
        raise InputError(f"task must be one of {', '.join(names())}; received {name!r}{nearest(name, names())}")
    return every()[name]


def by_target(target: str) -> str:
    """The task that is meant when none is named and the target holds this, where that is what tells tasks apart.

    Args:
        target: "classes" or "value".

    Example:
        >>> by_target("value")
        'regression'
    """
    return next(task.name for task in every().values() if task.told and task.target == target)


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of data that a task takes.

    Example:
        >>> kinds_of("continue"), "table" in kinds_of("classification")
        (('corpus',), True)
    """
    return find(name).kinds or tuple(kind.name for kind in kinds.every().values() if not kind.task)


def takes(name: str, kind: str) -> TaskDescriptor:
    """The task of a name, which must be about this kind of data.

    Raises:
        InputError: when it is not.

    Example:
        >>> takes("nodes", "graph").judged
        'nodes'
    """
    task, taken = find(name), kinds_of(name)
    if kind not in taken:
        shown = " and ".join(taken)
        raise InputError(f"task {name} takes {shown} data; these are {kind} data; name another task or kind")
    return task


def metric_of(name: str) -> Metric | None:
    """The metric of a name, whichever task has it."""
    return next((m for task in every().values() for m in task.metrics if m.name == name), None)


def metric_named(name: str, problem: str) -> Metric:
    """The metric of a name, of a task.

    Args:
        name: such as "auroc"; case, spaces and hyphens do not matter.
        problem: the task.

    Raises:
        InputError: for an unknown name, with the nearest known one, or a metric of another task.

    Example:
        >>> metric_named("Log-Loss", "classification").title
        'log loss'
    """
    task = find(problem)
    other = metric_of(plain(name))
    if other is not None and other not in task.metrics:
        known = ", ".join(metric.name for metric in task.metrics)
        raise InputError(f"the task is {problem}, where {other.title} does not apply; try {known}")
    return task.metric(name)
