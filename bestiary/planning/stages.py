"""From what is known to the next rung: how much each may train, and the jobs that this makes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from bestiary import kinds, tasks
from bestiary.planning.plan import TOO_SLOW, UNBOUNDED, Entrant, Job, Plan, Stage
from bestiary.planning.sizing import (
    LEAST_STEPS,
    SEEDS,
    SHARES,
    Unit,
    largest,
    last_share,
    makespan,
    race_wall,
    rival_seconds,
    rung_costs,
    settings_that_fit,
)

LOOKS, LOOK_SHARE = 60, 0.08
"""A whole training looks at the validation rows at most so often, and spends at most this share of its time on it."""
PLATEAU = 0.7
SLACK, PHASED_SLACK = 1.1, 1.5  # seconds kept for one that is reckoned; a last phase that never came costs everything
EPOCHS = 50
KEPT = 0.9  # of a budget is left by what is kept back for judging, which grows with it


def unit_of(plan: Plan, pace: Mapping[str, float]) -> Unit:
    """What is equal for all in this race, with the paces known now."""
    batch = {e.name: e.batch for e in plan.entrants}
    epoch = {name: max(1, plan.rows["train"] // size) for name, size in batch.items()}
    if tasks.find(plan.problem).endless:
        epoch = dict.fromkeys(epoch, 1_000_000)
    return Unit(plan.equal, pace, batch, epoch)


def amount_for(plan: Plan, names: Sequence[str], rung: int, pace: Mapping[str, float], available: float) -> float:
    """The whole training that the wall-clock seconds left allow everyone, in the unit of the race."""
    unit, entrants = unit_of(plan, pace), {e.name: e for e in plan.entrants}

    def wall(amount: float) -> float:
        return race_wall(
            unit,
            entrants,
            names,
            rung,
            amount,
            folds=plan.folds,
            rivals=len(plan.rivals),
            workers=plan.workers,
        )

    slowest = max(pace[n] for n in names)
    most = available * plan.workers if plan.equal == "time" else available * plan.workers / slowest * 1024
    return largest(wall, available, most)


def first(plan: Plan, available: float) -> Stage:
    """The first rung: everyone, with as many settings as its share allows. Trims `plan.entrants` and sets the looks."""
    for entrant in plan.entrants:
        entrant.look_every = max(1, math.ceil(entrant.look_seconds / (LOOK_SHARE * entrant.step_seconds)))
    plan.entry = entry_budget(plan, available)
    amount = _leave_out_the_slow(plan, available)
    pace = {e.name: e.pace for e in plan.entrants}
    for entrant in plan.entrants:
        share = SHARES[0] * unit_of(plan, pace).seconds(entrant.name, amount)
        entrant.settings = entrant.settings[: settings_that_fit(entrant, share, plan.folds)]
    amount = amount_for(plan, list(pace), 1, pace, available)
    unit = unit_of(plan, pace)
    jobs = []
    for entrant in plan.entrants:
        entrant.look_every = max(entrant.look_every, unit.steps(entrant.name, amount) // LOOKS)
        whole, pieces = unit.steps(entrant.name, amount), len(entrant.settings) * (plan.folds + 1)
        steps = max(LEAST_STEPS, int(whole * SHARES[0] / pieces))
        for setting in range(len(entrant.settings)):
            for fold in folds_of(plan):
                horizon = steps if entrant.phases else max(whole, 2 * steps)
                jobs.append(job_of(plan, entrant, setting, fold, steps, horizon))
    seconds = rival_seconds(unit, [e.name for e in plan.entrants], amount)
    for rival in plan.rivals:
        rival.seconds = round(seconds, 2)
    costs = rung_costs(unit, {e.name: e for e in plan.entrants}, [e.name for e in plan.entrants], 1, amount, plan.folds)
    seconds = makespan([*[rival.seconds for rival in plan.rivals], *costs], plan.workers)
    return Stage(1, jobs, dict(unit.pace), round(seconds, 2), "everyone that takes these data")


def amount_in_seconds(plan: Plan, amount: float) -> float:
    """Core-seconds of one whole training; the mean over the contenders where examples are what is equal."""
    if plan.equal == "time":
        return amount
    return sum(amount / e.batch * e.pace for e in plan.entrants) / len(plan.entrants)


def following(
    plan: Plan,
    rung: int,
    chosen: Mapping[str, int],
    done: Mapping[str, int],
    pace: Mapping[str, float],
    available: float,
    reason: str,
) -> Stage:
    """The second or third rung.

    Args:
        plan: so far.
        rung: 2 or 3.
        chosen: entrant -> the setting it carries on with, best first.
        done: entrant -> updates that this setting has made in each of its trainings.
        pace: entrant -> seconds an update, as measured in the rung before.
        available: wall-clock seconds left for this rung and those after.
        reason: how they were chosen.
    """
    names = list(chosen)
    amount = amount_for(plan, names, rung, pace, max(0.0, available))
    unit = unit_of(plan, pace)
    jobs: list[Job] = []
    for name in names:
        entrant, whole = plan.entrant(name), unit.steps(name, amount)
        if entrant.phases:
            share = SHARES[1] / (plan.folds + 1) if rung == 2 else last_share(plan.folds)
            steps = max(LEAST_STEPS, int(whole * share))
            afresh = [job_of(plan, entrant, chosen[name], f, steps, steps) for f in folds_of(plan)]
            jobs += [dataclasses.replace(job, id=f"{job.id}.rung{rung}") for job in afresh]
        elif rung == 2:
            steps = done[name] + max(LEAST_STEPS, int(whole * SHARES[1] / (plan.folds + 1)))
            jobs += [job_of(plan, entrant, chosen[name], f, steps, max(whole, 2 * steps)) for f in folds_of(plan)]
        else:
            horizon = max(done[name] + int(whole * last_share(plan.folds)), math.ceil(done[name] / PLATEAU))
            jobs += [job_of(plan, entrant, chosen[name], f, horizon, horizon) for f in folds_of(plan)]
    if rung == 3:
        jobs.sort(key=lambda job: job.fold >= 0)  # what could ship first
        horizons = {job.entrant: job.horizon for job in jobs if job.fold < 0}
        for number in range(1, SEEDS):
            jobs += [job_of(plan, plan.entrant(n), chosen[n], -1, horizons[n], horizons[n], seed=number) for n in names]
    entrants = {e.name: e for e in plan.entrants}
    seconds = makespan(rung_costs(unit, entrants, names, rung, amount, plan.folds), plan.workers)
    return Stage(rung, jobs, dict(pace), round(seconds, 2), reason)


def alone(plan: Plan, left: float, epochs: int = EPOCHS) -> Stage:
    """The one rung of one training; one more, afresh, where there has been one.

    Args:
        plan: with one entrant, measured.
        left: seconds for training.
        epochs: passes over the training rows, where the plan has no budget.
    """
    entrant, rung = plan.entrants[0], len(plan.stages) + 1
    epoch = kinds.find(plan.kind).pass_of(plan.rows["train"], entrant.batch)
    steps, slack = epochs * epoch, PHASED_SLACK if entrant.phases else SLACK
    if plan.budget < UNBOUNDED:
        steps = max(1, int(left / (slack * entrant.step_seconds)))
    entrant.look_every = max(1, min(epoch, steps // 10))
    if plan.budget < UNBOUNDED:  # a look that makes samples may cost as much as many updates
        dear = math.ceil(entrant.look_seconds / (LOOK_SHARE * entrant.step_seconds))
        entrant.look_every = max(entrant.look_every, min(dear, max(1, steps // 3)))
        steps = max(1, int((left - 2 * entrant.look_seconds) / (slack * entrant.pace)))
    job = job_of(plan, entrant, 0, -1, steps, steps)
    if rung > 1:
        job = dataclasses.replace(job, id=f"{job.id}.rung{rung}")
    return Stage(rung, [job], {entrant.name: entrant.pace}, round(steps * entrant.pace, 2), "it trains alone")


def encore(plan: Plan, available: float) -> Stage:
    """One more rung for the finalists of a race that was given more time: they train afresh, for longer.

    Their rates have decayed already, so they cannot carry on; the better of the old and the new training ships.
    """
    before = next(s for s in reversed(plan.stages) if s.rung == 3)
    chosen = {job.entrant: job.setting for job in [*before.jobs, *plan.unmade] if not job.failed}
    unit = unit_of(plan, before.pace)

    def wall(amount: float) -> float:
        return makespan([unit.seconds(n, amount) for n in chosen] * SEEDS, plan.workers)

    slowest = max(before.pace[n] for n in chosen)
    most = available * plan.workers * (1 if plan.equal == "time" else 1024 / slowest)
    amount = largest(wall, available, most)
    rung = len(plan.stages) + 1
    jobs = []
    for number in range(SEEDS):
        for name, setting in chosen.items():
            steps = unit.steps(name, amount)
            job = job_of(plan, plan.entrant(name), setting, -1, steps, steps, seed=number)
            jobs.append(dataclasses.replace(job, id=f"{job.id}.rung{rung}"))
    return Stage(
        rung,
        jobs,
        dict(before.pace),
        round(wall(amount), 2),
        ("the finalists again from the start, with the added time"),
    )


def _leave_out_the_slow(plan: Plan, available: float) -> float:
    """Contenders whom the budget would not let learn anything stay out, one at a time, the slowest first."""
    while True:
        pace = {e.name: e.pace for e in plan.entrants}
        amount = amount_for(plan, list(pace), 1, pace, available)
        slowest = max(plan.entrants, key=lambda e: e.pace)
        needed = 4 * LEAST_STEPS * slowest.pace
        if len(plan.entrants) == 1 or needed <= amount_in_seconds(plan, amount):
            return amount
        plan.entrants.remove(slowest)
        plan.left_out[slowest.name] = (
            f"{TOO_SLOW}: its first {4 * LEAST_STEPS} updates take {needed:.1f} s, "
            f"more than one network's share of the time"
        )


def entry_budget(plan: Plan, available: float) -> float:
    """Seconds of a budget in which the slowest of all that were measured could learn as well.

    Args:
        plan: with everyone measured.
        available: wall-clock seconds that the present budget leaves for training.
    """
    pace = {one.name: one.pace for one in plan.entrants}
    unit = dataclasses.replace(unit_of(plan, pace), equal="time")
    wall = race_wall(
        unit,
        {one.name: one for one in plan.entrants},
        list(pace),
        1,
        4 * LEAST_STEPS * max(pace.values()),
        folds=plan.folds,
        rivals=len(plan.rivals),
        workers=plan.workers,
    )
    return round((plan.budget - available + wall) / KEPT, 1)


def folds_of(plan: Plan) -> list[int]:
    """The ordinary split, whose training can ship, and the folds, which help to choose."""
    return [-1, *range(plan.folds)]


def job_of(plan: Plan, entrant: Entrant, setting: int, fold: int, steps: int, horizon: int, seed: int = 0) -> Job:
    """The first seed carries on in its folder; further seeds, and trainings on folds, have one of their own."""
    name = entrant.name.replace("/", ".") + f".{setting}"
    name += f".fold{fold}" if fold >= 0 else f".seed{seed}" if seed else ""
    return Job(name, entrant.name, setting, plan.seed + seed, fold, steps, horizon)
