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

import contextlib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.rows.frame import words

MISSING = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "?")
LARGEST = 1e100  # larger than any measurement; sums of squares of such values still fit float64
CATEGORIES = 32  # one-hot columns of a category; the rarer words share one more
STRAY = 0.05  # share of cells that may be something else before a column stops being one of numbers or dates
PARTS = ("days", "year", "month", "weekday", "hour")
_TRUE, _FALSE = {"true", "yes", "t", "y", "on"}, {"false", "no", "f", "n", "off"}
_NUMBER = {
    "plain": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(?i:[+-]?inf(inity)?)$",
    "signs": r"^[+-]?(\d+\.?\d*|\.\d+)$",  # 12.5 %, $3.20
    "thousands": r"^[+-]?(\d+|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?$",  # 1,234,567.8
    "decimal comma": r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?$",  # 1.234.567,8
}
ROLES = ("number", "boolean", "date", "category", "text", "left out")
FORMS = (*_NUMBER, "day first")
"""What a column may mean, and how its numbers or dates may be written."""
_SIGNS = r"[\s%$€£¥]"
IDENTIFIER = re.compile(
    r"(^|[_\-. ])(id|uuid|guid|key|index|idx|no|nr)$|^(row|id|unnamed)([_\-. ]?\d+)?$|[a-z]I[dD]$", re.I
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2} \w{3,9} \d{4}|\w{3,9} \d{1,2},? \d{4}|^\d{4}-\d{2}$")


@dataclass(frozen=True)
class Column:
    """What one column means.

    Attributes:
        name: of the column.
        role: "number", "boolean", "date", "category", "text" or "left out".
        reason: why it is left out or what was repaired; may be empty.
        form: how numbers are written ("plain", "signs", "thousands", "decimal comma") or dates ("plain", "day first").
        low: least training value (numbers, and dates in days since 1970).
        high: greatest training value.
        known: category: the words that have a place of their own; boolean: the words for 0 and 1.
        gaps: whether training rows have missing cells.
        rare: whether training rows have words that are not in `known`.
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


def labels(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as trimmed text, the usual words for a missing cell (`NA`, `?`, ...) made missing."""
    trimmed = pc.utf8_trim_whitespace(words(column))
    gone = pc.is_in(trimmed, value_set=pa.array(MISSING))
    return pc.if_else(gone, pa.scalar(None, pa.string()), trimmed)


def numbers(column: pa.ChunkedArray | pa.Array, form: str = "plain") -> NDArray[np.float64]:
    """A column as float64 [N]; NaN where a cell is missing or no number; infinities stay."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_boolean(kind):
        array = pc.cast(array, pa.int8())
    if not (pa.types.is_string(kind) or pa.types.is_dictionary(kind)) and _countable(kind):
        return _floats(pc.cast(array, pa.float64(), safe=False))
    if pa.types.is_temporal(kind) or pa.types.is_null(kind):
        return np.full(len(array), np.nan)
    text = labels(array)
    if form != "decimal comma":  # there 1.234 is a thousand and more
        with contextlib.suppress(pa.ArrowInvalid):
            return _floats(pc.cast(text, pa.float64()))
    if form != "plain":
        text = pc.replace_substring_regex(text, _SIGNS, "")
    valid = pc.match_substring_regex(text, _NUMBER[form])
    text = pc.if_else(valid, text, pa.scalar(None, pa.string()))
    if form == "thousands":
        text = pc.replace_substring(text, ",", "")
    if form == "decimal comma":
        text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    return _floats(pc.cast(text, pa.float64()))


def _countable(kind: pa.DataType) -> bool:
    return (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    )


def _floats(array: pa.Array) -> NDArray[np.float64]:
    return array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)


def finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values with the infinite ones, and those beyond 1e100, made NaN."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < LARGEST, values, np.nan)


def days(column: pa.ChunkedArray | pa.Array, form: str = "plain") -> NDArray[np.float64]:
    """A column of dates as days since 1970 in UTC, float64 [N]; NaN where a cell is missing or no date.

    `form` is "day first" where 01/02/2024 is the first of February.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        text = labels(array)
        try:
            array = pc.cast(text, pa.timestamp("us"))
        except pa.ArrowInvalid:
            return _parsed(text, form)
    micro = pc.cast(array, pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6)


def _parsed(text: pa.Array, form: str) -> NDArray[np.float64]:
    coded = text.dictionary_encode()
    different = pd.Series(coded.dictionary.to_pylist(), dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stamps = pd.to_datetime(different, errors="coerce", utc=True, format="mixed", dayfirst=form == "day first")
    micro = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    values = np.append(np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6), np.nan)
    return values[pc.fill_null(coded.indices, len(different)).to_numpy(zero_copy_only=False)]


