"""A column that says how much each row counts in training."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.written import finite, numbers


class Weights:
    """Collects a column of weights piece by piece.

    Args:
        name: of the column.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._read: list[NDArray[np.float64]] = []

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of the column."""
        self._read.append(finite(numbers(column)))

    def finish(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The weights of some rows [N].

        Args:
            rows: their numbers in the file.

        Raises:
            InputError: where one is missing, no number or negative, or where all are 0.
        """
        values = np.concatenate(self._read)[rows] if self._read else np.empty(0)
        wrong = int((~(values >= 0)).sum())
        if wrong:
            raise InputError(
                f"expected a number from 0 on in every row of weight {self.name!r}; {wrong:,} rows have none; fill or "
                "remove them"
            )
        if not values.any():
            raise InputError(f"weight {self.name!r} is 0 in every row; no row would count; name another column")
        return values


def drawn(weights: NDArray[np.float64], random: NDArray[np.float64]) -> NDArray[np.int64]:
    """As many rows as there are, each as often as its weight says, but for rounding up or down [N].

    Args:
        weights: [N], from 0 on.
        random: [N], uniform from 0 to 1: one for each draw.

    Example:
        >>> drawn(np.array([1.0, 0.0, 3.0]), np.array([0.5, 0.5, 0.5])).tolist()
        [0, 2, 2]
    """
    count = len(weights)
    ends = np.cumsum(weights)
    return np.searchsorted(ends, (np.arange(count) + random) / count * ends[-1], side="right").clip(0, count - 1)
