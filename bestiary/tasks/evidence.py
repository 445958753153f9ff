"""What each row tells, and how the rows together make a metric.

A metric is a function of sums over rows: a resample of the rows costs one matrix product, intervals and paired
differences come from the same rows for everyone, and a score can be computed again. Where a metric is no such function
(AUROC), its first-order terms take part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bestiary.contracts import Predictions
from bestiary.tasks.metric import Metric

Floats = NDArray[np.float64]
Combine = Callable[[Floats], dict[str, Floats]]
Truth = Tensor | NDArray[np.generic]  # class numbers or values of N rows; of tasks whose rows tell all, anything


class Evidence(Protocol):
    """How the predictions of a task and the truth make its metrics."""

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """What each row costs, [N]."""
        ...

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics that are defined on these rows."""
        ...

    def sums(self, predictions: Predictions, truth: Truth) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        ...


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
class ColumnEvidence:
    """Evidence of tasks whose predictions hold all that a row tells; implements `Evidence`.

    Attributes:
        measures: the metrics, and the columns that make them.
        loss: the column whose mean selection makes small.

    Example:
        >>> import torch
        >>> error = Metric("rmse_pixels", "RMSE", False, "evidence", 0.0, float("inf"))
        >>> evidence = ColumnEvidence((Measure(error, ("squared_error",), root_mean),), loss="squared_error")
        >>> answers = Predictions({"row": torch.arange(2), "squared_error": torch.tensor([0.0, 8.0])})
        >>> evidence.score(answers)
        {'rmse_pixels': 2.0}
    """

    measures: Sequence[Measure]
    loss: str

    def losses(self, predictions: Predictions, truth: object = None) -> Floats:
        """What each row costs, [N]."""
        return _column(predictions, self.loss)

    def score(self, predictions: Predictions, truth: object = None) -> dict[str, float]:
        """All metrics that are defined on these rows."""
        terms, combine = self.sums(predictions)
        return {name: float(value) for name, value in combine(terms.sum(0)).items() if np.isfinite(value)}

    def sums(self, predictions: Predictions, truth: object = None) -> tuple[Floats, Combine]:
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
