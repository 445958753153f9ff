"""What is to be predicted: gathered piece by piece, then read as classes or as numbers, with the reason said."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError, nearest
from bestiary.rows.columns import STRAY, holds_dates, short
from bestiary.rows.frame import names_of
from bestiary.rows.places import Place, said
from bestiary.rows.source import Target
from bestiary.rows.written import MISSING, NUMBERS, SAID, UNIT, finite, labels, numbers, textual, unit

CLASSES = 1_000
FEW = 20  # whole numbers with at most so many different values are classes
REPEATS = 3  # when each occurs so often on average
SHARE, LEAST = 0.05, 5  # of the rows, and rows, from which on a word such as `None` or `NA` is a class among others
_EXACT = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?")
PAIRS = (("0", "1"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("false", "true"))
"""Words of a column that says whether something is so; the second means yes."""
SORTS = ("classes", "value")  # what a column can hold


def column_named(columns: tuple[str, ...], name: str, option: str = "target") -> str:
    """The column of this name; `InputError` with the nearest name when there is none."""
    if name in columns:
        return name
    shown = ", ".join(columns[:12]) + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")
    raise InputError(f"no column is named {name!r} ({option}){nearest(name, columns)}; the columns are {shown}")


def named_target(columns: tuple[str, ...], target: str | None) -> str:
    """The target's column; `InputError` that shows the columns when none is named or none has that name."""
    if target is None:
        shown = ", ".join(columns[:12]) + (" ..." if len(columns) > 12 else "")
        raise InputError(f"name the column to predict (target=); the columns are {shown}")
    if not isinstance(target, str) or (target not in columns and set(target.split(",")) <= set(columns)):
        takers = " and ".join(tasks.kinds_of(tasks.by_target("values")))
        raise InputError(
            f"several targets are for {takers} data; received {target!r}; race them one by one, or name the kind"
        )
    return column_named(columns, target)


def named_targets(columns: tuple[str, ...], target: str | Sequence[str] | None) -> tuple[str, ...]:
    """The target's column, or several: a list of names, or one text with commas that is no column itself.

    Raises:
        InputError: when none is named, one is unknown, or one is named twice.

    Example:
        >>> named_targets(("a", "b", "c"), "a, c"), named_targets(("a,c", "b"), "a,c")
        (('a', 'c'), ('a,c',))
    """
    if target is None or (isinstance(target, str) and (target in columns or "," not in target)):
        return (named_target(columns, target),)
    names = [name.strip() for name in target.split(",")] if isinstance(target, str) else [str(name) for name in target]
    found = tuple(column_named(columns, name) for name in names if name)
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"target names the column {twice!r} twice; name each column once")
    if not found:
        raise InputError(f"target names no column; received {target!r}; name one or several with commas")
    return found


def _amount(word: str) -> Decimal | None:
    """The exact number that a word is, as it is usually written; None for others: "01", "1e3", "oak".

    Example:
        >>> _amount("1.0") == _amount("1"), _amount("01"), _amount("9007199254740993")
        (True, None, Decimal('9007199254740993'))
    """
    return Decimal(word) if len(word) <= 40 and _EXACT.fullmatch(word) else None


class NoTarget:
    """Counts rows that have no target: every one is kept, with the value 0."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of any column."""
        self.rows += len(column)

    def finish(self, place: Place = said) -> tuple[Target, NDArray[np.bool_], list[str]]:
        """As `TargetReader.finish`."""
        target = Target("", "", "there is no target", (), np.zeros(self.rows, np.int64))
        return target, np.ones(self.rows, bool), []


