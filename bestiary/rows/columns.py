"""What a column means to a table model: number, category, boolean, date or nothing, decided from training rows.

number    measured values; decimal commas, thousands separators, percent and currency signs are understood
boolean   two words for yes and no -> 1 and 0
date      -> days, year, month, day of the week, hour
category  a few words that repeat
text      sentences, names of several words: the words in them repeat, the cells do not
left out  empty, constant, a row counter, an identifier, or too many different words
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.written import NUMBERS, SAID, DateForm, days, finite, labels, marks, numbers, textual, unit

CATEGORIES, MOST = 32, 512  # places of a category: of its commonest words, and of all that have rows ENOUGH
ENOUGH = 8  # training rows of a word from which on it has a place beyond the first; the rarer words share one more
STRAY = 0.05  # share of cells that may be something else before a column stops being one of numbers or dates
WORDS = 3  # different words that may stand among many numbers: they are gaps, and a feature says where
DIFFERENT = 0.95  # share of the values of a number of the row that differ at least: rows may be there twice
FEW_NUMBERS = 10  # that a column must have beside marks for missing cells
PARTS = ("days", "year", "month", "weekday", "hour")
_TRUE, _FALSE = {"true", "yes", "t", "y", "on"}, {"false", "no", "f", "n", "off"}
ROLES = ("number", "boolean", "date", "category", "text", "left out")
"""What a column may mean."""
IDENTIFIER = re.compile(
    r"(^|[_\-. ])(id|uuid|guid|key|index|idx|no|nr)$|^(row|id|unnamed)([_\-. ]?\d+)?$|[a-z]I[dD]$", re.I
)
SAVED = re.compile(r"^(unnamed: ?\d+|__index_level_\d+__|level_\d+|row[ _.-]?(names?|numbers?|nums?))?$", re.I)
"""Names that programs give to the numbers of rows when they save them."""
COUNTED = re.compile(
    r"(^|[_\-. ])(days?|dates?|time|years?|yr|months?|weeks?|hours?|hr|min(utes?)?|sec(onds?)?|quarters?|periods?"
    r"|steps?|epochs?|age|t|dose|depth|distance|pos(ition)?|temp(erature)?|cycles?|generations?|rounds?|seasons?"
    r"|ticks?|lag|angle|freq(uency)?|wavelength)($|[_\-. \d])",
    re.I,
)
"""Names of what is measured in whole steps: numbers that rise by one with each row mean something under these."""
NAMED, MANY = "it looks like a name or number of the row", "it has too many different words"
"""Why columns of words are left out: they differ from row to row, or nearly."""
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}\.?[- ][^\W\d]{3,9}\.?[-, ]+\d{2,4}|[^\W\d]{3,9}\.? \d{1,2},? \d{4}"
    r"|^\d{4}-\d{2}$|^[^\W\d]{3,9}\.?[- ]\d{4}$"
)
_COMPACT = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
COMPACT = 5  # different days, such as 20240131, from which on numbers are taken for them


@dataclass(frozen=True)
class Column:
    """What one column means.

    Attributes:
        name: of the column.
        role: "number", "boolean", "date", "category", "text" or "left out".
        reason: why it is left out or what was repaired; may be empty.
        form: how its numbers or dates are written, see `rows.written`.
        low: least training value (numbers, and dates in days since 1970).
        high: greatest training value.
        known: category: the words that have a place of their own; boolean: the words for 0 and 1.
        gaps: whether training rows have missing cells.
        rare: whether training rows have words that are not in `known`.
        averages: category of many words: averages of the target that every word has, see `kinds.table.averages`.
    """

    name: str
    role: str
    reason: str = ""
    form: str = "plain"
    low: float = 0.0
    high: float = 0.0
    known: tuple[str, ...] = ()
    gaps: bool = False
    rare: bool = False
    averages: int = 0

    @property
    def extent(self) -> str:
        """What its training values are, for people: a range, days or two words; empty for words and text.

        Example:
            >>> Column("age", "number", low=1.0, high=90.0).extent, Column("born", "date", low=0.0, high=31.5).extent
            ('1 to 90', '1970-01-01 to 1970-02-01')
        """
        if self.role == "number":
            return f"{self.low:.6g} to {self.high:.6g}"
        if self.role == "date":
            return " to ".join(str(np.datetime64(int(np.floor(end)), "D")) for end in (self.low, self.high))
        return " or ".join(self.known) if self.role == "boolean" else ""


@dataclass(frozen=True)
class Asked:
    """What the person has said of columns.

    Attributes:
        keep: names of columns that are learned from whatever they look like.
        drop: names of columns that are not learned from.
        dates: "day first" or "month first", for dates that can be read either way.
        missing: words that mark a missing target; the usual ones unless given, see `TargetReader`.
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    dates: str | None = None
    missing: tuple[str, ...] | None = None

    @classmethod
    def of(cls, keep: object = None, drop: object = None, dates: object = None, missing: object = None) -> Asked:
        """From the words of a person: names with commas, or lists of names.

        Raises:
            InputError: for other words.

        Example:
            >>> Asked.of(keep="day,id", dates="day-first")
            Asked(keep=('day', 'id'), drop=(), dates='day first', missing=None)
        """
        form = None if dates is None else str(dates).replace("-", " ")
        if form not in (None, "day first", "month first"):
            raise InputError(f"dates must be day-first or month-first; received {dates!r}")
        kept, dropped = _names(keep), _names(drop)
        if both := set(kept) & set(dropped):
            raise InputError(f"column {min(both)!r} is both kept and dropped; name it once")
        return cls(kept, dropped, form, None if missing is None else _names(missing))


