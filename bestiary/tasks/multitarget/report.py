"""What the report shows of several numbers: how well each target is predicted, and the worst rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bestiary.report import figures, words
from bestiary.report.details import whose
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.sections import Section
from bestiary.sampling.pictures import Picture

DRAWN = 12  # targets that have a picture
PLOTTED = 1_500  # points of a plot of true against predicted values
WORST, CELLS = 10, 4  # rows, and targets of each of them, that are shown
EACH = (
    "On {rows:,} test rows, by {name}. The spread is the standard deviation of the true values: an RMSE as large is no "
    "better than always answering the mean. R² is the share of the variance that is explained."
)
ROWS = "Test rows that are furthest from what was predicted, errors counted in spreads; the targets that are most off."


def sections(evidence: Evidence) -> list[Section]:
    """Errors of the chosen model on test rows, target by target; nothing where no answers were kept."""
    shown, truth = whose(evidence), evidence.truth
    if shown is None or truth is None or not len(truth.rows):
        return []
    names = [str(name) for name in cast("Sequence[str]", evidence.facts.get("targets", ()))]
    given, known = evidence.predictions[shown.name][0], truth.target.astype(np.float64)
    unit = np.where(known.std(0) > 0, known.std(0), 1.0)
    return [
        Section(
            "Each target",
            EACH.format(rows=len(known), name=shown.name),
            heads=("target", "RMSE", "MAE", "spread", "R²", "mean error"),
            rows=[_line(name, given[:, k], known[:, k]) for k, name in enumerate(names)],
            pictures=[_picture(k, name, given[:, k], known[:, k]) for k, name in enumerate(names[:DRAWN])],
        ),
        Section("The worst rows", ROWS, heads=("row", "true", "predicted"), rows=_worst(names, truth, given, unit)),
    ]


def _line(name: str, given: NDArray[np.float64], known: NDArray[np.float64]) -> tuple[str, ...]:
    errors, spread = given - known, float(known.std())
    rmse = float(np.sqrt((errors**2).mean()))
    explained = f"{1 - (rmse / spread) ** 2:.3f}" if spread > 0 else "–"
    numbers = (rmse, float(np.abs(errors).mean()), spread)
    return words.shorten(name, 60), *map(words.number, numbers), explained, words.number(float(errors.mean()))


def _picture(number: int, name: str, given: NDArray[np.float64], known: NDArray[np.float64]) -> Picture:
    thin = slice(None, None, max(1, -(-len(known) // PLOTTED)))
    drawn = figures.predicted_true(known[thin], given[thin], words.shorten(name, 24), f"target-{number}")
    return Picture(words.shorten(name, 60), "A point is a test row; on the dashed line it is right.", svg=drawn)


def _worst(names: list[str], truth: Truth, given: Answers, unit: NDArray[np.float64]) -> list[tuple[str, str, str]]:
    known = truth.target.astype(np.float64)
    off = np.abs(given - known) / unit
    found = []
    for place in np.argsort(-off.mean(1), kind="stable")[:WORST].tolist():
        most = np.argsort(-off[place], kind="stable")[:CELLS].tolist()
        told = [
            "; ".join(f"{words.shorten(names[k], 30)} {words.number(float(table[place, k]))}" for k in most)
            for table in (known, given)
        ]
        found.append((truth.place(place), *told))
    return found
