"""What each row tells, and how the rows together make a metric: for tasks that are neither classes nor values.

A metric is a function of sums over rows of columns of the predictions: a resample of the rows costs one matrix product,
intervals and paired differences come from the same rows for everyone, and a score can be computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import Predictions
from bestiary.tasks.metrics import Metric

Floats = NDArray[np.float64]
Combine = Callable[[Floats], dict[str, Floats]]


def mean(rows: Floats, column: Floats) -> Floats:
    """The mean of a column.

    Example:
        >>> float(mean(np.array(4.0), np.array(2.0)))
        0.5
    """
    return column / rows


def root_mean(rows: Floats, column: Floats) -> Floats:
    """The root of the mean of a column: of squares, their root mean square."""
    return np.sqrt(np.maximum(column, 0) / rows)


def ratio(rows: Floats, above: Floats, below: Floats) -> Floats:
    """The sum of one column over the sum of another: bits per byte, edits per token.

    Example:
        >>> float(ratio(np.array(2.0), np.array(3.0), np.array(6.0)))
        0.5
    """
    return above / below


@dataclass(frozen=True)
class Measure:
    """A metric, the columns that it needs, and how it is made of the number of rows and the columns' sums.

    Attributes:
        metric: what it is called, which way is better, its range.
        columns: of the predictions.
        combine: (rows, sum of each column) -> figure, all of one shape [...].
    """

    metric: Metric
    columns: tuple[str, ...]
    combine: Callable[..., Any] = mean


@dataclass(frozen=True)
class Evidence:
    """What the predictions of a task hold, and what can be told from them.

    Attributes:
        measures: the metrics; the first one ranks unless a person asks for another.
        loss: the column whose mean selection makes small.
        reason: why the first one ranks, for people.
        unit: what the loss is called below a learning curve.

    Example:
        >>> import torch
        >>> error = Metric("rmse_pixels", "RMSE", False, "reconstruct", "evidence", 0.0, float("inf"))
        >>> evidence = Evidence((Measure(error, ("squared_error",), root_mean),), loss="squared_error")
        >>> answers = Predictions({"row": torch.arange(2), "squared_error": torch.tensor([0.0, 8.0])})
        >>> evidence.score(answers)
        {'rmse_pixels': 2.0}
    """

    measures: Sequence[Measure]
    loss: str
    reason: str = "it is what the task is about"
    unit: str = "loss"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics, the ranking one first."""
        return tuple(measure.metric for measure in self.measures)

    def losses(self, predictions: Predictions) -> Floats:
        """What each row costs, [N]."""
        return _column(predictions, self.loss)

    def score(self, predictions: Predictions) -> dict[str, float]:
        """All metrics that are defined on these rows."""
        terms, combine = self.sums(predictions)
        return {name: float(value) for name, value in combine(terms.sum(0)).items() if np.isfinite(value)}

    def sums(self, predictions: Predictions) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        names = list(dict.fromkeys(name for measure in self.measures for name in measure.columns))
        columns = [_column(predictions, name) for name in names]
        terms = np.stack([np.ones(len(predictions)), *columns], axis=1)
        place = {name: number + 1 for number, name in enumerate(names)}

        def combine(total: Floats) -> dict[str, Floats]:
            found: dict[str, Floats] = {}
            with np.errstate(divide="ignore", invalid="ignore"):
                for measure in self.measures:
                    parts = [total[..., place[name]] for name in measure.columns]
                    found[measure.metric.name] = np.asarray(measure.combine(total[..., 0], *parts))
            return found

        return terms, combine


def _column(predictions: Predictions, name: str) -> Floats:
    return predictions.columns[name].double().numpy()
