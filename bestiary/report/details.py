"""One model's test predictions, looked at closely: whose they are, and whether they belong to the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bestiary.judging.evidence import Standing
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.sections import Section

Details = Callable[[Evidence, Truth, Answers], Mapping[str, object]]
Scores = Callable[[Truth, Answers], Mapping[str, float]]


def close_look(evidence: Evidence, template: str, make: Details, scores: Scores) -> list[Section]:
    """A part of the report about the test predictions of one model; nothing where none were kept.

    Args:
        evidence: of the race.
        template: that draws it, a path within the package; it is given `shown`, a standing, and `detail`.
        make: (evidence, truth, answers) -> what else the template shows, as `detail`.
        scores: (truth, answers) -> metrics computed again from saved predictions.
    """
    shown, truth = whose(evidence), evidence.truth
    if shown is None or truth is None or not len(truth.rows):
        return []
    detail = {
        **make(evidence, truth, evidence.predictions[shown.name][0]),
        "rows": len(truth.rows),
        "again": _again(evidence, truth, shown, scores),
    }
    anchors = [("mistakes", "Mistakes"), ("calibration", "Calibration")]
    anchors += [("threshold", "Threshold")] if detail.get("threshold") else []
    return [Section("Mistakes", template=template, words={"detail": detail, "shown": shown}, anchors=anchors)]


def whose(evidence: Evidence) -> Standing | None:
    """Whose predictions are looked at closely: the chosen model's, or the best that were kept."""
    order = sorted(evidence.verdict.standings, key=lambda s: s.name != evidence.verdict.chosen)
    return next((s for s in order if s.name in evidence.predictions), None)


@dataclass(frozen=True)
class Again:
    """A metric computed again from saved predictions: mean, that of each seed, whether the mean is the verdict's."""

    metric: str
    mean: float
    seeds: list[float]
    same: bool


def _again(evidence: Evidence, truth: Truth, shown: Standing, scores: Scores) -> list[Again]:
    computed = [scores(truth, given) for given in evidence.predictions[shown.name]]
    found = []
    for metric in computed[0]:
        if metric in shown.test:
            mean = float(np.mean([score[metric] for score in computed]))
            same = bool(np.isclose(mean, shown.test[metric].value, rtol=1e-4, atol=1e-6))
            found.append(Again(metric, mean, [score[metric] for score in computed], same))
    return found
