"""`report.html`: one file that opens offline, made from what a race left in its folder and from nothing else."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bestiary import tasks
from bestiary.judging import shipping
from bestiary.judging.evidence import Interval, Standing, Verdict
from bestiary.planning.plan import UNBOUNDED
from bestiary.report import board, figures, words
from bestiary.report.gather import Evidence, gather
from bestiary.report.sections import data_uri, sections_of
from bestiary.rows.store import write_text

if TYPE_CHECKING:
    from markupsafe import Markup

ANSWERS = {
    "yes": "Yes",
    "no": "No",
    "needless": "No",
    "not shown": "Not proven",
    "few": "Too few rows to say",
    "open": "Open",
}
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
        loader=FileSystemLoader([Path(__file__).parent / "templates", Path(__file__).parents[1]]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {
            "title": words.title,
            "seconds": words.seconds,
            "bytes": words.size,
            "count": words.count,
            "number": words.number,
            "sentence": words.sentence,
            "name": _name,
            "coded": coded,
            "unbroken": unbroken,
        }
    )
    environment.globals.update({"data_uri": data_uri, "raw": raw, "ranked": words.ranked, **_script()})
    environment.globals.update(
        {
            "score": words.score,
            "bounds": board.bounds,
            "shorten": words.shorten,
            "share": words.share,
            "raw": raw,
            "ranked": words.ranked,
        }
    )
    return environment.get_template("report.html").render(_context(evidence))


def _script() -> dict[str, object]:
    """The page's one script, and the digest by which a browser runs it and no other."""
    from markupsafe import Markup

    text = (Path(__file__).parent / "templates" / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return {"script": Markup(text), "script_hash": f"sha256-{digest}"}


def unbroken(text: str) -> str:
    """A text whose numbers stay on one line with their percent signs.

    Example:
        >>> unbroken("98.1 % accuracy").split(" ")
        ['98.1\xa0%', 'accuracy']
    """
    return re.sub(r"(?<=\d) %", "\u00a0%", text)


def coded(text: str) -> Markup:
    """What stands between backticks as code; everything else is escaped."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def raw(value: float | Interval | None, three: bool = False) -> Markup:
    """The attributes of a cell by which it is sorted and saved: a number, or an interval in `three` columns."""
    from markupsafe import Markup

    first = value.value if isinstance(value, Interval) else value
    bounds = [value.low, value.high] if isinstance(value, Interval) else [None, None]
    cells = ",".join(map(_plain, [first, *bounds]))
    return Markup(f' data-value="{_plain(first)}"' + (f' data-cells="{cells}"' if three else ""))


def _plain(value: float | None) -> str:
    return f"{value:.10g}" if value is not None and math.isfinite(value) else ""


def _name(text: str) -> Markup:
    """A name that may be broken after a slash or an underscore."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([/_])", r"\1<wbr>", str(escape(words.shorten(text, 80)))))


def _context(evidence: Evidence) -> dict[str, object]:
    verdict = evidence.verdict
    task, sections = tasks.find(verdict.problem), sections_of(evidence)
    run = evidence.run.resolve().name
    lines = board.lines(verdict)
    new_rows = words.new_rows(verdict.kind, evidence.plan.source if evidence.plan else {})
    return {
        "task": task,
        "verdict": verdict,
        "evidence": evidence,
        "plan": evidence.plan,
        "run": run,
        "run_quoted": shlex.quote(run),
        "run_python": json.dumps(run, ensure_ascii=False),
        "new_rows": new_rows,
        "following": words.next_command(verdict, shlex.quote(run), new_rows),
        "winner": (evidence.run / "winner").is_dir(),
        "warnings": _warnings(verdict),
        "lines": lines,
        "chosen": next((line for line in lines if line.chosen), None),
        "scale": board.scale(verdict),
        "knowing_nothing": task.ignorance,
        "judged": task.judged,
        "verb": "train" if evidence.plan and evidence.plan.rungs == 1 else "race",
        "aim": "" if task.labels == "judging" else verdict.target,
        "unbounded": evidence.plan is not None and evidence.plan.budget >= UNBOUNDED,
        "metrics": board.metrics_of(verdict.standings),
        "meanings": {metric.name: metric.meaning for metric in task.metrics if metric.meaning},
        "worth": _worth(verdict),
        "shipping": shipping,
        "cheaper": shipping.cheaper(verdict),
        "worth_scale": board.worth_scale(verdict.worth_it) if verdict.worth_it else None,
        "difference": board.difference,
        "curves": _curves(evidence),
        "costs": _costs(verdict),
        "reached": _reached(evidence),
        "sections": sections,
        "pictures": next((one for one in sections if not one.template and not one.anchors), None),
    }


