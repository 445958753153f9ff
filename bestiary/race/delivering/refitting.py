"""What ships is trained once more on all rows, with the settings and the number of updates that were found."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from bestiary.judging.evidence import Verdict
from bestiary.planning.plan import ALL, Job, Part, Plan, Refit
from bestiary.planning.sizing import makespan
from bestiary.race.course import EVERYTHING, Course
from bestiary.race.delivering.members import Member, members
from bestiary.race.folder import training_folder
from bestiary.race.pool.failures import failure
from bestiary.race.pool.workers import Call
from bestiary.records.training import read_result, read_rival_result
from bestiary.rows.limits import need_disk
from bestiary.rows.source import SPLITS
from bestiary.rows.store import read_array

REPORT = 4.0  # seconds kept for the report
START = 0.5  # seconds until a process trains
SLACK = 1.15
LATE = 1.1  # times the budget: what is not done by then keeps its judged weights
APART = ("group", "block")  # arrays of the judging, which no training reads


def decide(course: Course, verdict: Verdict) -> None:
    """Writes into the plan what is trained again, or why nothing is."""
    plan, name = course.plan, verdict.chosen
    parts = shipped(plan, name, verdict)
    owner = {name: member for member in (members(course) if parts else ()) for name in member.trainings}
    if not parts or not all(part.id in owner for part in parts):
        plan.unrefitted = "predictions of this task do not say how many updates all rows need"
        return
    if not course.scoring.mixes or not _joins(course.folder):
        plan.unrefitted = "models of this kind of data are not trained on several splits together"
        return
    left = plan.budget - course.clock.elapsed - REPORT
    for seeds in (None, 1):
        refits = [one for part in parts for one in _refits(course, part, owner[part.id], seeds)]
        needed = seconds(course, [owner[one.of] for one in refits])
        if needed <= left or plan.interrupted:
            plan.refits = refits
            return
    plan.refits = _some(course, parts, owner, left)
    if not plan.refits:
        plan.unrefitted = f"training on all rows takes about {needed:.0f} s, and {max(0.0, left):.0f} s were left"


def _some(course: Course, parts: Sequence[Part], owner: Mapping[str, Member], left: float) -> list[Refit]:
    """Those models of an ensemble that can be trained again in time: the most weight for a second first."""
    chosen: list[Refit] = []
    each = {part.id: _refits(course, part, owner[part.id], 1) for part in parts}
    cost = {name: max(1e-3, sum(owner[one.of].seconds for one in made)) for name, made in each.items()}
    for part in sorted(parts, key=lambda part: -part.weight / cost[part.id]):
        if seconds(course, [owner[one.of] for one in [*chosen, *each[part.id]]]) <= left:
            chosen += each[part.id]
    return chosen


def seconds(course: Course, trained: Sequence[Member]) -> float:
    """Wall-clock seconds to train members again on all rows, each as often as it is named."""
    costs = [START + SLACK * _ratio(course.plan) * member.seconds for member in trained]
    return makespan(sorted(costs, reverse=True), course.plan.workers)


def _ratio(plan: Plan) -> float:
    """How many times as many rows all are."""
    return _rows(plan) / max(1, plan.rows["train"])


def shipped(plan: Plan, name: str, verdict: Verdict) -> list[Part]:
    """The trainings of a model, with weights."""
    ensemble = plan.ensemble(name)
    if ensemble is not None:
        return ensemble.parts
    standing = next((s for s in verdict.standings if s.name == name), None)
    if standing is None or not standing.folder:
        return []
    here = Path(standing.folder).name
    return [Part(here, name, [here], 1.0)]


def _refits(course: Course, part: Part, member: Member, seeds: int | None) -> list[Refit]:
    if not member.network:
        return [Refit(part.id)]
    jobs = {job.id: job for job in course.plan.jobs}
    ratio, made = _ratio(course.plan), []
    for name in part.trainings[:seeds]:
        job, result = jobs[name], read_result(training_folder(course.folder, name))
        assert result is not None
        steps = max(1, round(result["best_step"] * ratio))
        horizon = max(steps, round(job.horizon * ratio))
        again = Job(f"{name}.all", job.entrant, job.setting, job.seed, ALL, steps, horizon, job.parts, job.again)
        made.append(Refit(name, again))
    return made


def _rows(plan: Plan) -> int:
    return sum(plan.rows[split] for split in SPLITS)


def told(plan: Plan, name: str) -> str:
    """What a person is told of it."""
    if plan.rungs == 1:  # trained alone, by someone who knows what it learns from
        return ""
    if not plan.refit:
        return "It has learned from the training rows alone, as asked."
    failed = [one for one in plan.refits if one.failed]
    if plan.refits and len(failed) == len(plan.refits):
        return f"It was not trained again on all rows: {failed[0].failed}. It is the model that was judged."
    if plan.refits:
        what, kept = "it was", ""
        again = {one.of for one in plan.refits if not one.failed}
        ensemble = plan.ensemble(name)
        if ensemble is not None and (left := [p for p in ensemble.parts if not again & set(p.trainings)]):
            what = f"{len(ensemble.parts) - len(left)} of its {len(ensemble.parts)} models were"
            kept = f" The others are as judged: {failed[0].failed if failed else 'no time was left for them'}."
        return (
            f"After it was judged, {what} trained again on all {_rows(plan):,} rows.{kept} "
            "The scores are of the judged model, which its subfolder judged/ keeps."
        )
    why = plan.unrefitted or "no time was left"
    return f"It is the model that was judged. It was not trained again on all rows: {why}."


# ------------------------------------------------------------------------------------------------------ doing


def run(course: Course, tick: Callable[[], None] = lambda: None) -> None:
    """Trains what the plan says on all rows; what cannot be keeps its judged weights."""
    plan = course.plan
    join(course.folder)
    queue: deque[Call] = deque()
    calls = {}
    for refit in plan.refits:
        if refit.failed or there(course.folder, refit):
            continue
        call = course.call(refit.job, len(plan.stages) + 1) if refit.job else _rival_call(course, refit)
        calls[call.id] = refit
        queue.append(call)

    def watch() -> None:
        tick()
        if not plan.fixed and not plan.interrupted and course.clock.elapsed > LATE * plan.budget:
            raise TimeoutError

    try:
        for ended in course.pool.run(queue, watch):
            if ended.code:
                calls[ended.call.id].failed = failure(Path(ended.call.arguments[0]), ended.code)
    except TimeoutError:
        course.pool.stop()
        for refit in plan.refits:
            if not there(course.folder, refit):
                refit.failed = "time ran out"
    course.write()


def there(folder: Path, refit: Refit) -> bool:
    """Whether it has been trained on all rows."""
    here = training_folder(folder, f"{refit.of}.all")
    if refit.job is None:
        return read_rival_result(here) is not None
    found = read_result(here)
    return found is not None and found["steps"] >= refit.job.steps and not found["stopped"]


def _rival_call(course: Course, refit: Refit) -> Call:
    rival = next(r for r in course.plan.rivals if r.id == refit.of)
    result = course.rival_result(rival)
    assert result is not None
    words = {
        "name": rival.name,
        "data": str(course.folder / EVERYTHING),
        "folds": [],
        "seconds": 1e6,
        "seed": course.plan.seed,
        "written": {"settings": [result["setting"]], "limit": result["limit"]},
        "metric": course.plan.metric,
        "rounds": 1,
    }
    return course.told(f"{refit.of}.all", "rival", words)


# -------------------------------------------------------------------------------------------------- all rows


def _joins(folder: Path) -> bool:
    """Whether the three splits have the same arrays of the same widths, so that they can be put together."""
    shapes = []
    for split, home in _homes(folder):
        names = [name for name in _names(home, split) if name not in APART]
        shapes.append({name: read_array(home, split, name).shape[1:] for name in names})
    return bool(shapes[0]) and all(shape == shapes[0] for shape in shapes)


def _homes(folder: Path) -> list[tuple[str, Path]]:
    return [(split, folder / ("sealed" if split == SPLITS[-1] else "data")) for split in SPLITS]


def _names(home: Path, split: str) -> list[str]:
    return sorted(path.name.split(".")[1] for path in home.glob(f"{split}.*.npy"))


def join(folder: Path) -> Path:
    """`everything/`: all rows as a training split, and the validation rows, which looks at the answer need.

    Raises:
        InputError: when the disk has no room for them.
    """
    made = folder / EVERYTHING
    if (made / "spec.json").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    homes = _homes(folder)
    for name in _names(folder / "data", "train"):
        if name not in APART:
            parts = [read_array(home, split, name) for split, home in homes]
            need_disk(made, sum(part.nbytes for part in parts), "training on all rows", "use --no-refit")
            _write(made / f"train.{name}.npy", parts, offsets=name == "offsets")
            _copy(folder / "data" / f"validation.{name}.npy", made / f"validation.{name}.npy")
    shutil.copyfile(folder / "data" / "spec.json", made / "spec.json")
    return made


def _write(path: Path, parts: list[np.ndarray], offsets: bool) -> None:
    if offsets:  # of pieces that are put one behind the other
        ends, total = [np.zeros(1, np.int64)], 0
        for part in parts:
            ends.append(np.asarray(part[1:], np.int64) + total)
            total += int(part[-1])
        np.save(path, np.concatenate(ends), allow_pickle=False)
        return
    rows = sum(len(part) for part in parts)
    dtype = np.result_type(*parts)
    if not rows:
        np.save(path, np.concatenate(parts), allow_pickle=False)
        return
    whole, start = open_memmap(path, mode="w+", dtype=dtype, shape=(rows, *parts[0].shape[1:])), 0
    for part in parts:
        whole[start : start + len(part)] = part
        start += len(part)
    whole.flush()


def _copy(source: Path, target: Path) -> None:
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)
