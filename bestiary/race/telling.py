"""What is said while data are read: what they were taken for, and why."""

from __future__ import annotations

from collections.abc import Callable

from bestiary import kinds, tasks
from bestiary.planning.plan import Plan
from bestiary.race.course import Clock
from bestiary.race.progress import Listener, Snapshot
from bestiary.rows.source import Source


def tell(listener: Listener | None, phase: str, clock: Clock, budget: float, message: str = "") -> None:
    """A snapshot of a race that has no contenders yet."""
    if listener:
        listener(Snapshot(phase, clock.elapsed, budget, max(0.0, budget - clock.elapsed), message=message))


def teller(listener: Listener | None, clock: Clock, budget: float) -> Callable[[str], None]:
    """What tells one message after another while the data are prepared."""
    return lambda message: tell(listener, "reading", clock, budget, message)


def introduce(data: Source, listener: Listener | None, clock: Clock, budget: float) -> None:
    """Says what the data were taken for, with the reasons, while a mistake costs nothing yet."""
    target = data.target
    noun = getattr(data, "noun", kinds.find(data.kind).examined)
    noun = tasks.find(target.problem).judged if noun == "rows" else noun
    told = f"{len(data):,} {noun}, read as {data.kind}: {data.reason}"
    what = f"{len(target.classes)} classes" if target.classes else "numbers"
    about = f"target {target.name!r} holds {what}, {target.problem}: {target.reason}"
    if tasks.find(target.problem).target not in ("classes", "value"):
        about = f"task {target.problem}: {target.reason}"
    for message in (told, about, *data.notes):
        tell(listener, "reading", clock, budget, message)


def announce(plan: Plan, said: list[str], listener: Listener | None, clock: Clock) -> None:
    """Says what preparing has found, beyond what was said at reading, and how the rows were split."""
    sizes = ", ".join(f"{number:,} {name}" for name, number in plan.rows.items())
    ranks = f"models are ranked by {tasks.metric_named(plan.metric, plan.problem).title}: {plan.metric_reason}"
    new = [note for note in plan.notes if note not in said]
    how, *chosen = plan.splits.split("; contenders ")
    told = [f"rows: {sizes} (sealed); {how}", *(f"contenders {part}" for part in chosen)]
    for message in (*new, *told, ranks):
        tell(listener, "reading", clock, plan.budget, message)
