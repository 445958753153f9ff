"""What a race delivers: which model is the best expected one, decided on validation rows before the test is opened."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bestiary.race.course import Course
from bestiary.race.ensembles import crossed, greedy, mix
from bestiary.race.members import Library, members
from bestiary.race.plan import Ensemble, Part
from bestiary.rows.store import read_spec
from bestiary.tasks.registry import task_for

MOST = 8  # models in an ensemble: each further one costs as much to keep and to ask, and gains little
LOOKED, NUMBERS = 5_000, 40_000  # rows, and numbers of an answer to them, that an ensemble is chosen on, drawn once
POOL = 24  # of the best members take part in the choice


def deliver(course: Course) -> dict[str, float]:
    """Writes the ensembles into the plan, and which model ships; nothing is opened.

    Returns:
        name -> what validation says of it: the loss of the metric that ranks, lower is better. Empty for tasks whose
        predictions do not mix: there the loss of training decides.
    """
    if not task_for(read_spec(course.folder / "data")[1]).mixes:
        return {}
    found = members(course)
    if not found:
        return {}
    library = Library(course, found)
    losses: dict[str, float] = {}
    for member, loss in zip(library.members, library.alone, strict=True):
        losses[member.name] = min(loss, losses.get(member.name, math.inf))
    if not course.plan.fixed:
        course.plan.ensembles = _ensembles(library, course.plan.seed)
    return losses | {one.name: one.loss for one in course.plan.ensembles}


def _ensembles(library: Library, seed: int) -> list[Ensemble]:
    """Of networks alone, of baselines alone, and of both, where each has more than one part and is not another."""
    made: list[Ensemble] = []
    kinds = {
        "ensemble/networks": [n for n, m in enumerate(library.members) if m.network],
        "ensemble/baselines": [n for n, m in enumerate(library.members) if not m.network],
        "ensemble/all": list(range(len(library.members))),
    }
    for name, places in kinds.items():
        one = _ensemble(name, library, places, seed)
        if one is not None and one.parts not in [other.parts for other in made]:
            made.append(one)
    return made


def _ensemble(name: str, library: Library, places: Sequence[int], seed: int) -> Ensemble | None:
    chosen = sorted(places, key=lambda place: library.alone[place])[:POOL]
    if len(chosen) < 2:
        return None
    rows = len(library.rows)
    where = np.arange(rows)
    most = max(500, min(LOOKED, NUMBERS // library.answers[0].shape[1]))
    if rows > most:
        where = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    answers = [library.answers[place][where] for place in chosen]

    def loss(table: np.ndarray, inside: np.ndarray) -> float:
        return library.loss(table, where[inside])

    weights = greedy(answers, loss, np.arange(len(where)), MOST)
    if (weights > 0).sum() < 2:
        return None
    parts = [
        Part(m.id, m.name, list(m.trainings), round(float(weight), 6))
        for m, weight in zip((library.members[place] for place in chosen), weights, strict=True)
        if weight > 0
    ]
    parts.sort(key=lambda part: -part.weight)
    joined = mix([library.answers[place] for place in chosen], weights)
    return Ensemble(name, parts, crossed(answers, loss, len(where), MOST, seed), _scores(library, joined))


def _scores(library: Library, answers: np.ndarray) -> dict[str, float]:
    """All metrics on the rows that chose it, by which its weights look a little better than they are."""
    import torch

    from bestiary.contracts import Predictions

    names = ["value"] if answers.shape[1] == 1 else [f"probability_{k}" for k in range(answers.shape[1])]
    columns = {name: torch.from_numpy(np.ascontiguousarray(answers[:, k])) for k, name in enumerate(names)}
    return library.task.score(Predictions({"row": torch.from_numpy(library.rows), **columns}), library.truth)
