"""How cells are written: missing ones, numbers in local forms, dates.

plain          12.5, 1e3, inf
signs          12.5 %, $3.20, USD 3.20, 1 234.5, 1'234.5, (12.3) for -12.3, the minus sign of typesetters, <5 as 5
thousands      1,234,567.8 and 12,34,567
decimal comma  1.234.567,8
time of day    14:35 and 2:35 PM as 14.58 hours; spans of time such as 30:15:00 too
unit:kg        70 kg, where every number of a column has that unit
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import contextlib
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.rows.frame import words

MISSING = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "?")
LARGEST = 1e100  # larger than any measurement; sums of squares of such values still fit float64
NUMBERS = {
    "plain": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^(?i:[+-]?inf(inity)?)$",
    "signs": r"^[+-]?(\d+\.?\d*|\.\d+)$",
    "thousands": r"^[+-]?(\d+|[1-9]\d{0,2}(,\d{2,3})*,\d{3})(\.\d+)?$",
    "decimal comma": r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?$",
    "time of day": r"^\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?(?i:[ap]\.?m\.?)?$",
}
"""Form -> pattern of a number, once signs are taken away."""
FORMS = (*NUMBERS, "day first")
SAID = {
    "signs": "signs or spaces",
    "thousands": "commas between thousands",
    "decimal comma": "a decimal comma",
    "time of day": "hours and minutes",
}
"""Form -> what numbers are written with, for people."""
UNIT = "unit:"
_SIGNS = "R\\$|[\\s\u00a0\u2007\u2009\u202f'\u2019%‰$€£¥₹₽₩₺<>≤≥~≈]"
_SPACE = "[\\s\u00a0\u2007\u2009\u202f]"
_MONEY = (
    r"(?i:usd|us|eur|gbp|chf|jpy|cny|rmb|inr|aud|cad|nzd|sek|nok|dkk|pln|czk|huf|brl|mxn|rub|try|krw|sgd|hkd"
    r"|rs\.?|kr\.?|zł|kč|ft)"
)
_WITH_UNIT = r"^[+-]?(?:\d[\d,]*\.?\d*|\.\d+)\s*(?P<unit>[A-Za-zµμ°²³/][A-Za-z0-9µμ°²³/^.-]{0,11})$"
_MARK = (
    r"^[^\w\s]{1,3}$|^(?i:missing|unknown|unk|not (available|known|recorded|applicable)|no data|n\.?\s?a\.?|n\.?d\.?"
    r"|n/k|tb[ad]|none|nil|#(value|div/0|ref|name|num|null|n/a)[!?]?)$"
)
_SLASHED = r"^(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})[-/.]\d{2,4}(?:\D|$)"

Floats = NDArray[np.float64]


def known_form(form: str) -> bool:
    """Whether numbers or dates may be written so."""
    return form in FORMS or (form.startswith(UNIT) and len(form) <= 20)


def labels(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as trimmed text, the usual words for a missing cell (`NA`, `?`, ...) made missing."""
    trimmed = pc.utf8_trim_whitespace(words(column))
    gone = pc.is_in(trimmed, value_set=pa.array(MISSING))
    return pc.if_else(gone, pa.scalar(None, pa.string()), trimmed)


def textual(kind: pa.DataType) -> bool:
    """Whether cells of this type are words, which may be numbers or dates as somebody wrote them."""
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_dictionary(kind)
    )


def marks(strays: pa.Array) -> bool:
    """Whether cells among numbers are all marks for a missing one: `..`, `-`, `n.d.`, never more than three of them.

    Example:
        >>> marks(pa.array(["..", "..", "-"])), marks(pa.array(["<5", ".."])), marks(pa.array(["low"]))
        (True, False, False)
    """
    found = pc.unique(strays)
    return 0 < len(found) <= 3 and bool(pc.all(pc.match_substring_regex(found, _MARK)).as_py())


# ------------------------------------------------------------------------------------------------ numbers