def _names(given: object) -> tuple[str, ...]:
    """Names with commas, or a list of them; none where nothing is given."""
    if given is None:
        return ()
    listed = given.split(",") if isinstance(given, str) else [str(one) for one in cast("Iterable[object]", given)]
    return tuple(name.strip() for name in listed if name.strip())


NOTHING = Asked()


def describe(name: str, column: pa.ChunkedArray, rows: NDArray[np.int64], asked: Asked = NOTHING) -> Column:
    """Decides what a column means.

    Args:
        name: of the column.
        column: cells of training rows.
        rows: their row numbers in the person's file, which tell a row counter.
        asked: what the person has said.
    """
    text = labels(column)
    present = text.drop_null()
    gaps = len(present) < len(text)
    kinds = pc.value_counts(present)
    distinct = len(kinds)
    if not distinct:
        return Column(name, "left out", "it is empty")
    if distinct == 1 and not gaps:
        return Column(name, "left out", f"it is constant ({short(present[0].as_py())})")
    yes_no = {word.lower() for word in kinds.field("values").to_pylist()} if distinct <= 4 else set()
    if len(yes_no) == 2 and yes_no & _TRUE and yes_no & _FALSE:
        return Column(name, "boolean", known=(*sorted(yes_no & _FALSE), *sorted(yes_no & _TRUE)), gaps=gaps)
    kept = name in asked.keep
    compact = distinct >= COMPACT and pc.all(pc.match_substring_regex(present, _COMPACT)).as_py()
    found = _dates(name, column, present, gaps, asked.dates) if compact else None
    found = (
        found
        or _as_number(name, column, text, rows, distinct, kept)
        or _as_date(name, column, present, gaps, asked.dates)
    )
    return found or _as_words(name, present, kinds, gaps, kept)


def _as_number(
    name: str, column: pa.ChunkedArray, text: pa.Array, rows: NDArray[np.int64], distinct: int, kept: bool
) -> Column | None:
    present = len(text) - text.null_count
    form, values, read = "plain", numbers(column), 0
    with_unit = unit(text.drop_null())
    for candidate in (*NUMBERS, *([with_unit] if with_unit else [])):
        tried = numbers(column, candidate)
        found = int((~np.isnan(tried)).sum())
        if found > read:
            form, values, read = candidate, tried, found
        if read == present:
            break
    strays = present - read
    if not read:
        return None
    apart = text.filter(pa.array(np.isnan(values))).drop_null()
    few = distinct > CATEGORIES and 2 * read >= present and len(pc.unique(apart)) <= WORDS  # too many to be categories
    marked = strays > 0 and read >= FEW_NUMBERS and (few or marks(apart))
    if strays and not marked and (strays > STRAY * present or distinct <= CATEGORIES):
        return None
    some = finite(values)
    some = some[~np.isnan(some)]
    if not len(some):
        return Column(name, "left out", "it holds nothing but infinities")
    gaps = len(some) < len(values)
    if not gaps and np.ptp(some) == 0:
        return Column(name, "left out", f"it is constant ({some[0]:g})")
    if not kept and (reason := counting(name, some, rows, gaps)):
        return Column(name, "left out", reason)
    remarks = []
    if marked:
        shown = ", ".join(short(word) for word in pc.unique(apart).to_pylist())
        remarks.append(f"{strays:,} cells ({shown}) count as missing")
    elif strays:
        remarks.append(f"{strays:,} cells are not numbers and count as missing")
    remarks += [f"{read - len(some):,} infinite values count as missing"] if read > len(some) else []
    how = f"its unit is {form[5:]}" if form == with_unit else f"written with {SAID[form]}" if form in SAID else ""
    remarks += [how] if how else []
    return Column(name, "number", "; ".join(remarks), form, float(some.min()), float(some.max()), gaps=gaps)


