"""What a race says of itself while it goes on, gathered from the plan and the status files of the processes."""

from __future__ import annotations

from pathlib import Path

from bestiary.planning.plan import Job
from bestiary.planning.sizing import makespan
from bestiary.race.course import Course
from bestiary.race.folder import training_folder
from bestiary.race.progress import Entry, Snapshot
from bestiary.records.training import Status, read_status


def snapshot(course: Course, phase: str) -> Snapshot:
    """The whole race, now."""
    plan = course.plan
    running = {call.id for call in course.pool.running}
    elapsed = course.clock.elapsed
    entries = [_entry(course, e.name, running) for e in plan.entrants]
    entries += [_rival(course, r.name, r.id in running, r.failed) for r in plan.rivals]
    left = max(0.0, plan.budget - elapsed)
    message, course.message = course.message, ""
    return Snapshot(phase, elapsed, plan.budget, left, plan.metric, plan.higher, entries, message)


def _entry(course: Course, name: str, running: set[str]) -> Entry:
    plan = course.plan
    stages = [s for s in plan.stages if name in s.entrants]
    entry = Entry(name, note=plan.entrant(name).note, constant=plan.constant)
    if not stages:
        return entry
    jobs = [j for j in stages[-1].jobs if j.entrant == name]
    now = [j for j in jobs if j.id in running]
    entry.rung = stages[-1].rung
    shown = now or jobs
    statuses = {j.id: _status(course.folder, j) for j in shown}
    best = min(shown, key=lambda j: _loss(statuses[j.id]))
    status = statuses[best.id]
    entry.steps = best.steps
    if status:
        entry.step, entry.loss, entry.speed = status["step"], status["loss"], status["speed"]
        entry.score = status["scores"].get(plan.metric)
    entry.status = _state(course, jobs, bool(now), stages[-1].rung)
    if now:
        entry.left = makespan([_left(statuses[j.id], j, stages[-1].pace[name]) for j in now], len(now))
    if entry.status == "failed":
        entry.note = next(j.failed for j in jobs if j.failed)
    return entry


def _state(course: Course, jobs: list[Job], running: bool, rung: int) -> str:
    if running:
        return "retrying" if any(j.again for j in jobs) else "running"
    if all(j.failed for j in jobs):
        return "failed"
    if rung < min(course.rung, course.plan.rungs):
        return "eliminated"
    ended = course.best_so_far if course.plan.cut or course.plan.interrupted else course.result
    waiting = any(not j.failed and not ended(j) for j in jobs)
    return "waiting" if waiting else "done"


def _rival(course: Course, name: str, running: bool, failed: str) -> Entry:
    entry = Entry(f"baseline/{name}", network=False, constant=course.plan.constant, note=failed)
    result = next((course.rival_result(r) for r in course.plan.rivals if r.name == name), None)
    if result:
        entry.loss, entry.score = result["loss"], result["scores"].get(course.plan.metric)
    entry.status = "failed" if failed else "running" if running else "done" if result else "waiting"
    return entry


def _status(folder: Path, job: Job) -> Status | None:
    return read_status(training_folder(folder, job.id))


def _loss(status: Status | None) -> float:
    loss = status["loss"] if status else None
    return float("inf") if loss is None else float(loss)


def _left(status: Status | None, job: Job, pace: float) -> float:
    speed, step = (status["speed"], status["step"]) if status else (0.0, 0)
    return max(0, job.steps - step) * (1 / speed if speed else pace)
