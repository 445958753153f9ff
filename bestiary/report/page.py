"""`report.html`: one file that opens offline, made from what a race left in its folder and from nothing else."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bestiary.data.store import write_text
from bestiary.race.evidence import Standing, Verdict
from bestiary.report import answers, board, figures, words
from bestiary.report.gather import Answers, Evidence, Truth, gather
from bestiary.report.mistakes import worst

MATRIX = 20  # classes that a confusion matrix is drawn for
TABLE = 30  # classes in the table of precision and recall
PLOTTED = 1_500  # points of the plot of true against predicted values
FEW = 50  # rows in all below which nothing is said; as in the verdict
NAME = "report.html"


def write_report(run: Path) -> Path:
    """Makes `report.html` anew from a run folder: verdict, plan, predictions and logs.

    Args:
        run: the folder of a finished race.

    Returns:
        The path of the report: one file that asks for nothing outside of itself.

    Raises:
        InputError: when the race has no verdict yet.
    """
    path = run / NAME
    write_text(path, render(gather(run)))
    return path


def render(evidence: Evidence) -> str:
    """The report as HTML; everything that came from a person's file is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {"title": words.title, "seconds": words.seconds, "bytes": words.size, "count": words.count, "number": words.number, "sentence": words.sentence}
    )
    environment.globals.update({"score": words.score, "bounds": board.bounds, "shorten": words.shorten, "share": words.share})
    return environment.get_template("report.html").render(_context(evidence))


def _context(evidence: Evidence) -> dict[str, Any]:
    verdict = evidence.verdict
    shown = _shown(evidence)
    run = evidence.run.resolve().name
    lines = board.lines(verdict)
    context: dict[str, Any] = {
        "verdict": verdict,
        "evidence": evidence,
        "plan": evidence.plan,
        "run": run,
        "run_quoted": shlex.quote(run),
        "run_python": json.dumps(run, ensure_ascii=False),
        "winner": (evidence.run / "winner").is_dir(),
        "warnings": _warnings(verdict),
        "lines": lines,
        "chosen": next((line for line in lines if line.chosen), None),
        "scale": board.scale(verdict),
        "metrics": board.metrics_of(verdict.standings),
        "meanings": words.MEANINGS,
        "worth": _worth(verdict),
        "worth_scale": board.worth_scale(verdict.worth_it) if verdict.worth_it else None,
        "difference": board.difference,
        "curves": _curves(evidence),
        "costs": _costs(verdict),
        "shown": shown,
        "reached": _reached(evidence),
    }
    detail = None
    if shown and evidence.truth is not None and len(evidence.truth.rows):
        make = _regression if verdict.problem == "regression" else _classification
        detail = make(evidence, evidence.truth, shown, evidence.predictions[shown.name][0])
    return {**context, "detail": detail}


def _warnings(verdict: Verdict) -> list[str]:
    """What a reader must know before believing anything, the gravest first."""
    warnings = []
    if verdict.openings > 1:
        warnings.append(
            f"The test rows of this data set were opened for the {words.times(verdict.openings)} time. Each opening that "
            "leads to a choice makes the test scores a little too good; fresh rows would settle it."
        )
    told = ("test rows were opened", "did not take part")  # above, and beside the plan
    notes = [note for note in verdict.notes if not any(words in note for words in told)]
    grave = ("leak", "determine", "equals the target", "suspect")
    return warnings + sorted(notes, key=lambda note: not any(word in note.lower() for word in grave))


def _worth(verdict: Verdict) -> str:
    """The answer in a word."""
    if verdict.worth_it is None:
        return "Open"
    if sum(verdict.rows.values()) < FEW:
        return "Too few rows to say"
    if verdict.worth_it.low > 0:
        return "Yes"
    return "No" if verdict.worth_it.high < 0 else "Not proven"


