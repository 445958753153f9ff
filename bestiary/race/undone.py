"""What time did not allow: networks that were still improving or never trained, baselines that did not finish.

Whoever was starved has not been refuted: where this matters, the verdict leaves the question open and names the budget.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bestiary import tasks
from bestiary.judging.undone import Undone, about
from bestiary.planning.entry import ENOUGH
from bestiary.planning.plan import NOT_CHOSEN, OUT_OF_TIME, PLATEAU, TOO_SLOW, Ensemble, Job, Plan
from bestiary.planning.sizing import MOST_STEPS, fair_share
from bestiary.planning.stages import EPOCHS, unit_of
from bestiary.race.folder import training_folder

if TYPE_CHECKING:
    from bestiary.race.course import Course

NEWEST = 0.9  # of a training: whose best look came later had not ended its way down
PART, FALL = 2 / 3, 0.01  # over the last third the loss must have fallen by this share of itself
CONSTANT = "constant"  # the baseline that knows nothing


def undone(course: Course) -> Undone:
    """What the budget of a race left undone, from its plan and the logs of its trainings."""
    plan = course.plan
    if plan.rungs == 1:  # trained alone: nothing was compared
        return Undone()
    jobs = plan.jobs
    ran = {job.entrant for job in jobs if course.best_so_far(job)}
    failed = {job.entrant for job in jobs if job.failed}
    idle = _names(plan, TOO_SLOW)
    idle += [one.name for one in plan.entrants if one.name not in ran | failed]
    finished = [rival.name for rival in plan.rivals if course.rival_result(rival) and rival.name != CONSTANT]
    missing = [rival.name for rival in plan.rivals if rival.failed == OUT_OF_TIME and rival.name not in finished]
    improving = {} if plan.searched.startswith(PLATEAU) else _improving(course)
    improving |= {one.name: when for one in plan.ensembles if (when := _of_ensemble(one, improving))}
    return Undone(improving, idle, len(ran), missing, len(finished), plan.entry)


def _of_ensemble(ensemble: Ensemble, improving: Mapping[str, float]) -> float:
    """When its networks would be finished, where half of their weight or more is of improving ones; else 0."""
    networks = [part for part in ensemble.parts if not part.name.startswith("baseline/")]
    unfinished = [part for part in networks if part.name in improving]
    if not unfinished or 2 * sum(part.weight for part in unfinished) < sum(part.weight for part in networks):
        return 0.0
    return max(improving[part.name] for part in unfinished)


def _improving(course: Course) -> dict[str, float]:
    plan, found = course.plan, dict[str, float]()
    if not plan.stages:
        return found
    epoch = unit_of(plan, {one.name: one.pace for one in plan.entrants}).epoch
    endless = tasks.find(plan.problem).endless
    last = plan.stages[plan.rungs - 1 :] or plan.stages[-1:]
    for name in dict.fromkeys(name for stage in last for name in stage.entrants):
        job = _longest(course, name)
        if job is None or not _falling(course, job):
            continue
        whole = 2 * job.steps if endless else max(MOST_STEPS, EPOCHS * epoch[name])
        if job.steps < whole:
            found[name] = _budget(course, whole / job.steps)
    return found


def _longest(course: Course, name: str) -> Job | None:
    """The training of a network that got furthest, of equals the best; None where a shorter one was better."""
    results = {}
    for job in [job for job in course.plan.jobs if job.entrant == name and job.fold < 0]:
        if found := course.best_so_far(job):
            results[job.id] = (-found["steps"], found["loss"], job)
    if not results:
        return None
    steps, loss, job = min(results.values(), key=lambda one: one[:2])
    shorter = min((other for taken, other, _ in results.values() if taken > steps), default=math.inf)
    return job if loss <= shorter else None


def _falling(course: Course, job: Job) -> bool:
    """Whether the loss on validation rows still fell when the training ended."""
    from bestiary.runs.run import read_log

    result = course.best_so_far(job)
    if result is None or result["best_step"] < NEWEST * result["steps"]:
        return False
    losses = {
        line["step"]: float(line["scores"]["loss"])
        for line in read_log(training_folder(course.folder, job.id))
        if isinstance(line.get("scores"), dict) and "loss" in line["scores"]
    }
    before = [loss for step, loss in losses.items() if step <= PART * result["steps"]]
    if not before:
        return True  # it has hardly been looked at
    return min(before) - result["loss"] > FALL * abs(result["loss"])


def _budget(course: Course, times: float) -> float:
    """Seconds of a budget in which trainings make so many times as many updates."""
    trained = sum(seconds for phase, seconds in course.plan.shares.items() if phase.startswith(("round", "further")))
    return max(course.clock.elapsed - trained, 0.0) + times * trained


def left_out(plan: Plan) -> list[str]:
    """Who did not take part, and why; those that are too slow in one line."""
    spared, slow = _names(plan, NOT_CHOSEN), _names(plan, TOO_SLOW)
    others = {name: reason for name, reason in plan.left_out.items() if name not in (*spared, *slow)}
    told = [f"{name} did not take part: {reason}" for name, reason in others.items()]
    if spared:
        told.append(_spared(spared, plan))
    if slow:
        told.append(f"too slow for this budget, so they did not take part: {', '.join(slow)}{_entry(plan)}")
    return told


def _spared(names: list[str], plan: Plan) -> str:
    each = fair_share(plan.budget, plan.workers, plan.candidates, len(plan.rivals))
    return (
        f"with all {plan.candidates} networks each would have {each:.1f} core-seconds; only those take part that "
        f"learned most in so short a time on measured data like these, without {', '.join(names)} (--contenders names "
        f"others; about {about(plan.budget * ENOUGH / each)} lets all take part)"
    )


def crowded(plan: Plan) -> str:
    """At the start, that the budget keeps networks out, and which one would not; "" where all take part."""
    spared = _names(plan, NOT_CHOSEN)
    slow = len(_names(plan, TOO_SLOW))
    told = [_spared(spared, plan)] if spared else []
    if slow:
        told.append(f"the budget is too small for {slow} of {slow + len(plan.entrants)} networks{_entry(plan)}")
    return "; ".join(told)


def _names(plan: Plan, why: str) -> list[str]:
    """Who was left out for a reason."""
    return [name for name, reason in plan.left_out.items() if why in reason]


def _entry(plan: Plan) -> str:
    return f"; about {about(plan.entry)} would let all take part" if plan.entry > plan.budget else ""
