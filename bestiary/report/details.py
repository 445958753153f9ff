"""One model's test predictions, looked at closely: where it goes wrong, and whether it can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.race.evidence import Standing
from bestiary.report import answers, figures, words
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.mistakes import worst

MATRIX = 20  # classes that a confusion matrix is drawn for
TABLE = 30  # classes in the table of precision and recall
PLOTTED = 1_500  # points of the plot of true against predicted values


def look(evidence: Evidence, truth: Truth, shown: Standing) -> dict[str, Any]:
    """What the templates show of a model: `classification.html` or `regression.html`.

    Args:
        evidence: of the race.
        truth: of its test rows, at least one.
        shown: whose predictions.
    """
    make = _regression if evidence.verdict.problem == "regression" else _classification
    detail = make(evidence, truth, evidence.predictions[shown.name][0])
    return {**detail, "rows": len(truth.rows), "again": _again(evidence, truth, shown)}


# ------------------------------------------------------------------------------------------------ classification


def _classification(evidence: Evidence, truth: Truth, given: Answers) -> dict[str, Any]:
    classes = evidence.verdict.classes
    target, predicted = truth.target.astype(np.int64), given.argmax(axis=1)
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
        "mistakes": worst(evidence, truth, given),
        "agreement": _agreement(evidence, target),
    }


def _agreement(evidence: Evidence, target: NDArray[np.int64]) -> dict[str, Any] | None:
    """Rows that the best network and the best baseline get right: both, one alone, neither."""
    pair = (evidence.verdict.networks_best, evidence.verdict.baseline_best)
    if not all(name in evidence.predictions for name in pair):
        return None
    network, baseline = (evidence.predictions[name][0].argmax(axis=1) == target for name in pair)
    counts = [network & baseline, network & ~baseline, ~network & baseline, ~network & ~baseline]
    return {"pair": pair, "counts": [int(c.sum()) for c in counts]}


# ---------------------------------------------------------------------------------------------------- regression


def _regression(evidence: Evidence, truth: Truth, given: Answers) -> dict[str, Any]:
    target, unit = truth.target.astype(np.float64), words.shorten(evidence.verdict.target, 24)
    errors = given - target
    thin = slice(None, None, max(1, -(-len(target) // PLOTTED)))
    bins = answers.deciles(target, given)
    return {
        "points": len(target[thin]),
        "predicted": figures.predicted_true(target[thin], given[thin], unit),
        "residuals": figures.residuals(errors, unit),
        "calibration": figures.decile_calibration(bins, unit),
        "bins": list(zip(bins.rows.tolist(), bins.said.tolist(), bins.true.tolist())),
        "bias": float(errors.mean()),
        "within": [(share, float(np.quantile(np.abs(errors), share))) for share in (0.5, 0.9, 0.99)],
        "mistakes": worst(evidence, truth, given),
    }


@dataclass(frozen=True)
class Again:
    """A metric computed again from saved predictions: mean, that of each seed, whether the mean is the verdict's."""

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
