"""Columns of equal length that are read in pieces: what every reader of rows gives, and what cells and names may be."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Protocol, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError

COLUMNS = 20_000
ROWS = 200_000_000


class Frame(Protocol):
    """Named columns of equal length, read in pieces.

    Attributes:
        name: of the file, for messages.
        columns: their names, all different.
        notes: what was detected or left out, for people.
    """

    name: str
    columns: tuple[str, ...]
    notes: list[str]

    @property
    def share(self) -> float:
        """Of the rows, how many the pass under way has given, 0 to 1, as far as it can be told."""
        ...

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, in pieces that fit in memory; only these columns when given."""
        ...

    def lines(self) -> NDArray[np.int64] | None:
        """On which line of a text file each row begins, from 1; None where rows are not on lines."""
        ...


def check_columns(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Column names, the empty ones filled in; `InputError` when two are equal or there are too many."""
    if not columns:
        raise InputError(f"{name} has no columns; expected a first line of names")
    if len(columns) > COLUMNS:
        raise InputError(f"at most {COLUMNS:,} columns can be read; {name} has {len(columns):,}; leave some out")
    filled = tuple(c.strip() or f"unnamed {i + 1}" for i, c in enumerate(columns))
    twice = [column for column, times in Counter(filled).items() if times > 1]
    if twice:
        raise InputError(f"column names must differ; {name} has {twice[0]!r} more than once; rename one of them")
    return filled


def array_of(values: object) -> pa.Array:
    """Values as an Arrow array of the type that all of them have, else as text."""
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return texts(cast("Sequence[object]", values))
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def texts(values: Sequence[object]) -> pa.Array:
    """Values of any type as text, as Python writes them; missing ones stay missing."""
    missing = [v is None or v is pd.NA or v != v for v in values]
    words = [None if gone else str(v).encode("utf-8", "replace").decode() for v, gone in zip(values, missing)]
    return pa.array(words, type=pa.string())


def flat(kind: pa.DataType) -> bool:
    """Whether cells of this type are single values that can be written as text."""
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    nested = pa.types.is_nested(inner) or isinstance(inner, pa.BaseExtensionType)
    opaque = pa.types.is_binary(inner) or pa.types.is_large_binary(inner) or pa.types.is_fixed_size_binary(inner)
    return not (nested or opaque or pa.types.is_interval(inner) or pa.types.is_binary_view(inner))


_LISTS: ContextVar[frozenset[str]] = ContextVar("lists", default=frozenset())


@contextlib.contextmanager
def keeping_lists(names: Iterable[str]) -> Iterator[None]:
    """While it lasts, frames that are opened give lists in these columns as text; in others they are left out."""
    token = _LISTS.set(frozenset(names))
    try:
        yield
    finally:
        _LISTS.reset(token)


def kept_as_text(name: str, kind: pa.DataType) -> bool:
    """Whether a column holds lists that somebody wants: see `keeping_lists`."""
    return name in _LISTS.get() and listing(kind)


def written(name: str, cells: Sequence[object]) -> Sequence[object]:
    """Cells with lists as text, as JSON writes them, where somebody wants them; else as they are."""
    if name not in _LISTS.get():
        return cells
    return [json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell for cell in cells]


def listing(kind: pa.DataType) -> bool:
    """Whether cells of this type are lists of words or numbers."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return False
    inner = kind.value_type
    textual = pa.types.is_string(inner) or pa.types.is_large_string(inner)
    return textual or pa.types.is_integer(inner) or pa.types.is_boolean(inner) or pa.types.is_null(inner)


def as_text(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Lists as text, as JSON writes them; missing cells stay missing.

    Example:
        >>> as_text(pa.array([["a", "b"], None, []])).to_pylist()
        ['["a", "b"]', None, '[]']
    """
    cells = column.to_pylist()
    return pa.array([None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in cells], pa.string())


def words(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as text; missing cells stay missing."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_string(array.type):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return pc.cast(array, pa.string())


def names_of(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Names as they are written, without spaces around them; `None`, `NA` and `?` are names, empty cells are none.

    Example:
        >>> names_of(pa.array([" a", "NA", "", None])).to_pylist()
        ['a', 'NA', None, None]
    """
    text = pc.utf8_trim_whitespace(words(column))
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text).cast(pa.string())