def _shown(evidence: Evidence) -> Standing | None:
    """Whose predictions are looked at closely: the chosen model's, or the best that were kept."""
    order = sorted(evidence.verdict.standings, key=lambda s: s.name != evidence.verdict.chosen)
    return next((s for s in order if s.name in evidence.predictions), None)


# ------------------------------------------------------------------------------------------------------- curves


@dataclass(frozen=True)
class Spread:
    """How far the seeds of one finalist lie apart: best validation loss of each."""

    name: str
    seeds: list[str]
    low: str
    high: str
    mean: str


def _curves(evidence: Evidence) -> dict[str, Any] | None:
    finalists = {s.name for s in evidence.verdict.standings if s.status == "finalist"}
    lines = [
        figures.Curve(name, name in finalists, [(t.seconds, t.loss) for t in trainings])
        for name, trainings in evidence.trainings.items()
    ]
    if not lines:
        return None
    unit = "log loss" if evidence.verdict.problem == "classification" else "squared error of the standardised target"
    constant = (evidence.plan.constant or None) if evidence.plan else None
    spreads = []
    for name, trainings in evidence.trainings.items():
        best = [min(t.loss) for t in trainings]
        if name in finalists and len(best) > 1:
            seeds = [f"{t.seed}: {words.number(loss)}" for t, loss in zip(trainings, best)]
            spreads.append(Spread(name, seeds, *(words.number(float(f(best))) for f in (min, max, np.mean))))
    return {
        "svg": figures.curves(lines, constant, unit),
        "unit": unit,
        "constant": constant,
        "spreads": spreads,
        "drawn": len(lines),
        "finalists": [line.name for line in lines if line.finalist],
    }


# --------------------------------------------------------------------------------------------------------- cost


def _costs(verdict: Verdict) -> dict[str, Any]:
    axis = board.scale(verdict)
    tested = board.tested(verdict)
    inside = [s for s in tested if axis and axis.holds(s.test[verdict.metric].value)]
    drawn = []
    for key, label in (("predict_seconds", "ms per 1,000 predictions"), ("bytes", "kB on disk")):
        known = [s for s in inside if getattr(s, key) > 0]
        if len(known) > 1:
            factor = 1000 if key == "predict_seconds" else 0.001
            marks = [_mark(s, verdict, getattr(s, key) * factor) for s in known]
            svg = figures.cost(f"cost-{key}", marks, label, f"test {words.title(verdict.metric)}")
            drawn.append({"svg": svg, "label": label})
    return {"figures": drawn, "outside": [s for s in tested if s not in inside]}


def _mark(standing: Standing, verdict: Verdict, x: float) -> figures.Mark:
    interval = standing.test[verdict.metric]
    name = words.shorten(standing.name.removeprefix("baseline/"), 22)
    return figures.Mark(
        name, x, interval.value, interval.low, interval.high, standing.network, standing.name == verdict.chosen
    )


# ------------------------------------------------------------------------------------------------ classification


def _classification(evidence: Evidence, truth: Truth, shown: Standing, given: Answers) -> dict[str, Any]:
    classes = evidence.verdict.classes
    target, predicted = truth.target.astype(np.int64), given.argmax(axis=1)
    scores = answers.per_class(target, predicted, len(classes))
    bins, error = answers.reliability(target, given)
    matrix = answers.confusion(target, predicted, len(classes)) if len(classes) <= MATRIX else None
    by_mistakes = sorted(scores, key=lambda s: (-(s.rows - s.recall * s.rows) if s.rows else 0, s.number))
    right = int((predicted == target).sum())
    return {
        "rows": len(target),
        "right": right,
        "matrix": matrix.tolist() if matrix is not None else None,
        "pairs": answers.confusions(target, predicted),
        "scores": scores if len(scores) <= TABLE else by_mistakes[:TABLE],
        "reliability": figures.reliability(bins),
        "bins": list(zip(bins.rows.tolist(), bins.said.tolist(), bins.true.tolist())),
        "calibration_error": error,
        "mistakes": worst(evidence, truth, given),
        "again": _again(evidence, truth, shown),
        "agreement": _agreement(evidence, target),
    }


