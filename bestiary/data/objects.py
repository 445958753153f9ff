"""Objects of other libraries as those that readers take: pairs, sparse matrices, structured arrays, records."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from bestiary.errors import InputError
from bestiary.rows.limits import need


def plain(source: object, target: object) -> tuple[object, str | tuple[str, ...] | None]:
    """The source and the name of the target, where targets came as an array or the name as a number.

    Args:
        source: what a person gave.
        target: the name of a column, a list of names, or the targets themselves.

    Raises:
        InputError: for a mapping of single values, and for a sparse matrix that memory cannot hold.

    Example:
        >>> source, target = plain(np.zeros((3, 2)), np.array([0, 1, 0]))
        >>> type(source).__name__, target
        ('tuple', None)
        >>> plain({"a": [1, 2], 3: [4, 5]}, 3)[1]
        '3'
    """
    name: str | tuple[str, ...] | None = None
    if isinstance(target, str):
        name = target
    elif _names(source, target):
        name = tuple(str(one) for one in cast("Sequence[str]", target))
    elif isinstance(target, int | np.integer):
        name = str(int(target))
    elif target is not None:
        name = str(target.name) if isinstance(target, pd.Series) and target.name is not None else None
        source = (source, target)
    if isinstance(source, tuple) and len(source) == 2:
        return (_features(source[0]), _one_axis(source[1])), name
    return _features(source), name


def _names(source: object, target: object) -> bool:
    """Whether a list of words names columns of the source, and is not the targets of its rows."""
    if not isinstance(target, list | tuple) or not target or not all(isinstance(one, str) for one in target):
        return False
    columns = getattr(source, "columns", source if isinstance(source, Mapping) else None)
    return isinstance(source, str | Path) or (columns is not None and set(target) <= {str(one) for one in columns})


def answers_of(given: object, rows: int, name: str) -> pd.DataFrame:
    """Targets as columns: one, several, or one of lists of labels.

    Args:
        given: an array [N] or [N T], a series, a frame, or a list that may hold lists.
        rows: N.
        name: of a single column; several without names of their own are numbered.

    Raises:
        InputError: for another number of rows, or targets of more axes.

    Example:
        >>> list(answers_of(np.zeros((3, 2)), 3, "y").columns), answers_of([["a", "b"], ["a"]], 2, "y")["y"].tolist()
        (['y0', 'y1'], ['["a", "b"]', '["a"]'])
    """
    if isinstance(given, pd.DataFrame):
        found = given.reset_index(drop=True).set_axis([str(one) for one in given.columns], axis=1)
    elif any(isinstance(one, list | tuple | set | frozenset) for one in _first(given)):
        found = pd.DataFrame({name: [_written(one) for one in cast("Sequence[object]", given)]})
    else:
        array = np.asarray(given)
        if array.ndim not in (1, 2) or len(array) != rows:
            raise InputError(f"expected one target for each of {rows:,} rows; received targets of shape {array.shape}")
        names = [name] if array.ndim == 1 else [f"{name}{place}" for place in range(array.shape[1])]
        found = pd.DataFrame(array if array.ndim == 2 else array[:, None], columns=pd.Index(names))
    if len(found) != rows:
        raise InputError(f"expected one target for each of {rows:,} rows; received {len(found):,}")
    return found


def _first(given: object, most: int = 100) -> list[object]:
    """The first targets of a list or series; none of an array of numbers."""
    if isinstance(given, np.ndarray) and given.dtype != object:
        return []
    return list(itertools.islice(cast("Iterable[object]", given), most)) if isinstance(given, Iterable) else []


def _written(labels: object) -> str | None:
    """A list of labels as a cell of text."""
    if not isinstance(labels, list | tuple | set | frozenset | np.ndarray):
        return None if labels is None or labels != labels else str(labels)
    ordered = sorted(map(str, labels)) if isinstance(labels, set | frozenset) else [str(one) for one in labels]
    return json.dumps(ordered, ensure_ascii=False)


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
