"""Columns that equal or almost determine the target: often the answer written down a second time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from bestiary.rows.columns import Column, days, describe, finite, labels, numbers, truths
from bestiary.rows.source import Target

LARGEST = 3e38  # in which trees can compare: they keep values as float32
ALMOST = 0.995  # balanced accuracy or R2 of one column by itself, on rows it was not fitted on
ROWS = 2_000
COLUMNS = 100
FEWEST = 30  # rows below which a coincidence cannot be told from a leak


def leaking(sample: pa.Table, rows: NDArray[np.int64], target: Target, values: NDArray[np.generic]) -> list[str]:
    """Names of columns that by themselves tell the target of rows that were not looked at.

    A small tree is fitted on one column at a time and asked about the third of the rows that it has not seen, so an
    identifier, whose every value is new, is not suspected.

    Args:
        sample: cells of a few thousand rows.
        rows: their row numbers.
        target: what is predicted.
        values: their targets.
    """
    if len(values) < FEWEST:
        return []
    codes: dict[str, NDArray[np.float64]] = {}
    for name in sample.column_names:
        column = describe(name, sample[name], rows)
        if column.role != "left out" or "different words" in column.reason:
            codes[name] = _coded(column, sample[name])
    chosen = list(codes)
    if len(chosen) > COLUMNS:
        matrix = np.argsort(np.argsort(np.stack([codes[name] for name in chosen]), axis=1), axis=1)
        close = np.abs(np.corrcoef(matrix, np.argsort(np.argsort(values)))[-1, :-1])
        chosen = [chosen[i] for i in np.argsort(-np.nan_to_num(close), kind="stable")[:COLUMNS]]
    return [name for name in chosen if _determines(codes[name], values, target.problem)]


def note(names: list[str], target: str) -> list[str]:
    """A warning for each suspect."""
    return [
        f"column {name!r} equals or almost determines the target {target!r}: is it known before the target is?"
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
    low = np.nanmin(read) if not np.isnan(read).all() else 0.0
    return np.where(np.isnan(read), low - 1.0, read)


def _determines(code: NDArray[np.float64], values: NDArray[np.generic], problem: str) -> bool:
    folds = KFold(3, shuffle=True, random_state=0)
    column = np.stack([np.clip(code, -LARGEST, LARGEST), np.zeros_like(code)], axis=1)
    if problem == "classification":
        enough = np.bincount(values.astype(np.int64)) >= 3
        inside = enough[values.astype(np.int64)]
        if inside.sum() < FEWEST or len(np.unique(values[inside])) < 2:
            return False
        tree = DecisionTreeClassifier(class_weight="balanced", min_samples_leaf=2, random_state=0)
        answers = cross_val_predict(tree, column[inside], values[inside], cv=folds)
        return balanced_accuracy_score(values[inside], answers) >= ALMOST
    numeric = values.astype(np.float64)
    if np.ptp(code) > 0 and abs(np.corrcoef(code, numeric)[0, 1]) >= 0.9999:
        return True
    tree = DecisionTreeRegressor(min_samples_leaf=2, random_state=0)
    return r2_score(numeric, cross_val_predict(tree, column, numeric, cv=folds)) >= ALMOST
