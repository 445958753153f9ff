"""The leaderboard as it is shown: figures written out, intervals placed on a common scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bestiary import tasks
from bestiary.judging.evidence import Interval, Standing, Verdict
from bestiary.report import words

LEAST_LEARNED = 0.005  # of the constant loss: less is none, rounded
STATUS = {
    "finalist": "finalist",
    "baseline": "baseline",
    "ensemble": "ensemble",
    "eliminated": "left the race",
    "failed": "failed",
    "unfinished": "not finished",
}


@dataclass(frozen=True)
class Scale:
    """A horizontal axis from `low` to `high`; places are percentages of its width."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value stands, held inside."""
        return round(100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))), 2)

    def holds(self, value: float) -> bool:
        """Whether a value stands inside."""
        return self.low <= value <= self.high

    def ticks(self, metric: str, parts: int = 4) -> list[tuple[float, str]]:
        """Places and labels of evenly spread ticks; fewer, where that many would not be told apart."""
        values = [self.low + (self.high - self.low) * part / parts for part in range(parts + 1)]
        labels = [words.score(metric, value) for value in values]
        if parts > 1 and len(set(labels)) < len(labels):
            return self.ticks(metric, parts // 2)
        return [(self.place(value), label) for value, label in zip(values, labels)]


@dataclass(frozen=True)
class Line:
    """One standing, written out. `start`, `point` and `width` are percentages of the scale, `beyond`: outside of it.

    `tag` and `remark` say what became of it.
    """

    standing: Standing
    place: int
    chosen: bool
    crowned: bool
    best: bool
    score: str
    interval: str
    selection: str
    difference: str
    spread: str
    start: float
    point: float
    width: float
    beyond: bool
    tag: str
    remark: str
    settings: str
    learned: str


def tested(verdict: Verdict) -> list[Standing]:
    """Those that were scored on test, best first."""
    return [s for s in verdict.standings if verdict.metric in s.test]


def scale(verdict: Verdict) -> Scale | None:
    """Covers the better intervals; one that would shrink all others to a dot is left outside."""
    intervals = [finite(s.test[verdict.metric]) for s in tested(verdict)]
    if not intervals:
        return None
    low, high = intervals[0].low, intervals[0].high
    for number, interval in enumerate(intervals):
        wider = max(high, interval.high) - min(low, interval.low)
        if number >= 3 and wider > 3 * (high - low):
            break
        low, high = min(low, interval.low), max(high, interval.high)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    low, high = low - margin, high + margin
    known = tasks.metric_of(verdict.metric)
    return Scale(max(low, known.low), min(high, known.high)) if known else Scale(low, high)


def finite(interval: Interval) -> Interval:
    """An interval that can be drawn: where too few rows leave it without a bound, it ends at its value."""
    low, high = (b if math.isfinite(b) else interval.value for b in (interval.low, interval.high))
    return Interval(interval.value, low, high)


def lines(verdict: Verdict) -> list[Line]:
    """Every standing, in the order of the verdict."""
    axis = scale(verdict)
    best = next((s.name for s in tested(verdict)), "")
    return [_line(verdict, standing, number, axis, best) for number, standing in enumerate(verdict.standings, 1)]


def _line(verdict: Verdict, standing: Standing, place: int, axis: Scale | None, best: str) -> Line:
    metric = verdict.metric
    interval = standing.test.get(metric)
    start = point = width = 0.0
    beyond = False
    if interval is not None and axis is not None:
        start, point = axis.place(interval.low), axis.place(interval.value)
        width = round(axis.place(interval.high) - start, 2)
        beyond = not axis.holds(interval.value)
    is_best = standing.name == best
    tag = STATUS.get(standing.status, standing.status)
    if standing.status == "eliminated" and 0 < len(standing.reason) < 24:
        tag = standing.reason  # "left after round 2" says it all
    if standing.status == "failed" or standing.name in (verdict.chosen, verdict.crowned):
        tag = ""
    return Line(
        standing=standing,
        place=place,
        chosen=standing.name == verdict.chosen,
        crowned=standing.name == verdict.crowned,
        best=is_best,
        score=words.score(metric, interval.value) if interval else "–",
        interval=bounds(metric, interval),
        selection=words.score(metric, standing.selection.get(metric)),
        difference="best" if is_best else behind(metric, standing.difference.value) if standing.difference else "–",
        spread="" if is_best else bounds(metric, standing.difference),
        start=start,
        point=point,
        width=width,
        beyond=beyond,
        tag=tag,
        remark="" if tag == standing.reason else standing.reason,
        settings=", ".join(f"{word} {_value(value)}" for word, value in standing.settings.items()),
        learned=learned(standing.learned),
    )


def learned(share: float) -> str:
    """How far a loss came below the constant predictor's; a dash where that is not known.

    Example:
        >>> learned(0.914), learned(22.15), learned(-0.02), learned(0.0)
        ('91 %', '>100 %', 'nothing', '–')
    """
    if not share or not math.isfinite(share):
        return "–"
    if share > 1:  # of losses that fall below zero, such as minus a return
        return ">100 %"
    return f"{100 * share:.0f} %" if share >= LEAST_LEARNED else "nothing"


def bounds(metric: str, interval: Interval | None, sign: bool = False) -> str:
    """ "94.0 to 98.2", without the unit; "too few rows" where there are no bounds."""
    if interval is None:
        return ""
    if not (math.isfinite(interval.low) or math.isfinite(interval.high)):
        return "too few rows"
    return " to ".join(words.score(metric, bound, sign, unit=False) for bound in (interval.low, interval.high))


def behind(metric: str, value: float) -> str:
    """How far behind the best: an amount, so a minus means ahead.

    Example:
        >>> behind("accuracy", 0.017), behind("rmse", 12.5)
        ('1.7 points', '12.5')
    """
    return words.score(metric, value, sign=True).removeprefix("+")


def difference(metric: str, interval: Interval | None) -> str:
    """ "+1.2 points (−0.3 to +2.7)"."""
    if interval is None:
        return "–"
    return f"{words.score(metric, interval.value, sign=True)} ({bounds(metric, interval, sign=True)})"


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def worth_scale(interval: Interval) -> Scale:
    """An axis with zero in the middle that holds the interval."""
    interval = finite(interval)
    reach = 1.15 * max(abs(interval.low), abs(interval.high), abs(interval.value)) or 1.0
    return Scale(-reach, reach)


def metrics_of(standings: Sequence[Standing]) -> list[str]:
    """All metrics that were scored on test, in their first order."""
    return list(dict.fromkeys(metric for standing in standings for metric in standing.test))