def numbers(column: pa.ChunkedArray | pa.Array, form: str = "plain") -> Floats:
    """A column as float64 [N]; NaN where a cell is missing or no number; infinities stay.

    Example:
        >>> numbers(pa.array(["1.234,5", "7"]), "decimal comma").tolist()
        [1234.5, 7.0]
        >>> numbers(pa.array(["(12.5)", "1'000", "\u22123"]), "signs").tolist()
        [-12.5, 1000.0, -3.0]
        >>> numbers(pa.array(["14:30", "9:15"]), "time of day").tolist()
        [14.5, 9.25]
        >>> numbers(pa.array(["70 kg"]), "unit:kg").tolist()
        [70.0]
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_boolean(kind):
        array = pc.cast(array, pa.int8())
    if not textual(kind) and _countable(kind):
        return _floats(pc.cast(array, pa.float64(), safe=False))
    if pa.types.is_time(kind):
        return _hours(array)
    if pa.types.is_duration(kind):
        return _seconds(array)
    if pa.types.is_temporal(kind) or pa.types.is_null(kind):
        return np.full(len(array), np.nan)
    text = labels(array)
    if form not in ("decimal comma", "time of day"):  # there 1.234 is a thousand and more
        with contextlib.suppress(pa.ArrowInvalid):
            return _floats(pc.cast(text, pa.float64()))
    unit_given = form.startswith(UNIT)
    if unit_given:
        text = pc.replace_substring_regex(text, rf"\s*{re.escape(form.removeprefix(UNIT))}$", "")
        form = "signs"
    if form != "plain":
        text = pc.replace_substring_regex(text, rf"^([+-]?){_MONEY}{_SPACE}+|{_SPACE}+{_MONEY}$", r"\1")
        text = pc.replace_substring_regex(pc.replace_substring(text, "\u2212", "-"), _SIGNS, "")
        text = pc.replace_substring_regex(text, r"^\((.+)\)$", r"-\1")
    if unit_given:
        text = pc.if_else(
            pc.match_substring_regex(text, NUMBERS["thousands"]), pc.replace_substring(text, ",", ""), text
        )
    text = pc.if_else(pc.match_substring_regex(text, NUMBERS[form]), text, pa.scalar(None, pa.string()))
    if form == "time of day":
        return _clock(text)
    if form == "thousands":
        text = pc.replace_substring(text, ",", "")
    if form == "decimal comma":
        text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    return _floats(pc.cast(text, pa.float64()))


def unit(present: pa.Array) -> str:
    """The form of numbers that all have one unit; empty where they have not.

    Example:
        >>> unit(pa.array(["70 kg", "81.5 kg"])), unit(pa.array(["70 kg", "150 lb"]))
        ('unit:kg', '')
    """
    found = pc.struct_field(pc.extract_regex(present, _WITH_UNIT), "unit").drop_null()
    if not len(found) or len(found) < 0.5 * len(present):
        return ""
    names = pc.unique(found)
    return f"{UNIT}{names[0].as_py()}" if len(names) == 1 else ""


def finite(values: Floats) -> Floats:
    """Values with the infinite ones, and those beyond 1e100, made NaN."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < LARGEST, values, np.nan)


def _countable(kind: pa.DataType) -> bool:
    return (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    )


def _floats(array: pa.Array) -> Floats:
    return array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)


def _hours(array: pa.Array) -> Floats:
    """Times of day as hours."""
    micro = pc.cast(pc.cast(array, pa.time64("us"), safe=False), pa.int64())
    return _floats(pc.cast(micro, pa.float64())) / 3600e6


def _seconds(array: pa.Array) -> Floats:
    """Spans of time as seconds."""
    micro = pc.cast(pc.cast(array, pa.duration("us"), safe=False), pa.int64())
    return _floats(pc.cast(micro, pa.float64())) / 1e6


def _clock(text: pa.Array) -> Floats:
    """`14:35` or `14:35:20` as hours, [N]."""
    wanted = r"^(?P<hour>\d+):(?P<minute>\d+):?(?P<second>[\d.]*?)(?P<half>(?i:[ap]?))\.?(?i:m?)\.?$"
    parts = pc.extract_regex(text, wanted)
    half = pc.utf8_lower(pc.struct_field(parts, "half"))
    hour, minute, second = (pc.struct_field(parts, name) for name in ("hour", "minute", "second"))
    second = pc.if_else(pc.equal(second, ""), "0", second)
    read = [_floats(pc.cast(part, pa.float64())) for part in (hour, minute, second)]
    noon = _floats(pc.cast(pc.equal(half, "p"), pa.float64())) * 12
    named = pc.fill_null(pc.not_equal(half, ""), False).to_numpy(zero_copy_only=False)
    return np.where(named, read[0] % 12 + noon, read[0]) + read[1] / 60 + read[2] / 3600


# ------------------------------------------------------------------------------------------------ dates