def date_parts(since: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days since 1970 [N] as the numbers named in `PARTS` [N 5]."""
    gone = np.isnan(since)
    whole = np.floor(np.where(gone, 0.0, since))
    date = whole.astype(np.int64).astype("datetime64[D]")
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    parts = np.stack([since, year, month, (whole + 3) % 7, (since - whole) * 24], axis=1).astype(np.float64)
    parts[gone] = np.nan
    return parts


def truths(column: pa.ChunkedArray | pa.Array, known: tuple[str, ...]) -> NDArray[np.float64]:
    """A column of two words as 0.0, 1.0 or NaN, float64 [N]; `known` is (word for 0, word for 1)."""
    text = pc.utf8_lower(labels(column))
    place = pc.cast(pc.index_in(text, value_set=pa.array([word.lower() for word in known])), pa.float64())
    return _floats(place)


def describe(name: str, column: pa.ChunkedArray, rows: NDArray[np.int64]) -> Column:
    """Decides what a column means.

    Args:
        name: of the column.
        column: cells of training rows.
        rows: their row numbers in the person's file, which tell a row counter.
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
    found = _as_number(name, column, text, rows, distinct) or _as_date(name, column, present, gaps)
    return found or _as_words(name, present, kinds, gaps)


def _as_number(
    name: str, column: pa.ChunkedArray, text: pa.Array, rows: NDArray[np.int64], distinct: int
) -> Column | None:
    present = len(text) - text.null_count
    form, values, read = "plain", numbers(column), 0
    for candidate in _NUMBER:
        tried = numbers(column, candidate)
        found = int((~np.isnan(tried)).sum())
        if found > read:
            form, values, read = candidate, tried, found
        if read == present:
            break
    strays = present - read
    if not read or (strays and (strays > STRAY * present or distinct <= CATEGORIES)):
        return None
    kept = finite(values)
    some = kept[~np.isnan(kept)]
    if not len(some):
        return Column(name, "left out", "it holds nothing but infinities")
    if len(some) == len(kept):
        if np.ptp(some) == 0:
            return Column(name, "left out", f"it is constant ({some[0]:g})")
        if len(some) > 2 and np.ptp(some - rows) == 0:
            return Column(name, "left out", "it counts the rows")
    differ = len(np.unique(some)) == len(some) > 10 and bool(np.all(some == np.floor(some)))
    if differ and IDENTIFIER.search(name):
        return Column(name, "left out", "it is a number of the row: every value differs")
    remarks = [f"{strays:,} cells are no numbers and count as missing"] if strays else []
    remarks += [f"{read - len(some):,} infinite values count as missing"] if read > len(some) else []
    reason = "; ".join(remarks)
    return Column(name, "number", reason, form, float(some.min()), float(some.max()), gaps=len(some) < len(kept))


def _as_date(name: str, column: pa.ChunkedArray, present: pa.Array, gaps: bool) -> Column | None:
    stamped = pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
    if not stamped:
        some = present.slice(0, 50).to_pylist()
        if sum(bool(_DATE.search(word)) and len(word) < 40 for word in some) < (1 - STRAY) * len(some):
            return None
    first = pc.match_substring_regex(present, r"^(1[3-9]|2\d|3[01])[-/]\d{1,2}[-/]|^\d{1,2}\.")
    form = "day first" if not stamped and pc.any(first).as_py() else "plain"
    since = days(column, form)
    some = since[~np.isnan(since)]
    strays = len(present) - len(some)
    if not len(some) or strays > STRAY * len(present):
        return None
    reason = f"{strays:,} cells are no dates and count as missing" if strays else ""
    return Column(name, "date", reason, form, low=float(some.min()), high=float(some.max()), gaps=gaps or strays > 0)


def _as_words(name: str, present: pa.Array, kinds: pa.StructArray, gaps: bool) -> Column:
    distinct, filled = len(kinds), len(present)
    if free_text(present):
        return Column(name, "text", gaps=gaps)
    if filled >= 20 and distinct > 0.9 * filled:
        return Column(
            name, "left out", f"it looks like a name or number of the row: {distinct:,} of {filled:,} values differ"
        )
    times = kinds.field("counts").to_numpy()
    order = np.lexsort((np.array(kinds.field("values").to_pylist(), dtype=object), -times))
    least = 2 if filled >= 20 else 1
    common = [int(i) for i in order[:CATEGORIES] if times[i] >= least]
    covered = float(times[common].sum()) / filled
    if distinct > CATEGORIES and (covered < 0.2 or distinct > 0.5 * filled):
        share = f"its {CATEGORIES} commonest cover {covered:.0%} of the rows"
        return Column(name, "left out", f"it has too many different words ({distinct:,}); {share}")
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
