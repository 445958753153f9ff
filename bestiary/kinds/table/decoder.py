"""From features back to the cells of a table: what `table_encoder` does, undone, so that made rows can be read.

    number    as many decimals as the training rows have; whole numbers stay whole
    boolean   the word of the nearer of the two, as it is spelled most often
    date      the day, with the minute where training rows have hours; written year first
    category  the word with the greatest feature; "other" where that is the place of all rare words
    text      nothing: n-grams say which words there were, not the sentence

Numbers and dates that training rows do not reach are put on the edge of what they reach, as made pixels are. What was
left out of learning comes back empty, and as itself where it was constant. Features are float32: seven digits survive.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.rows.columns import PARTS, Column
from bestiary.rows.many_columns import blocks, together
from bestiary.rows.written import days, finite, labels, numbers

if TYPE_CHECKING:
    from bestiary.kinds.table.encoder import TableEncoder

GAP, OTHER = "\x00gap", "\x00other"  # names of the places of missing cells and of rare words
STRAIGHT = 3.0  # robust standard deviations
DECIMALS, DIGITS = 6, 6  # decimals that are told from rounding; significant digits of numbers that have more
Written = Mapping[str, Any]


def spelling(column: Column, cells: pa.ChunkedArray) -> dict[str, object]:
    """How the cells of a column are written, as far as its role does not say.

    Args:
        column: described.
        cells: of training rows.

    Returns:
        Plain JSON: `decimals` of numbers (None: more than `DECIMALS`) and of dates (0: whole days); `words` of a
        boolean, for 0 and 1; `always`, the one word of a constant column that was left out.
    """
    if column.role == "number":
        return {"decimals": decimals(finite(numbers(cells, column.form)))}
    if column.role == "date":
        return {"decimals": decimals(days(cells, column.form))}
    times = Counter(labels(cells).drop_null().to_pylist())
    if column.role == "boolean":
        commonest = {word.lower(): word for word, _ in reversed(times.most_common())}
        return {"words": [commonest.get(word, word) for word in column.known]}
    constant = column.role == "left out" and len(times) == 1 and times.total() == len(cells)
    return {"always": next(iter(times))} if constant else {}


def decimals(values: NDArray[np.float64]) -> int | None:
    """The fewest decimals that lose nothing of any value; None for more than `DECIMALS`.

    Example:
        >>> decimals(np.array([1.0, 20.0])), decimals(np.array([1.25, np.nan])), decimals(np.array([1 / 3]))
        (0, 2, None)
    """
    return decimals_of_all(values[:, None])[0]


def decimals_of_all(values: NDArray[np.float64]) -> list[int | None]:
    """`decimals` of each column of [N, C]."""
    found: list[int | None] = [None] * values.shape[1]
    left = np.arange(values.shape[1])
    for places in range(DECIMALS + 1):
        some = values[:, left]
        with np.errstate(invalid="ignore"):
            lost = np.abs(some - some.round(places)) > np.spacing(np.abs(some)) * 4  # False where a value is missing
        done = ~lost.any(axis=0)
        for column in left[done].tolist():
            found[column] = places
        left = left[~done]
    return found


def spellings(columns: Sequence[Column], sample: pa.Table) -> dict[str, dict[str, object]]:
    """`spelling` of the columns that a sample of training rows has, by name."""
    there = dict(zip(sample.column_names, sample.columns))
    found = {}
    plain = [c.name for c in columns if c.role == "number" and c.form == "plain" and c.name in there]
    for block in blocks(sample, plain):
        counts = decimals_of_all(finite(together(sample, block)))
        found.update((name, {"decimals": count}) for name, count in zip(block, counts))
    return {c.name: found.get(c.name) or spelling(c, there[c.name]) for c in columns if c.name in there}


def unsquash(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `scaling.squash`.

    Example:
        >>> unsquash(np.array([-1.0, 2.0, 9.907755])).round(2).tolist()
        [-1.0, 2.0, 1002.0]
    """
    beyond = np.minimum(np.maximum(np.abs(values) - STRAIGHT, 0.0), 700.0)  # exp(700) is the last finite one
    return np.sign(values) * (np.minimum(np.abs(values), STRAIGHT) + np.expm1(beyond))