def days(column: pa.ChunkedArray | pa.Array, form: str = "plain") -> Floats:
    """A column of dates as days since 1970 in UTC, float64 [N]; NaN where a cell is missing or no date.

    `form` is "day first" where 01/02/2024 is the first of February. A cell that cannot be meant so, such as 01/31/2024,
    is no date: a column has one form, and a cell of another is not guessed at.
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


def dates(column: pa.ChunkedArray | pa.Array) -> Floats:
    """`days` of a whole column, in the form that all of it tells."""
    form = DateForm()
    form.add(column)
    return days(column, form.decide()[0])


@dataclass
class DateForm:
    """Decides the form of a column of dates from all of it, piece by piece.

    Example:
        >>> form = DateForm()
        >>> form.add(pa.array(["01/02/2024", "05/06/2024"]))
        >>> form.decide()[0]
        'plain'
        >>> form.add(pa.array(["31/01/2024"]))
        >>> form.decide()
        ('day first', '')
    """

    days_first: int = 0  # cells whose first number is no month
    months_first: int = 0  # cells whose second number is no month
    dotted: bool = True  # whether dots part all of them
    example: str = ""

    def add(self, column: pa.ChunkedArray | pa.Array) -> None:
        """The next piece; types other than text have no form."""
        if not textual(column.type):
            return
        text = pc.unique(labels(column).drop_null())
        text = pc.filter(text, pc.match_substring_regex(text, _SLASHED))
        if not len(text):
            return
        parts = pc.extract_regex(text, _SLASHED)
        first, second = (pc.cast(pc.struct_field(parts, name), pa.int64()) for name in ("first", "second"))
        self.days_first += pc.sum(pc.greater(first, 12)).as_py()
        self.months_first += pc.sum(pc.greater(second, 12)).as_py()
        self.dotted &= pc.all(pc.equal(pc.struct_field(parts, "sign"), ".")).as_py()
        self.example = self.example or text[0].as_py()

    def decide(self, asked: str | None = None, usual: str | None = None) -> tuple[str, str]:
        """The form, and a remark for people.

        Args:
            asked: "day first" or "month first" when the person has said so.
            usual: the same, of rows that were read before; it decides where these can be read either way.
        """
        if asked or not self.example:
            return ("day first" if asked == "day first" else "plain"), ""
        if self.days_first or self.months_first:
            return ("day first" if self.days_first >= self.months_first else "plain"), ""
        if usual or self.dotted:
            return ("day first" if usual in (None, "day first") else "plain"), ""
        told = f"dates such as {self.example} are read with the month first; --dates day-first reads the day first"
        return "plain", told


def _parsed(text: pa.Array, form: str) -> Floats:
    coded = text.dictionary_encode()
    different = pd.Series(coded.dictionary.to_pylist(), dtype=object)
    years_first = different.str.match(r"\d{4}[-/.]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stamps = pd.to_datetime(different, errors="coerce", utc=True, format="mixed")
        if form == "day first":  # which is not meant of 2024-02-01
            others = pd.to_datetime(different, errors="coerce", utc=True, format="mixed", dayfirst=True)
            stamps = stamps.where(years_first, others)
    micro = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    values = np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6)
    place = "second" if form == "day first" else "first"  # where the month stands
    months = pc.struct_field(pc.extract_regex(coded.dictionary, _SLASHED), place)
    months = _floats(pc.cast(pc.cast(months, pa.int32()), pa.float64()))
    values = np.append(np.where(months > 12, np.nan, values), np.nan)
    return values[pc.fill_null(coded.indices, len(different)).to_numpy(zero_copy_only=False)]


def date_parts(since: Floats) -> Floats:
    """Days since 1970 [N] as days, year, month, weekday, hour [N 5]."""
    gone = np.isnan(since)
    whole = np.floor(np.where(gone, 0.0, since))
    date = whole.astype(np.int64).astype("datetime64[D]")
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    parts = np.stack([since, year, month, (whole + 3) % 7, (since - whole) * 24], axis=1).astype(np.float64)
    parts[gone] = np.nan
    return parts


def truths(column: pa.ChunkedArray | pa.Array, known: tuple[str, ...]) -> Floats:
    """A column of two words as 0.0, 1.0 or NaN, float64 [N]; `known` is (word for 0, word for 1)."""
    text = pc.utf8_lower(labels(column))
    place = pc.cast(pc.index_in(text, value_set=pa.array([word.lower() for word in known])), pa.float64())
    return _floats(place)
