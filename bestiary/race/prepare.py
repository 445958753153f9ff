"""From a person's data to a run folder with encoded splits, and a plan without contenders yet."""

from __future__ import annotations

import importlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from bestiary import __version__, tasks
from bestiary.data.order import suit
from bestiary.errors import InputError
from bestiary.planning.plan import Plan, Rival
from bestiary.race.losses import constant
from bestiary.records.digests import write_digests
from bestiary.rows.limits import guarded
from bestiary.rows.source import SPLITS, Source
from bestiary.rows.store import read_spec, write_array, write_text
from bestiary.tasks.registry import task_for
from bestiary.tasks.scoring import Scoring

FOLDS = 3
CLUSTERED = 1.1  # times the variance that equal rows would have if they were not, from which on they are groups


@dataclass(frozen=True)
class Wishes:
    """What a person asked of a race; the words of `bestiary.race`. Where one trains `alone`, no folds choose."""

    budget: float
    equal: str
    metric: str | None
    seed: int
    workers: int
    device: str
    prefer: Literal["best", "small", "fast"] = "best"
    refit: bool = True
    alone: bool = False


def check(equal: str, workers: int | None, device: str, seed: int) -> tuple[int, str]:
    """How many workers, and which device, after refusing what cannot be.

    Raises:
        InputError: for a word or number that cannot be used.
    """
    if equal not in ("time", "examples"):
        raise InputError(f"equal must be time or examples; received {equal!r}")
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device must be auto, cpu or cuda; received {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda was asked for, but torch finds none; use --device cpu")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise InputError(f"seed must be a whole number from 0 to 2147483647; received {seed!r}")
    chosen = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers is not None and (not isinstance(workers, int) or not 1 <= workers <= 1024):
        raise InputError(f"workers must be a whole number from 1 to 1024; received {workers!r}")
    if chosen == "cuda":
        return 1, chosen  # contenders take turns on an accelerator
    return workers or cores, chosen


def prepare(
    source: Source,
    arguments: Mapping[str, object],
    folder: Path,
    wishes: Wishes,
    say: Callable[[str], None] = lambda message: None,
) -> Plan:
    """Splits and encodes data into the run folder.

    Args:
        source: the data.
        arguments: they were read with, for a replay; empty where that cannot be.
        folder: of the run.
        wishes: what was asked for.
        say: told what takes long, before it begins.

    Returns:
        A plan without entrants.
    """
    from bestiary.baselines import competitors, left_out
    from bestiary.rows.splits import FOLDS_BELOW, assign, duplicates, folds, unit_keys

    task = tasks.find(source.target.problem)
    if wishes.metric and task.answers_classes:
        suit(source, tasks.metric_named(wishes.metric, task.name))
    target = source.target
    splits = assign(source)
    rows = {name: int((splits == number).sum()) for number, name in enumerate(SPLITS)}
    data = folder / "data"
    with guarded("encoding the data"):
        source.encode(splits, data, wishes.seed)
        _write_groups(source, splits, data)
    notes = list(dict.fromkeys([*source.notes, *duplicates(source)]))  # before the folds, whose encoders are no one's
    notes += _note_test_rows(source, splits, folder / "sealed")
    ordered = source.times is not None and source.groups is None
    few = not wishes.alone and task.folds and len(source) < FOLDS_BELOW and not ordered
    count = min(FOLDS, len(np.unique(unit_keys(source)[splits < 2]))) if few else 0
    count = count if count >= 2 else 0
    if count:
        fold = folds(unit_keys(source), count, splits)
        for number in range(count):
            inner = np.where(splits > 1, -1, np.where(fold == number, 1, 0)).astype(np.int8)
            inner[splits < 0] = -1
            source.encode(inner, data / f"fold{number}", wishes.seed, train_only=True)
            _write_groups(source, inner, data / f"fold{number}")
    names = [one.name for one in competitors(source.kind, task.name)]
    counts = np.bincount(target.values[splits == 0].astype(np.int64)) if task.answers_classes else ()
    named, reason = task.ranking([int(c) for c in counts])
    if wishes.metric:
        named, reason = wishes.metric, "you asked for it"
    chosen = tasks.metric_named(named, task.name)
    plan = Plan(
        source=dict(arguments),
        digest=source.digest,
        kind=source.kind,
        problem=target.problem,
        target=target.name,
        classes=list(target.classes),
        notes=notes,
        budget=wishes.budget,
        equal="time" if wishes.equal == "time" else "examples",
        metric=chosen.name,
        metric_reason=reason,
        higher=chosen.higher,
        seed=wishes.seed,
        workers=wishes.workers,
        device="cuda" if wishes.device == "cuda" else "cpu",
        splits=_how(source, count),
        rows=rows,
        folds=count,
        shares={},
        prefer=wishes.prefer,
        refit=wishes.refit,
        rivals=[Rival(name, 0.0) for name in names if not left_out(name, len(target.classes))],
        versions=versions(),
    )
    spec, facts = read_spec(data)
    if notice := task_for(facts).notice(spec, rows["train"]):
        say(notice)
    plan.constant = _constant(folder, plan, task_for(facts))
    write_digests(folder)
    return plan


def _constant(folder: Path, plan: Plan, scoring: Scoring) -> float:
    data = folder / "data"
    return scoring.deciding(plan.metric, *constant(data, data, "validation"))


def _how(source: Source, count: int) -> str:
    own = getattr(source, "how", "")
    if own:  # a kind that splits itself says how
        return own
    by = (
        "by groups" if source.groups is not None
        else "by time, the latest rows for the test" if source.times is not None
        else "by a hash of each row's content, equal rows together"
    )  # fmt: skip
    given = "test rows from the file that was given; the others " if source.held is not None else ""
    selecting = (
        f"; contenders are chosen on {count} folds of the training and validation rows, because there are few"
        if count
        else ""
    )
    return f"{given}{by}{selecting}"


def _write_groups(source: Source, splits: NDArray[np.int8], folder: Path) -> None:
    """Which rows a person said belong together: `group`, counted from 0 in each split."""
    if source.groups is not None:
        for number, split in enumerate(SPLITS[:2]):
            inside = np.unique(source.groups[splits == number], return_inverse=True)[1]
            write_array(folder, split, "group", inside.astype(np.int64))


def _note_test_rows(source: Source, splits: NDArray[np.int8], sealed: Path) -> list[str]:
    """What the verdict needs beside the encoded test rows: what holds them together, and what they are called.

    Rows of equal content tell no more than one of them: where there are many, they are groups.

    Returns:
        A note for people, where rows count as fewer than they are.
    """
    from bestiary.judging.statistics import time_blocks
    from bestiary.rows.splits import unit_keys

    where, notes = splits == SPLITS.index("test"), list[str]()
    if source.groups is not None:
        write_array(sealed, "test", "group", np.unique(source.groups[where], return_inverse=True)[1].astype(np.int64))
    elif source.times is not None:
        write_array(sealed, "test", "block", time_blocks(source.times[where]))
    elif not (sealed / "test.group.npy").exists():  # of running text, whose reader says what belongs together
        _, unit, sizes = np.unique(unit_keys(source)[where], return_inverse=True, return_counts=True)
        if float((sizes**2).sum()) > CLUSTERED * where.sum():
            write_array(sealed, "test", "group", unit.astype(np.int64))
            notes.append(f"of {where.sum():,} test rows {len(sizes):,} differ; equal ones count as one in intervals")
    names = getattr(source, "names", None)
    if names is not None and len(names) == len(splits):
        write_text(sealed / "names.json", json.dumps([str(names[i]) for i in np.flatnonzero(where)]))
    return notes


def versions() -> dict[str, str]:
    """Of the packages that decide figures, and the machine."""
    found = {"bestiary": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "sklearn", "pandas"):
        found[name] = str(importlib.import_module(name).__version__)
    cores = os.cpu_count() or 1
    return {**found, "machine": f"{platform.system()} {platform.machine()}, {cores} cores"}
