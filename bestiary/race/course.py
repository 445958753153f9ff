"""Follows a plan: rung after rung, through the pool of processes, whatever happens to one of them."""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.files import write_text
from bestiary.planning import promotion, stages
from bestiary.planning.plan import ALL, OUT_OF_TIME, Job, Plan, Rival, Stage
from bestiary.planning.sizing import SEEDS, makespan, survivors
from bestiary.race.folder import training_folder
from bestiary.race.losses import ValidationLosses
from bestiary.race.pool.failures import failure, refuse_machine
from bestiary.race.pool.worker import AGAIN, DIVERGED, accumulates
from bestiary.race.pool.workers import LOST, Call, Ended, Pool
from bestiary.race.undone import crowded
from bestiary.records.training import Result, RivalResult, read_result, read_rival_result
from bestiary.rows.store import read_spec
from bestiary.tasks.registry import task_for
from bestiary.tasks.scoring import Scoring

EVERYTHING = "everything"  # folder of all rows as one training split, once they have been judged
LATE = 0.03  # share of the budget that training may be late before it is ended
LONG_GRACE = 60.0  # seconds
LOOKS_AT_THE_END = 4  # at the validation rows: one that is under way, the last one, its answers, and a slow machine


class OutOfTime(Exception):  # noqa: N818 (no fault: the race goes on to its verdict)
    """Training has taken longer than was reckoned."""


class Clock:
    """Seconds of a race, those before a crash included.

    Args:
        spent: before this process began.
        began: `time.monotonic()` at which this process began to count.
    """

    def __init__(self, spent: float = 0.0, began: float | None = None) -> None:
        self.spent, self.began = spent, time.monotonic() if began is None else began

    @property
    def elapsed(self) -> float:
        return self.spent + time.monotonic() - self.began


