"""Whether the rows of a table are steps of series: an id that repeats, steps that rise within it, one target for each.

Nothing is concluded from one of these alone. An id repeats in any table of orders or visits; that its target never
changes, and that no step of it comes twice, is what tells a series from rows that stand alone.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.rows.frame import names_of
from bestiary.rows.frames import Frame
from bestiary.rows.rows import pieces_of
from bestiary.rows.targets import FEW
from bestiary.rows.written import dates, labels, numbers

OPENING = 2_000  # rows by which columns are chosen to be looked at
SCANNED = 2_000_000  # rows that are looked at
LOOKED = 200  # columns looked at
CANDIDATES = 8  # columns of a sort that are looked at in all rows
SERIES = 10  # at least, where nobody has named the id: fewer cannot be learned from
STEPS = 4  # of a series on average, at least
REGULAR = 0.9  # share of series whose steps are evenly spaced, where neither name nor form says that they are times
CHANGED = 0.2  # share of ids with several targets from which on rows are no steps, though id and time were named
_TIMES = frozenset(
    {"time", "timestamp", "datetime", "date", "t", "step", "steps", "timestep", "second", "seconds", "sec",
     "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "quarter", "year",
     "years", "cycle", "cycles", "frame", "frames", "tick", "epoch", "ms", "visit", "turn"}
)  # fmt: skip


_NUMBERED = {"id", "block", "group", "code", "item", "subject", "person"}  # of things that are counted, not of steps
_DATE = r"\d{1,4}[-/.: ]+\w{1,9}[-/.: ,]+\d"


@dataclass(frozen=True)
class Long:
    """A table whose rows are steps of series.

    Attributes:
        id: column that tells them apart.
        time: column that orders their steps.
        series: how many there are.
        rows: of the table, as far as it was looked at.
    """

    id: str
    time: str
    series: int
    rows: int

    def reason(self, target: str) -> str:
        """Why the rows are steps, for people."""
        return (
            f"{self.id!r} repeats, {self.time!r} rises within it and {target!r} stays the same: {self.series:,} series "
            f"of {self.rows / self.series:.0f} steps on average; `--kind table` reads every row alone, `--id` and "
            "`--time` name other columns"
        )


def find(
    frame: Frame,
    target: str | None,
    *,
    id: str | None = None,  # noqa: A002
    time: str | None = None,
    group: str | None = None,
) -> Long | None:
    """The columns that make the rows of a table steps of series; None where there are none.

    Args:
        frame: the table.
        target: column of the target; without one nothing is found.
        id: column that tells series apart, where it was named.
        time: column that orders steps, where it was named.
        group: column that tells neither.

    Example:
        >>> import pandas as pd
        >>> from bestiary.rows.frames import open_frame
        >>> steps = [(f"m{m}", s, m * s % 5, "ab"[m % 2]) for s in range(6) for m in range(12)]
        >>> found = find(open_frame(pd.DataFrame(steps, columns=["k", "step", "v", "kind"])), "kind")
        >>> (found.id, found.time, found.series) if found else None
        ('k', 'step', 12)
    """
    named = [name for name in (id, time, target) if name is not None]
    if target is None or any(name not in frame.columns for name in named):
        return None
    looked = list(dict.fromkeys([*frame.columns[:LOOKED], *named]))
    opening = next(iter(pieces_of(frame, looked))).slice(0, OPENING)
    others = [name for name in frame.columns[:LOOKED] if name not in (target, group)]
    ids = [id] if id else [name for name in others if name != time and _names(opening[name])]
    ids = [name for name in ids if not _changing(_scan([opening], [name], [], target).codes, name, target).any()]
    times = [name for name in others if _orders(opening[name]) and not _NUMBERED & _parts(name)]
    times = [time] if time else sorted(times, key=_untold)
    counted = [name for name in others if name not in named and _counts(opening[name])]
    ids, times, counted = ids[:CANDIDATES], times[:CANDIDATES], counted[: 2 * CANDIDATES]
    if not ids or not times:
        return None
    seen = _scan([opening], ids, times, target)
    times = [by for by in times if any(by != one and not _twice(seen, one, by) for one in ids)]
    dated = {name for name in times if np.isnan(numbers(opening[name])).all()}
    known = {name for name in times if name == time or name in dated or not _untold(name)}
    rows = _scan(pieces_of(frame, list(dict.fromkeys([*ids, *times, target]))), ids, times, target, dated)
    answers = numbers(opening[target])
    amount = not np.isnan(answers).any() and len(np.unique(answers)) > FEW
    ids = [name for name in ids if _tells_apart(rows, name, target, named=id is not None, amount=amount)]
    found = [
        (len(np.unique(rows.codes[one])), place, one, by)
        for one in ids
        for place, by in enumerate(times)
        if by != one and _rises(rows, one, by, evenly=by not in known)
    ]
    for series, _, one, by in sorted(found):  # the fewest first: visits of one patient are not apart
        if _moves(frame, one, [name for name in counted if name not in (one, by)]):
            return Long(one, by, series, len(rows.codes))
    return None


def stand_alone(frame: Frame, id: str, target: str | None) -> str:  # noqa: A002
    """Why rows are no steps of series although an id was named; empty where they may be.

    Args:
        frame: the table, which has these columns.
        id: column that would tell series apart.
        target: column of the target, if there is one.

    Example:
        >>> from bestiary.rows.frames import open_frame
        >>> stand_alone(open_frame({"order": ["a", "b", "c"], "late": ["no", "yes", "no"]}), "order", "late")
        "'order' does not repeat"
    """
    target = None if target == id else target
    table = _scan(pieces_of(frame, [id, target] if target else [id]), [id], [], target or id).codes
    if 2 * table[id].nunique() > len(table):
        return f"{id!r} does not repeat" if table[id].is_unique else f"{id!r} seldom repeats"
    if target and _changing(table, id, target).mean() > CHANGED:
        return f"{target!r} changes within {id!r}"
    return ""


# ------------------------------------------------------------------------------------------------ columns


def _names(column: pa.ChunkedArray) -> bool:
    """Whether cells can be names: words or whole numbers, no dates."""
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return False
    if not _full(column):
        return False
    values = numbers(column)
    if not np.isnan(values).any():
        return bool((values == np.floor(values)).all())
    return not _dates(column)


def _orders(column: pa.ChunkedArray) -> bool:
    """Whether cells can be times: numbers or dates in every row."""
    if pa.types.is_boolean(column.type) or not _full(column):
        return False
    return not np.isnan(numbers(column)).any() or _dates(column)


def _dates(column: pa.ChunkedArray) -> bool:
    """Whether all cells are dates in parts with signs between: parsers of dates also take `m5` for one."""
    if not pa.types.is_temporal(column.type) and not pc.all(pc.match_substring_regex(labels(column), _DATE)).as_py():
        return False
    return not np.isnan(dates(column)).any()


def _counts(column: pa.ChunkedArray) -> bool:
    """Whether most cells that are filled are numbers, so that they can be values of series."""
    filled = len(column) - labels(column).null_count
    return bool(filled) and 2 * int((~np.isnan(numbers(column))).sum()) > filled


def _full(column: pa.ChunkedArray) -> bool:
    return len(column) > 0 and not names_of(column).null_count


def _untold(name: str) -> bool:
    """Whether a name does not say that its column holds times; so that those come first."""
    return not _TIMES & _parts(name)


def _parts(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))


# ------------------------------------------------------------------------------------------------ rows


@dataclass
class _Rows:
    """Columns of all rows: words by number, -1 where a cell is empty, and times and values."""

    codes: pd.DataFrame
    amounts: pd.DataFrame


class _Codes:
    """Words of a column by number, over all pieces."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._parts: list[NDArray[np.int32]] = []

    def add(self, names: pa.Array) -> None:
        self._parts.append(self.of(names))

    def of(self, names: pa.Array) -> NDArray[np.int32]:
        coded = names.dictionary_encode()
        place = [self._words.setdefault(word, len(self._words)) for word in coded.dictionary.to_pylist()]
        codes = pc.fill_null(coded.indices, len(place)).to_numpy(zero_copy_only=False)
        return np.array([*place, -1], np.int32)[codes]

    def __len__(self) -> int:
        return len(self._words)

    def whole(self) -> NDArray[np.int32]:
        return np.concatenate(self._parts)


