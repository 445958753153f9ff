"""With how many threads a single training is fastest: measured, because small networks are slower with many."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import torch

from bestiary.architectures.build import build, resolve
from bestiary.contracts import Algorithm
from bestiary.data.opening import open_data
from bestiary.planning.contenders import WHOLE
from bestiary.planning.plan import Plan

TURNS, UPDATES = 3, 3  # each number of threads has so many turns, each of so many timed updates after one untimed
LONGEST, SHARE = 3.0, 0.05  # seconds, and share of the budget, that measuring may take
GAIN = 0.9  # all cores must take less than this share of the time of one: they are not free for others then


def choose(folder: Path, plan: Plan, cores: int) -> int:
    """One thread or all cores, whichever makes faster updates; the entrant's speed is set to what was measured.

    Args:
        folder: of the run, with its encoded data.
        plan: with its one entrant, measured with one thread.
        cores: all that may be used.
    """
    entrant = plan.entrants[0]
    allowed = min(LONGEST, SHARE * plan.budget)
    if cores == 1 or plan.device != "cpu":
        return cores
    if 4 * entrant.step_seconds > allowed:  # an update this long has work for every core
        return cores
    before = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            updates = _updates(folder, plan)
            seconds = timed(lambda: next(updates, None), cores, allowed)
    except (RuntimeError, ValueError, MemoryError):  # a training that cannot go on says so in its own process
        return 1
    finally:
        torch.set_num_threads(before)
    chosen = cores if seconds[cores] < GAIN * seconds[1] else 1
    entrant.step_seconds = seconds[chosen]
    return chosen


def _updates(folder: Path, plan: Plan) -> Iterator[object]:
    entrant = plan.entrants[0]
    data = open_data(folder / "data", batch=entrant.batch, seed=plan.seed, device=plan.device)
    network = build(entrant.network, entrant.keywords, data.spec, seed=plan.seed)
    recipe = cast("Callable[..., Algorithm]", resolve(entrant.recipe))
    whole = WHOLE if entrant.weights else {}
    return recipe(network, data.spec, **{**entrant.settings[0], **whole}).updates(data, 0, 1_000_000)


def timed(update: Callable[[], object], cores: int, allowed: float) -> dict[int, float]:
    """Median seconds of an update with one thread and with all cores, in turns, so that both meet the same load.

    Args:
        update: makes one.
        cores: the larger number of threads.
        allowed: seconds, after which no further turn begins.
    """
    seconds: dict[int, list[float]] = {1: [], cores: []}
    began = time.perf_counter()
    for turn in range(TURNS):
        if turn and time.perf_counter() - began > allowed:
            break
        for threads, measured in seconds.items():
            torch.set_num_threads(threads)
            update()
            for _ in range(UPDATES):
                start = time.perf_counter()
                update()
                measured.append(time.perf_counter() - start)
    return {threads: statistics.median(measured) for threads, measured in seconds.items()}
