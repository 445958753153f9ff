"""Who enters a race that has not time enough for everyone: those who did best on tables like this one.

`measured.csv` beside this file says how far each architecture came in a few core-seconds on tables that packages ship
(`benchmarks/measure_entry.py` makes it anew). It decides nothing while everyone has `ENOUGH` core-seconds. Each table
left out in turn, the best of three chosen networks explained 0.9 percent points (standard error 0.4) more of the loss
than the best of all thirteen in a race of 30 s on two cores, and more on 18 of 28 tables; with 120 s on 15 of 28, which
is no difference.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bestiary.planning.plan import NOT_CHOSEN

MEASURED = Path(__file__).with_name("measured.csv")
ENOUGH = 4.0
"""Core-seconds of one whole training from which on everyone enters."""
FEWEST = 3
WIDTH = 1.4
"""Tables count by the distance of the logarithms of their rows and features: one of e^1.4, four times the size, 0.6."""
FAR = 0.05  # what the farthest counts, so that there is always an order


class Record(NamedTuple):
    """What one architecture came to on one set of data in so many core-seconds.

    Attributes:
        kind, task, data: of the set.
        rows, features: of its training rows.
        architecture, size: of the network.
        seconds: core-seconds of its training.
        share: its loss on half of the validation rows as a share of what it costs to know nothing; `again` on the
            other half.
    """

    kind: str
    task: str
    data: str
    rows: int
    features: int
    architecture: str
    size: str
    seconds: float
    share: float
    again: float


Curve = Mapping[float, tuple[float, float]]
"""Core-seconds -> shares of the loss on both halves of the validation rows."""


class Seen(NamedTuple):
    """A set of data on which architectures were measured."""

    kind: str
    task: str
    rows: int
    features: int
    curves: Mapping[str, Curve]


@cache
def seen(file: Path = MEASURED) -> dict[str, Seen]:
    """All sets that were measured, by name."""
    curves: dict[str, dict[str, dict[float, tuple[float, float]]]] = defaultdict(lambda: defaultdict(dict))
    sets: dict[str, tuple[str, str, int, int]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            sets[line["data"]] = line["kind"], line["task"], int(line["rows"]), int(line["features"])
            shares = min(1.0, float(line["share"])), min(1.0, float(line["again"]))
            curves[line["data"]][line["architecture"]][float(line["seconds"])] = shares
    return {name: Seen(*words, curves[name]) for name, words in sets.items()}


def after(curve: Curve, seconds: float) -> tuple[float, float]:
    """The shares after so many core-seconds: linear in the logarithm of time between those that were measured.

    Example:
        >>> after({1.0: (0.8, 0.9), 4.0: (0.4, 0.5)}, 2.0)
        (0.6000000000000001, 0.7)
    """
    times = sorted(curve)
    if seconds <= times[0]:  # in no time nothing is learned
        missing = 1 - seconds / times[0]
        first, second = curve[times[0]]
        return first + (1 - first) * missing, second + (1 - second) * missing
    for low, high in pairwise(times):
        if seconds <= high:
            part = math.log(seconds / low) / math.log(high / low)
            first, second = (a * (1 - part) + b * part for a, b in zip(curve[low], curve[high]))
            return first, second
    return curve[times[-1]]


def near(kind: str, task: str, rows: int, features: int, known: Mapping[str, Seen]) -> dict[str, float]:
    """How much each set that was measured tells about these data; nothing where none is of this kind and task."""

    def distance(one: Seen) -> float:
        apart = math.log(max(1, rows) / one.rows), math.log((features + 1) / (one.features + 1))
        return sum(step**2 for step in apart) / (2 * WIDTH**2)

    return {name: math.exp(-distance(one)) + FAR for name, one in known.items() if (one.kind, one.task) == (kind, task)}


def in_order(
    names: Sequence[str], weights: Mapping[str, float], known: Mapping[str, Seen], seconds: Callable[[int], float]
) -> list[str]:
    """The architectures in the order in which they are worth having: each adds most to those before it.

    What a field of them is worth on a set is the loss, on one half of its validation rows, of the one that is best on
    the other half.

    Args:
        names: of those that were measured.
        weights: set -> what it counts.
        known: the sets.
        seconds: core-seconds of a whole training in a field of so many.
    """

    def value(field: Sequence[str]) -> float:
        time, total = seconds(len(field)), 0.0
        for name, weight in weights.items():
            found = [after(curve, time) for one in field if (curve := known[name].curves.get(one))]
            if found:
                total += weight * (min(found)[1] + min(found, key=lambda pair: pair[1])[0]) / 2
            else:
                total += weight
        return total

    order = list[str]()
    while len(order) < len(names):
        order.append(min((name for name in names if name not in order), key=lambda name: value([*order, name])))
    return order


def chosen(
    names: Sequence[str],
    data: tuple[str, str, int, int],
    seconds: Callable[[int], float],
    known: Mapping[str, Seen] | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Who enters, and why the others do not.

    Args:
        names: of architectures that take the data.
        data: kind, task, training rows, features.
        seconds: core-seconds of a whole training in a field of so many.
        known: what was measured, instead of the table of the package.

    Returns:
        Architectures in their own order, and name -> reason of those that stay out.
    """
    known = seen() if known is None else known
    weights = near(*data, known)
    measured = [name for name in names if any(name in known[one].curves for one in weights)]
    if len(names) <= FEWEST or not measured or seconds(len(names)) >= ENOUGH:
        return list(names), {}
    order = in_order(measured, weights, known, seconds)
    most = max((count for count in range(1, len(names) + 1) if seconds(count) >= ENOUGH), default=0)
    entered = [*order, *(name for name in names if name not in order)][: max(FEWEST, most)]
    places = {
        name: f"number {order.index(name) + 1} of {len(order)} in {len(weights)} measured sets of data, nearest first"
        if name in order
        else "never measured on such data"
        for name in names
        if name not in entered
    }
    return [name for name in names if name in entered], {name: f"{NOT_CHOSEN}: {why}" for name, why in places.items()}
