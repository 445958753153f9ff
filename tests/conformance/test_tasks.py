"""What every task promises. A new one is tested by being a folder in `bestiary/tasks`."""

import dataclasses
import importlib
import inspect
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from bestiary import catalogue, kinds, tasks
from bestiary.architectures.build import resolve
from bestiary.tasks.descriptor import TaskDescriptor
from bestiary.tasks.evidence import ColumnEvidence
from bestiary.tasks.registry import evidence_of
from bestiary.tasks.scoring import Scoring

TASKS = [pytest.param(task, id=task.name) for task in tasks.every().values()]
FIELDS = [field.name for field in dataclasses.fields(TaskDescriptor)]


@pytest.mark.parametrize("task", TASKS)
def test_what_it_names_is_there(task: TaskDescriptor) -> None:
    assert set(tasks.kinds_of(task.name)) <= set(kinds.names())
    assert issubclass(resolve(task.scoring), Scoring)  # type: ignore[arg-type]
    assert list(inspect.signature(resolve(task.report)).parameters) == ["evidence"]
    if task.reading:
        taken = inspect.signature(resolve(task.reading)).parameters.values()
        assert next(p.kind for p in taken) is inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in list(taken)[1:])
    known = {recipe for row in catalogue.ROWS for recipe in row.recipes.values()}
    assert set(task.recipes) <= known
    for theirs, own in task.recipes.items():
        assert set(inspect.signature(resolve(theirs)).parameters) >= {"network", "spec"}
        assert set(inspect.signature(resolve(own)).parameters) >= {"network", "spec"}


@pytest.mark.parametrize("task", TASKS)
def test_somebody_can_learn_it(task: TaskDescriptor) -> None:
    recipes = [recipe for row in catalogue.ROWS for name, recipe in row.recipes.items() if name == task.name]
    borrowed = [row for row in catalogue.ROWS if set(row.recipes.values()) & set(task.recipes)]
    assert recipes or borrowed


@pytest.mark.parametrize("task", TASKS)
def test_every_kind_has_baselines(task: TaskDescriptor) -> None:
    from bestiary.baselines import competitors

    for kind in tasks.kinds_of(task.name):
        found: Any = competitors(kind, task.name)
        assert found, f"{task.name} on {kind} data has no baseline"
        assert len({one.name for one in found}) == len(found)
        assert all(one.title and callable(one.search) and callable(one.load) for one in found)


@pytest.mark.parametrize("task", TASKS)
def test_its_metrics_are_made_by_its_evidence(task: TaskDescriptor) -> None:
    ranking, reason = task.ranking([])
    assert task.metric(ranking) in task.metrics and reason
    assert all(metric.low < metric.high and metric.title for metric in task.metrics)
    evidence = evidence_of(task.name)
    if isinstance(evidence, ColumnEvidence):
        assert {measure.metric for measure in evidence.measures} == set(task.metrics)


@pytest.mark.parametrize("task", TASKS)
def test_people_are_told_what_comes_next(task: TaskDescriptor) -> None:
    told = task.next_command("RUN", "new.csv", "mlp")
    assert told.startswith("bestiary ") and " RUN" in told and "{" not in told
    importlib.import_module(f"bestiary.cli.{told.split()[1]}")
    assert task.any_model or "--contender mlp" in told
    assert "{" not in task.job.format(target="y", classes="3")
    assert all(importlib.import_module(f"bestiary.cli.{verb}") for verb in task.verbs)


def test_one_name_of_a_metric_means_one_thing() -> None:
    metrics = {metric for task in tasks.every().values() for metric in task.metrics}
    assert [name for name, count in Counter(m.name for m in metrics).items() if count > 1] == []


def test_one_task_is_meant_for_what_a_target_holds() -> None:
    told = Counter(task.target for task in tasks.every().values() if task.told)
    assert told == {"classes": 1, "value": 1, "values": 1, "labels": 1}


def test_the_task_of_a_kind_takes_it() -> None:
    for kind in kinds.every().values():
        assert not kind.task or tasks.takes(kind.task, kind.name)


@pytest.mark.parametrize("field", FIELDS)
def test_a_descriptor_with_a_missing_field_does_not_load(field: str) -> None:
    whole = {name: getattr(tasks.find("regression"), name) for name in FIELDS}
    assert TaskDescriptor(**whole) == tasks.find("regression")
    with pytest.raises(TypeError, match=field):
        TaskDescriptor(**{name: value for name, value in whole.items() if name != field})


@pytest.mark.parametrize("field", ["name", "verb", "judged", "ignorance", "metrics", "scoring", "report", "following"])
def test_a_descriptor_that_says_nothing_does_not_load(field: str) -> None:
    whole = {name: getattr(tasks.find("regression"), name) for name in FIELDS}
    with pytest.raises(ValueError, match=f"expected something in {field}; received nothing"):
        TaskDescriptor(**{**whole, field: () if field == "metrics" else ""})


def test_descriptors_need_no_torch() -> None:
    code = "from bestiary import tasks; tasks.every(); import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
