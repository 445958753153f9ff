"""How a budget becomes steps: pure arithmetic of measured paces, so that it can be tested without a clock."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bestiary.planning.plan import Entrant

SHARES = (0.15, 0.25, 0.60)
"""What each rung adds to a contender's training, as shares of one whole training. The first two end well before the
last 30 % of the horizon, in which the rate decays."""
SEEDS = 3
LEAST_STEPS = 20
MOST_EPOCHS, MOST_STEPS = 300, 2000
"""A training ends after so many epochs, or so many updates, whichever is later: more only fits the training rows."""


def makespan(costs: Iterable[float], workers: int) -> float:
    """Seconds until all jobs are done, when each free worker takes the next in order.

    Example:
        >>> makespan([3, 1, 1, 1], workers=2)
        3.0
    """
    free = [0.0] * max(1, workers)
    for cost in costs:
        heapq.heappush(free, heapq.heappop(free) + cost)
    return max(free)


def survivors(entrants: int) -> tuple[int, int]:
    """How many go on to the second and third rung when nothing is tied: a half, a quarter, at least two.

    Example:
        >>> survivors(12), survivors(3), survivors(1)
        ((6, 3), (2, 2), (1, 1))
    """
    return min(entrants, max(2, math.ceil(entrants / 2))), min(entrants, max(2, math.ceil(entrants / 4)))


def fair_share(budget: float, workers: int, entrants: int, rivals: int) -> float:
    """Core-seconds of one whole training, roughly, before any speed is known.

    Example:
        >>> round(fair_share(300, workers=2, entrants=12, rivals=4))
        32
    """
    second, third = survivors(entrants)
    wholes = entrants * SHARES[0] + second * SHARES[1] + third * (SHARES[2] + SEEDS - 1) + rivals
    return 0.8 * budget * workers / wholes


@dataclass(frozen=True)
class Unit:
    """What is equal for all: core-seconds, or examples. `amount` of it is one whole training.

    Attributes:
        equal: "time" or "examples".
        pace: entrant -> seconds an update.
        batch: entrant -> rows in a batch.
        epoch: entrant -> updates in one pass over the training rows.
    """

    equal: str
    pace: Mapping[str, float]
    batch: Mapping[str, int]
    epoch: Mapping[str, int]

    def steps(self, name: str, amount: float) -> int:
        """Updates that an amount buys a contender, no more than are of use."""
        bought = amount / self.pace[name] if self.equal == "time" else amount / self.batch[name]
        most = max(MOST_EPOCHS * self.epoch[name], MOST_STEPS)
        return max(LEAST_STEPS, min(int(bought), most))

    def seconds(self, name: str, amount: float) -> float:
        """What those updates take."""
        return self.steps(name, amount) * self.pace[name]


def largest(wall: Callable[[float], float], available: float, most: float) -> float:
    """The largest amount whose wall-clock seconds are available, by bisection; `wall` never falls.

    Example:
        >>> round(largest(lambda amount: 2 * amount, available=10, most=100), 3)
        5.0
    """
    low, high = 0.0, most
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if wall(middle) <= available else (low, middle)
    return low


def last_share(folds: int) -> float:
    """What the third rung adds to a training; folds have left it less far along."""
    return 0.9 if folds else SHARES[2]


def rung_costs(
    unit: Unit, entrants: Mapping[str, Entrant], names: Sequence[str], rung: int, amount: float, folds: int
) -> list[float]:
    """Seconds of every job of a rung, in the order in which they start.

    Args:
        unit: what is equal.
        entrants: by name.
        names: of those that take part.
        rung: from 1.
        amount: one whole training, in the unit.
        folds: that the first two rungs train on; 0 for none.
    """
    costs: list[float] = []
    pieces = folds + 1
    for name in names:
        entrant, one = entrants[name], unit.seconds(name, amount)
        settings = len(entrant.settings) if rung == 1 else 1
        if rung < 3:
            each = one * SHARES[rung - 1] / settings / pieces
            costs += [entrant.start_seconds + each] * (settings * pieces)
        else:
            costs += [entrant.start_seconds + one * last_share(folds)] * pieces
    if rung == 3:
        costs += [entrants[n].start_seconds + unit.seconds(n, amount) for n in names] * (SEEDS - 1)
    return costs


def race_wall(
    unit: Unit,
    entrants: Mapping[str, Entrant],
    names: Sequence[str],
    rung: int,
    amount: float,
    *,
    folds: int,
    rivals: int,
    workers: int,
) -> float:
    """Wall-clock seconds from the start of a rung to the end of the last, if as many survive as usual.

    Who will survive is not known, so later rungs are reckoned with the costs of an average contender.
    """
    total = 0.0
    second, third = survivors(len(names))
    counts: dict[int, int] = {2: second, 3: third if rung == 1 else second}
    for now in range(rung, 4):
        costs = rung_costs(unit, entrants, names, now, amount, folds)
        if now > rung and names:
            share = min(1.0, counts[now] / len(names))
            kept = max(1, round(len(costs) * share))
            costs = [sum(costs) / len(costs)] * kept
        if now == 1:
            costs = [rival_seconds(unit, names, amount)] * rivals + costs
        total += makespan(costs, workers)
    return total


def rival_seconds(unit: Unit, names: Sequence[str], amount: float) -> float:
    """Core-seconds of a baseline: those of the contender that has most in one whole training."""
    return max(unit.seconds(n, amount) for n in names)


def settings_that_fit(entrant: Entrant, seconds: float, folds: int) -> int:
    """How many of its settings a contender can try in its share of the first rung.

    Each needs `LEAST_STEPS` updates, and as long for training as for starting its process.

    Args:
        entrant: measured.
        seconds: its core-seconds in the first rung.
        folds: that it trains on; 0 for none.
    """
    each = max(2 * LEAST_STEPS * entrant.pace, entrant.start_seconds) * (folds + 1)
    return max(1, min(len(entrant.settings), int(seconds / each)))