def _warnings(verdict: Verdict) -> list[str]:
    """What a reader must know before believing anything, the gravest first."""
    warnings = []
    if verdict.openings > 1:
        warnings.append(
            f"The test rows of this data set were opened for the {words.times(verdict.openings)} time. "
            "Every choice based on such an opening makes the test scores slightly optimistic; only new rows give "
            "an unbiased score."
        )
    told = ("test rows were opened", "did not take part")  # above, and beside the plan
    notes = [note for note in verdict.notes if not any(words in note for words in told)]
    grave = ("holds training rows", "leak", "determine", "equals the target", "suspect")
    return warnings + sorted(notes, key=lambda note: not any(word in note.lower() for word in grave))


def _worth(verdict: Verdict) -> str:
    """The answer in a word."""
    return ANSWERS[verdict.answer]


# ------------------------------------------------------------------------------------------------------- curves


@dataclass(frozen=True)
class Spread:
    """How far the seeds of one finalist lie apart: best validation loss of each."""

    name: str
    seeds: list[str]
    low: str
    high: str
    mean: str


def _curves(evidence: Evidence) -> dict[str, object] | None:
    finalists = {s.name for s in evidence.verdict.standings if s.status == "finalist"}
    lines = [
        figures.Curve(name, name in finalists, [(t.seconds, t.loss) for t in trainings], trainings[0].trained)
        for name, trainings in evidence.trainings.items()
    ]
    if not lines:
        return None
    unit = tasks.find(evidence.verdict.problem).unit
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
        "trained": any(line.finalist and line.trained for line in lines),
        "finalists": [line.name for line in lines if line.finalist],
    }


# --------------------------------------------------------------------------------------------------------- cost


def _costs(verdict: Verdict) -> dict[str, object]:
    axis = board.scale(verdict)
    tested = board.tested(verdict)
    inside = [s for s in tested if axis and axis.holds(s.test[verdict.metric].value)]
    drawn = []
    for key, label in (("predict_seconds", "ms per 1,000 predictions"), ("bytes", "kB on disk")):
        known = [s for s in inside if getattr(s, key) > 0]
        if len(known) > 1:
            factor = 1000 if key == "predict_seconds" else 0.001
            marks = [_mark(s, verdict, getattr(s, key) * factor) for s in known]
            named, quality = _frontier(marks, verdict.higher), f"test {words.title(verdict.metric)}"
            svg = figures.cost(f"cost-{key}", named, label, quality)
            drawn.append({"svg": svg, "label": label})
    return {"figures": drawn, "outside": [s for s in tested if s not in inside]}


def _frontier(marks: Sequence[figures.Mark], higher: bool) -> list[figures.Mark]:
    """The same, of which those are named that no cheaper one equals, and the chosen one."""
    sign, best, found = (1 if higher else -1), -math.inf, []
    for mark in sorted(marks, key=lambda mark: (mark.x, -sign * mark.y)):
        found.append(dataclasses.replace(mark, named=mark.chosen or sign * mark.y > best))
        best = max(best, sign * mark.y)
    return found


def _mark(standing: Standing, verdict: Verdict, x: float) -> figures.Mark:
    interval = board.finite(standing.test[verdict.metric])
    name = words.shorten(standing.name.removeprefix("baseline/"), 22)
    return figures.Mark(
        name, x, interval.value, interval.low, interval.high, standing.network, standing.name == verdict.chosen
    )


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
