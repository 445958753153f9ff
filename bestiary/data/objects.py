"""Objects of other libraries as those that readers take: pairs, sparse matrices, structured arrays, records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from bestiary.errors import InputError
from bestiary.rows.limits import need


def plain(source: object, target: object) -> tuple[object, str | None]:
    """The source and the name of the target, where targets came as an array or the name as a number.

    Args:
        source: what a person gave.
        target: the name of a column, or the targets themselves.

    Raises:
        InputError: for a mapping of single values, and for a sparse matrix that memory cannot hold.

    Example:
        >>> source, target = plain(np.zeros((3, 2)), np.array([0, 1, 0]))
        >>> type(source).__name__, target
        ('tuple', None)
        >>> plain({"a": [1, 2], 3: [4, 5]}, 3)[1]
        '3'
    """
    name: str | None = None
    if isinstance(target, str):
        name = target
    elif isinstance(target, int | np.integer):
        name = str(int(target))
    elif target is not None:
        name = str(target.name) if isinstance(target, pd.Series) and target.name is not None else None
        source = (source, target)
    if isinstance(source, tuple) and len(source) == 2:
        return (_features(source[0]), _one_axis(source[1])), name
    return _features(source), name


def _features(source: object) -> object:
    if hasattr(source, "toarray") and hasattr(source, "nnz"):  # a sparse matrix of scipy
        matrix: Any = source
        size = 8 * int(np.prod(matrix.shape, dtype=np.float64))
        need(size, "the sparse matrix, written out,", "give fewer rows or columns")
        return matrix.toarray()
    if isinstance(source, np.ndarray) and source.dtype.names:
        return pd.DataFrame({name: source[name] for name in source.dtype.names})
    if isinstance(source, Mapping):
        for name, column in source.items():
            if isinstance(column, str) or not hasattr(column, "__len__"):
                raise InputError(
                    f"expected a mapping of columns, each a list of cells; received a single {type(column).__name__} "
                    f"for {name!r}; give lists"
                )
    if isinstance(source, Sequence) and len(source) and all(isinstance(one, dict) for one in source):
        return pd.DataFrame(cast("list[dict[str, object]]", list(source)))
    return source


def _one_axis(answers: object) -> object:
    """Targets [N 1] as [N]."""
    return answers[:, 0] if isinstance(answers, np.ndarray) and answers.ndim == 2 and answers.shape[1] == 1 else answers