def _scan(
    pieces: Iterable[pa.Table], ids: Sequence[str], amounts: Sequence[str], target: str, dated: Collection[str] = ()
) -> _Rows:
    """The rows, up to `SCANNED`: ids and the target as codes, times and values as numbers.

    Dates are codes too: that no two are the same can be seen without knowing which form they have.
    """
    days = {name: _Codes() for name in dated}
    codes = {name: _Codes() for name in ids}
    answers = _Codes()
    numbered: dict[str, list[NDArray[np.float64]]] = {name: [] for name in amounts if name not in dated}
    rows = 0
    for piece in pieces:
        for name, words in codes.items():
            words.add(names_of(piece[name]))
        answers.add(labels(piece[target]))
        for name, words in days.items():
            words.add(names_of(piece[name]))
        for name, parts in numbered.items():
            parts.append(numbers(piece[name]))
        rows += piece.num_rows
        if rows >= SCANNED:
            break
    return _Rows(
        pd.DataFrame({name: words.whole() for name, words in codes.items()} | {target: answers.whole()}),
        pd.DataFrame(
            {name: np.concatenate(parts) for name, parts in numbered.items()}
            | {name: words.whole().astype(np.float64) for name, words in days.items()}
        ),
    )


def _changing(codes: pd.DataFrame, id: str, target: str) -> pd.Series:  # noqa: A002
    """Of each id, whether it has several targets; empty cells do not count."""
    return codes[codes[target] >= 0].groupby(id)[target].nunique() > 1


