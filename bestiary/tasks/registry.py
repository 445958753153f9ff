"""The tasks there are, by name: from `facts["problem"]` to the class that predicts and scores.

To add a task: a module with a class that implements `contracts.Task` and takes `facts`, a line in `TASKS`, and, unless
its answers are classes or values, an `EVIDENCE` in the module.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from bestiary.data.tasks import check_task
from bestiary.errors import InputError, nearest
from bestiary.tasks.classification import Classification
from bestiary.tasks.evidence import Evidence
from bestiary.tasks.metrics import METRICS, Metric, by_name, choose
from bestiary.tasks.regression import Regression

TASKS: Mapping[str, str] = {
    "reconstruct": "bestiary.tasks.reconstruct:Reconstruct",
    "anomaly": "bestiary.tasks.anomaly:Anomaly",
    "generate": "bestiary.tasks.generate:Generate",
    "transduce": "bestiary.tasks.transduce:Transduce",
    "continue": "bestiary.tasks.continuation:Continue",
    "control": "bestiary.tasks.control:Control",
    "nodes": "bestiary.tasks.nodes:Nodes",
    "links": "bestiary.tasks.links:Links",
    "graphs": "bestiary.tasks.graphs:Graphs",
}
"""task -> "module:Class", built from the facts of the data. Their modules have an `EVIDENCE`, unless they answer with
classes."""
CLASSES = ("classification", "nodes", "links", "graphs")
"""Tasks whose answers are probabilities of classes."""


def task_for(facts: Mapping[str, Any]) -> Any:
    """How the outputs of a network for these data are read and scored."""
    problem = facts["problem"]
    if problem == "classification":
        return Classification(facts["classes"])
    if problem == "regression":
        return Regression(facts["mean"], facts["scale"])
    module, _, name = TASKS[check_task(problem)].partition(":")
    return getattr(importlib.import_module(module), name)(facts)


def evidence_of(problem: str) -> Evidence | None:
    """How the evidence of a task makes its metrics; None for classes and values, which have their own."""
    if problem in CLASSES or problem == "regression":
        return None
    return importlib.import_module(TASKS[check_task(problem)].partition(":")[0]).EVIDENCE


def metrics_of(problem: str) -> tuple[Metric, ...]:
    """All metrics of a task, the one that ranks by itself first where there is one."""
    evidence = evidence_of(problem)
    if evidence is not None:
        return evidence.metrics
    return tuple(metric for metric in METRICS if metric.problem == kind_of_answer(problem))


def kind_of_answer(problem: str) -> str:
    """ "classification" for tasks whose answers are probabilities of classes; else the task itself.

    Example:
        >>> kind_of_answer("nodes"), kind_of_answer("regression")
        ('classification', 'regression')
    """
    return "classification" if problem in CLASSES else problem


def metric_named(name: str, problem: str) -> Metric:
    """The metric of a name, of this task.

    Raises:
        InputError: for an unknown name, with the nearest known one.
    """
    evidence = evidence_of(problem)
    if evidence is None:
        return by_name(name, kind_of_answer(problem))
    word = name.strip().lower().replace("-", "_").replace(" ", "_")
    known = {metric.name: metric for metric in evidence.metrics}
    if word not in known:
        raise InputError(f"metric must be one of {', '.join(known)}; received {name!r}{nearest(word, known)}")
    return known[word]


def ranking(problem: str, counts: tuple[int, ...] | list[int] = ()) -> tuple[Metric, str]:
    """The metric that ranks when the person names none, and why."""
    evidence = evidence_of(problem)
    if evidence is None:
        return choose(kind_of_answer(problem), counts)
    return evidence.metrics[0], evidence.reason
