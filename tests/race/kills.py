"""Races that are killed at random moments, and what becomes of them: `python -m tests.race.kills --number 100`.

Each is begun, killed (SIGKILL or SIGTERM, from its first millisecond on, some of them once more while they are carried
on), and then resumed, or begun again in the same folder where it had no plan yet. Whatever happened to it, every weight
and every answer must be equal, bit for bit, to those of a race on the same plan that nobody disturbed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import torch

import bestiary.report
from bestiary import catalogue
from bestiary.data.reading import read
from bestiary.planning.plan import Entrant, Job, Plan, Rival, Stage
from bestiary.race.pool.workers import Pool
from bestiary.race.prepare import prepare
from bestiary.race.race import race, replay, resume
from tests.race.small import WISHES, fingerprint

GENESIS = str(Path(__file__).parents[1] / "fixtures" / "genesis.txt")
STEPS = (12, 30, 60)  # updates in all at the end of each rung


@dataclass(frozen=True)
class Kind:
    """Data, the task on them, contenders with the words of their networks, and a baseline."""

    source: str
    task: str
    contenders: dict[str, dict[str, object]]
    rival: str


KINDS = {
    "classification": Kind("iris", "classification", {"mlp": {"widths": [16]}, "fnn": {"widths": [16, 8]}}, "linear"),
    "generation": Kind("digits", "generate", {"gan": {"widths": [32]}, "vae": {"widths": [32]}}, "gaussian"),
    "control": Kind("CartPole-v1", "control", {"dqn": {"widths": [16]}}, "chance"),
    "running text": Kind(
        GENESIS, "continue", {n: {"embedding": 8, "width": 16, "dropout": 0.0} for n in ("lstm", "gru")}, "ngram"
    ),
}


def written(kind: Kind, folder: Path) -> Path:
    """A plan whose three rungs are on paper, so that it takes seconds; returns its `plan.json`."""
    words = {"source": kind.source, "task": kind.task}
    plan = prepare(read(kind.source, task=kind.task), words, folder, WISHES)
    plan.folds, plan.shares["reserve"] = 0, 1.0
    plan.rivals = [rival for rival in plan.rivals if rival.name == kind.rival] or [Rival(plan.rivals[0].name, 0.0)]
    for rival in plan.rivals:
        rival.seconds = 0.5
    plan.entrants = [_entrant(name, keywords, plan) for name, keywords in kind.contenders.items()]
    for rung, steps in enumerate(STEPS, 1):
        seeds = (0, 1) if rung == len(STEPS) else (0,)
        jobs = [_job(entrant, rung, steps, seed) for entrant in plan.entrants for seed in seeds]
        plan.stages.append(Stage(rung, jobs, {entrant.name: 1e-3 for entrant in plan.entrants}))
    plan.write(folder)
    return folder / "plan.json"


def _entrant(name: str, keywords: dict[str, object], plan: Plan) -> Entrant:
    row = catalogue.find(name)
    contender = row.races[plan.kind][0]
    return Entrant(
        name=f"{name}/small",
        title=row.title,
        family=row.family,
        architecture=name,
        network=contender.network,
        keywords={**contender.keywords, **keywords},
        recipe=row.recipes[plan.problem],
        settings=[dict(row.settings[0])],
        batch=16,
        look_every=10,
        step_seconds=1e-3,
        look_seconds=1e-3,
        start_seconds=0.01,
        parameters=100,
        phases=row.phases,
    )


def _job(entrant: Entrant, rung: int, steps: int, seed: int) -> Job:
    name = f"{entrant.architecture}.small.0" + (f".seed{seed}" if seed else "")
    name += f".rung{rung}" if entrant.phases else ""  # which trains afresh at each
    return Job(name, entrant.name, 0, WISHES.seed + seed, -1, steps, steps if entrant.phases else STEPS[-1])


# -------------------------------------------------------------------------------------------------- killing


@dataclass
class Scene:
    """How a race is begun in a folder, how long it takes undisturbed, and what it must come to (None: see its plan)."""

    name: str
    begin: Callable[[Path], object]
    seconds: float
    expected: dict[str, object] | None


def planned(name: str, folder: Path) -> Scene:
    """A race on a written plan, whose undisturbed end is known beforehand."""
    plan = written(KINDS[name], folder / "plan")
    began = time.monotonic()
    replay(plan, out=folder / "undisturbed")
    seconds, expected = time.monotonic() - began, fingerprint(folder / "undisturbed")
    _follow_searches(plan, folder / "undisturbed")
    return Scene(name, lambda out: replay(plan, out=out), seconds, expected)


def _follow_searches(plan: Path, run: Path) -> None:
    """Puts the settings that the baselines of a run tried into a plan: how far a search comes is the clock's affair."""
    given, made = Plan.read(plan), Plan.read(run)
    given.rivals = [Rival(rival.name, rival.seconds, written=rival.written) for rival in made.rivals]
    given.write(plan.parent)


