"""One pass over a person's rows: the target, a key of each row's content, groups, times, and a digest of everything.

Rows without a target are left out here, once; everything after this file counts the N rows that are kept.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.columns import NOTHING, Asked
from bestiary.rows.frames import Frame, words
from bestiary.rows.limits import Ration, progress
from bestiary.rows.many_columns import contents
from bestiary.rows.moments import Moments
from bestiary.rows.places import place
from bestiary.rows.several import target_reader
from bestiary.rows.source import SPLITS, Encoder, Target
from bestiary.rows.spool import release
from bestiary.rows.stacked import Stacked
from bestiary.rows.store import empty_array, write_lines
from bestiary.rows.targets import NoTarget, column_named
from bestiary.rows.weights import Weights
from bestiary.rows.written import labels

PIECE = 4_096  # rows handled at once
FEWEST, CELLS, SAMPLED = 500, 10_000_000, 64 << 20
"""Rows of a sample in any case; its cells, where there are more rows than that; its bytes."""
ROW = 64  # bytes that are held of every row: its number, key, target, group and moment
RELEASE = 8 << 20  # bytes written to memory maps before their pages are given back
_KEY = b"bestiary rows"
_OPENING = 1_000  # rows from which a row counter is told


def hashed(text: Sequence[bytes]) -> NDArray[np.uint64]:
    """A keyed 64-bit hash of each text (BLAKE2b), the same on every machine.

    Example:
        >>> a, b, c = hashed([b"one", b"two", b"one"])
        >>> bool(a == c), bool(a == b)
        (True, False)
    """
    digests = b"".join([hashlib.blake2b(cell, digest_size=8, key=_KEY).digest() for cell in text])
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def joined(table: pa.Table) -> list[bytes]:
    """Each row's cells as one text."""
    cells = [words(column) for column in table.columns]
    if not cells:
        return [b""] * table.num_rows
    text = pc.binary_join_element_wise(*cells, "\x1f", null_handling="replace", null_replacement="\x00")
    return pc.cast(text, pa.binary()).to_pylist()


