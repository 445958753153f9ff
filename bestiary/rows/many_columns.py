"""Many columns at once: what `columns.describe` and `columns.numbers` tell of one, for the price of a few calls.

Arrow takes some twenty calls to tell what a column means, which is a millisecond; of 20,000 columns that is twenty
seconds for nothing. Columns of plain numbers, as nearly all columns of wide tables are, lie behind one another here and
are read as one; whatever is not plain is left to `describe`, one column at a time.

Axes: C columns, N rows.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.rows.columns import IDENTIFIER, NOTHING, SAVED, Asked, Column, counting, describe, rises_with, short
from bestiary.rows.frame import words
from bestiary.rows.limits import tick
from bestiary.rows.written import finite, labels, numbers

CELLS = 1_000_000  # cells that are looked at together
_WORTH = 8  # columns from which on it is worth while

Floats = NDArray[np.float64]


def describe_all(table: pa.Table, rows: NDArray[np.int64], asked: Asked = NOTHING) -> list[Column]:
    """What each column of a table means: `describe` of every one.

    Args:
        table: cells of training rows.
        rows: their row numbers in the person's file.
        asked: what the person has said of columns.

    Example:
        >>> table = pa.table({"a": ["1", "2.5", ""], "b": ["x", "y", "x"]})
        >>> [column.role for column in describe_all(table, np.arange(3))]
        ['number', 'category']
    """
    found: dict[str, Column] = {}
    for block in blocks(table):
        if len(block) >= _WORTH:
            tick()
            found.update(_plain(table, [name for name in block if name not in asked.keep], rows))
    return [found.get(name) or _one(table, name, rows, asked) for name in table.column_names]


def contents(opening: pa.Table, features: tuple[str, ...], asked: Asked) -> tuple[str, ...]:
    """The features that are content, not a number that was given to the row."""
    places = np.arange(opening.num_rows)
    meaning = dict(zip(features, describe_all(opening.select(list(features)), places, asked)))
    kept = tuple(
        n for n, c in meaning.items() if "counts the rows" not in c.reason and "number of the row" not in c.reason
    )
    return kept or features


def _one(table: pa.Table, name: str, rows: NDArray[np.int64], asked: Asked) -> Column:
    tick()
    return describe(name, table[name], rows, asked)


def blocks(table: pa.Table, names: Sequence[str] | None = None) -> Iterator[list[str]]:
    """Names of columns of one type that follow each other, at most about a million cells together."""
    most = max(1, CELLS // max(1, table.num_rows))
    held: list[str] = []
    kind: pa.DataType | None = None
    for name in names if names is not None else table.column_names:
        here = table.schema.field(name).type
        if held and (here != kind or len(held) == most):
            yield held
            held = []
        held.append(name)
        kind = here
    if held:
        yield held


def together(table: pa.Table, names: Sequence[str], form: str = "plain") -> Floats:
    """These columns as numbers [N, C], as `numbers` reads each; columns of one type are read as one.

    Example:
        >>> together(pa.table({"a": ["1", "2"], "b": ["", "4"]}), ["b", "a"], "plain").tolist()
        [[nan, 1.0], [4.0, 2.0]]
    """
    values = np.empty((len(names), table.num_rows))
    place = 0
    for block in blocks(table, names):
        values[place : place + len(block)] = _read(table, block, form)
        place += len(block)
    return values.T


def _read(table: pa.Table, names: list[str], form: str) -> Floats:
    """Columns of one type as numbers [C, N]."""
    if len(names) == 1:
        return numbers(table[names[0]], form)[None]
    if not _joinable(table.schema.field(names[0]).type):
        return np.stack([numbers(table[name], form) for name in names])
    return numbers(_joined(table, names), form).reshape(len(names), table.num_rows)


def _joinable(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _joined(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """The cells of columns of one type, column after column."""
    chunks = [chunk for name in names for chunk in table[name].chunks]
    return pa.concat_arrays(chunks) if chunks else pa.array([], table.schema.field(names[0]).type)


def _plain(table: pa.Table, names: list[str], rows: NDArray[np.int64]) -> dict[str, Column]:
    """Those of the columns of one type that are plain numbers throughout; the others are not in the answer."""
    if not names:
        return {}
    kind = table.schema.field(names[0]).type
    count = table.num_rows
    if not count or not _joinable(kind):
        return {}
    cells = _joined(table, names)
    if pa.types.is_string(kind):
        text = labels(cells)
        everything = list(range(len(names)))
        values = _whole(text, everything, count)
        if values is None:
            values = _cast(text, [place for place in everything if _begins_plain(text, place, count)], count)
    else:
        text = None
        values = dict(zip(range(len(names)), numbers(cells).reshape(len(names), count)))
    if not values:
        return {}
    places = sorted(values)
    found = _described(np.stack([values[place] for place in places]), [names[place] for place in places], rows)
    for number, place in enumerate(places):
        column = found[number]
        if column is not None and column.reason.startswith("it is constant"):
            part = words((cells if text is None else text).slice(place * count, count))
            if pc.all(pc.equal(part, part[0])).as_py():  # the word, where it is written alike everywhere
                found[number] = Column(column.name, "left out", f"it is constant ({short(part[0].as_py())})")
    return {column.name: column for column in found if column is not None}


def _begins_plain(text: pa.Array, place: int, count: int) -> bool:
    """Whether the first cells of a column could be plain numbers: the cheap look that spares dear ones."""
    some = text.slice(place * count, min(count, 8)).drop_null()
    try:
        pc.cast(some, pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _cast(text: pa.Array, places: list[int], count: int) -> dict[int, Floats]:
    """Place of a column -> its numbers [N], for those whose every cell is a plain number; halves until it is clear."""
    if not places:
        return {}
    parts = [text.slice(place * count, count) for place in places]
    values = _whole(pa.concat_arrays(parts), places, count)
    if values is None and len(places) > 1:
        half = len(places) // 2
        return _cast(text, places[:half], count) | _cast(text, places[half:], count)
    return values or {}


def _whole(text: pa.Array, places: list[int], count: int) -> dict[int, Floats] | None:
    """Place of a column -> its numbers [N]; None where a cell of any column is no plain number.

    Args:
        text: the cells of these columns, column after column.
        places: of the columns.
        count: N.
    """
    try:
        read = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    values = read.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return dict(zip(places, values.reshape(len(places), count)))


def _described(values: Floats, names: Sequence[str], rows: NDArray[np.int64]) -> list[Column | None]:
    """What columns [C, N] of plain numbers mean; None for those that need a closer look."""
    read = (~np.isnan(values)).sum(1)
    kept = finite(values)
    known = ~np.isnan(kept)
    some = known.sum(1)
    low = np.where(known, kept, np.inf).min(1)
    high = np.where(known, kept, -np.inf).max(1)
    full = some == values.shape[1]
    with np.errstate(invalid="ignore"):
        offset = kept - rows
        counts = full & (values.shape[1] > 2)
        counts[counts] = rises_with(offset[counts])
    found: list[Column | None] = []
    for place, name in enumerate(names):
        if not some[place]:
            found.append(None)
        elif full[place] and low[place] == high[place]:
            found.append(Column(name, "left out", f"it is constant ({low[place]:g})"))
        elif counts[place]:
            reason = counting(name, values[place], rows, False)
            found.append(Column(name, "left out", reason) if reason else None)
        elif (
            IDENTIFIER.search(name)
            or SAVED.search(name)
            or not read[place]
            or (low[place] >= 19_000_101 and high[place] <= 20_991_231)
        ):
            found.append(None)
        else:
            infinite = int(read[place] - some[place])
            reason = f"{infinite:,} infinite values count as missing" if infinite else ""
            bounds = float(low[place]), float(high[place])
            found.append(Column(name, "number", reason, "plain", *bounds, gaps=not full[place]))
    return found


def _like_days(low: float, high: float) -> bool:
    """Whether numbers from one to the other may be days that are written as 20240131."""
    return low >= 19_000_101 and high <= 20_991_231
