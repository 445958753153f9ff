"""Columns that equal or almost determine the target: often the answer written down a second time."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from bestiary import tasks
from bestiary.rows.columns import Column
from bestiary.rows.limits import tick
from bestiary.rows.many_columns import CELLS, together
from bestiary.rows.source import Target
from bestiary.rows.written import days, finite, labels, numbers, truths

LARGEST = 3e38  # in which trees can compare: they keep values as float32
ALMOST = 0.995  # balanced accuracy or R2 of one column by itself, on rows it was not fitted on
ROWS = 2_000
COLUMNS = 100
TARGETS = 12  # of several, that are looked at: the first
_ADDED = 12  # columns that are named at most where they add up to the target
_LEARNED = 0.98  # what a tree must reach on the rows that it was fitted on, or it need not be asked about others
FEWEST = 30  # rows below which a coincidence cannot be told from a leak


def leaking(sample: pa.Table, columns: Sequence[Column], target: Target, values: NDArray[np.generic]) -> list[str]:
    """Names of columns that by themselves tell the target of rows that were not looked at.

    A small tree is fitted on one column at a time and asked about the third of the rows that it has not seen, so an
    identifier, whose every value is new, is not suspected.

    Args:
        sample: cells of a few thousand rows.
        columns: what each of its columns means.
        target: what is predicted.
        values: their targets.
    """
    if len(values) < FEWEST:
        return []
    suspects = [column for column in columns if column.role != "left out" or "different words" in column.reason]
    if len(suspects) > COLUMNS:
        suspects = _closest(suspects, sample, values)
    return [c.name for c in suspects if _determines(_coded(c, sample[c.name]), values, target.problem)]


def adding_up(
    sample: pa.Table,
    columns: Sequence[Column],
    target: Target,
    values: NDArray[np.generic],
    suspects: Sequence[str] = (),
) -> tuple[list[str], bool]:
    """Names of columns of numbers of which the target is a weighted sum, and whether every weight is 1 or -1.

    Args:
        sample, columns, target, values: as `leaking` takes them.
        suspects: columns that tell the target alone, and are not looked at.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> first, second, other = draw.normal(size=(3, 60))
        >>> cells = pa.table({"first": first, "second": second, "other": other})
        >>> from bestiary.rows.many_columns import describe_all
        >>> columns = describe_all(cells, np.arange(60) * 7)
        >>> adding_up(cells, columns, Target("sum", "regression", "", (), first - second), first - second)
        (['first', 'second'], True)
    """
    nothing: tuple[list[str], bool] = [], False
    if target.classes or len(values) < FEWEST:
        return nothing
    columns = [column for column in columns if column.role == "number" and column.name not in suspects]
    if not 2 <= len(columns) <= min(COLUMNS, len(values) // 3):
        return nothing
    read = np.stack([_coded(column, sample[column.name]) for column in columns], axis=1)
    wanted = np.asarray(values, dtype=np.float64)
    unit = read.std(0)
    if not (unit > 0).all() or not wanted.std() > 0:
        return nothing
    matrix = np.column_stack([(read - read.mean(0)) / unit, np.ones(len(read))])
    found, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    if np.abs(matrix @ found - wanted).max() > 1e-6 * wanted.std():
        return nothing
    weights = found[:-1] / unit
    parts = [place for place, weight in enumerate(weights) if abs(weight) * unit[place] > 1e-4 * wanted.std()]
    whole = all(abs(abs(weights[place]) - 1) < 1e-3 for place in parts)
    return ([columns[place].name for place in parts], whole) if 2 <= len(parts) <= _ADDED else nothing


def sum_note(parts: Sequence[str], whole: bool, target: str) -> list[str]:
    """A warning where columns add up to the target."""
    if not parts:
        return []
    told, first = ", ".join(map(repr, parts)), shlex.quote(parts[0])
    how = f"add up to the target {target!r}" if whole else f"give the target {target!r} as a weighted sum, to the digit"
    return [f"columns {told} {how}: are they known before the target is? --drop {first} leaves one out"]


def _closest(columns: list[Column], sample: pa.Table, values: NDArray[np.generic]) -> list[Column]:
    """The `COLUMNS` columns whose ranks go most with those of the target, up or down."""
    wanted = _ranks(np.asarray(values)[None])[0]
    close = np.zeros(len(columns))
    most = max(1, CELLS // max(1, len(values)))
    plain = {c.name for c in columns if c.role == "number" and c.form == "plain"}
    for start in range(0, len(columns), most):
        part = columns[start : start + most]
        names = [column.name for column in part if column.name in plain]
        read = dict(zip(names, _without_gaps(finite(together(sample, names)).T)))
        codes = [read[c.name] if c.name in read else _coded(c, sample[c.name]) for c in part]
        ranks = _ranks(np.stack(codes))
        with np.errstate(invalid="ignore", divide="ignore"):
            close[start : start + most] = (ranks @ wanted) / np.sqrt((ranks**2).sum(1) * (wanted @ wanted))
    order = np.argsort(-np.nan_to_num(np.abs(close)), kind="stable")
    return [columns[i] for i in order[:COLUMNS]]


def _ranks(codes: NDArray[np.generic]) -> NDArray[np.float64]:
    """Ranks of each row's values [C, N], their mean taken off."""
    ranks = np.argsort(np.argsort(codes, axis=1), axis=1).astype(np.float64)
    return ranks - ranks.mean(axis=1, keepdims=True)


