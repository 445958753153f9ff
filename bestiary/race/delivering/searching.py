"""What is done with time that is left after the last rung: further settings of the best, drawn from written spaces."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bestiary import kinds
from bestiary.baselines.spaces import near
from bestiary.planning.plan import PLATEAU, Entrant, Job, Plan, Stage
from bestiary.planning.sizing import makespan
from bestiary.planning.stages import folds_of, job_of
from bestiary.race.course import Course
from bestiary.race.delivering import refitting
from bestiary.race.delivering.delivery import deliver
from bestiary.race.delivering.members import members
from bestiary.records.shapes import Setting

BEST = 4  # networks, and baselines, whose settings are searched
LONGEST, SHORTEST = 1 / 5, 6.0  # a round takes at most this share of the time that is left, or so many seconds
WAIT = 5  # rounds without a gain after which nothing more is expected
GAIN = 2e-3  # of the validation loss: less is none
REFIT = 0.15  # share of the budget that is kept to train what ships on all rows
LEAST_ROUND = 1.5  # seconds
SLACK = 1.1
DECAYS = (1e-5, 0.3)
FACTOR = 4.0  # by which a rate leaves the rates that a contender enters with
CHANGED, EACH = 0.5, 0.5  # share of settings that change training rows, and of the ways in which each does
KEPT = ("error", "body", "frozen", "gradual", "layerwise")  # words whose values all settings of a contender share
LONGER = 0.9  # of a training: whose best step came later might gain by more


@dataclass
class Progress:
    """What the search has seen of the loss that decides.

    Attributes:
        best: the lowest.
        since: rounds since it fell by more than `GAIN` of itself.
        rounds: in all.
    """

    best: float = math.inf
    since: int = 0
    rounds: int = 0

    def note(self, loss: float) -> None:
        """One more round."""
        if loss < self.best - GAIN * abs(self.best) or not math.isfinite(self.best):
            self.since = 0
            self.best = loss
        else:
            self.since += 1
            self.best = min(self.best, loss)
        self.rounds += 1


def searches(course: Course) -> bool:
    """Whether there is something to search: contenders whose predictions give different scores."""
    plan = course.plan
    if not plan.search or plan.fixed or plan.cut or plan.rungs == 1 or len(plan.stages) < plan.rungs:
        return False
    return course.scoring.mixes


def search(course: Course) -> None:
    """Rounds of further settings until time is up, or no round gains any more; `plan.searched` says which."""
    plan, progress = course.plan, Progress()
    while True:
        expected = deliver(course)
        if not expected:
            return
        progress.note(min(expected.values()))
        kept = _refit_seconds(course, expected)
        left = course.left - max(0.0, kept - REFIT * plan.budget)
        if progress.since >= WAIT:
            plan.searched = (
                f"{PLATEAU}: {progress.since} rounds of further settings in a row lowered the "
                f"validation loss by less than {100 * GAIN:g} %."
            )
            return
        stage = propose(course, left, progress.rounds)
        if stage is not None:
            course.further(stage)
        if stage is None or course.late or course.left <= LEAST_ROUND:
            plan.searched = _used_up(progress.rounds - (stage is None))
            return


def _used_up(rounds: int) -> str:
    """That the time was used."""
    if not rounds:
        return "There was no time for further settings."
    return f"Further settings were tried until time was up, in {rounds} round{'s' if rounds > 1 else ''}."


def _refit_seconds(course: Course, expected: Mapping[str, float]) -> float:
    """What it takes to train on all rows what would ship now; a network alone ships in one seed."""
    plan = course.plan
    if not plan.refit:
        return 0.0
    name = min(expected, key=lambda one: expected[one])
    ensemble = plan.ensemble(name)
    found = members(course)
    if ensemble:
        ids = {part.id for part in ensemble.parts}
        return refitting.seconds(course, [m for m in found if m.id in ids for _ in m.trainings])
    return refitting.seconds(course, [m for m in found if m.name == name][:1])


# ------------------------------------------------------------------------------------------------- proposing


def propose(course: Course, left: float, number: int) -> Stage | None:
    """The next round; None where nothing fits the time.

    Args:
        course: the race.
        left: wall-clock seconds.
        number: of the round, from 1.
    """
    plan = course.plan
    length = min(left / SLACK, max(SHORTEST, LONGEST * left))
    if length < LEAST_ROUND:
        return None
    rivals, networks = _rivals(course), _networks(course)
    shares = max(1, plan.workers // 2) if rivals else 0
    jobs, cost = list[Job](), list[float]()
    for entrant, pace in networks:
        horizon = _horizon(course, entrant)
        each = entrant.start_seconds + horizon * pace
        mine = [each] * (plan.folds + 1)
        if makespan([*cost, *mine], plan.workers) > length and (jobs or makespan(mine, plan.workers) > left / SLACK):
            continue
        setting = _new_setting(plan, entrant, number)
        if setting is None:
            continue
        jobs += [job_of(plan, entrant, setting, fold, horizon, horizon) for fold in folds_of(plan)]
        cost += mine
    spare = plan.workers * length - sum(cost)
    seconds = min(length, spare / max(1, min(len(rivals), shares + 1))) if rivals else 0.0
    chosen = rivals[: max(1, round(spare / max(seconds, 1e-9)))] if seconds >= LEAST_ROUND else []
    if not jobs and not chosen:
        return None
    pace = {entrant.name: pace for entrant, pace in networks}
    given = {name: round(seconds, 2) for name in chosen}
    wall = makespan([*given.values(), *cost], plan.workers)
    reason = f"further settings of the {len(pace)} best networks and of {len(chosen)} baselines, round {number}"
    return Stage(len(plan.stages) + 1, jobs, pace, round(wall, 2), reason, rivals=given)


def _networks(course: Course) -> list[tuple[Entrant, float]]:
    """The best on validation that were in the last rung, each with its pace; the order turns from round to round."""
    plan, last = course.plan, course.plan.stages[course.plan.rungs - 1]
    losses = {name: found[1].mean() for name in last.entrants if (found := course.best_setting(last, name))}
    names = sorted(losses, key=lambda name: float(losses[name]))[:BEST]
    turn = len(plan.stages) % max(1, len(names))
    return [(plan.entrant(name), _pace(course, name, last)) for name in names[turn:] + names[:turn]]


def _pace(course: Course, name: str, last: Stage) -> float:
    found = [r["pace"] for job in last.jobs if job.entrant == name and (r := course.best_so_far(job)) and r["pace"]]
    return sum(found) / len(found) if found else last.pace[name]


def _rivals(course: Course) -> list[str]:
    """The best baselines with a space of settings, in turn."""
    from bestiary.baselines import find

    plan, losses = course.plan, dict[str, float]()
    for rival in plan.rivals:
        result = course.rival_result(rival)
        if result is not None and getattr(find(plan.kind, plan.problem, rival.name), "space", None) is not None:
            losses[rival.name] = result["loss"]
    names = sorted(losses, key=lambda name: losses[name])[:BEST]
    turn = len(plan.stages) % max(1, len(names))
    return names[turn:] + names[:turn]


def _horizon(course: Course, entrant: Entrant) -> int:
    """As long as its last rung; twice, where its best step came at the very end and this is its turn for it."""
    jobs = [j for s in course.plan.stages[course.plan.rungs - 1 :] for j in s.jobs if j.entrant == entrant.name]
    base = max(job.horizon for job in jobs if job.fold < 0)
    results = [r for job in jobs if job.horizon == base and (r := course.best_so_far(job))]
    late = any(r["best_step"] >= LONGER * r["steps"] for r in results)
    return 2 * base if late and len(course.plan.stages) % 2 else base


def _new_setting(plan: Plan, entrant: Entrant, number: int) -> int | None:
    """The place of a setting that was not tried yet, drawn from the space around those that it entered with."""
    rng = np.random.default_rng([plan.seed, number, zlib.crc32(entrant.name.encode())])
    for _ in range(8):
        drawn = draw(entrant, rng, kinds.find(plan.kind).drawn)
        if drawn not in entrant.settings:
            entrant.settings.append(drawn)
            return len(entrant.settings) - 1
    return None


def draw(entrant: Entrant, rng: np.random.Generator, ways: Mapping[str, tuple[float, float]]) -> Setting:
    """One setting of a contender's space.

    Rates lie within a factor of four of those that it enters with, on a logarithmic scale; weight decay from 1e-5 to
    0.3 or none; labels are smoothed now and then, where its recipe can; other words take a value that it enters with.
    Where training rows can be changed (pictures are shifted, cropped, mirrored, mixed), half of the settings do, each
    in half of the ways.

    Args:
        entrant: with the settings that it entered with first.
        rng: random numbers.
        ways: words that change training rows of the kind -> from what to what.
    """
    from bestiary.catalogue import find

    known: list[Setting] = [dict(setting) for setting in find(entrant.architecture).settings]
    drawn = dict(known[int(rng.integers(len(known)))])
    drawn |= {word: entrant.settings[0][word] for word in KEPT if word in entrant.settings[0]}
    taken = _words(entrant.recipe)
    rates = [float(s["rate"]) for s in known if isinstance(s.get("rate"), float)]
    if rates and "rate" in taken:
        drawn["rate"] = near(rng, min(rates) / FACTOR, max(rates) * FACTOR)
    if "decay" in taken:
        drawn["decay"] = 0.0 if rng.random() < 0.3 else near(rng, *DECAYS)
    if "smoothing" in taken and rng.random() < 0.3:
        drawn["smoothing"] = round(float(rng.uniform(0.02, 0.2)), 3)
    if ways and rng.random() < CHANGED:
        chosen = [word for word in ways if rng.random() < EACH]
        drawn |= {word: round(float(rng.uniform(*ways[word])), 3) for word in chosen}
    return {word: value for word, value in drawn.items() if word in taken}


def _words(recipe: str) -> Sequence[str]:
    import inspect

    from bestiary.architectures.build import resolve

    return list(inspect.signature(resolve(recipe)).parameters)
