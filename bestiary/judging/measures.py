"""Metrics of many sums to first order, so that a resample of the rows stays cheap.

Axes: M units, S sums.
"""

from __future__ import annotations

import numpy as np

from bestiary.tasks.evidence import Combine, Floats


def linear(terms: Floats, combine: Combine) -> tuple[Floats, Combine]:
    """The same metrics to first order: each becomes the mean of its pseudo-values, one term a metric.

    Args:
        terms: of units [M, S].
        combine: sums [..., S] -> metrics.
    """
    whole, units = combine(terms.sum(0)), len(terms)
    without = combine(terms.sum(0) - terms)
    columns = [np.ones(units)]
    for name, value in whole.items():
        pull = (units - 1) * (value - np.where(np.isfinite(without[name]), without[name], value))
        columns.append(value + pull - pull.mean())

    def average(total: Floats) -> dict[str, Floats]:
        return {name: total[..., 1 + place] / total[..., 0] for place, name in enumerate(whole)}

    return np.stack(columns, axis=1), average