def _without_gaps(read: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers [C, N], those that are missing just below the least of their row."""
    gone = np.isnan(read)
    low = np.where(gone, np.inf, read).min(axis=1, keepdims=True)
    return np.where(gone, np.where(np.isfinite(low), low, 0.0) - 1.0, read)


def note(names: list[str], target: str) -> list[str]:
    """A warning for each suspect."""
    return [
        f"column {name!r} equals or almost determines the target {target!r}: is it known before the target is? "
        f"--drop {shlex.quote(name)} leaves it out"
        for name in names
    ]


def _coded(column: Column, cells: pa.ChunkedArray) -> NDArray[np.float64]:
    if column.role == "number":
        read = finite(numbers(cells, column.form))
    elif column.role == "date":
        read = days(cells, column.form)
    elif column.role == "boolean":
        read = truths(cells, column.known)
    else:
        indices = labels(cells).dictionary_encode().indices
        read = np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.float64)
    return _without_gaps(read[None])[0]


def _determines(code: NDArray[np.float64], values: NDArray[np.generic], problem: str) -> bool:
    tick()
    folds = KFold(3, shuffle=True, random_state=0)
    column = np.stack([np.clip(code, -LARGEST, LARGEST), np.zeros_like(code)], axis=1)
    if tasks.find(problem).answers_classes:
        enough = np.bincount(values.astype(np.int64)) >= 3
        inside = enough[values.astype(np.int64)]
        if inside.sum() < FEWEST or len(np.unique(values[inside])) < 2:
            return False
        column, values = column[inside], values[inside]
        tree = DecisionTreeClassifier(class_weight="balanced", min_samples_leaf=2, random_state=0)
        if balanced_accuracy_score(values, tree.fit(column, values).predict(column)) < _LEARNED:
            return False
        return balanced_accuracy_score(values, cross_val_predict(tree, column, values, cv=folds)) >= ALMOST
    numeric = values.astype(np.float64)
    if np.ptp(code) > 0 and abs(np.corrcoef(code, numeric)[0, 1]) >= 0.9999:
        return True
    tree = DecisionTreeRegressor(min_samples_leaf=2, random_state=0)
    if r2_score(numeric, tree.fit(column, numeric).predict(column)) < _LEARNED:
        return False
    return r2_score(numeric, cross_val_predict(tree, column, numeric, cv=folds)) >= ALMOST
