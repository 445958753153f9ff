"""What the report shows of classes: where a model goes wrong, and whether its probabilities can be believed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bestiary.report import answers, figures
from bestiary.report.details import close_look
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.mistakes import worst
from bestiary.report.sections import Section
from bestiary.report.thresholds import curve
from bestiary.tasks import rule

TEMPLATE = "tasks/classification/report.html"
MATRIX = 20  # classes that a confusion matrix is drawn for
TABLE = 30  # classes in the table of precision and recall


def sections(evidence: Evidence) -> list[Section]:
    """Confusions, each class, the worst mistakes and calibration, of the chosen model on test rows."""
    return close_look(evidence, TEMPLATE, _details, _scores)


def _scores(truth: Truth, given: Answers) -> dict[str, float]:
    return answers.class_scores(truth.target.astype(int), given)


def _details(evidence: Evidence, truth: Truth, given: Answers) -> dict[str, object]:
    classes = evidence.verdict.classes
    rules = evidence.plan.rules if evidence.plan else {}
    target = truth.target.astype(np.int64)
    predicted = rule.answered(given, rules.get(evidence.verdict.chosen))
    scores = answers.per_class(target, predicted, len(classes))
    bins, error = answers.reliability(target, given)
    matrix = answers.confusion(target, predicted, len(classes)) if len(classes) <= MATRIX else None
    by_mistakes = sorted(scores, key=lambda s: (-(s.rows - s.recall * s.rows) if s.rows else 0, s.number))
    right = int((predicted == target).sum())
    return {
        "right": right,
        "matrix": matrix.tolist() if matrix is not None else None,
        "pairs": answers.confusions(target, predicted),
        "scores": scores if len(scores) <= TABLE else by_mistakes[:TABLE],
        "reliability": figures.reliability(bins),
        "bins": list(zip(bins.rows.tolist(), bins.said.tolist(), bins.true.tolist())),
        "calibration_error": error,
        "temperature": evidence.plan.temperatures.get(evidence.verdict.chosen) if evidence.plan else None,
        "threshold": curve(target, given, rules.get(evidence.verdict.chosen)) if len(classes) == 2 else None,
        "mistakes": worst(evidence, truth, given),
        "agreement": _agreement(evidence, target),
    }


def _agreement(evidence: Evidence, target: NDArray[np.int64]) -> dict[str, object] | None:
    """Rows that the best network and the best baseline get right: both, one alone, neither."""
    pair = (evidence.verdict.networks_best, evidence.verdict.baseline_best)
    if not all(name in evidence.predictions for name in pair):
        return None
    network, baseline = (evidence.predictions[name][0].argmax(axis=1) == target for name in pair)
    counts = [network & baseline, network & ~baseline, ~network & baseline, ~network & ~baseline]
    return {"pair": pair, "counts": [int(c.sum()) for c in counts]}
