"""Twelve small contenders raced on all cores, against one after the other: wall-clock of the same trainings.

Both sides run the same jobs, in processes of their own, with one thread each; only how many at a time differs.
Target: at most 0.6 on two cores.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import torch

from bestiary.data import read
from bestiary.planning.plan import Entrant, Job, Plan, Stage
from bestiary.race.course import Clock, Course
from bestiary.race.pool.workers import Call, Pool
from bestiary.race.prepare import Wishes, prepare

CONTENDERS, STEPS, ROUNDS = 12, 1500, 3
NETWORK = "bestiary.architectures.feedforward.fnn:FNN"
RECIPE = "bestiary.recipes.supervised:classifier"


def plan_of(folder: Path) -> Plan:
    """Twelve feedforward networks of two hidden layers on handwritten digits."""
    plan = prepare(read("digits"), {}, folder, Wishes(600, "time", None, 0, 1, "cpu"))
    plan.rivals, plan.folds, plan.shares = [], 0, {"reserve": 1.0}
    for number in range(CONTENDERS):
        name = f"fnn/{number}"
        words = {"widths": [64 + 8 * number, 32]}
        settings: list[dict[str, object]] = [{"rate": 0.001}]
        plan.entrants.append(
            Entrant(name, name, "feedforward", "fnn", NETWORK, words, RECIPE, settings, 32, 500, 1e-3, 1e-2, 0.1, 1)
        )
    jobs = [Job(f"fnn.{k}", f"fnn/{k}", 0, 0, -1, STEPS, 2 * STEPS) for k in range(CONTENDERS)]
    plan.stages = [Stage(1, jobs, {e.name: 1e-3 for e in plan.entrants})]
    return plan


def seconds(workers: int) -> float:
    """Wall-clock of all twelve, from a warm fork server."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        plan, pool = plan_of(run), Pool(workers)
        pool.warm()
        (run / "warm").mkdir()
        list(pool.run(deque([Call("warm", "nothing", (str(run / "warm"),))])))
        plan.workers, plan.rungs = workers, 1
        began = time.perf_counter()
        Course(run, plan, pool, Clock()).run()
        taken = time.perf_counter() - began
        failed = [job.failed for job in plan.stages[0].jobs if job.failed]
        assert not failed, failed
        return taken


if __name__ == "__main__":
    torch.set_num_threads(1)
    cores = min(2, os.cpu_count() or 1)
    print(f"torch {torch.__version__}, {platform.machine()}, {CONTENDERS} contenders of {STEPS} updates, 1 thread each")
    pairs = [(seconds(cores), seconds(1)) for _ in range(ROUNDS)]
    for both, one in pairs:
        print(f"{cores} at a time {both:.2f} s, one after the other {one:.2f} s: {both / one:.2f}")
    ratio = statistics.median(both / one for both, one in pairs)
    print(f"median ratio of {ROUNDS}: {ratio:.2f}, bound 0.60: {'kept' if ratio <= 0.60 else 'NOT KEPT'}")
    sys.exit(ratio > 0.60)