def counting(name: str, values: NDArray[np.float64], rows: NDArray[np.int64], gaps: bool) -> str:
    """Why numbers say which row it is and nothing of it; empty where they may mean something.

    Args:
        name: of their column.
        values: that are there, [N].
        rows: row numbers in the file, [N] where nothing is missing.
        gaps: whether some are missing.
    """
    override = f"--keep {shlex.quote(name)} learns from it"
    if not gaps and len(values) > 2 and rises_with(values - rows) and not COUNTED.search(name):
        return f"it counts the rows; {override}"
    whole = len(values) > 10 and bool(np.all(values == np.floor(values)))
    different = len(np.unique(values)) / max(1, len(values))
    if whole and SAVED.search(name.strip()) and different > 0.9:
        return f"it is the number of the row in some other table; {override}"
    if whole and different > DIFFERENT and IDENTIFIER.search(name):
        told = "every value differs" if different == 1 else f"{different:.0%} of its values differ"
        return f"it is a number of the row: {told}; {override}"
    return ""


def rises_with(offset: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether values less the numbers of their rows, [..., N], are one and the same, but for a few copied rows, [...].

    Example:
        >>> bool(rises_with(np.zeros(40))), bool(rises_with(np.arange(40.0)))
        (True, False)
    """
    return (offset == np.median(offset, axis=-1, keepdims=True)).mean(axis=-1) > DIFFERENT


def _as_date(name: str, column: pa.ChunkedArray, present: pa.Array, gaps: bool, asked: str | None) -> Column | None:
    if not holds_dates(column):
        return None
    return _dates(name, column, present, gaps, asked)


def holds_dates(column: pa.ChunkedArray | pa.Array) -> bool:
    """Whether most cells are dates.

    Example:
        >>> holds_dates(pa.array(["01.02.2024", "2.2.24"])), holds_dates(pa.array(["a", "1.2"]))
        (True, False)
    """
    if not textual(column.type):
        return pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
    some = labels(column).drop_null().slice(0, 50).to_pylist()
    return bool(some) and sum(bool(_DATE.search(word)) and len(word) < 40 for word in some) >= (1 - STRAY) * len(some)


def _dates(name: str, column: pa.ChunkedArray, present: pa.Array, gaps: bool, asked: str | None) -> Column | None:
    written = DateForm()
    written.add(column)
    form, remark = written.decide(asked)
    since = days(column, form)
    some = since[~np.isnan(since)]
    strays = len(present) - len(some)
    if not len(some) or strays > STRAY * len(present):
        return None
    told = [f"{strays:,} cells are not dates and count as missing"] if strays else []
    reason = "; ".join([*told, *([remark] if remark else [])])
    return Column(name, "date", reason, form, low=float(some.min()), high=float(some.max()), gaps=gaps or strays > 0)


def _as_words(name: str, present: pa.Array, kinds: pa.StructArray, gaps: bool, kept: bool) -> Column:
    distinct, filled = len(kinds), len(present)
    if free_text(present):
        return Column(name, "text", gaps=gaps)
    if filled >= 20 and distinct > 0.9 * filled and not kept:
        told = f"{NAMED}: {distinct:,} of {filled:,} values differ; --keep {shlex.quote(name)} learns from it"
        return Column(name, "left out", told)
    times = kinds.field("counts").to_numpy()
    order = np.lexsort((np.array(kinds.field("values").to_pylist(), dtype=object), -times))
    least = 2 if filled >= 20 else 1
    common = [int(i) for n, i in enumerate(order[:MOST]) if times[i] >= (least if n < CATEGORIES else ENOUGH)]
    covered = float(times[common].sum()) / filled
    if distinct > CATEGORIES and not kept and (covered < 0.2 or distinct > 0.5 * filled):
        share = f"its {len(common)} commonest cover {covered:.0%} of the rows"
        return Column(name, "left out", f"{MANY} ({distinct:,}); {share}; --keep {shlex.quote(name)} learns from it")
    known = sorted(kinds.field("values")[i].as_py() for i in common)
    spare = distinct - len(common)
    reason = f"{spare:,} rare words share one place" if spare else ""
    return Column(name, "category", reason, known=tuple(known), gaps=gaps, rare=spare > 0)


def free_text(present: pa.Array) -> bool:
    """Whether words are sentences: half of them differ and they have four words or more on average."""
    if len(present) < 5:
        return False
    some = present.slice(0, 2_000)
    spaces = pc.mean(pc.count_substring_regex(some, r"\S+")).as_py()
    return spaces >= 4 and pc.count_distinct(some).as_py() >= 0.5 * len(some)


def short(word: str) -> str:
    """A word in quotation marks, its end cut off where it is long."""
    return repr(word if len(word) <= 30 else word[:27] + "...")


def text_column(opening: pa.Table, names: Sequence[str]) -> str | None:
    """The column of longest free text, if there is one."""
    lengths: dict[str, float] = {}
    for name in names:
        cells = labels(opening[name]).drop_null()
        if pa.types.is_string(cells.type) and free_text(cells):
            lengths[name] = pc.mean(pc.utf8_length(cells)).as_py()
    return max(lengths, key=lambda name: lengths[name], default=None)