def fresh(name: str, budget: float) -> Scene:
    """A race that makes its own plan as it goes; its undisturbed twin follows that plan afterwards."""
    kind = KINDS[name]

    def begin(out: Path) -> object:
        return race(kind.source, task=kind.task, budget=budget, contenders=list(kind.contenders), seed=3, out=out)

    return Scene(f"{name}, making its plan", begin, budget, None)


def kill_once(scene: Scene, run: Path, moments: random.Random) -> Iterator[str]:
    """Begins or carries on a race in a process of its own, and kills that; yields in which state it was."""
    how = moments.choice((signal.SIGKILL, signal.SIGTERM))
    early = moments.random() < 0.3
    after = moments.uniform(0.0, (0.15 if early else 1.0) * scene.seconds)
    process = multiprocessing.get_context("fork").Process(target=begin_apart, args=(scene, run))
    process.start()
    process.join(after)
    if process.is_alive() and process.pid:
        os.kill(process.pid, how)
        process.join()
        had = "with its plan" if (run / "plan.json").exists() else "before its plan"
        yield f"{how.name} {had}"


def begin_apart(scene: Scene, run: Path) -> None:
    """The fork server is not the child of this process, which would rather have one of its own: seconds each time."""
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    forkserver.ensure_running = lambda: None
    resource_tracker.ensure_running = lambda: None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    carry_on(scene, run)


def carry_on(scene: Scene, run: Path) -> None:
    """Resumes a race that has a plan; begins again where it has none."""
    if (run / "plan.json").exists():
        resume(run)
    else:
        scene.begin(run)


def survive(scene: Scene, run: Path, moments: random.Random) -> list[str]:
    """Kills a race once or twice, carries it on to its end, and compares; returns how it was killed.

    Raises:
        AssertionError: when anything differs from the race that nobody disturbed.
    """
    killed = list(kill_once(scene, run, moments))
    if killed and moments.random() < 0.3:
        killed += kill_once(scene, run, moments)
    carry_on(scene, run)
    expected = scene.expected
    if expected is None:
        expected = fingerprint(replay(run / "plan.json", out=run.with_name(f"{run.name}-replayed")).folder)
    found = fingerprint(run)
    different = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    assert not different, f"{scene.name}, killed by {killed}: {different} differ"
    return killed


def main() -> int:
    """Kills as many races as were asked for; says what became of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", type=float, default=0.2, help="share of races that make their plan as they go")
    parser.add_argument("--keep", type=Path, help="folder to which races are copied that ended otherwise")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of those")
    words = parser.parse_args()
    torch.set_num_threads(1)
    bestiary.report.write_report = lambda run: run / "report.html"  # tested elsewhere, and most of the time
    moments, counts, failed, kills = random.Random(words.seed), Counter[str](), 0, 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["XDG_DATA_HOME"] = str(folder / "ledger")
        Pool(2).ready(folder / "ready")
        scenes = [planned(name, folder / name) for name in KINDS]
        of_their_own = [fresh("classification", words.budget), fresh("running text", words.budget)]
        number = 0
        while kills < words.number:
            scene = moments.choice(of_their_own if moments.random() < words.fresh else scenes)
            run = folder / f"run{number}"
            number += 1
            try:
                killed = survive(scene, run, moments)
                said = "equal"
            except Exception as reason:
                killed, failed, said = ["?"], failed + 1, f"FAILED: {type(reason).__name__}: {reason}"
            kills += len(killed)
            counts.update(f"{scene.name}: {how}" for how in killed)
            print(f"{kills:4d} {scene.name}: {', '.join(killed) or 'had ended'}: {said}", flush=True)
            for made in (run, run.with_name(f"{run.name}-replayed")):
                if made.exists() and words.keep and said != "equal":
                    shutil.copytree(made, words.keep / made.name)
                shutil.rmtree(made, ignore_errors=True)
    for how, count in sorted(counts.items()):
        print(f"{count:4d} {how}")
    print(f"{kills} kills of {number} races: {number - failed} ended in the same bits, {failed} did not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
