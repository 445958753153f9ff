"""What each validation row costs a contender, and what it would cost to know nothing: the figures that select."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import Predictions
from bestiary.data.opening import open_data
from bestiary.race.folder import training_folder
from bestiary.rows.source import SPLITS
from bestiary.rows.store import read_array, read_spec, read_truth, truth_of
from bestiary.tasks.predictions import read_predictions
from bestiary.tasks.registry import task_for

Floats = NDArray[np.float64]


class ValidationLosses:
    """Losses of finished trainings on the validation rows of a run.

    Args:
        folder: of the run.
        metric: that ranks; "" for none in particular.
    """

    def __init__(self, folder: Path, metric: str = "") -> None:
        self.folder, self.metric = folder, metric

    def of(self, trainings: Sequence[tuple[str, int]]) -> Floats:
        """Loss of each validation row [N], that of all folds together.

        Args:
            trainings: folder name and fold (-1: the ordinary split) of each.
        """
        parts = []
        for name, fold in trainings:
            predictions = read_predictions(training_folder(self.folder, name) / "validation.parquet")
            data = self.folder / "data" if fold < 0 else self.folder / "data" / f"fold{fold}"
            parts.append(self._losses(predictions, data))
        return np.concatenate(parts)

    def _losses(self, predictions: Predictions, data: Path) -> Floats:
        rows, target = read_array(data, "validation", "row"), read_truth(data, "validation")
        order = np.argsort(rows, kind="stable")
        where = order[np.searchsorted(rows, predictions.columns["row"].numpy(), sorter=order)]
        return task_for(read_spec(data)[1]).costs(self.metric, predictions, target[where])


def truth(data: Path, rows: NDArray[np.int64]) -> NDArray[np.generic]:
    """Targets of rows by their numbers, which folds take from the training rows too."""
    known = np.concatenate([read_array(data, split, "row") for split in SPLITS[:2]])
    target = np.concatenate([read_truth(data, split) for split in SPLITS[:2]])
    order = np.argsort(known, kind="stable")
    return target[order[np.searchsorted(known, rows, sorter=order)]]


def constant(data: Path, folder: Path, split: str) -> tuple[float, dict[str, float]]:
    """What it costs to answer every row with the class shares, or the mean, of the training rows.

    Args:
        data: folder of the training rows.
        folder: of the rows to answer, and `split`, which they are.

    Returns:
        The loss that selects, and all scores.
    """
    opened = open_data(data, sealed=folder if split == "test" else None)
    truth = truth_of(opened, split)
    task = task_for(opened.facts)
    predictions = task.ignorant(opened, split)
    return float(task.losses(predictions, truth).mean()), task.score(predictions, truth)