def _tells_apart(rows: _Rows, id: str, target: str, *, named: bool, amount: bool) -> bool:  # noqa: A002
    """Whether a column repeats, often enough, and the target never changes within it and is no other name of it."""
    sizes = rows.codes[id].value_counts()
    if -1 in sizes.index or len(sizes) < 2 or _changing(rows.codes, id, target).any():
        return False
    if named:
        return len(rows.codes) >= 2 * len(sizes)
    targets = rows.codes[target].nunique()
    often = len(rows.codes) >= STEPS * len(sizes) and float((sizes >= 3).mean()) >= REGULAR
    return often and len(sizes) >= SERIES and targets > 1 and (amount or targets <= len(sizes) / 2)


def _rises(rows: _Rows, id: str, time: str, *, evenly: bool) -> bool:  # noqa: A002
    """Whether no time comes twice within an id; `evenly`, whether they also are steps of one size that ids share."""
    code, stamp = rows.codes[id].to_numpy(), rows.amounts[time].to_numpy()
    if np.isnan(stamp).any():
        return False
    order = np.lexsort((stamp, code))
    inside = np.diff(code[order]) == 0
    steps = pd.Series(np.diff(stamp[order])[inside])
    if not len(steps) or (steps <= 0).any():
        return False
    if not evenly:
        return True
    by_series = steps.groupby(code[order][1:][inside]).agg(["min", "max"])
    even = float((by_series["max"] <= 1.5 * by_series["min"]).mean()) >= REGULAR
    return even and 2 * len(np.unique(stamp)) <= len(stamp)


def _twice(rows: _Rows, id: str, time: str) -> bool:  # noqa: A002
    """Whether an id has one time twice."""
    pairs = pd.DataFrame({"id": rows.codes[id], "time": rows.amounts[time]})
    return bool(pairs.dropna().duplicated().any())


def _moves(frame: Frame, id: str, columns: Sequence[str]) -> bool:  # noqa: A002
    """Whether the numbers of one of these columns change within most ids."""
    if not columns:
        return False
    codes, rows = _Codes(), 0
    first, changed = np.empty((0, len(columns))), np.empty((0, len(columns)), bool)
    for piece in pieces_of(frame, [id, *columns]):
        code = codes.of(names_of(piece[id]))
        values = np.column_stack([numbers(piece[name]) for name in columns])
        fresh = len(codes) - len(first)
        if fresh:
            first = np.concatenate([first, np.full((fresh, len(columns)), np.nan)])
            changed = np.concatenate([changed, np.zeros((fresh, len(columns)), bool)])
        one, place = np.unique(code, return_index=True)
        first[one] = np.where(np.isnan(first[one]), values[place], first[one])
        np.logical_or.at(changed, code, (values != first[code]) & ~np.isnan(values) & ~np.isnan(first[code]))
        rows += piece.num_rows
        if rows >= SCANNED:
            break
    return bool((changed.mean(0) >= 0.5).any())
