"""What the report shows of several labels: how well each is found, and the rows that are most wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bestiary.report import words
from bestiary.report.details import whose
from bestiary.report.gather import Answers, Evidence, Truth
from bestiary.report.sections import Section
from bestiary.tasks.class_evidence import average_precision
from bestiary.tasks.multilabel.thresholds import USUAL

TABLE, WORST, NAMED = 40, 12, 8  # labels, rows, and labels of a row that are shown
EACH = (
    "On {rows:,} test rows, by {name}. Precision: of the rows given this label, the share that have it. Recall: of the "
    "rows that have it, the share that are found. A label is given from its threshold on; {how}."
)
TUNED = "thresholds were tuned on validation rows, so that F1 is best"
ROWS = "Test rows with the most labels wrong. Look for labels that were forgotten, and for rows unlike the others."


def sections(evidence: Evidence) -> list[Section]:
    """Precision, recall and F1 of the chosen model on test rows, label by label; nothing where no answers were kept."""
    shown, truth = whose(evidence), evidence.truth
    if shown is None or truth is None or not len(truth.rows):
        return []
    names = [str(name) for name in evidence.verdict.classes]
    table, known = evidence.predictions[shown.name][0], truth.target > 0
    rule = (evidence.plan.rules if evidence.plan else {}).get(shown.name)
    thresholds = np.full(len(names), USUAL) if rule is None else np.asarray(rule)
    given = table >= thresholds
    right = int((given == known).all(1).sum())
    order = np.argsort(-known.sum(0), kind="stable")[:TABLE].tolist()
    text = EACH.format(rows=len(known), name=shown.name, how="a half" if rule is None else TUNED)
    text += f" All labels are right in {right:,} rows."
    if len(names) > TABLE:
        text += f" Shown are the {TABLE} commonest of {len(names):,} labels."
    heads = ("label", "rows", "given", "precision", "recall", "F1", "average precision", "threshold")
    lines = [_line(names[k], table[:, k], known[:, k], float(thresholds[k])) for k in order]
    return [
        Section("Each label", text, heads=heads, rows=lines),
        Section("The worst rows", ROWS, heads=("row", "true", "given"), rows=_worst(names, truth, known, given, table)),
    ]


def _line(name: str, chances: NDArray[np.float64], known: NDArray[np.bool_], threshold: float) -> tuple[str, ...]:
    given = chances >= threshold
    rows, told, hits = int(known.sum()), int(given.sum()), int((given & known).sum())
    area = f"{average_precision(chances, known)[0]:.3f}" if rows else "–"
    f1 = f"{2 * hits / (rows + told):.3f}" if rows + told else "–"
    precision, recall = (words.share(hits / of) if of else "–" for of in (told, rows))
    return words.shorten(name, 60), f"{rows:,}", f"{told:,}", precision, recall, f1, area, f"{threshold:.3f}"


def _worst(
    names: Sequence[str], truth: Truth, known: NDArray[np.bool_], given: NDArray[np.bool_], table: Answers
) -> list[tuple[str, str, str]]:
    wrong, distance = (known != given).sum(1), np.abs(known - table).sum(1)
    order = np.lexsort((-distance, -wrong))[:WORST]
    return [(truth.place(k), _listed(names, known[k]), _listed(names, given[k])) for k in order.tolist() if wrong[k]]


def _listed(names: Sequence[str], has: NDArray[np.bool_]) -> str:
    places = np.flatnonzero(has)
    shown = ", ".join(words.shorten(names[int(k)], 40) for k in places[:NAMED])
    return (shown + (f" and {len(places) - NAMED} more" if len(places) > NAMED else "")) or "none"
