"""What the report shows of numbers: where a model goes wrong, and whether it promises too much or too little."""

from __future__ import annotations

import numpy as np

from bestiary.report import answers, figures, words
from bestiary.report.details import close_look
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.mistakes import worst
from bestiary.report.sections import Section

TEMPLATE = "tasks/regression/report.html"
PLOTTED = 1_500  # points of the plot of true against predicted values


def sections(evidence: Evidence) -> list[Section]:
    """Errors, the worst mistakes and calibration, of the chosen model on test rows."""
    return close_look(evidence, TEMPLATE, _details, _scores)


def _scores(truth: Truth, given: Answers) -> dict[str, float]:
    return answers.value_scores(truth.target.astype(float), given)


def _details(evidence: Evidence, truth: Truth, given: Answers) -> dict[str, object]:
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