def decode(encoder: TableEncoder, features: NDArray[Any], most: int | None = None) -> pd.DataFrame:
    """The rows that features stand for.

    Args:
        encoder: fitted.
        features: [N, F], in the units of a batch; need not have come from real rows.
        most: only so many columns, the first.

    Returns:
        N rows with the columns of the training file that are no target, in its order.
    """
    values, words = _values(encoder, features.astype(np.float64)), _words(encoder, features)
    frame: dict[str, Any] = {}
    place = 0
    for column in encoder.columns[:most]:
        written = encoder.written.get(column.name, {})
        if column.role in ("left out", "text"):
            frame[column.name] = [written.get("always")] * len(features)
        elif column.role == "category":
            frame[column.name] = words[column.name]
            place += width(column)
        else:
            frame[column.name] = _CELLS[column.role](column, written, values[:, place])
            place += width(column)
    return pd.DataFrame(frame)


def width(column: Column) -> int:
    """How many numbers a column is read as: a date has parts, a category none, or averages of its words."""
    return {"date": len(PARTS), "category": column.averages, "text": 0, "left out": 0}.get(column.role, 1)


def sharing(gone: NDArray[np.bool_], gaps: Sequence[int]) -> list[int]:
    """Of each number, the place in `gaps` of the one that tells where it is missing, itself or one before it; -1: none.

    Args:
        gone: [N, P], where training rows have gaps.
        gaps: numbers whose gaps have a feature of their own.
    """
    patterns = np.packbits(gone, axis=0)
    latest: dict[bytes, int] = {}  # of a pattern of gaps: the place of the last column so far that has it
    found, place = [], 0
    for i in range(gone.shape[1]):
        while place < len(gaps) and gaps[place] <= i:
            latest[patterns[:, gaps[place]].tobytes()] = place
            place += 1
        found.append(latest.get(patterns[:, i].tobytes(), -1))
    return found


def _values(encoder: TableEncoder, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers [N, P] as `TableEncoder` read them, NaN where missing."""
    scaled = cast("list[int]", encoder.parts["scaled"])
    gaps = cast("list[int]", encoder.parts["gaps"])
    values = np.zeros((len(features), sum(map(width, encoder.used))))
    place = 0
    for column in encoder.used:  # what does not vary has no feature
        values[:, place : place + width(column)] = column.low
        place += width(column)
    if encoder.scaling is not None:
        values[:, scaled] = encoder.scaling.inverse(features[:, : len(scaled)])
    told = cast("list[int]", encoder.parts.get("told") or [gaps.index(i) if i in gaps else -1 for i in range(place)])
    gone = features[:, len(scaled) : len(scaled) + len(gaps)] > 0.5
    for i, gap in enumerate(told):
        if gap >= 0:
            values[gone[:, gap], i] = np.nan
    return values


def _words(encoder: TableEncoder, features: NDArray[Any]) -> dict[str, list[str | None]]:
    """The words of each category; a row whose places are all empty has a word that was never seen."""
    if encoder.words is None:
        return {}
    at = encoder.count
    found: dict[str, list[str | None]] = {}
    for column, names in zip((c for c in encoder.used if c.role == "category"), encoder.words.categories):
        part = features[:, at : at + len(names)]
        chosen = np.where((part != 0).any(1), part.argmax(1), -1)
        readable = [{GAP: None, OTHER: "other"}.get(name, name) for name in names] + [None]
        found[column.name] = [readable[k] for k in chosen]
        at += len(names)
    return found


def _numbers(column: Column, written: Written, values: NDArray[np.float64]) -> Any:
    some = np.clip(values, column.low, column.high)
    places = written.get("decimals")
    if places is None:
        return _significant(some)
    if places == 0 and np.abs(some[~np.isnan(some)]).max(initial=0.0) < 2**62:
        whole = pd.Series(some.round()).astype("Int64")
        return whole if np.isnan(some).any() else whole.astype("int64")
    return some.round(places)


def _significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values.tolist()])


def _truths(column: Column, written: Written, values: NDArray[np.float64]) -> Any:
    words = written.get("words", column.known)
    return [None if np.isnan(value) else words[int(value > 0.5)] for value in values.tolist()]


def _dates(column: Column, written: Written, values: NDArray[np.float64]) -> Any:
    some = np.clip(values, column.low, column.high)
    minutes = pd.Series(pd.to_datetime((some * 1440).round(), unit="m"))
    if written.get("decimals") == 0:
        return pd.Series(pd.to_datetime(some.round(), unit="D")).dt.strftime("%Y-%m-%d")
    return minutes.dt.strftime("%Y-%m-%d %H:%M")


_CELLS = {"number": _numbers, "boolean": _truths, "date": _dates}
