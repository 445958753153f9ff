"""Whether the files of a run folder are what a race writes there, before any process is started on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bestiary import kinds
from bestiary.errors import InputError
from bestiary.judging.evidence import Verdict
from bestiary.planning.plan import Job, Plan
from bestiary.records import door
from bestiary.records.names import check_world
from bestiary.records.training import (
    ADVICE,
    predict_seconds,
    read_job,
    read_result,
    read_rival_job,
    read_rival_result,
    read_status,
)
from bestiary.rows.paths import there
from bestiary.rows.store import read_spec


def check_run(folder: Path, plan: Plan) -> None:
    """Reads every small file of a run once.

    Args:
        folder: of the run.
        plan: of it.

    Raises:
        InputError: for links out of the folder, for whatever no race would have written, for data of another kind
            than the plan's, and for an environment whose code would be run.
    """
    door.closed(folder)
    for data in _encoded(folder, plan):
        spec, facts = read_spec(data)
        found = (spec.kind, facts["problem"])
        if found != (plan.kind, plan.problem):
            raise InputError(f"{data} holds {' '.join(map(str, found))}; the plan is of {plan.kind} {plan.problem}")
        if word := kinds.find(spec.kind).runs:
            check_world(getattr(spec, word))
    for job in plan.jobs + plan.unmade:
        _check_training(folder / "contenders" / job.id, job, plan)
    for rival in plan.rivals:
        here = folder / "contenders" / rival.id
        read_rival_result(here)
        predict_seconds(here)
        if (here / "job.json").exists() and (name := read_rival_job(here)["name"]) != rival.name:
            raise InputError(f"{here / 'job.json'} is of the baseline {name!r}; {ADVICE}")


def check_verdict(verdict: Verdict, plan: Plan) -> None:
    """Refuses a verdict on another race than that of the plan.

    Raises:
        InputError: naming what differs.
    """
    for word in ("kind", "problem", "target", "classes"):
        if getattr(verdict, word) != getattr(plan, word):
            raise InputError(f"verdict.json is of another race than plan.json: its {word} differs; {ADVICE}")


def check_origin(origin: object, plan: Plan) -> None:
    """Refuses to open an environment by code that only the plan names.

    Args:
        origin: what the plan says the data are.
        plan: that says so.

    Raises:
        InputError: for "module:Class" that the person has not named herself.
    """
    running = [kind for kind in kinds.every().values() if kind.runs]
    acts = {name for kind in running for name in (kind.name, kind.task)} & {plan.kind, *map(str, plan.source.values())}
    if isinstance(origin, str) and ":" in origin and (acts or not there(origin)):
        check_world(origin)


def check_prepared(plan: Plan, made: Plan) -> None:
    """Refuses a plan whose data were split otherwise than they are now.

    Args:
        plan: that is followed.
        made: of the same data, just now.

    Raises:
        InputError: naming what differs.
    """
    for word in ("target", "classes", "rows"):
        if getattr(plan, word) != getattr(made, word):
            raise InputError(f"the plan's {word} are not those of its data; give the plan of a race on these data")
    if plan.folds > made.folds:
        raise InputError(f"the plan has {plan.folds} folds; its data give {made.folds}; give the plan of this version")


def _encoded(folder: Path, plan: Plan) -> Iterator[Path]:
    """Folders of encoded data that are there."""
    data = folder / "data"
    for place in (data, *(data / f"fold{number}" for number in range(plan.folds))):
        if (place / "spec.json").exists():
            yield place


def _check_training(here: Path, job: Job, plan: Plan) -> None:
    read_result(here)
    read_status(here)
    predict_seconds(here)
    if not (here / "job.json").exists():
        return
    told, entrant = read_job(here), plan.entrant(job.entrant)
    if (told["network"], told["keywords"], told["seed"]) != (entrant.network, entrant.keywords, job.seed):
        raise InputError(f"{here / 'job.json'} names another network than the plan; {ADVICE}")
