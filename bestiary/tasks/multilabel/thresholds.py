"""From which probability on a label is answered: thresholds with which F1 is best on rows that were not learned from.

F1 is best at thresholds that are usually below a half, the lower the rarer a label (Lipton, Elkan & Naryanaswamy 2014,
"Optimal thresholding of classifiers to maximize F1 measure").

Axes: N rows, L labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bestiary.tasks.class_evidence import average_precision, mean_of_defined
from bestiary.tasks.evidence import Floats

USUAL = 0.5
LOWEST = 1e-6
FEWEST = 5  # rows with a label, and without, from which on it has a threshold of its own: else that of all together

Bools = NDArray[np.bool_]


def best(scores: Floats, known: Bools) -> tuple[float, float]:
    """The threshold with the best F1, half-way to the next lower score, and that F1; a half and 0 where none is known.

    Args:
        scores: [N], in any order.
        known: which are true, [N].

    Example:
        >>> threshold, f1 = best(np.array([0.9, 0.4, 0.1]), np.array([True, True, False]))
        >>> round(threshold, 2), f1
        (0.25, 1.0)
    """
    total = int(known.sum())
    if not total:
        return USUAL, 0.0
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(known[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + total)
    ends = np.append(ranked[1:] < ranked[:-1], True)  # rows of one score are answered together
    place = int(np.argmax(np.where(ends, f1, -1.0)))
    below = ranked[place + 1] if place + 1 < len(ranked) else 0.0
    return float(np.clip((ranked[place] + below) / 2, LOWEST, 1.0)), float(f1[place])


def shared(table: Floats, known: Bools) -> Floats:
    """One threshold for all labels, with which micro F1 is best, [L]."""
    return np.full(table.shape[1], best(table.ravel(), known.ravel())[0])


def each(table: Floats, known: Bools) -> Floats:
    """A threshold for each label, with which its own F1 is best, [L]; few rows decide nothing by themselves."""
    found, counts = shared(table, known), known.sum(0)
    for label in np.flatnonzero((counts >= FEWEST) & (len(known) - counts >= FEWEST)):
        found[label] = best(table[:, label], known[:, label])[0]
    return found


def lacking(metric: str, table: Floats, known: Bools) -> float:
    """What a metric lacks to its best value, 0, with thresholds that are the best on these rows.

    Args:
        metric: its name.
        table: probabilities [N L].
        known: which labels the rows have, [N L].
    """
    if metric == "average_precision":
        areas = [average_precision(table[:, k], known[:, k])[0] for k in range(table.shape[1])]
        return 1 - float(np.nan_to_num(mean_of_defined(np.array(areas))))
    if metric == "micro_f1":
        return 1 - best(table.ravel(), known.ravel())[1]
    if metric == "macro_f1":
        return 1 - float(np.mean([best(table[:, k], known[:, k])[1] for k in range(table.shape[1])]))
    wrong = (table >= USUAL) != known
    return float(wrong.mean() if metric == "hamming_loss" else wrong.any(1).mean())
