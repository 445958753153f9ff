"""Whether what a plan says can be meant: its code is of the catalogue, and its parts know each other."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bestiary import catalogue, kinds, tasks
from bestiary.errors import InputError
from bestiary.planning.contenders import recipe_for
from bestiary.records import names
from bestiary.records.keywords import check_keywords
from bestiary.rows.source import SPLITS

if TYPE_CHECKING:
    from bestiary.planning.plan import Entrant, Job, Plan


def check_plan(plan: Plan, file: Path) -> None:
    """Refuses what no race would have written.

    Args:
        plan: of the right types.
        file: that it came from, for messages.

    Raises:
        InputError: for code that is not of the catalogue, which is not imported, and for parts that do not fit.
    """
    from bestiary.planning.contenders import check_words

    _check(plan.kind in kinds.names(), file, f"there is no kind of data {plan.kind!r}")
    tasks.takes(plan.problem, plan.kind)
    tasks.metric_named(plan.metric, plan.problem)
    check_words([word.lower() for word in (*plan.contenders, *plan.exclude)])
    _check(set(plan.rows) >= set(SPLITS), file, f"its rows lack one of {', '.join(SPLITS)}")
    known = {entrant.name: entrant for entrant in plan.entrants}
    _check(len(known) == len(plan.entrants), file, "two of its contenders have one name")
    for entrant in plan.entrants:
        _check_entrant(entrant, plan.problem, file)
    for stage in plan.stages:
        for job in stage.jobs:
            _check_job(job, known, plan, file)
            _check(job.entrant in stage.pace, file, f"it has no pace of {job.entrant}")
    for job in plan.unmade:
        _check_job(job, known, plan, file)
    _check_rivals(plan, file)


def _check_entrant(entrant: Entrant, problem: str, file: Path) -> None:
    row = catalogue.find(entrant.architecture)
    _check(row.name == entrant.architecture, file, f"{entrant.architecture!r} is not an architecture")
    _check(entrant.name.partition("/")[0] == row.name, file, f"{entrant.name!r} is not of {row.name}")
    names.check_network(entrant.network, row.name)
    names.check_recipe(entrant.recipe, row.name)
    if entrant.recipe not in names.given():
        meant = (recipe_for(row, problem) or ("", None))[1]
        meant = catalogue.FINE_TUNING.get(str(meant)) if entrant.weights else meant
        _check(entrant.recipe == meant, file, f"{row.name} learns {problem} by {meant}, not by {entrant.recipe}")
    place = not entrant.weights or re.fullmatch(r"weights/[0-9a-f]{16}\.safetensors", entrant.weights)
    _check(bool(place), file, f"{entrant.name} starts from weights that are not in the run")
    check_keywords(entrant.keywords, entrant.name)
    _check(bool(entrant.settings), file, f"{entrant.name} has no settings")
    for setting in entrant.settings:
        check_keywords(setting, entrant.name)
    _check_words(entrant, file)


def _check_words(entrant: Entrant, file: Path) -> None:
    """That network and recipe take the words that they are given."""
    from bestiary.architectures.build import resolve

    words = dict.fromkeys(word for setting in entrant.settings for word in setting)
    recipe = resolve(entrant.recipe)
    taken = (*inspect.signature(recipe).parameters, *getattr(recipe, "former", ()))
    for word in words:
        _check(word in taken, file, f"the recipe of {entrant.name} takes no word {word[:100]!r}")


def _check_job(job: Job, known: Mapping[str, Entrant], plan: Plan, file: Path) -> None:
    _check(job.entrant in known, file, f"the training {job.id} is of {job.entrant}, which is not in the race")
    _check(
        job.setting < len(known[job.entrant].settings),
        file,
        (f"{job.id} has a setting that {job.entrant} does not have"),
    )
    _check(job.fold < plan.folds, file, f"{job.id} trains on a fold that does not exist")
    _check(0 < job.parts <= 64, file, f"{job.id} has batches of {job.parts} parts")


def _check_rivals(plan: Plan, file: Path) -> None:
    from bestiary.baselines import competitors

    known = [one.name for one in competitors(plan.kind, plan.problem)]
    for rival in plan.rivals:
        _check(rival.name in known, file, f"{rival.name!r} is not a baseline for {plan.problem} of {plan.kind} data")


def _check(sound: bool, file: Path, fault: str) -> None:
    if not sound:
        raise InputError(f"{file} is not a valid plan: {fault}; give the plan.json of a race")
