"""The verdict in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bestiary.race.evidence import Interval
from bestiary.race.statistics import FEWEST, Estimate, rows_needed
from bestiary.tasks.metric import Metric

if TYPE_CHECKING:
    from bestiary.race.verdict import Bench, Candidate, Judgement

HOPELESS = 1_000  # times the test rows; a difference that would need more is none


def title(candidate: Candidate) -> str:
    """What a model is called in a sentence."""
    if candidate.network or candidate.name.startswith("ensemble/"):
        return candidate.title or candidate.name
    return f"the {short(candidate)} baseline"


def short(baseline: Candidate) -> str:
    """The name of a baseline beside the word: "linear"."""
    return baseline.name.removeprefix("baseline/")


def figure(metric: Metric, interval: Interval) -> str:
    """A score with its interval.

    Example:
        >>> from bestiary.tasks.classes import METRICS
        >>> figure(METRICS[0], Interval(0.981, 0.965, 0.99))
        '98.1 % accuracy (96.5 to 99.0)'
    """
    value = number(metric, interval.value)
    named = f"{value} % {metric.title}" if metric.percent else f"{metric.title} {value}"
    return f"{named} ({_between(metric, interval)})"


def difference(metric: Metric, interval: Interval) -> str:
    """How far one model is ahead of another, with its interval.

    Example:
        >>> from bestiary.tasks.classes import METRICS
        >>> difference(METRICS[0], Interval(0.012, 0.001, 0.024))
        '1.2 points, 0.1 to 2.4'
    """
    unit = " points" if metric.percent else f" in {metric.title}"
    return f"{number(metric, interval.value)}{unit}, {_between(metric, interval)}"


def gap(metric: Metric, interval: Interval) -> str:
    """A network minus a baseline, and whom a plus speaks for.

    Example:
        >>> from bestiary.tasks.classes import METRICS
        >>> gap(METRICS[0], Interval(0.012, 0.001, 0.024))
        '+1.2 points for the network, 0.1 to 2.4'
        >>> gap(Metric("rmse", "RMSE", False, "values", 0.0, math.inf), Interval(-2.0, -3.0, -1.0))
        'RMSE higher by 2.00 with the network, 1.00 to 3.00'
        >>> wrong = Metric("sequence_error_rate", "wrong answers", False, "evidence", 0.0, 1.0, True)
        >>> gap(wrong, Interval(0.02, 0.01, 0.03))
        'wrong answers lower by 2.0 points with the network, 1.0 to 3.0'
    """
    unit = " points" if metric.percent else ""
    if not metric.higher:  # a plus for the network would read as an error that is larger
        worse = interval.value < 0
        shown = Interval(-interval.value, -interval.high, -interval.low) if worse else interval
        by = f"{metric.title} {'higher' if worse else 'lower'} by {number(metric, shown.value)}{unit}"
        return f"{by} with the network, {_between(metric, shown)}"
    sign = "+" if interval.value > 0 else ""
    unit = unit or f" in {metric.title}"
    return f"{sign}{number(metric, interval.value)}{unit} for the network, {_between(metric, interval)}"


def _between(metric: Metric, interval: Interval) -> str:
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return "too few rows for an interval"
    return f"{number(metric, interval.low)} to {number(metric, interval.high)}"


def number(metric: Metric, value: float) -> str:
    """A percentage with one decimal, or three significant digits."""
    if metric.percent:
        text = f"{100 * value:.1f}"
    else:
        digits = 2 - math.floor(math.log10(abs(value))) if value else 0
        text = f"{round(value, digits):,.{min(max(digits, 0), 12)}f}"
    return "0" + text[2:] if text.strip("-0.") == "" and text.startswith("-") else text.replace("-", "−")


def amount(rows: float) -> str:
    """A number of rows, as exact as it is known.

    Example:
        >>> amount(2384.2), amount(31)
        ('2,400', '31')
    """
    digits = max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return f"{round(rows, -digits):,.0f}"


def crowned(judgement: Judgement, bench: Bench) -> str:
    """Why there is a winner."""
    nearest = bench.order[1]
    ahead = difference(bench.metric, judgement.difference[nearest.name])
    return (
        f"on the same test {bench.judged} it is ahead of every other model; of the second, {title(nearest)}, by {ahead}"
    )


def undecided(leader: Candidate, rival: Candidate, interval: Interval, gain: Estimate, bench: Bench) -> str:
    """Why there is none, and how many test rows might decide."""
    if gain.constant and gain.value == 0:
        return f"{title(rival)} scores the same"
    lead = difference(bench.metric, interval)
    return f"the lead over {title(rival)} may be chance ({lead}); {_more(gain, bench)}"


def _more(gain: Estimate, bench: Bench) -> str:
    rows = bench.judged
    if not math.isfinite(gain.error):
        return "the test rows count as one, so rows of other groups or times might decide"
    needed = rows_needed(gain, bench.rows)
    if needed > HOPELESS * bench.rows:
        return f"more test {rows} would hardly decide"
    if needed <= bench.rows:  # the difference is large, but few rows carry it
        needed = 2 * bench.rows
    return f"about {amount(needed)} test {rows} might decide"


def worth(network: Candidate, baseline: Candidate, judgement: Judgement, gain: Estimate, bench: Bench) -> str:
    """Whether a neural network is worth it."""
    interval = judgement.worth_it
    assert interval is not None
    scores = judgement.test
    reaches = figure(bench.metric, scores[network.name][bench.metric.name])
    against = figure(bench.metric, scores[baseline.name][bench.metric.name])
    named = "the best network" if network.name == judgement.crowned else "the network chosen on validation"
    facts = f"{named}, {title(network)}, reaches {reaches}; the best baseline ({short(baseline)}) {against}"
    ahead = gap(bench.metric, interval)
    if bench.total < FEWEST:
        return f"Too few rows to say whether a neural network is worth it: {facts}."
    if interval.low > 1e-9:
        return f"A neural network is worth it here ({ahead}): {facts}."
    if interval.high < -1e-9:
        return f"A neural network is not worth it here ({ahead}): {facts}."
    if interval.value <= 1e-9:
        plain = "a plain linear model" if short(baseline) == "linear" else title(baseline)
        return f"{capital(plain)} does as well: no neural network is needed here ({ahead}); {facts}."
    return f"No neural network is shown to be worth it here ({ahead}): {facts}; {_more(gain, bench)}."


def outcome(judgement: Judgement, bench: Bench) -> str:
    """The verdict in one sentence."""
    leader = bench.order[0]
    scored = figure(bench.metric, judgement.test[leader.name][bench.metric.name])
    where = f"{bench.rows:,} unseen {bench.judged}"
    if judgement.crowned:
        text = f"{title(leader)} {bench.verb} best: {scored} on {where}{_against(judgement, bench)}."
    elif len(bench.order) == 1:
        text = f"{title(leader)} reaches {scored} on {where}; {judgement.reason}."
    else:
        chosen = next(c for c in bench.order if c.name == judgement.chosen)
        verb = "leads with" if judgement.difference[bench.order[1].name].value > 0 else "reaches"
        first = f"{title(leader)} {verb} {scored} on {where}"
        ships = _ships(judgement, chosen, leader)
        text = f"No winner: {first}, but {judgement.reason}; {ships}."
    return capital(text) if leader.title or not leader.network else text


def _ships(judgement: Judgement, chosen: Candidate, leader: Candidate) -> str:
    """Which of those that cannot be told apart is kept, and why."""
    if chosen.name == judgement.cheapest:
        return (
            f"{title(leader)}, the cheapest of those as good, is kept"
            if chosen is leader
            else f"{title(chosen)}, cheaper and as good, is kept"
        )
    return f"{title(chosen)}, best on validation{' too' if chosen is leader else ''}, is kept"


def capital(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _against(judgement: Judgement, bench: Bench) -> str:
    """The other side of the comparison between networks and baselines, for the one-sentence verdict."""
    if judgement.worth_it is None:
        return ""
    worthy = judgement.crowned == judgement.networks_best
    name = judgement.baseline_best if worthy else judgement.networks_best
    other = next(c for c in bench.order if c.name == name)
    called = f"the best baseline ({short(other)})" if worthy else f"the network chosen on validation, {title(other)},"
    value = judgement.test[name][bench.metric.name].value
    reached = number(bench.metric, value) + (" %" if bench.metric.percent else "")
    verdict = "is worth it here" if worthy else "is not worth it here"
    ahead = gap(bench.metric, judgement.worth_it)
    return f"; {called} reaches {reached}: a neural network {verdict} ({ahead})"
