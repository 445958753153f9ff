"""The verdict in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bestiary.judging.evidence import Interval
from bestiary.judging.statistics import Estimate, rows_needed
from bestiary.judging.undone import about
from bestiary.tasks.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bestiary.judging.bench import Bench, Candidate, Lead
    from bestiary.judging.undone import Undone
    from bestiary.judging.verdict import Judgement

HOPELESS = 1_000  # times the test rows; a difference that would need more is none


def title(candidate: Candidate) -> str:
    """What a model is called in a sentence."""
    if candidate.network or candidate.name.startswith("ensemble/"):
        return candidate.title or candidate.name
    return f"the {short(candidate)} baseline"


def short(baseline: Candidate) -> str:
    """The name of a baseline beside the word: "linear"."""
    return baseline.title if baseline.name.startswith("ensemble/") else baseline.name.removeprefix("baseline/")


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
        '1.2 points (0.1 to 2.4)'
    """
    unit = " points" if metric.percent else f" in {metric.title}"
    return f"{number(metric, interval.value)}{unit} ({_between(metric, interval)})"


def gap(metric: Metric, interval: Interval) -> str:
    """How far a network is ahead of a baseline, or behind it.

    Example:
        >>> from bestiary.tasks.classes import METRICS
        >>> gap(METRICS[0], Interval(0.012, 0.001, 0.024))
        'ahead by 1.2 points (0.1 to 2.4)'
        >>> gap(Metric("rmse", "RMSE", False, "values", 0.0, math.inf), Interval(-2.0, -3.0, -1.0))
        'behind by 2.00 in RMSE (1.00 to 3.00)'
    """
    if interval.value < 0:
        return f"behind by {difference(metric, Interval(-interval.value, -interval.high, -interval.low))}"
    return f"ahead by {difference(metric, interval)}"


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


def crowned(bench: Bench, leads: Mapping[str, Lead], undone: Undone) -> str:
    """Why there is a winner, and who is not compared with it."""
    second = bench.order[1]
    lead = leads[second.name]
    told = [
        f"On the same test {bench.judged} it is ahead of every other model.",
        "" if lead.forgiven else f"It leads the second, {title(second)}, by {difference(bench.metric, lead.interval)}.",
        forgiven([(bench.model(name), one) for name, one in leads.items() if one.forgiven], bench),
        absent(undone),
    ]
    return " ".join(filter(None, told))


def forgiven(wild: Sequence[tuple[Candidate, Lead]], bench: Bench) -> str:
    """That rivals are behind although they err so wildly that the gap to them is uncertain; "" where none does."""
    if not wild:
        return ""
    (rival, lead), *others = wild
    rows = f"{lead.forgiven:,} of {bench.rows:,} test {bench.judged}"
    told = [
        f"On {rows} {title(rival)} errs far more than the better model does on any.",
        f"With the better model's answers there it is still behind, by {difference(bench.metric, lead.interval)}.",
    ]
    if others:
        told.append(f"The same holds for {amount(len(others))} more.")
    return " ".join(told)


def uncrowned(undone: Undone) -> str:
    """Why the leader of a race in which most were missing is no winner."""
    return f"It leads those that ran, but most rivals are missing. {absent(undone)}"


def absent(undone: Undone) -> str:
    """Who had no time; "" where everybody had.

    Example:
        >>> from bestiary.judging.undone import Undone
        >>> absent(Undone(idle=["tabm", "ann"], missing=["forest"]))
        'There was not enough time for 2 networks and for 1 baseline (forest).'
    """
    told = []
    if undone.idle:
        told.append(f"for {len(undone.idle)} network{'s' * (len(undone.idle) > 1)}")
    if undone.missing:
        count, names = len(undone.missing), ", ".join(undone.missing[:4])
        told.append(f"for {count} baseline{'s' * (count > 1)} ({names}{', ...' if count > 4 else ''})")
    return f"There was not enough time {' and '.join(told)}." if told else ""


def undecided(leader: Candidate, rival: Candidate, interval: Interval, gain: Estimate, bench: Bench) -> str:
    """Why there is none, and how many test rows might decide."""
    if gain.constant and gain.value == 0:
        return f"{capital(title(rival))} scores the same."
    lead = difference(bench.metric, interval)
    return f"The lead over {title(rival)} may be chance: {lead}. {_more(gain, bench)}"


