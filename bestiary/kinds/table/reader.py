"""Tables: rows with a target, read once, and encoded piece by piece by what was fitted on training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import TableSpec
from bestiary.errors import InputError
from bestiary.kinds.table.averages import Averages, Floats, count, keys_of_pieces, out_of_fold, wanted, worth
from bestiary.kinds.table.encoder import TableEncoder
from bestiary.rows import leaks
from bestiary.rows.columns import MANY, NAMED, NOTHING, Asked, Column, describe
from bestiary.rows.frames import open_any
from bestiary.rows.labels import target_facts
from bestiary.rows.limits import Ration
from bestiary.rows.many_columns import describe_all
from bestiary.rows.rows import RowSource, gather
from bestiary.rows.splits import duplicates, unit_keys
from bestiary.rows.store import write_spec
from bestiary.rows.targets import column_named, named_targets

SAMPLE = 10_000  # training rows that preprocessing is fitted on: quantiles are good to half a percent


@dataclass
class TableSource(RowSource):
    """A table that was read but not yet encoded."""

    kind: str = field(default="table", init=False)
    asked: Asked = NOTHING

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> TableEncoder:
        """Fits on training rows alone, then writes all splits piece by piece; see `RowSource.encode`."""
        encoder, held = self._fit(splits)
        self.notes += [note for note in encoder.notes() if note not in self.notes]

        def encoded(table: pa.Table, part: slice) -> dict[str, NDArray[np.generic]]:
            return encoder.arrays(table, held={name: values[part] for name, values in held.items()})

        self.rows.write(encoder.needed, encoded, splits, folder, train_only)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        return encoder

    def fit(self, splits: NDArray[np.int8]) -> TableEncoder:
        """The encoder of these training rows."""
        return self._fit(splits)[0]

    def _fit(self, splits: NDArray[np.int8]) -> tuple[TableEncoder, dict[str, Floats]]:
        """The encoder, and the averages [N, K] of columns of many words that training rows get, by name."""
        index, sample = self.rows.sample(splits == 0, SAMPLE, self.rows.features)
        rows = self.rows.numbers[index]
        columns = describe_all(sample, rows, self.asked)
        apart = tasks.find(self.target.problem).told
        if not apart:
            columns = [_without_text(column) for column in columns]
        if all(column.role == "left out" for column in columns):  # a counter that nothing stands beside is the input
            counters = tuple(column.name for column in columns if "counts the rows" in column.reason)
            columns = describe_all(sample, rows, replace(self.asked, keep=counters))
        columns, averages, held = self._of_many_words(columns, sample, rows, splits) if apart else (columns, {}, {})
        used = [column for column in columns if column.role != "left out"]
        if not used:
            why = "; ".join(f"{column.name!r}: {column.reason}" for column in columns[:5])
            raise InputError(f"no column can be learned from ({why}); add columns, or give another kind")
        columns += [Column(name, "left out", reason) for name, reason in self.rows.left.items()]
        encoder = TableEncoder(TableSpec(0, 0), {}, columns, {})
        encoder.learn(sample, averages, {name: values[index] for name, values in held.items()})
        encoder.spec = encoder.sized(self.target.outputs, apart)
        encoder.facts = target_facts(self.target, np.flatnonzero(splits == 0))
        if not apart:  # who makes rows again names what they hold; every process reads the facts
            encoder.facts |= {"columns": [dict(vars(column)) for column in columns]}
        return encoder, held

    def _of_many_words(
        self, columns: list[Column], sample: pa.Table, rows: NDArray[np.int64], splits: NDArray[np.int8]
    ) -> tuple[list[Column], dict[str, Averages], dict[str, Floats]]:
        """Columns with those of many words among them that come again and again, and the averages of these words."""
        names = [c.name for c in columns if (c.role == "category" and c.rare) or MANY in c.reason or NAMED in c.reason]
        size = count(self.target)
        if not names or not size:
            return columns, {}, {}
        ration = Ration(f"the words of {len(names):,} columns of {self.rows.frame.name}", "leave columns out (--drop)")
        ration.take(8 * len(self) * len(names) * (2 + size))
        keys = keys_of_pieces((table for _, table in self.rows.pieces(names)), names)
        train = splits == 0
        values, units = wanted(self.target)[train], unit_keys(self)[train]
        found = {column.name: column for column in columns}
        averages, held = dict[str, Averages](), dict[str, Floats]()
        for name in names:
            column = describe(name, sample[name], rows, replace(self.asked, keep=(name,)))
            if column.role != "category" or not worth(keys[name][train], column.known):
                continue
            words = len(np.unique(keys[name][train]))
            known = len(column.known)
            told = f"{words:,} words: the {known:,} commonest, and the average target of each, are learned from"
            found[name] = replace(column, averages=size, reason=told)
            averages[name] = Averages.fit(keys[name][train], values)
            held[name] = np.full((len(self), size), np.nan)
            held[name][train] = out_of_fold(keys[name][train], values, units)
        return list(found.values()), averages, held


def _without_text(column: Column) -> Column:
    """A column that a task takes which has no answer to learn: it would have to make text again."""
    if column.role != "text":
        return column
    return replace(column, role="left out", reason="it is free text, which is read where there is a target")


def read_table(
    source: object,
    *,
    target: str | Sequence[str] | None = None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    weight: str | None = None,
    id: str | None = None,  # noqa: A002
    separator: str | None = None,
    encoding: str | None = None,
    keep: str | Sequence[str] | None = None,
    drop: str | Sequence[str] | None = None,
    dates: str | None = None,
    missing: str | Sequence[str] | None = None,
    labels: bool = True,
    reason: str = "as asked",
) -> TableSource:
    """Reads a table.

    Args:
        source: what `open_frame` takes, or a frame.
        target: column to predict, or several: a list, or their names with commas.
        problem: "classification" or "regression"; told from the target unless given.
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows.
        test: held-out rows with the same columns.
        weight: column that says how much each row counts in training.
        id: a column that numbers the rows, to leave out.
        separator: of CSV files.
        encoding: of CSV files.
        keep: columns that are learned from whatever they look like: names with commas, or a list.
        drop: columns that are not learned from.
        dates: "day-first" or "month-first", where dates such as 03/04/2024 can be read either way.
        missing: words that mark a missing target; told from how often they occur unless given.
        labels: whether a target is needed; without one, every column is learned from.
        reason: why it is read as a table.

    Raises:
        InputError: for unknown columns, a target that cannot be learned, or damaged files.

    Example:
        >>> table = read_table({"age": [1, 5, 2, 9], "kind": ["cub", "cat", "cub", "cat"]}, target="kind")
        >>> table.target.problem, len(table)
        ('classification', 4)
    """
    frame = open_any(source, separator, encoding)
    names = named_targets(frame.columns, target) if labels or target else ()
    asked = Asked.of(keep, drop, dates, missing)
    left = column_named(frame.columns, id, "id") if id else None
    held = open_any(test, separator, encoding) if test is not None else None
    rows = gather(frame, names, problem, group, time, held, leave=left, asked=asked, weight=weight)
    where = np.ones(len(rows), bool)
    if not names:
        plain = TableSource(rows, reason, asked=asked)
        plain.notes += duplicates(plain)
        return plain
    index, sample = rows.sample(where, leaks.ROWS, rows.features)
    columns, suspects = describe_all(sample, rows.numbers[index]), dict[str, None]()
    for one in rows.target.apart()[: leaks.TARGETS]:
        values = one.values[index]
        found = leaks.leaking(sample, columns, one, values)
        rows.notes += leaks.note(found, one.name)
        rows.notes += leaks.sum_note(*leaks.adding_up(sample, columns, one, values, found), one.name)
        suspects |= dict.fromkeys(found)
    source_ = TableSource(rows, reason, list(suspects), asked=asked)
    source_.notes += duplicates(source_)
    return source_