def pieces_of(frame: Frame, columns: Sequence[str] | None = None, part: str | None = None) -> Iterator[pa.Table]:
    """All rows of a frame, at most `PIECE` and about half a million cells at a time.

    Args:
        frame: read from front to back.
        columns: only these.
        part: of the work of reading that this pass is, for the clock: one of `limits.PARTS`.
    """
    rows = max(64, min(PIECE, 500_000 // max(1, len(columns or frame.columns))))
    for chunk in frame.chunks(columns):
        for start in range(0, chunk.num_rows, rows):
            yield chunk.slice(start, rows)
        if part:
            progress(part, frame.share)


@dataclass
class Rows:
    """The kept rows of a frame.

    Attributes:
        frame: where their cells are read from.
        features: columns that may be learned from: not the target, nor what groups or orders the rows.
        target: of the kept rows.
        numbers: int64 [N] row numbers in the person's file; rows of a held-out file are counted on from there.
        keys: uint64 [N], see `rows.source.Source.keys`.
        groups: uint64 [N], a hash of each row's group, or None.
        times: float64 [N], or None.
        held: int8 [N], or None.
        digest: of all rows of the file, those without a target included.
        notes: for people.
        left: columns that are not learned from whatever is in them -> why.
        weights: float64 [N], how much each row counts in training, or None.
    """

    frame: Frame
    features: tuple[str, ...]
    target: Target
    numbers: NDArray[np.int64]
    keys: NDArray[np.uint64]
    groups: NDArray[np.uint64] | None
    times: NDArray[np.float64] | None
    held: NDArray[np.int8] | None
    digest: str
    notes: list[str]
    left: dict[str, str] = field(default_factory=dict)
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def pieces(self, columns: Sequence[str], part: str | None = None) -> Iterator[tuple[slice, pa.Table]]:
        """Kept rows in order, piece by piece: which of the N they are, and their cells; for `part` see `pieces_of`."""
        seen = done = 0
        for piece in pieces_of(self.frame, columns or self.frame.columns[:1], part):
            stop = done + int(np.searchsorted(self.numbers[done:], seen + piece.num_rows))
            inside = self.numbers[done:stop] - seen
            seen += piece.num_rows
            if len(inside):
                yield slice(done, stop), piece if len(inside) == piece.num_rows else piece.take(pa.array(inside))
            done = stop

    def sample(
        self, where: NDArray[np.bool_], limit: int, columns: Sequence[str]
    ) -> tuple[NDArray[np.int64], pa.Table]:
        """Up to `limit` of the rows for which `where` [N] holds: those of the lowest keys, so no seed is involved.

        They are fewer where rows are wide or heavy: ten million cells and `SAMPLED` bytes at most.
        """
        index = np.flatnonzero(where)
        limit = min(limit, max(FEWEST, CELLS // max(1, len(columns))))
        while True:
            if len(index) > limit:
                index = np.sort(index[np.argsort(self.keys[index], kind="stable")[:limit]])
            found = self._chosen(index, columns)
            if found is not None:
                return index, found
            limit = len(index) // 4

    def _chosen(self, index: NDArray[np.int64], columns: Sequence[str]) -> pa.Table | None:
        """These rows; None where they are more than one and too heavy."""
        wanted = np.zeros(len(self), bool)
        wanted[index] = True
        parts, size = [], 0
        for part, table in self.pieces(columns, "sample"):
            if wanted[part].any():
                parts.append(table.filter(pa.array(wanted[part])))
                size += parts[-1].nbytes
            if size > SAMPLED and len(index) > 1:
                return None
        return pa.concat_tables(parts, promote_options="permissive").combine_chunks()

    def write(
        self,
        columns: Sequence[str],
        encode: Callable[[pa.Table, slice], dict[str, NDArray[np.generic]]],
        splits: NDArray[np.int8],
        folder: Path,
        train_only: bool,
    ) -> None:
        """Encodes all rows piece by piece into memory maps; the test rows go to `folder/../sealed`.

        Args:
            columns: that are needed.
            encode: from cells of rows, and which of the N they are, to arrays.
            splits: int8 [N].
            folder: for train and validation.
            train_only: write no test rows.
        """
        opened: dict[int, dict[str, NDArray[np.generic]]] = {}
        done, written = [0] * len(SPLITS), 0
        target = self.target.values.astype(self.target.stored)
        places = {s: folder if s < 2 else folder.parent / "sealed" for s in range(2 if train_only else 3)}
        for part, table in self.pieces(columns, "write"):
            arrays = encode(table, part) | {"row": self.numbers[part]}
            if self.target.known:
                arrays["target"] = target[part]
            if self.weights is not None:
                arrays["weight"] = self.weights[part]
            for split, home in places.items():
                inside = splits[part] == split
                if split not in opened:
                    count, name = int((splits == split).sum()), SPLITS[split]
                    opened[split] = {
                        n: empty_array(home, name, n, (count, *a.shape[1:]), str(a.dtype)) for n, a in arrays.items()
                    }
                start, done[split] = done[split], done[split] + int(inside.sum())
                for name, array in arrays.items():
                    opened[split][name][start : done[split]] = array[inside]
            written += table.num_rows * sum(array[:1].nbytes for array in arrays.values())
            if written > RELEASE:
                written = 0
                for array in (array for arrays in opened.values() for array in arrays.values()):
                    release(array)
        if not train_only:
            write_lines(places[2], self.frame.lines(), self.numbers[splits == 2])


def gather(
    frame: Frame,
    target: str | Sequence[str] | None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test: Frame | None = None,
    content: Sequence[str] | None = None,
    leave: str | None = None,
    asked: Asked = NOTHING,
    weight: str | None = None,
) -> Rows:
    """Reads every row once.

    Args:
        frame: the person's data.
        target: column to predict, or several; None for rows that are learned from without one.
        problem: "classification" or "regression", when the person has said so.
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows; dates or numbers.
        test: rows held out by the person, which become the test split.
        leave: column that numbers the rows.
        content: columns that make two rows equal; all features unless given, row counters left aside.
        asked: what the person has said of columns.
        weight: column that says how much each row counts in training.

    Raises:
        InputError: for unknown columns, or a target that cannot be learned.
    """
    if group and time:
        raise InputError("rows are split by group or by time; received both; leave one out")
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    chosen = {"group": group, "time": time, "id": leave, "weight": weight}
    named = {option: column_named(frame.columns, name, option) for option, name in chosen.items() if name}
    apart = (*targets, *named.values())
    if len(set(apart)) < len(apart):
        raise InputError(
            f"target, group, time, id and weight are different columns; received {', '.join(map(repr, apart))}"
        )
    for option in ("keep", "drop"):
        for name in getattr(asked, option):
            column_named(frame.columns, name, option)
            if name in apart:
                where = next((option for option in named if named[option] == name), "target")
                raise InputError(f"column {name!r} is the {where} of the rows; leave it out of {option}")
    first = 0
    if test is not None:
        first = sum(piece.num_rows for piece in frame.chunks(frame.columns[:1]))
        frame = Stacked(frame, test)
    features = tuple(name for name in frame.columns if name not in (*apart, *asked.drop))
    if not features:
        told = ", ".join(map(repr, targets))
        raise InputError(f"{frame.name} has the target {told} and no other column to predict it from")
    reader = target_reader(frame, targets, problem, asked.missing) if targets else NoTarget()
    moments = Moments(time, asked.dates) if time else None
    weights = Weights(weight) if weight else None
    digest = hashlib.sha256(repr(frame.columns).encode())
    keys: list[NDArray[np.uint64]] = []
    groups: list[NDArray[np.uint64]] = []
    hashable = tuple(content or features)
    ration = Ration(f"reading {frame.name}", "give fewer rows")
    known = getattr(frame, "rows", 0)  # a file that says how many rows it has is refused before they are read
    ration.take(ROW * known)
    for count, piece in enumerate(pieces_of(frame, part="gather")):
        ration.take(0 if known else ROW * piece.num_rows)
        if not count and not content:
            hashable = contents(piece.slice(0, _OPENING), features, asked)
        reader.add(*(piece[name] for name in targets or frame.columns[:1]))
        text = joined(piece.select(list(hashable)))
        keys.append(hashed(text))
        digest.update(b"\n".join([*joined(piece), b""]))
        if group:
            groups.append(hashed([(label or "").encode() for label in labels(piece[group]).to_pylist()]))
        if moments:
            moments.add(piece[moments.name])
        if weights:
            weights.add(piece[weights.name])
    found, kept, notes = reader.finish(partial(place, frame))
    rows = np.flatnonzero(kept)
    result = Rows(
        frame, features, found, rows, np.concatenate(keys)[rows], np.concatenate(groups)[rows] if group else None,
        moments.finish()[rows] if moments else None, None, digest.hexdigest(), [*frame.notes, *notes],
    )  # fmt: skip
    if weights:
        result.weights = weights.finish(rows)
        result.notes.append(f"rows count in training as {weights.name!r} says; scores count every row once")
    if test is not None:
        result.held = np.where(rows < first, -1, SPLITS.index("test")).astype(np.int8)
    if result.times is not None and np.isnan(result.times).any():
        bad = np.flatnonzero(np.isnan(result.times))
        raise InputError(
            f"expected a date or number in every row of {time!r}; {len(bad):,} rows have none, the first in "
            f"{place(frame, int(rows[bad[0]]))}; fill or remove them"
        )
    result.notes += moments.notes if moments else []
    result.left = {named[o]: f"it is the {o} of the rows" for o in named}
    result.left |= dict.fromkeys(asked.drop, "as asked")
    result.notes += [f"column {name!r} is not learned from: {reason}" for name, reason in result.left.items()]
    return result


@dataclass
class RowSource(ABC):
    """What was read from a frame, a row of it at a time, and not yet encoded; implements `rows.source.Source`.

    A kind says how it is encoded, and no more.

    Args:
        rows: the kept rows.
        reason: why they were read as this kind, for people.
        suspects: see `rows.source.Source`.
    """

    rows: Rows
    reason: str
    suspects: list[str] = field(default_factory=list)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.target, self.held = self.rows.target, self.rows.held
        self.digest, self.notes = self.rows.digest, self.rows.notes
        self.groups: NDArray[np.generic] | None = self.rows.groups
        self.times: NDArray[np.generic] | None = self.rows.times

    def __len__(self) -> int:
        return len(self.rows)

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each row's content, target excluded."""
        return self.rows.keys

    @abstractmethod
    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> Encoder:
        """Fits on the training rows alone, then writes all splits.

        Args:
            splits: int8 [N], from `splits.assign`.
            folder: for train and validation; test goes to `folder/../sealed`.
            seed: of the run.
            train_only: write no test rows.

        Raises:
            InputError: when nothing can be learned from them.
        """
