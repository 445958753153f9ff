"""Cells of one column as numbers and words, before anything is learned from them or after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.table.decoder import GAP, OTHER
from bestiary.rows.columns import Column
from bestiary.rows.drift import Drift
from bestiary.rows.written import days, finite, labels, numbers, truths


def columns_of(written: Sequence[Mapping[str, Any]], folder: Path) -> list[Column]:
    """The columns as an encoder has saved them.

    Raises:
        InputError: for a word that no column has.
    """
    known = {field.name for field in fields(Column)}
    for column in written:
        if other := set(column) - known:
            word = sorted(other)[0]
            raise InputError(f"a column in {folder} has the unknown word {word!r:.100}; save the model again")
    return [Column(**{**column, "known": tuple(column["known"])}) for column in written]


def codes_of(places: NDArray[np.float32], categories: tuple[int, ...]) -> NDArray[np.int32]:
    """The place of the one in each column's part of one-hot features, counted from 1; 0 where there is none.

    Example:
        >>> codes_of(np.array([[0, 1, 1, 0, 0], [0, 0, 0, 0, 1]], np.float32), (3, 4)).tolist()
        [[2, 1], [0, 3]]
    """
    codes, at = np.zeros((len(places), len(categories)), np.int32), 0
    for number, size in enumerate(categories):
        part = places[:, at : at + size - 1]
        codes[:, number] = np.where(part.any(1), part.argmax(1) + 1, 0)
        at += size - 1
    return codes


def numeric(column: Column, cells: pa.ChunkedArray) -> NDArray[np.float64]:
    """The cells of a column as numbers: truths, days or what is written; NaN where there is none."""
    if column.role == "boolean":
        return truths(cells, column.known)
    return days(cells, column.form) if column.role == "date" else finite(numbers(cells, column.form))


def words_of(column: Column, cells: pa.ChunkedArray, drift: Drift | None) -> NDArray[np.object_]:
    """The words of a category, those without a place as one."""
    text = labels(cells).to_numpy(zero_copy_only=False)
    missing = np.array([word is None for word in text])
    if drift is not None:
        drift.category(column, text, int(missing.sum()))
    known = set(column.known)
    gap = GAP if column.gaps else OTHER
    return np.array([word if word in known else gap if word is None else OTHER for word in text], dtype=object)