def _more(gain: Estimate, bench: Bench) -> str:
    rows = bench.judged
    if not math.isfinite(gain.error):
        return "All test rows belong together and count as one; rows of other groups or times might decide."
    needed = rows_needed(gain, bench.rows)
    if needed > HOPELESS * bench.rows:
        return f"More test {rows} would hardly decide."
    if needed <= bench.rows:  # the difference is large, but few rows carry it
        needed = 2 * bench.rows
    return f"About {amount(needed)} test {rows} might decide."


ANSWERS = {
    "yes": "A neural network is worth it here.",
    "no": "A neural network is not worth it here.",
    "needless": "No neural network is needed here.",
    "not shown": "No neural network is shown to be worth it here.",
    "few": "Too few rows to say whether a neural network is worth it.",
}
"""What is said first; where the question is open, `left_open` says why instead."""


def worth(network: Candidate, baseline: Candidate, judgement: Judgement, lead: Lead, bench: Bench) -> str:
    """The answer to whether a neural network is worth it, and the figures it rests on."""
    gain = lead.gain
    first = baseline.name == next(c.name for c in bench.order if not c.network)
    rival = "best baseline" if first else "baseline it is hardest to distinguish from"
    reach = {c.name: figure(bench.metric, judgement.test[c.name][bench.metric.name]) for c in (network, baseline)}
    how = "" if network.name == judgement.crowned else ", chosen on validation"
    told = [
        f"{capital(title(network))}{how}, reaches {reach[network.name]}."
        if how
        else f"{capital(title(network))} reaches {reach[network.name]}.",
        f"The {rival} ({short(baseline)}) reaches {reach[baseline.name]}.",
        "They score the same."
        if gain.constant and gain.value == 0
        else f"The network is {gap(bench.metric, bench.interval(gain))}.",
        forgiven(_wild(network, baseline, lead, judgement, bench), bench),
    ]
    if judgement.answer == "not shown":
        told.append(_more(gain, bench))
    return " ".join(filter(None, [ANSWERS.get(judgement.answer, ""), *told]))


def _wild(
    network: Candidate, baseline: Candidate, lead: Lead, judgement: Judgement, bench: Bench
) -> list[tuple[Candidate, Lead]]:
    """Whose errors had to be forgiven, unless the reason for the crown says it: baselines, or the network itself."""
    if judgement.crowned in (network.name, baseline.name):
        return []
    if lead.gain.value < 0:
        return [(network, -lead)] if lead.forgiven else []
    leads = [(c, bench.lead(network, c)) for c in bench.order if not c.network]
    return [(c, one) for c, one in leads if one.forgiven and one.gain.value > 0]


def left_open(network: Candidate | None, undone: Undone) -> str:
    """Why the question whether a neural network is worth it is open, and the budget that might close it."""
    told = []
    if undone.few_baselines:
        told.append("Most baselines had no time to finish.")
    if network is not None and (budget := undone.improving.get(network.name)):
        told.append(f"{capital(title(network))} was still improving when time ended.")
        told.append(f"About {about(budget)} would let it finish.")
    if undone.few_networks or not told:
        told.append(f"{len(undone.idle)} network{'s' * (len(undone.idle) != 1)} had no time to learn.")
        told += [f"About {about(undone.entry)} would let all take part."] if undone.entry else []
    return " ".join(["Whether a neural network is worth it remains open.", *told])


def outcome(judgement: Judgement, bench: Bench) -> str:
    """The verdict in one sentence."""
    leader = bench.order[0]
    scored = figure(bench.metric, judgement.test[leader.name][bench.metric.name])
    where = f"on {bench.rows:,} unseen {bench.judged}"
    if judgement.crowned:
        text = f"{title(leader)} {bench.verb} best: {scored} {where}."
    elif len(bench.order) == 1:
        text = f"{title(leader)} reaches {scored} {where}."
    else:
        verb = "leads with" if judgement.difference[bench.order[1].name].value > 0 else "reaches"
        text = f"No winner: {title(leader)} {verb} {scored} {where}."
    return capital(text) if leader.title or not leader.network else text


def capital(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