class Course:
    """The running of a race on its plan.

    Args:
        folder: of the run.
        plan: with its entrants measured; rungs that it holds are followed, later ones are added.
        pool: of processes.
        clock: of the race.
        tick: called a few times a second with this course, for whoever watches.
    """

    def __init__(
        self, folder: Path, plan: Plan, pool: Pool, clock: Clock, tick: Callable[[Course], None] = lambda course: None
    ) -> None:
        self.folder, self.plan, self.pool, self.clock = folder, plan, pool, clock
        self.rung, self.now, self.late = 0, "planning", False  # late: whether further settings were cut short
        self._tick, self.message = tick, ""  # what is to be told once

    def run(self) -> None:
        """All rungs, from wherever the plan stands."""
        for rung in range(1, max(self.plan.rungs, len(self.plan.stages)) + 1):
            self.rung = rung
            if len(self.plan.stages) < rung:
                if self.plan.stages and (self.plan.fixed or self.plan.cut):
                    return
                stage = self._next(rung)
                if stage is None:
                    return
                self.plan.stages.append(stage)
                self.write()
            with self.phase(self._named(rung)):
                self._run(self.plan.stages[rung - 1])

    def _named(self, rung: int) -> str:
        """What is going on in a rung, for people; one that trains alone climbs none."""
        if self.plan.rungs == 1 and not self.plan.rivals:
            return "training"
        return f"round {rung}" if rung <= self.plan.rungs else "further settings"

    def further(self, stage: Stage) -> None:
        """One more stage, which may be cut short: what of it is not finished by then was never meant."""
        self.plan.stages.append(stage)
        self.rung = len(self.plan.stages)
        self.write()
        try:
            with self.phase("further settings"):
                self._run(stage)
        except OutOfTime:
            self.pool.stop()
            stage.jobs = [job for job in stage.jobs if self.result(job)]
            stage.rivals = {}
            self.late = True
        self.note_rivals()
        if not stage.jobs and not stage.rivals:
            self.plan.stages.remove(stage)
        self.write()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts the seconds of a phase."""
        self.now, began = name, self.clock.elapsed
        try:
            yield
        finally:
            shares = self.plan.shares
            shares[name] = round(shares.get(name, 0.0) + self.clock.elapsed - began, 2)

    def write(self) -> None:
        """The plan as it stands, onto paper."""
        self.plan.spent = round(self.clock.elapsed, 2)
        self.plan.write(self.folder)

    @property
    def left(self) -> float:
        """Wall-clock seconds that are left for training."""
        return self.plan.budget - self.plan.shares["reserve"] - self.clock.elapsed

    @property
    def named(self) -> bool:
        """Whether its finalists are named, and what they have learned is there: from then on nothing learns more."""
        jobs = self.plan.jobs
        return bool(self.plan.finalists) and all(job.failed or self.best_so_far(job) for job in jobs)

    def grace(self, usual: float) -> float:
        """Seconds that trainings have to save what they hold when they are stopped.

        Where none has left an answer yet, all would be lost, so they have long. They look once more before they save:
        a policy that has learned to last is looked at for longer than the one whose looks were measured.
        """
        if any(self.best_so_far(job) for job in self.plan.jobs):
            return usual
        looks = [self.plan.entrant(job.entrant).look_seconds for job in self.plan.jobs]
        return LONG_GRACE + LOOKS_AT_THE_END * max(looks, default=0.0)

    # ------------------------------------------------------------------------------------------- deciding

    def _next(self, rung: int) -> Stage | None:
        """What follows the rungs that there are; None where every training of the last one has failed."""
        if rung == 1:
            if self.plan.rungs == 1:
                return stages.alone(self.plan, self.left)
            stage, self.message = stages.first(self.plan, self.left), crowded(self.plan)
            return stage
        before = self.plan.stages[-1]
        losses = {n: s for n in before.entrants if (s := self.best_setting(before, n)) is not None}
        if not losses:  # what is there all the same, baselines and shorter trainings, is judged
            told = f"no network finished round {rung - 1}: {self._why()}"
            self.plan.notes += [told] if told not in self.plan.notes else []
            return None
        keep = survivors(len(self.plan.stages[0].entrants))[rung - 2]
        going = promotion.promoted({name: values for name, (_, values) in losses.items()}, keep)
        chosen = {name: losses[name][0] for name in going}
        done, pace = {}, {}
        for name in going:
            kept = next(j for j in before.jobs if (j.entrant, j.setting, j.fold) == (name, chosen[name], -1))
            done[name] = (self.result(kept) or {"steps": kept.steps})["steps"]
            measured = [r["pace"] for j in before.jobs if j.entrant == name and (r := self.result(j)) and r["pace"]]
            pace[name] = sum(measured) / len(measured) if measured else before.pace[name]
        tied = f", {len(going) - keep} of them within one standard error of the cut" if len(going) > keep else ""
        reason = f"{len(going)} of {len(before.entrants)} by validation loss{tied}"
        return stages.following(self.plan, rung, chosen, done, pace, self.left, reason)

    def best_setting(self, stage: Stage, name: str) -> tuple[int, NDArray[np.float64]] | None:
        """The setting of the lowest validation loss, with its losses row by row; None when none was finished."""
        found = {}
        for setting in {job.setting for job in stage.jobs if job.entrant == name}:
            jobs = [j for j in stage.jobs if (j.entrant, j.setting) == (name, setting) and j.seed == self.plan.seed]
            if all(self.result(job) for job in jobs):
                choosing = [job for job in jobs if job.fold >= 0 or not self.plan.folds]
                found[setting] = self.losses.of([(job.id, job.fold) for job in choosing])
        if not found:
            return None
        best = min(sorted(found), key=lambda setting: float(found[setting].mean()))
        return best, found[best]

    @cached_property
    def scoring(self) -> Scoring:
        """How the answers to these data are read and scored."""
        return task_for(read_spec(self.folder / "data")[1])

    @property
    def losses(self) -> ValidationLosses:
        return ValidationLosses(self.folder, self.plan.metric)

    def result(self, job: Job) -> Result | None:
        """What a training left behind when it had finished this rung, else None."""
        found = self.best_so_far(job)
        whole = found and found["parts"] == job.parts and found["planned"] >= job.steps and not found["stopped"]
        return found if whole else None

    def best_so_far(self, job: Job) -> Result | None:
        """What a training left behind when it last had something to show: an earlier rung, or where it was stopped."""
        return read_result(training_folder(self.folder, job.id))

    def rival_result(self, rival: Rival) -> RivalResult | None:
        """What a baseline left behind, else None."""
        return read_rival_result(training_folder(self.folder, rival.id))

    def _why(self) -> str:
        reasons = [job.failed for job in self.plan.jobs if job.failed]
        return reasons[-1] if reasons else "no reason was recorded"

    # -------------------------------------------------------------------------------------------- running

    def _run(self, stage: Stage) -> None:
        queue: deque[Call] = deque()
        if stage.rung == 1:
            queue += [self._rival_call(r) for r in self.plan.rivals if not r.failed and not self.rival_result(r)]
        if not self.plan.fixed:  # a replay follows what all rounds together have come to
            queue += [call for name, seconds in stage.rivals.items() if (call := self._again(name, seconds, stage))]
        queue += [self.call(job, stage.rung) for job in stage.jobs if not job.failed and not self.result(job)]
        for ended in self.pool.run(queue, self._watch):
            self._settle(ended, stage, queue)
            if stage.rung == 3 and not self.plan.fixed:
                self._drop_late_seeds(stage, queue)
        if stage.rung == 1:
            self.note_rivals()
            self.write()

    def _watch(self) -> None:
        self._tick(self)
        if not self.plan.fixed and self.left < -LATE * self.plan.budget:
            raise OutOfTime

    def cut(self) -> None:
        """Puts on paper what had been made when time ran out, so that a replay makes the same."""
        del self.plan.stages[self.rung :]
        stage = self.plan.stages[-1]
        made = {job.id: found for job in stage.jobs if (found := self.best_so_far(job)) and found["rung"] == stage.rung}
        for job in stage.jobs:
            if job.id in made and made[job.id]["stopped"]:
                job.steps = made[job.id]["steps"]
        unmade = [job for job in stage.jobs if job.id not in made]
        stage.jobs = [job for job in stage.jobs if job.id in made]
        if not stage.jobs and stage.rung > 1:  # the first stays: a replay has its baselines to run, and no training
            self.plan.stages.pop()
        self.plan.unmade = [job for job in unmade if stage.jobs and not job.failed]
        for rival in self.plan.rivals:
            if not self.rival_result(rival):
                rival.failed = rival.failed or OUT_OF_TIME
        self.note_rivals()
        self.plan.cut = self._cut_in(stage, len(unmade))
        self.write()

    def _cut_in(self, stage: Stage, unmade: int) -> str:
        if self.plan.rungs == 1 and len(stage.jobs) == 1:  # `train`
            job = stage.jobs[0]
            told = f"time ran out: training ended after {job.steps:,} of {job.horizon:,} updates"
            if job.steps >= job.horizon:
                return "time ran out after the last update"
            phases = self.plan.entrant(job.entrant).phases
            return f"{told}, so the end of its schedule was not reached; give it more time" if phases else told
        told = "1 training was" if unmade == 1 else f"{unmade} trainings were"
        left_out = f"{told} left out, others" if unmade else "trainings"
        return f"time ran out in round {stage.rung}: {left_out} ended early"

    def note_rivals(self) -> None:
        """What the baselines' searches came to, for replays."""
        for rival in self.plan.rivals:
            if found := self.rival_result(rival):
                rival.written = {"settings": [t["setting"] for t in found["tried"]], "limit": found["limit"]}

    def _settle(self, ended: Ended, stage: Stage, queue: deque[Call]) -> None:
        """A training that diverged, ran out of memory or was killed starts afresh, in half batches where its recipe can
        accumulate; where it cannot, it would only diverge again. The second time it has failed."""
        rivals = {r.id: r for r in self.plan.rivals}
        rival = rivals.get(ended.call.id)
        job = None if rival else next(j for j in stage.jobs if j.id == ended.call.id)
        trained = self.result(job) if job else None
        if ended.code == 0 and (trained or (rival and self.rival_result(rival))):
            if trained and trained["mended"]:
                self.plan.mended.append(f"{ended.call.id}: {trained['mended']}")
            return
        reason = failure(Path(ended.call.arguments[0]), ended.code)
        refuse_machine(reason, ended.code)
        passing = ended.code < 0 or ended.code in (AGAIN, LOST)
        if rival:
            rival.failed, rival.retry = reason, passing
        elif job:
            halved = accumulates(self.plan.entrant(job.entrant).recipe)
            if not job.again and (passing or (ended.code == DIVERGED and halved)):
                job.again, job.parts = True, 2 if halved else 1
                queue.append(self.call(job, stage.rung))
            else:
                job.failed, job.retry = reason, passing
        self.write()

    def _drop_late_seeds(self, stage: Stage, queue: deque[Call]) -> None:
        """A round of further seeds that is next to begin, and would end too late, is struck off the plan."""
        for number in range(1, SEEDS):
            round_ = [j for j in stage.jobs if j.seed == self.plan.seed + number]
            waiting = {call.id for call in queue}
            if not round_ or not all(j.id in waiting for j in round_) or queue[0].id not in {j.id for j in round_}:
                continue
            ahead = [self._seconds(j, stage) / 2 for j in stage.jobs if j.id in {c.id for c in self.pool.running}]
            costs = [*ahead, *(self._seconds(job, stage) for job in round_)]
            if makespan(costs, self.plan.workers) > 1.1 * self.left + 2:
                for job in round_:
                    stage.jobs.remove(job)
                    queue.remove(next(call for call in queue if call.id == job.id))
                stage.reason += f"; seed {number + 1} dropped for lack of time"
                self.write()

    def _seconds(self, job: Job, stage: Stage) -> float:
        alike = [found for j in stage.jobs if j.entrant == job.entrant and (found := self.result(j))]
        pace = next((found["pace"] for found in reversed(alike) if found["pace"]), stage.pace[job.entrant])
        return self.plan.entrant(job.entrant).start_seconds + job.steps * pace

    def call(self, job: Job, rung: int) -> Call:
        """The call that trains it."""
        return self.told(job.id, "train", training_words(self.folder, self.plan, job, rung))

    def told(self, name: str, function: str, words: dict[str, object]) -> Call:
        """The call of a function of a process, which finds its words in the folder of this name."""
        here = training_folder(self.folder, name)
        here.mkdir(parents=True, exist_ok=True)
        write_text(here / "job.json", json.dumps(words, default=list))
        return Call(name, function, (str(here),))

    def _again(self, name: str, seconds: float, stage: Stage) -> Call | None:
        """A further search of a baseline, unless it has been done: a race that was killed may have come back."""
        rival = next(r for r in self.plan.rivals if r.name == name)
        rounds = 1 + sum(name in one.rivals for one in self.plan.stages[: self.plan.stages.index(stage) + 1])
        result = self.rival_result(rival)
        if result is None or result.get("rounds", 1) >= rounds:
            return None
        return self._rival_call(rival, seconds, rounds)

    def _rival_call(self, rival: Rival, more: float = 0.0, rounds: int = 1) -> Call:
        words = {
            "name": rival.name,
            "data": str(self.folder / "data"),
            "folds": [str(self.folder / "data" / f"fold{number}") for number in range(self.plan.folds)],
            "seconds": more or rival.seconds,
            "seed": self.plan.seed,
            "written": {} if more else rival.written,
            "metric": self.plan.metric,
            "rounds": rounds,
        }
        return self.told(rival.id, "rival", words)


def training_words(folder: Path, plan: Plan, job: Job, rung: int) -> dict[str, object]:
    """What a process is told about its training. No path leads to the test rows."""
    entrant = plan.entrant(job.entrant)
    data = folder / (EVERYTHING if job.fold == ALL else f"data/fold{job.fold}" if job.fold >= 0 else "data")
    return {
        "rung": rung,
        "data": str(data),
        "batch": entrant.batch,
        "look_every": entrant.look_every if job.fold != ALL else max(1, job.steps),
        "seed": job.seed,
        "steps": job.steps,
        "horizon": job.horizon,
        "parts": job.parts,
        "again": job.again,
        "patience": plan.patience if job.fold != ALL else None,
        "threads": plan.threads,
        "device": plan.device,
        "network": entrant.network,
        "keywords": entrant.keywords,
        "recipe": entrant.recipe,
        "setting": entrant.settings[job.setting],
        "metric": plan.metric,
        **({"weights": str(folder / entrant.weights)} if entrant.weights else {}),
        **({"frozen": [entrant.frozen_parameters, entrant.frozen_seconds]} if entrant.frozen_parameters else {}),
    }
