"""What a race delivers: which model is the best expected one, decided on validation rows before the test is opened."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bestiary.planning.plan import Ensemble, Part, Plan
from bestiary.race.course import Course
from bestiary.race.delivering.ensembles import Floats, Loss, crossed, greedy, mix, single
from bestiary.race.delivering.members import Library, members

MOST = 8  # models in an ensemble: each further one costs as much to keep and to ask, and gains little
LOOKED, NUMBERS = 5_000, 40_000  # rows, and numbers of an answer to them, that an ensemble is chosen on, drawn once
POOL = 24  # of the best members take part in the choice


def deliver(course: Course) -> dict[str, float]:
    """Writes the ensembles into the plan, and which model ships; nothing is opened.

    Returns:
        name -> what validation says of it: the loss of the metric that ranks, lower is better. Empty for tasks whose
        predictions do not mix, and where no answers are finite: there the loss of training decides.
    """
    if not course.scoring.mixes:
        return {}
    library = Library(course, members(course))
    if not library.members:
        return {}
    losses: dict[str, float] = {}
    chosen = _places(library, range(len(library.members)))
    where = _looked(library, course.plan.seed)
    luck = crossed(*_choice(library, chosen, where), len(where), 1, course.plan.seed, single)
    luck -= min(library.alone[place] for place in chosen)
    for member, loss in zip(library.members, library.alone, strict=True):
        losses[member.name] = min(loss + max(0.0, luck), losses.get(member.name, math.inf))
    if not course.plan.fixed:
        course.plan.ensembles = _ensembles(library, course.plan.seed)
        _settle(library, course.plan)
    return losses | {one.name: one.loss for one in course.plan.ensembles}


def _settle(library: Library, plan: Plan) -> None:
    """How each model answers, where the metric asks for more than the likeliest class; how sure it is, likewise."""
    best: dict[str, int] = {}
    for place, member in enumerate(library.members):
        if member.name not in best or library.alone[place] < library.alone[best[member.name]]:
            best[member.name] = place
    tables = {name: library.answers[place] for name, place in best.items()}
    by_id = {member.id: place for place, member in enumerate(library.members)}
    for one in plan.ensembles:
        tables[one.name] = np.sum([part.weight * library.answers[by_id[part.id]] for part in one.parts], axis=0)
    for name, table in tables.items():
        weights = library.task.rule(plan.metric, table, library.truth)
        if weights is not None:
            plan.rules[name] = weights
        degree = library.task.temperature(plan.metric, table, library.truth)
        if degree is not None:
            plan.temperatures[name] = degree


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
    chosen = _places(library, places)
    if len(chosen) < 2:
        return None
    where = _looked(library, seed)
    answers, loss = _choice(library, chosen, where)
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


def _places(library: Library, places: Iterable[int]) -> list[int]:
    """The best members."""
    return sorted(places, key=lambda place: library.alone[place])[:POOL]


def _looked(library: Library, seed: int) -> NDArray[np.int64]:
    """The rows that choose: all, or a part drawn once."""
    rows = len(library.rows)
    most = max(500, min(LOOKED, NUMBERS // library.answers[0].shape[1]))
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _choice(library: Library, places: Sequence[int], where: NDArray[np.int64]) -> tuple[list[Floats], Loss]:
    """Answers of some members to some rows, and what is made small of them."""
    return [library.answers[place][where] for place in places], lambda table, inside: library.loss(table, where[inside])


def _scores(library: Library, answers: np.ndarray) -> dict[str, float]:
    """All metrics on the rows that chose it, by which its weights look a little better than they are."""
    import torch

    from bestiary.contracts import Predictions

    columns = {name: torch.from_numpy(np.ascontiguousarray(answers[:, k])) for k, name in enumerate(library.columns)}
    return library.task.score(Predictions({"row": torch.from_numpy(library.rows), **columns}), library.truth)
