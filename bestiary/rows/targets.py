"""What is to be predicted: gathered piece by piece, then read as classes or as numbers, with the reason said."""

from __future__ import annotations

from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError, nearest
from bestiary.rows.columns import finite, labels, numbers
from bestiary.rows.source import Target

CLASSES = 1_000
FEW = 20  # whole numbers with at most so many different values are classes
REPEATS = 3  # when each occurs so often on average
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
    return column_named(columns, target)


class NoTarget:
    """Counts rows that have no target: every one is kept, with the value 0."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of any column."""
        self.rows += len(column)

    def finish(self) -> tuple[Target, NDArray[np.bool_], list[str]]:
        """As `TargetReader.finish`."""
        target = Target("", "", "there is no target", (), np.zeros(self.rows, np.int64))
        return target, np.ones(self.rows, bool), []


class TargetReader:
    """Collects a target column and decides on its problem.

    Args:
        name: of the column.
        problem: the task when the person has said so.
    """

    def __init__(self, name: str, problem: str | None = None) -> None:
        if problem is not None and tasks.find(problem).target not in SORTS:
            raise InputError(f"task {problem} has no column to predict; received target {name!r}; leave it out")
        self.name, self.problem = name, problem
        self._numbers: list[NDArray[np.float64]] = []
        self._codes: list[NDArray[np.int32]] | None = []
        self._words: dict[str, int] = {}
        self._kind: pa.DataType | None = None
        self._filled = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of the column."""
        self._kind = self._kind or column.type
        text = labels(column)
        self._filled += len(text) - text.null_count
        self._numbers.append(numbers(column))
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

    def finish(self) -> tuple[Target, NDArray[np.bool_], list[str]]:
        """The target of the rows that have one, which rows those are [all rows], and notes.

        Raises:
            InputError: when it is missing everywhere, constant, has one class, or too many.
        """
        values = np.concatenate(self._numbers) if self._numbers else np.empty(0)
        codes = np.concatenate(self._codes) if self._codes else None
        sort, reason = self._decide(values)
        if sort == "classes":
            if codes is None:
                raise InputError(
                    f"at most {CLASSES:,} classes can be told apart; {self.name!r} has more than {10 * CLASSES:,}"
                )
            target, kept = self._classes(values, codes, reason)
        else:
            target, kept = self._values(finite(values), reason)
        gone = int((~kept).sum())
        notes = [f"{gone:,} rows are dropped: their target {self.name!r} is missing"] if gone else []
        return target, kept, notes

    def _decide(self, values: NDArray[np.float64]) -> tuple[str, str]:
        some = values[~np.isnan(values)]
        filled = self._filled
        if not filled:
            raise InputError(f"target {self.name!r} is missing in every row; name another column")
        if self.problem:
            return tasks.find(self.problem).target, "as asked"
        if self._kind is not None and pa.types.is_boolean(self._kind):
            return "classes", f"{self.name!r} is true or false"
        if len(some) < (0.95 if len(self._words) > CLASSES else 1.0) * filled:
            return "classes", f"{self.name!r} holds words, not numbers"
        distinct = np.unique(some[np.isfinite(some)])
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
        numeric = not np.isnan(values[kept]).any()
        if numeric:  # "1" and "1.0" are one class, and 10 comes after 9
            amount = dict(zip(codes[kept].tolist(), values[kept].tolist()))
            used = sorted(amount, key=lambda code: (amount[code], code))
            names: dict[object, str] = {}
            for code in used:
                names.setdefault(amount[code], written[code])
            places = {value: place for place, value in enumerate(names)}
            number = {code: places[amount[code]] for code in used}
            classes = tuple(names.values())
        else:
            used = sorted({int(code) for code in np.unique(codes[kept])}, key=lambda code: written[code])
            number = {code: place for place, code in enumerate(used)}
            classes = tuple(written[code] for code in used)
        if len(classes) < 2:
            raise InputError(
                f"expected two classes or more; {self.name!r} is {written[used[0]]!r} in every row; name another column"
            )
        if len(classes) > CLASSES:
            raise InputError(
                f"at most {CLASSES:,} classes can be told apart; target {self.name!r} has {len(classes):,}; "
                "is it an identifier, or a number (`problem=regression`)?"
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