class TargetReader:
    """Collects a target column and decides on its problem.

    Words that often mark a missing cell (`None`, `NA`, `?`, ...) are classes where they stand among others as often as
    these do, unless the person says that they are missing. An empty cell is always missing.

    Args:
        name: of the column.
        problem: the task when the person has said so.
        missing: words that count as missing, when the person has said so.
    """

    def __init__(self, name: str, problem: str | None = None, missing: Sequence[str] | None = None) -> None:
        if problem is not None and tasks.find(problem).target not in SORTS:
            raise InputError(f"task {problem} has no column to predict; received target {name!r}; leave it out")
        self.name, self.problem, self.missing = name, problem, missing
        self._numbers: dict[str, list[NDArray[np.float64]]] = {}
        self._codes: list[NDArray[np.int32]] | None = []
        self._words: dict[str, int] = {}
        self._kind: pa.DataType | None = None
        self._filled = 0
        self._dates = False
        self._notes: list[str] = []

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of the column."""
        text = names_of(column)
        unsure = pc.is_in(text.drop_null(), value_set=pa.array([*MISSING, *(self.missing or ())]))
        self._filled += len(unsure) - (pc.sum(unsure).as_py() or 0)
        self._read(column)
        self._kind = self._kind or column.type
        if self._codes is None:
            return
        coded = text.dictionary_encode()
        places = np.array(
            [self._words.setdefault(w, len(self._words)) for w in coded.dictionary.to_pylist()] + [-1], np.int32
        )
        codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        self._codes.append(places[codes])
        if len(self._words) > 10 * CLASSES:
            self._codes = None  # too many for classes; only numbers can be meant

    def _read(self, column: pa.ChunkedArray) -> None:
        """The piece as numbers of every form that the column may have."""
        plain = numbers(column)
        if self._kind is None:  # the first piece
            local = textual(column.type) and np.isnan(plain).any()
            measured = unit(labels(column).drop_null()) if local else ""
            forms = [*NUMBERS, *([measured] if measured else [])] if local else ["plain"]
            self._numbers = {form: [] for form in forms}
            self._dates = holds_dates(column)
        for form, held in self._numbers.items():
            held.append(plain if form == "plain" else numbers(column, form))

    def _best(self) -> tuple[str, NDArray[np.float64]]:
        """The form that reads most cells, and what it reads."""
        together = {form: np.concatenate(held) for form, held in self._numbers.items()}
        form = max(together, key=lambda form: int((~np.isnan(together[form])).sum()), default="plain")
        return form, together.get(form, np.empty(0))

    def finish(self, place: Place = said) -> tuple[Target, NDArray[np.bool_], list[str]]:
        """The target of the rows that have one, which rows those are [all rows], and notes.

        Args:
            place: where a row stands, in words.

        Raises:
            InputError: when it is missing everywhere, constant, has one class, or too many.
        """
        form, values = self._best()
        codes = np.concatenate(self._codes) if self._codes else None
        sort, reason = self._decide(values)
        if sort == "value" and form != "plain":
            reason += f", written with {SAID[form]}" if form in SAID else f", in {form.removeprefix(UNIT)}"
        if sort == "classes":
            if codes is None:
                raise InputError(
                    f"at most {CLASSES:,} classes are supported; {self.name!r} has more than {10 * CLASSES:,}"
                )
            target, kept = self._classes(values, self._without_marks(codes), reason)
        else:
            target, kept = self._values(finite(values), reason)
        gone = int((~kept).sum())
        strays = self._filled - int((~np.isnan(values)).sum()) if sort == "value" else 0
        of_them = f", or in {strays:,} of them not a number" if strays > 0 else ""
        where = f"; the first is {place(int(np.argmin(kept)))}" if gone else ""
        notes = [f"{gone:,} rows are dropped: their target {self.name!r} is missing{of_them}{where}"] if gone else []
        return target, kept, [*notes, *self._notes]

    def holds(self) -> str:
        """What the column holds, whatever its task: "two" (0 and 1, or two words like these), "numbers" or "words"."""
        _, values = self._best()
        some = values[~np.isnan(values)]
        used = {word.lower() for word in self._words if word not in MISSING and word not in (self.missing or ())}
        counted = set(some) <= {0.0, 1.0} and len(some) == self._filled
        if self._filled and (counted or any(used <= set(pair) for pair in PAIRS)):
            return "two"
        return "numbers" if len(some) >= (1 - STRAY) * self._filled and len(some) else "words"

    def _without_marks(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Codes of rows, -1 where the word marks a missing cell."""
        counts = np.bincount(codes[codes >= 0], minlength=len(self._words))
        marks = {word: int(counts[code]) for word, code in self._words.items() if word in MISSING}
        if self.missing is not None:
            gone = [code for word, code in self._words.items() if word in self.missing]
        else:
            others = [int(counts[code]) for word, code in self._words.items() if word not in MISSING]
            enough = max(LEAST, min([SHARE * len(codes), *others]))
            gone = [self._words[word] for word, count in marks.items() if count < enough or not others]
            self._notes += [
                f"{short(word)} is a class of {self.name!r} ({count:,} rows), not a missing target; "
                f"--missing {word} overrides"
                for word, count in marks.items()
                if self._words[word] not in gone
            ]
        return np.where(np.isin(codes, gone), -1, codes)

    def _decide(self, values: NDArray[np.float64]) -> tuple[str, str]:
        some = values[~np.isnan(values)]
        filled = self._filled
        if not filled:
            raise InputError(f"target {self.name!r} is missing in every row; name another column")
        if self.problem:
            return tasks.find(self.problem).target, "as asked"
        if self._kind is not None and pa.types.is_boolean(self._kind):
            return "classes", f"{self.name!r} is true or false"
        if self._dates and len(self._words) > FEW:
            raise InputError(
                f"expected classes or numbers; target {self.name!r} holds dates; give the days since some day as a "
                "number, the part of the date that is asked for, or --task classification where each date is a class"
            )
        distinct = np.unique(some[np.isfinite(some)])
        if len(some) < (1 - STRAY if len(distinct) > FEW else 1.0) * filled:
            return "classes", f"{self.name!r} holds words, not numbers"
        if len(distinct) <= 2:
            return "classes", f"{self.name!r} has {len(distinct)} different values"
        whole = bool(np.all(distinct == np.floor(distinct)))
        if whole and len(distinct) <= FEW and len(distinct) * REPEATS <= len(some):
            return (
                "classes",
                f"{self.name!r} has {len(distinct)} different whole numbers; `problem=regression` overrides",
            )
        what = f"{len(distinct):,} different {'whole ' if whole else ''}numbers"
        return "value", f"{self.name!r} has {what}"

    def _classes(
        self, values: NDArray[np.float64], codes: NDArray[np.int32], reason: str
    ) -> tuple[Target, NDArray[np.bool_]]:
        kept = codes >= 0
        written = list(self._words)
        used = np.unique(codes[kept]).tolist()
        amounts = {code: _amount(written[code]) for code in used}
        if None not in amounts.values():  # 10 comes after 9
            order = sorted(used, key=lambda code: (cast("Decimal", amounts[code]), code))
        elif not np.isnan(values[kept]).any():
            value = dict(zip(codes[kept].tolist(), values[kept].tolist()))
            order = sorted(used, key=lambda code: (value[code], written[code]))
        else:
            order = sorted(used, key=lambda code: written[code])
        names: dict[object, str] = {}
        for code in order:  # "1" and "1.0" are one class; "01" is another, as a postcode is
            names.setdefault(written[code] if amounts[code] is None else amounts[code], written[code])
        places = {name: place for place, name in enumerate(names)}
        number = {code: places[written[code] if amounts[code] is None else amounts[code]] for code in used}
        classes = tuple(names.values())
        if len(classes) < 2:
            raise InputError(
                f"expected two classes or more; {self.name!r} is {written[used[0]]!r} in every row; name another column"
            )
        if len(classes) > CLASSES:
            raise InputError(
                f"at most {CLASSES:,} classes are supported; target {self.name!r} has {len(classes):,}; "
                "is it an identifier, or a number (`problem=regression`)?"
            )
        rows = int(kept.sum())
        if rows >= 20 and len(classes) > 0.7 * rows:
            raise InputError(
                f"expected classes that repeat; {len(classes):,} of {rows:,} rows have a class of their "
                f"own in {self.name!r}, such as {short(classes[0])}; is it a name, or a number in an unknown form?"
            )
        table = np.full(len(written) + 1, -1, np.int64)
        table[list(number)] = list(number.values())
        return Target(self.name, self.problem or tasks.by_target("classes"), reason, classes, table[codes[kept]]), kept

    def _values(self, good: NDArray[np.float64], reason: str) -> tuple[Target, NDArray[np.bool_]]:
        kept = ~np.isnan(good)
        some = good[kept]
        if not len(some):
            raise InputError(
                f"expected numbers in target {self.name!r} for {self.problem or tasks.by_target('value')}; "
                f"received none; try problem={tasks.by_target('classes')}"
            )
        if np.ptp(some) == 0:
            raise InputError(
                f"target {self.name!r} is constant ({some[0]:g}); there is nothing to predict; name another column"
            )
        return Target(
            self.name, self.problem or tasks.by_target("value"), reason, (), cast("NDArray[np.float64]", some)
        ), kept