def _agreement(evidence: Evidence, target: Any) -> dict[str, Any] | None:
    """Rows that the best network and the best baseline get right: both, one alone, neither."""
    pair = (evidence.verdict.networks_best, evidence.verdict.baseline_best)
    if not all(name in evidence.predictions for name in pair):
        return None
    network, baseline = (evidence.predictions[name][0].argmax(axis=1) == target for name in pair)
    counts = [network & baseline, network & ~baseline, ~network & baseline, ~network & ~baseline]
    return {"pair": pair, "counts": [int(c.sum()) for c in counts]}


# ---------------------------------------------------------------------------------------------------- regression


def _regression(evidence: Evidence, truth: Truth, shown: Standing, given: Answers) -> dict[str, Any]:
    target, unit = truth.target.astype(np.float64), words.shorten(evidence.verdict.target, 24)
    errors = given - target
    thin = slice(None, None, max(1, -(-len(target) // PLOTTED)))
    bins = answers.deciles(target, given)
    return {
        "rows": len(target),
        "points": len(target[thin]),
        "predicted": figures.predicted_true(target[thin], given[thin], unit),
        "residuals": figures.residuals(errors, unit),
        "calibration": figures.decile_calibration(bins, unit),
        "bins": list(zip(bins.rows.tolist(), bins.said.tolist(), bins.true.tolist())),
        "bias": float(errors.mean()),
        "within": [(share, float(np.quantile(np.abs(errors), share))) for share in (0.5, 0.9, 0.99)],
        "mistakes": worst(evidence, truth, given),
        "again": _again(evidence, truth, shown),
    }


@dataclass(frozen=True)
class Again:
    """A metric computed again from the saved predictions: the mean over seeds, each seed's, and whether the mean is the verdict's."""

    metric: str
    mean: float
    seeds: list[float]
    same: bool


def _again(evidence: Evidence, truth: Truth, shown: Standing) -> list[Again]:
    if evidence.verdict.problem == "regression":
        scores = [answers.value_scores(truth.target.astype(float), given) for given in evidence.predictions[shown.name]]
    else:
        scores = [answers.class_scores(truth.target.astype(int), given) for given in evidence.predictions[shown.name]]
    found = []
    for metric in scores[0]:
        if metric in shown.test:
            mean = float(np.mean([score[metric] for score in scores]))
            same = bool(np.isclose(mean, shown.test[metric].value, rtol=1e-4, atol=1e-6))
            found.append(Again(metric, mean, [score[metric] for score in scores], same))
    return found


# ------------------------------------------------------------------------------------------------------ the plan


@dataclass(frozen=True)
class Reached:
    """How far a contender was planned to train: updates at the end of each rung it took part in."""

    name: str
    steps: list[str]
    horizon: int
    batch: int
    settings: list[str]
    pace: float
    note: str


def _reached(evidence: Evidence) -> list[Reached]:
    plan = evidence.plan
    if plan is None:
        return []
    rows = []
    for entrant in plan.entrants:
        jobs = [[job for job in stage.jobs if job.entrant == entrant.name] for stage in plan.stages]
        steps = [_span([job.steps for job in rung]) for rung in jobs]
        horizon = max((job.horizon for rung in jobs for job in rung), default=0)
        settings = [_setting(setting) for setting in entrant.settings]
        rows.append(Reached(entrant.name, steps, horizon, entrant.batch, settings, entrant.pace, entrant.note))
    return rows


def _span(steps: Sequence[int]) -> str:
    if not steps:
        return "–"
    return f"{min(steps):,}" if min(steps) == max(steps) else f"{min(steps):,}–{max(steps):,}"


def _setting(setting: Mapping[str, object]) -> str:
    return ", ".join(f"{word} {value}" for word, value in setting.items()) or "defaults"


__all__ = ["render", "write_report"]
