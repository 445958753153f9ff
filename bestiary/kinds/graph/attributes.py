"""Attributes of nodes, edges and graphs as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from bestiary.rows.limits import need
from bestiary.rows.records import CELL, by_name, check_filled


def text_of(values: Sequence[object]) -> pa.Array:
    """Values of any sort as text, None staying missing.

    Example:
        >>> text_of([1, "b", None]).to_pylist()
        ['1', 'b', None]
    """
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def as_columns(rows: Sequence[Mapping[str, object]]) -> dict[str, pa.Array]:
    """Rows of attributes as columns; values that are not all numbers or truths become text."""
    names = {name for row in rows for name in row}
    check_filled(len(rows), len(names), sum(map(len, rows)), "the attributes")
    need(CELL * len(rows) * len(names), "a table of all attributes", "give fewer of them")
    columns = {}
    for name, values in by_name(rows).items():
        plain = all(value is None or isinstance(value, (bool, int, float, np.number, np.bool_)) for value in values)
        mixed = len({isinstance(value, (bool, np.bool_)) for value in values if value is not None}) > 1
        columns[str(name)] = pa.array(_bare(values)) if plain and not mixed else text_of(values)
    return columns


def _bare(values: Sequence[object]) -> list[object]:
    return [cast("Any", v).item() if isinstance(v, np.generic) else v for v in values]
