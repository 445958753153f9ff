"""Columns whose cells differ between the rows that are trained on and those that are tested on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from bestiary.rows.columns import Column, short
from bestiary.rows.written import days, finite, labels, numbers

COLUMNS = 200  # that are looked at
APART = 0.5  # largest distance between the two distribution functions (Kolmogorov and Smirnov) from which it is said
NEW = 0.2  # share of tested rows whose word training rows did not have, from which it is said
FEWEST = 20  # cells that are compared


def shifts(columns: Sequence[Column], trained: pa.Table, tested: pa.Table) -> list[str]:
    """A note for each column that is not the same in both.

    Args:
        columns: that are learned from.
        trained: cells of training rows.
        tested: cells of the rows that are tested on.

    Example:
        >>> column = Column("x", "number")
        >>> shifts([column], pa.table({"x": range(40)}), pa.table({"x": range(100, 140)}))[0].partition(":")[0]
        "column 'x' differs between the rows that are trained on and those that are tested on"
    """
    found = []
    for column in columns[:COLUMNS]:
        first, second = trained[column.name], tested[column.name]
        told = _numbers(column, first, second) if column.role in ("number", "date") else _words(column, first, second)
        if told:
            found.append(
                f"column {column.name!r} differs between the rows that are trained on and those that are tested on: "
                f"{told}; scores measure how robust the models are to that"
            )
    return found


def _numbers(column: Column, first: pa.ChunkedArray, second: pa.ChunkedArray) -> str:
    low, high = _values(column, first), _values(column, second)
    if min(len(low), len(high)) < FEWEST or ks_2samp(low, high).statistic < APART:  # pyright: ignore[reportAttributeAccessIssue]
        return ""
    middles = [float(np.median(part)) for part in (low, high)]
    if column.role == "date":
        return "mostly {} and {}".format(*(np.datetime64(int(middle), "D") for middle in middles))
    return "half are below {:.6g} and {:.6g}".format(*middles)


def _values(column: Column, cells: pa.ChunkedArray) -> NDArray[np.float64]:
    read = days(cells, column.form) if column.role == "date" else finite(numbers(cells, column.form))
    return read[~np.isnan(read)]


def _words(column: Column, first: pa.ChunkedArray, second: pa.ChunkedArray) -> str:
    if column.role != "category":
        return ""
    known, given = set(labels(first).to_pylist()), labels(second).drop_null().to_pylist()
    new = [word for word in given if word not in known]
    if len(given) < FEWEST or len(new) < NEW * len(given):
        return ""
    return f"{len(new):,} of {len(given):,} tested rows have words, such as {short(new[0])}, that no training row has"
