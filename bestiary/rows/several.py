"""Several things asked of each row: columns of numbers, columns of 0 and 1, or one column of lists of labels."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.rows.columns import short
from bestiary.rows.frame import Frame, names_of
from bestiary.rows.label_lists import Layout, layout_of
from bestiary.rows.places import Place, said
from bestiary.rows.source import Target
from bestiary.rows.targets import TargetReader
from bestiary.rows.written import MISSING

LABELS = 200  # that are learned at most: the commonest
FEWEST = 3  # rows of a label: one for each split
NAMED = 4  # columns that are named in a line
Found = tuple[Target, NDArray[np.bool_], list[str]]


def target_reader(
    frame: Frame, names: Sequence[str], problem: str | None = None, missing: Sequence[str] | None = None
) -> TargetReader | TargetsReader | LabelsReader:
    """What gathers the target of a frame: one column, several, or one whose cells are lists of labels.

    Args:
        frame: whose first rows are looked at, where nobody has said what one column holds.
        names: of the columns.
        problem: the task, when the person has said so.
        missing: words that count as missing, when the person has said so.

    Raises:
        InputError: for a task that asks for something else.
    """
    sort = tasks.find(problem).target if problem else ""
    if len(names) > 1:
        if sort not in ("", "values", "labels"):
            raise InputError(
                f"task {problem} has one target; received {len(names)}: {listed(names)}; name one, or "
                "leave the task out"
            )
        return TargetsReader(names, problem, missing)
    name = names[0]
    if sort == "values":
        raise InputError(f"task {problem} has several targets; received one: {name!r}; name them all, with commas")
    if sort in ("", "labels"):
        first = next(iter(frame.chunks([name])))[name]
        layout = layout_of(name, names_of(first), asked=sort == "labels")
        if layout is not None:
            return LabelsReader(name, layout, missing)
    return TargetReader(name, problem, missing)


def listed(names: Sequence[str]) -> str:
    """Names in a line, not all of them where there are many.

    Example:
        >>> listed(["a", "b"]), listed(list("abcdef"))
        ("'a', 'b'", "'a', 'b', 'c', 'd' and 2 more")
    """
    return together([repr(name) for name in names])


def together(names: Sequence[str]) -> str:
    """One name for several columns, for people.

    Example:
        >>> together(["height", "weight"]), together(list("abcdef"))
        ('height, weight', 'a, b, c, d and 2 more')
    """
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


class TargetsReader:
    """Collects several target columns: all of them numbers, or all of them 0 or 1 (yes or no, true or false).

    Args:
        names: of the columns.
        problem: the task when the person has said so.
        missing: words that count as missing, when the person has said so.
    """

    def __init__(self, names: Sequence[str], problem: str | None, missing: Sequence[str] | None) -> None:
        self.names, self.problem = tuple(names), problem
        self._readers = [TargetReader(name, None, missing) for name in names]

    def add(self, *columns: pa.ChunkedArray) -> None:
        """The next piece of every column."""
        for reader, column in zip(self._readers, columns, strict=True):
            reader.add(column)

    def finish(self, place: Place = said) -> Found:
        """As `TargetReader.finish`; a row in which one of the targets is missing is left out.

        Raises:
            InputError: when columns are of different sorts, one cannot be learned, or no row has them all.
        """
        sort = self._sort([reader.holds() for reader in self._readers])
        each = tasks.by_target("value" if sort == "values" else "classes")
        tables, notes = [], list[str]()
        for reader in self._readers:
            reader.problem = each
            target, kept, told = reader.finish(place)
            table = np.full(len(kept), np.nan)
            table[kept] = target.values
            tables.append(table)
            notes += [line for line in told if "are dropped" not in line]
            if "written with" in target.reason:
                notes.append(f"target {reader.name!r} is {target.reason.partition(', ')[2]}")
        whole = np.stack(tables, axis=1)
        kept = np.asarray(~np.isnan(whole).any(axis=1))
        notes = [*_dropped(np.isnan(whole), self.names, place), *notes]
        values = whole[kept]
        self._check(values)
        if sort == "labels":
            reason = f"each of {listed(self.names)} is 0 or 1, or two words like these"
            return _labels(together(self.names), reason, self.names, values.astype(np.int8)), kept, notes
        reason = f"{listed(self.names)} hold numbers"
        name = together(self.names)
        return Target(name, tasks.by_target("values"), reason, (), values, columns=self.names), kept, notes

    def _sort(self, found: Sequence[str]) -> str:
        asked = tasks.find(self.problem).target if self.problem else ""
        names: dict[str, list[str]] = {}
        for name, held in zip(self.names, found, strict=True):
            names.setdefault(held, []).append(name)
        if asked == "labels" and set(names) != {"two"}:
            wrong = next(one for held, those in names.items() if held != "two" for one in those)
            raise InputError(
                f"expected 0 or 1 (or yes and no, true and false) in every target of {self.problem}; {wrong!r} holds "
                "something else; leave it out"
            )
        if "words" in names and set(names) == {"words"}:
            raise InputError(
                f"expected numbers, or 0 and 1, in several targets; {listed(names['words'])} hold classes; race "
                "them one by one"
            )
        if (asked == "values" and "words" not in names) or set(names) == {"numbers"}:
            return "values"
        if set(names) == {"two"}:
            return "labels"
        parts = {"numbers": "numbers", "two": "two classes", "words": "classes"}
        told = ", ".join(f"{listed(those)} {parts[held]}" for held, those in names.items())
        numeric = "" if "words" in names else f", or ask for all as numbers (`task={tasks.by_target('values')}`)"
        raise InputError(f"expected targets of one sort; received {told}; race them one by one{numeric}")

    def _check(self, values: NDArray[np.float64]) -> None:
        if not len(values):
            raise InputError(f"no row has all of the targets {listed(self.names)}; name fewer, or race them one by one")
        for place, name in enumerate(self.names):
            if np.ptp(values[:, place]) == 0:
                raise InputError(
                    f"target {name!r} is {values[0, place]:g} in every row that has all targets; there is nothing to "
                    "predict; leave it out"
                )


def _dropped(gone: NDArray[np.bool_], names: Sequence[str], place: Place) -> list[str]:
    rows = gone.any(axis=1)
    if not rows.any():
        return []
    counts = [(name, int(count)) for name, count in zip(names, gone.sum(0), strict=True) if count]
    told = ", ".join(f"{name!r} in {count:,}" for name, count in counts[:NAMED])
    more = f" and {len(counts) - NAMED} more targets in others" if len(counts) > NAMED else ""
    first = place(int(np.argmax(rows)))
    return [f"{int(rows.sum()):,} rows are dropped: a target is missing, {told}{more}; the first is {first}"]


class LabelsReader:
    """Collects a column whose cells are lists of labels.

    Args:
        name: of the column.
        layout: how lists are written.
        missing: words that count as a missing cell; those that often do unless given.
    """

    def __init__(self, name: str, layout: Layout, missing: Sequence[str] | None) -> None:
        self.name, self.layout = name, layout
        self._missing = set(MISSING if missing is None else missing) - {""}
        self._cells: dict[str | None, int] = {}
        self._lists: list[tuple[int, ...] | None] = []
        self._numbers: dict[str, int] = {}
        self._codes: list[NDArray[np.int64]] = []
        self._rows = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece of the column."""
        coded = names_of(column).dictionary_encode()
        known = [self._number(cell) for cell in coded.dictionary.to_pylist()]
        known.append(self._number(None))
        codes = coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
        self._codes.append(np.array(known, np.int64)[codes])

    def _number(self, cell: str | None) -> int:
        """The place of a cell among those that were seen; its labels are kept there, None where it is missing."""
        if cell not in self._cells:
            self._cells[cell] = len(self._lists)
            self._lists.append(self._labels(cell))
        return self._cells[cell]

    def _labels(self, cell: str | None) -> tuple[int, ...] | None:
        if cell is None:
            return () if self.layout.separator else None
        if cell in self._missing:
            return None
        words = self.layout.parts(self.name, cell)
        return tuple(self._numbers.setdefault(word, len(self._numbers)) for word in dict.fromkeys(words))

    def finish(self, place: Place = said) -> Found:
        """As `TargetReader.finish`.

        Raises:
            InputError: when there are fewer than two labels to learn.
        """
        codes = np.concatenate(self._codes)
        missing = np.array([one is None for one in self._lists])
        kept, notes = ~missing[codes], list[str]()
        if not kept.all():
            first = place(int(np.argmin(kept)))
            notes.append(
                f"{int((~kept).sum()):,} rows are dropped: their {self.name!r} is missing; the first is {first}"
            )
        rows = codes[kept]
        counts = np.bincount(rows, minlength=len(self._lists))
        totals = np.zeros(len(self._numbers), np.int64)
        for labels, count in zip(self._lists, counts.tolist(), strict=True):
            for label in labels or ():
                totals[label] += count
        names = list(self._numbers)
        chosen = self._chosen(names, totals, len(rows), notes)
        places = {label: place for place, label in enumerate(chosen)}
        table = np.zeros((len(self._lists), len(chosen)), np.int8)
        for cell, labels in enumerate(self._lists):
            table[cell, [places[label] for label in labels or () if label in places]] = 1
        values = table[rows]
        if none := int((values.sum(1) == 0).sum()):
            notes.append(
                f"{none:,} rows have none of the labels of {self.name!r}; they are kept as rows without labels"
            )
        target = _labels(self.name, self.layout.reason, [names[label] for label in chosen], values)
        return replace(target, columns=(self.name,)), kept, notes

    def _chosen(self, names: Sequence[str], totals: NDArray[np.int64], rows: int, notes: list[str]) -> list[int]:
        """Numbers of the labels that are learned, in the order of their names."""
        rare = [k for k in range(len(names)) if totals[k] < FEWEST]
        common = [k for k in range(len(names)) if totals[k] == rows]
        left = [k for k in range(len(names)) if FEWEST <= totals[k] < rows]
        if rare:
            notes.append(f"labels with fewer than {FEWEST} rows are left out: {_few(names, rare)}")
        if common:
            notes.append(f"labels that every row has are left out: {_few(names, common)}")
        if len(left) < 2:
            raise InputError(
                f"expected two labels or more in {self.name!r}, each in {FEWEST} rows or more and not in all; received "
                f"{len(left)}; is it a class (`task={tasks.by_target('classes')}`)?"
            )
        order = sorted(left, key=lambda k: (-totals[k], names[k]))
        if len(order) > LABELS:
            notes.append(f"the {LABELS} commonest labels are learned; left out: {_few(names, order[LABELS:])}")
        return sorted(order[:LABELS], key=lambda k: names[k])


def _few(names: Sequence[str], places: Sequence[int]) -> str:
    shown = ", ".join(short(names[k]) for k in places[:NAMED])
    return shown + (f" and {len(places) - NAMED:,} more" if len(places) > NAMED else "")


def _labels(name: str, reason: str, labels: Sequence[str], values: NDArray[np.int8]) -> Target:
    return Target(name, tasks.by_target("labels"), reason, tuple(labels), values, columns=tuple(labels))
