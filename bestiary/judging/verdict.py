"""The verdict: who is crowned, what ships, and whether a neural network is worth it, in numbers and in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import tasks
from bestiary.contracts import Predictions
from bestiary.judging import sentences
from bestiary.judging.bench import Bench, Candidate, Rows
from bestiary.judging.evidence import Interval
from bestiary.judging.statistics import FEWEST, Estimate, Resampling, wilson, within_one_standard_error
from bestiary.judging.undone import Undone
from bestiary.tasks.registry import evidence_of

Answer = Literal["yes", "no", "needless", "not shown", "open", "few"]


@dataclass
class Judgement:
    """The statistical part of `race.evidence.Verdict`, under the same names.

    Attributes:
        metric: the ranking metric; log loss or RMSE where the one asked for is undefined on these rows.
        order: names, best on test first.
        test: name -> metric -> interval; empty for models whose answers are not finite.
        difference: name -> paired difference to the leader in the ranking metric, positive = worse.
        answer: whether a neural network is worth it; "needless" where a baseline that ships does as well.
        tied: name -> whether that difference does not exclude zero; the leader is tied when anyone is tied with it.
        spread: name -> metric -> standard deviation over seeds, for models with several.
    """

    metric: str
    sentence: str = ""
    crowned: str | None = None
    reason: str = ""
    chosen: str = ""
    cheapest: str = ""
    worth_it: Interval | None = None
    worth_sentence: str = ""
    answer: Answer = "open"
    networks_best: str = ""
    baseline_best: str = ""
    order: list[str] = field(default_factory=list)
    test: dict[str, dict[str, Interval]] = field(default_factory=dict)
    difference: dict[str, Interval] = field(default_factory=dict)
    tied: dict[str, bool] = field(default_factory=dict)
    spread: dict[str, dict[str, float]] = field(default_factory=dict)


def judge_race(
    *,
    candidates: Sequence[Candidate],
    truth: Tensor | NDArray[np.generic],
    problem: str,
    metric: str,
    train_rows: int,
    classes: Sequence[str] = (),
    groups: NDArray[np.generic] | None = None,
    blocks: NDArray[np.generic] | None = None,
    seed: int = 0,
    preferred: str = "",
    costs: Mapping[str, float] | None = None,
    undone: Undone | None = None,
) -> Judgement:
    """Compares finalists and baselines on the test rows.

    The claims are about the models as trained: rows are resampled, training is not; how much a model differs from seed
    to seed stands in `spread`. Scores of several seeds are averaged before models are compared.

    Args:
        candidates: one or more.
        truth: class numbers or values of the N test rows.
        problem: the task.
        metric: the one that ranks.
        train_rows: rows that were learned from and selected on; with the test rows, all rows.
        classes: labels, in the order of the probability columns, which are checked for their number when given.
        groups: one label a row where rows of a group belong together.
        blocks: the same for time (`statistics.time_blocks`).
        seed: of the resampling.
        preferred: the model that validation chose to ship, unless another one is crowned; "" for the cheapest of those
            within one standard error of the best.
        costs: name -> what decides who is the cheapest, instead of the candidates' own.
        undone: what the budget did not allow: nobody is refuted, and nobody crowned, for want of time.

    Returns:
        What was found; `race.statistics` says what its error rates rest on.

    Raises:
        ValueError: when predictions are not of the same rows as the truth.
    """
    known, task = np.asarray(truth), tasks.find(problem)
    _check(candidates, known, classes if task.answers_classes else ())
    resampling = Resampling(len(known), blocks if groups is None else groups, seed=seed)
    usable = [c for c in candidates if all(_finite(p) for p in c.predictions)]
    scores = {c.name: resampling.score(c.predictions, known, problem) for c in usable}
    ranking, note = tasks.metric_named(metric, problem), ""
    defined = [m for m in task.metrics if all(m.name in found for found in scores.values())]
    judgement = Judgement(ranking.name, test={c.name: {} for c in candidates})
    if not usable or not defined:
        why = "no model gave finite answers on the test rows" if not usable else "no metric is defined on the test rows"
        judgement.sentence = judgement.reason = f"No winner: {why}."
        judgement.worth_sentence = "There is no model to compare."
        return judgement
    if ranking not in defined:
        note = f"{ranking.title} is undefined on these test rows. "
        ranking = min(defined, key=lambda m: m.needs == "labels")  # the first that judges more than what is answered
        judgement.metric = ranking.name
    judgement.test |= {c.name: _intervals(c, scores[c.name], resampling, known, problem) for c in usable}
    judgement.spread = {c.name: _spread(c, known, problem) for c in usable if len(c.predictions) > 1}
    bench = Bench(usable, scores, ranking, Rows(known, resampling, len(known) + train_rows), task)
    undone = undone or Undone()
    close = _crown(judgement, bench, costs or {}, undone)
    _worth(judgement, bench, judgement.crowned or preferred, undone)
    _choose(judgement, bench, close, preferred, costs or {})
    _answer(judgement, bench, undone)
    judgement.reason = note + judgement.reason
    judgement.sentence = sentences.outcome(judgement, bench)
    return judgement


def _check(candidates: Sequence[Candidate], truth: NDArray[np.generic], classes: Sequence[str]) -> None:
    if not candidates or not len(truth):
        raise ValueError(f"expected models and test rows; received {len(candidates)} models and {len(truth)} rows")
    first = candidates[0].predictions[0].columns["row"]
    for candidate in candidates:
        for answers in candidate.predictions:
            if len(answers) != len(truth) or not torch.equal(answers.columns["row"], first):
                raise ValueError(
                    f"{candidate.name}: its predictions are not of the same test rows, in the same order, as "
                    "those of the others"
                )
            count = sum(name.startswith("probability_") for name in answers.columns)
            if classes and count != len(classes):
                raise ValueError(f"{candidate.name}: expected {len(classes)} probabilities; received {count}")


def _finite(predictions: Predictions) -> bool:
    return all(bool(torch.isfinite(column).all()) for column in predictions.columns.values())


def _intervals(
    candidate: Candidate, scores: dict[str, Estimate], resampling: Resampling, truth: NDArray[np.generic], problem: str
) -> dict[str, Interval]:
    """Wilson for the accuracy on independent rows, and for perfect or hopeless shares; else from the resamples."""
    found: dict[str, Interval] = {}
    for name, estimate in scores.items():
        metric = tasks.metric_named(name, problem)
        if name == "accuracy" and resampling.independent == len(truth):
            found[name] = wilson(estimate.value, len(truth))
        elif estimate.constant and metric.high - metric.low == 1:
            found[name] = wilson(estimate.value, _effective(name, truth, resampling.independent))
        else:
            interval = estimate.interval()
            found[name] = Interval(interval.value, max(interval.low, metric.low), min(interval.high, metric.high))
    return found


def _effective(metric: str, truth: NDArray[np.generic], units: int) -> float:
    """Rows that count: a mean over K classes is as uncertain as a share of K² / Σ 1/n_k rows."""
    counts = np.unique(truth, return_counts=True)[1]
    rows = len(truth) if metric == "accuracy" else len(counts) ** 2 / float((1 / counts).sum())
    return min(rows, units)


def _spread(candidate: Candidate, truth: NDArray[np.generic], problem: str) -> dict[str, float]:
    seeds = [evidence_of(problem).score(p, truth) for p in candidate.predictions]
    both = [name for name in seeds[0] if all(name in scores for scores in seeds)]
    return {name: float(np.std([s[name] for s in seeds], ddof=1)) for name in both}


def _crown(judgement: Judgement, bench: Bench, costs: Mapping[str, float], undone: Undone) -> set[str]:
    """Names the winner, where there is one.

    Returns:
        Those within one standard error of the best.
    """
    leader, *others = bench.order
    leads = {c.name: bench.lead(leader, c) for c in others}
    behind = {name: lead.gain for name, lead in leads.items()}
    intervals = {name: bench.interval(gain) for name, gain in behind.items()}
    tied = [c for c in others if not leads[c.name].shown]
    judgement.order = [c.name for c in bench.order]
    judgement.difference = {leader.name: Interval(0.0, 0.0, 0.0), **intervals}
    judgement.tied = {leader.name: bool(tied), **{c.name: c in tied for c in others}}
    close = {leader.name, *within_one_standard_error({c.name: behind[c.name] for c in tied})}
    judgement.cheapest = _cheapest([c for c in bench.order if c.name in close], costs).name
    if not others:
        judgement.reason = "It is the only model, so there is nothing to compare it with."
    elif bench.total < FEWEST:
        judgement.reason = (
            f"{bench.total} rows in total are too few to tell skill from luck (a winner needs at least {FEWEST})."
        )
    elif tied:
        rival = min(tied, key=lambda c: behind[c.name].value / max(behind[c.name].error, 1e-12))
        judgement.reason = sentences.undecided(leader, rival, intervals[rival.name], behind[rival.name], bench)
    elif undone.few_baselines or undone.few_networks:
        judgement.reason = sentences.uncrowned(undone)
    else:
        judgement.crowned = judgement.cheapest = leader.name
        judgement.reason = sentences.crowned(bench, leads, undone)
    return close


def _cheapest(models: Sequence[Candidate], costs: Mapping[str, float]) -> Candidate:
    return min(models, key=lambda c: costs.get(c.name, c.cost))


def _worth(judgement: Judgement, bench: Bench, named: str, undone: Undone) -> None:
    """Compares one network, named without looking at the test rows unless it is crowned, with every baseline: what
    ships, where a network is in it, else the network that validation chose."""
    networks = [c for c in bench.order if c.network]
    baselines = [c for c in bench.order if not c.network]
    judgement.networks_best = judgement.baseline_best = ""
    if networks:
        judgement.networks_best = next((c for c in networks if c.name == named), _selected(networks)).name
    if baselines:
        judgement.baseline_best = baselines[0].name
    if networks and baselines:
        network = bench.model(judgement.networks_best)
        leads = {c.name: bench.lead(network, c) for c in baselines}
        unbeaten = [c for c in baselines if leads[c.name].interval.low <= 1e-9]
        baseline = baselines[0] if baselines[0] in unbeaten or not unbeaten else unbeaten[0]
        judgement.baseline_best = baseline.name
        judgement.worth_it = leads[baseline.name].interval


def _choose(judgement: Judgement, bench: Bench, close: set[str], preferred: str, costs: Mapping[str, float]) -> None:
    """What ships: the winner; else what was asked for, unless the test rows show a baseline to be better, or the judged
    network to be better than them all. Between networks they do not choose: one was named before they were seen."""
    if judgement.crowned:
        judgement.chosen = judgement.crowned
        return
    networks = [c for c in bench.order if c.network]
    baselines = [c for c in bench.order if not c.network]
    level = [c for c in baselines if not bench.lead(baselines[0], c).shown]
    gap = judgement.worth_it if bench.total >= FEWEST else None
    if gap is not None and gap.low > 1e-9:
        networks, level = [bench.model(judgement.networks_best)], []
    elif gap is not None and gap.high < -1e-9:
        networks = []
    elif bench.total < FEWEST:
        level = baselines
    allowed = [c for c in bench.order if c in networks or c in level]
    if preferred in {c.name for c in allowed}:
        judgement.chosen = preferred
    elif preferred in {c.name for c in bench.order}:
        judgement.chosen = _selected(level or networks).name
    else:
        judgement.chosen = _cheapest([c for c in allowed if c.name in close] or allowed[:1], costs).name


def _answer(judgement: Judgement, bench: Bench, undone: Undone) -> None:
    """Whether a neural network is worth it: never yes with baselines missing, never no with a network starved."""
    gap = judgement.worth_it
    network = bench.model(judgement.networks_best) if judgement.networks_best else None
    starved = network is None or network.name in undone.improving or undone.few_networks
    if gap is None or network is None:
        judgement.worth_sentence = _one_side(judgement, bench, undone)
        return
    ships = bench.model(judgement.chosen)
    unanswered = undone.few_baselines or (starved and gap.low <= 1e-9)
    if bench.total < FEWEST:
        judgement.answer = "few"
    elif unanswered:
        judgement.answer = "open"
    elif gap.low > 1e-9:
        judgement.answer = "yes"
    elif gap.high < -1e-9:
        judgement.answer = "no"
    else:
        judgement.answer = "needless" if gap.value <= 1e-9 and not ships.network else "not shown"
    baseline = bench.model(judgement.baseline_best)
    told = sentences.worth(network, baseline, judgement, bench.lead(network, baseline), bench)
    opening = f"{sentences.left_open(network, undone)} " if judgement.answer == "open" else ""
    judgement.worth_sentence = opening + told


def _one_side(judgement: Judgement, bench: Bench, undone: Undone) -> str:
    if judgement.networks_best:
        why = "no baseline finished" if len(bench.order) > 1 else "a race compares it with baselines"
    elif undone.idle:
        return sentences.left_open(None, undone)
    else:
        why = "no network finished"
    return f"Whether a neural network is worth it remains open: {why}."


def _selected(models: Sequence[Candidate]) -> Candidate:
    return min(models, key=lambda c: c.validation_loss if math.isfinite(c.validation_loss) else math.inf)
