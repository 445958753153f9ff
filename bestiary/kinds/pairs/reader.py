"""Token pairs: a table with a column of texts and a column of what they become.

Both columns are held in memory as Arrow text. Vocabularies are those of the training rows. Rows with the same source
stay together in one split, so that no answer is known beforehand.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.kinds.pairs.alphabets import check_unit, choose, learn
from bestiary.kinds.pairs.encoder import PairEncoder
from bestiary.kinds.pairs.store import PairData
from bestiary.rows.frames import Frame, open_any, words
from bestiary.rows.labels import group_keys, stamps
from bestiary.rows.limits import Ration, progress
from bestiary.rows.places import Place, place
from bestiary.rows.rows import hashed, joined, pieces_of
from bestiary.rows.source import SPLITS, Target
from bestiary.rows.stacked import Stacked
from bestiary.rows.store import empty_array, write_lines, write_spec
from bestiary.rows.targets import column_named
from bestiary.specs import PairSpec

__all__ = ["PairData", "PairEncoder", "PairSource", "read_pairs"]

LONGEST = 512  # tokens of a sequence
SAMPLE = 200_000  # training rows that vocabularies are learned from
LOOKED = 2_000  # rows from which the units are chosen
AT_ONCE = 8_192  # rows encoded at a time


@dataclass
class PairSource:
    """Pairs of texts; see `rows.source.Source`.

    Attributes:
        sources, answers: the texts, [N].
        column: of the sources; the target's name is that of the answers.
        lines: on which each row of the file begins, None where they are on none.
        units: of sources and of answers.
    """

    sources: pa.Array
    answers: pa.Array
    numbers: NDArray[np.int64]
    column: str
    units: tuple[str, str]
    reason: str
    target: Target
    notes: list[str]
    groups: NDArray[np.generic] | None
    times: NDArray[np.generic] | None
    held: NDArray[np.int8] | None
    digest: str
    lines: NDArray[np.int64] | None = None
    kind: str = "pairs"
    suspects: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each source: answers to the same question are never parted."""
        return hashed(pc.cast(self.sources, pa.binary()).to_pylist())

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> PairEncoder:
        """Learns vocabularies from training rows, then writes all splits.

        Args:
            splits: int8 [N], from `splits.assign`.
            folder: for train and validation; test goes to `folder/../sealed`.
            seed: of the run; nothing here is drawn at random.
            train_only: write no test rows.
        """
        train = np.flatnonzero(splits == 0)
        sample = pa.array(train[:: max(1, len(train) // SAMPLE)])
        texts = [column.take(sample).to_pylist() for column in (self.sources, self.answers)]
        alphabets = [learn(unit, part) for unit, part in zip(self.units, texts)]
        longest = [max(len(a.encode(t)) for t in part) + marks for a, part, marks in zip(alphabets, texts, (1, 2))]
        length, answer_length = (min(LONGEST, 2 * most) for most in longest)
        spec = PairSpec(alphabets[0].size, alphabets[1].size, length, answer_length)
        facts = {
            "target": self.target.name,
            "problem": self.target.problem,
            "classes": [],
            "source": self.column,
            "units": [alphabet.words() for alphabet in alphabets],
        }
        encoder = PairEncoder(spec, facts)
        for split in range(2 if train_only else len(SPLITS)):
            place = folder if split < 2 else folder.parent / "sealed"
            self._write(encoder, np.flatnonzero(splits == split), place, SPLITS[split])
        if not train_only:
            write_lines(folder.parent / "sealed", self.lines, self.numbers[splits == 2])
        write_spec(folder, spec, facts)
        encoder.save(folder / "encoder")
        return encoder

    def _write(self, encoder: PairEncoder, rows: NDArray[np.int64], folder: Path, split: str) -> None:
        opened: dict[str, NDArray[np.generic]] = {}
        cut = 0
        for start in range(0, max(1, len(rows)), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            progress("write", start / max(1, len(rows)))
            texts = [column.take(pa.array(part)).to_pylist() for column in (self.sources, self.answers)]
            arrays, shortened = encoder.arrays(texts[0], texts[1])
            cut += shortened
            arrays |= {"row": self.numbers[part]}
            for name, array in arrays.items():
                if name not in opened:
                    opened[name] = empty_array(folder, split, name, (len(rows), *array.shape[1:]), str(array.dtype))
                opened[name][start : start + len(part)] = array
        if cut:
            note = f"{cut:,} {split} rows are longer than twice the longest of training, or {LONGEST} tokens, and cut"
            self.notes += [note] if note not in self.notes else []


def read_pairs(
    given: object,
    *,
    target: str | None = None,
    text: str | None = None,
    units: str | None = None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    separator: str | None = None,
    encoding: str | None = None,
    reason: str = "as asked",
) -> PairSource:
    """Reads a table with two columns of text.

    Args:
        given: what `open_frame` takes, or a frame.
        target: column of what is to be written; of two columns the second unless given.
        text: column of what is read; of two columns the other one unless given.
        units: "characters", "words" or "bpe", or two of them with a comma between, for text and target; told from the
            texts unless given.
        problem: "transduce".
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows.
        test: held-out rows with the same columns.
        separator: of CSV files.
        encoding: of CSV files.
        reason: why it is read as pairs.

    Raises:
        InputError: for unknown or missing columns, columns without text, unknown units, or damaged files.

    Example:
        >>> pairs = read_pairs({"spelling": ["cat", "cot", "dog"] * 4, "sound": ["K AE T", "K AA T", "D AO G"] * 4})
        >>> len(pairs), pairs.column, pairs.target.name, pairs.units
        (12, 'spelling', 'sound', ('characters', 'words'))
    """
    if problem is not None:
        tasks.takes(problem, "pairs")
    frame = open_any(given, separator, encoding)
    asked, wanted = _columns(frame, text, target, [name for name in (group, time) if name])
    held = open_any(test, separator, encoding) if test is not None else None
    first = sum(piece.num_rows for piece in frame.chunks([wanted])) if held is not None else 0
    frame = Stacked(frame, held) if held is not None else frame
    columns, numbers, found, digest = _gather(frame, asked, wanted, group, time)
    total = len(numbers) + found.pop("dropped")
    notes = [*frame.notes]
    if total > len(numbers):
        gone = np.flatnonzero(numbers != np.arange(len(numbers)))
        where = place(frame, int(gone[0]) if len(gone) else len(numbers))
        missing = f"{asked!r} or {wanted!r} is missing in them; the first is {where}"
        notes.append(f"{total - len(numbers):,} rows are dropped: {missing}")
    others = [name for name in frame.columns if name not in (asked, wanted, group, time)]
    if others:
        notes.append(f"only {asked!r} is read; left out: {', '.join(map(repr, others[:8]))}")
    if pc.count_distinct(columns[1]).as_py() < 2:
        raise InputError(f"target {wanted!r} is the same in every row; there is nothing to learn; name another column")
    chosen, told = _units(units, columns, (asked, wanted))
    kept = Target(wanted, "transduce", told, (), np.zeros(len(numbers)))
    held_rows = np.where(numbers < first, -1, SPLITS.index("test")).astype(np.int8) if held is not None else None
    made = PairSource(
        *columns, numbers, asked, chosen, reason, kept, notes, found["groups"], found["times"], held_rows, digest,
        frame.lines(),
    )  # fmt: skip
    made.notes += _several(made)
    return made


def _columns(frame: Frame, source: str | None, target: str | None, used: Sequence[str]) -> tuple[str, str]:
    """The columns of sources and answers."""
    names = [name for name in frame.columns if name not in used]
    source = column_named(frame.columns, source, "text") if source else None
    target = column_named(frame.columns, target, "target") if target else None
    for name in used:
        column_named(frame.columns, name, "group or time")
    left = [name for name in names if name not in (source, target)]
    if source is None and target is None and len(left) == 2:
        return left[0], left[1]
    if (source is None) != (target is None) and len(left) == 1:
        return (source or left[0]), (target or left[0])
    if source is None or target is None:
        raise InputError(f"pairs need two columns (text=, target=); the columns are {', '.join(map(repr, names[:12]))}")
    if source == target:
        raise InputError(f"text and target are different columns; received {source!r} for both")
    return source, target


def _place(frame: Frame, rows: NDArray[np.int64]) -> Place:
    """Where some rows of a frame stand."""
    return lambda row: place(frame, int(rows[row]))


def _gather(
    frame: Frame, source: str, target: str, group: str | None, time: str | None
) -> tuple[tuple[pa.Array, pa.Array], NDArray[np.int64], dict[str, Any], str]:
    """The texts of the rows that have both, their numbers, groups and times, and a digest of everything."""
    digest, seen = hashlib.sha256(repr(frame.columns).encode()), 0
    texts: tuple[list[pa.Array], list[pa.Array]] = ([], [])
    numbers: list[NDArray[np.int64]] = []
    groups: list[NDArray[np.uint64]] = []
    times: list[NDArray[np.float64]] = []
    ration = Ration(f"the texts of {frame.name}", "give fewer rows or shorter texts")
    for piece in pieces_of(frame, part="gather"):
        ration.take(2 * sum(piece[name].nbytes for name in (source, target)))  # once in pieces, once together
        digest.update(b"\n".join([*joined(piece), b""]))
        pair = [pc.utf8_trim_whitespace(words(piece[name])) for name in (source, target)]
        full = pc.and_(*[pc.fill_null(pc.greater(pc.utf8_length(column), 0), False) for column in pair])
        for side, column in enumerate(pair):
            texts[side].append(column.filter(full))
        kept = np.flatnonzero(full.to_numpy(zero_copy_only=False))
        numbers.append(seen + kept)
        if group:
            groups.append(group_keys(piece[group])[kept])
        if time:
            times.append(stamps(piece[time].take(pa.array(kept)), time, place=_place(frame, seen + kept)))
        seen += piece.num_rows
    rows = np.concatenate(numbers) if numbers else np.empty(0, np.int64)
    if not len(rows):
        raise InputError(f"no row has both {source!r} and {target!r}; name other columns (text=, target=)")
    columns = (pa.concat_arrays(texts[0]), pa.concat_arrays(texts[1]))
    found = {
        "groups": np.concatenate(groups) if group else None,
        "times": np.concatenate(times) if time else None,
        "dropped": seen - len(rows),
    }
    return columns, rows, found, digest.hexdigest()


def _units(
    asked: str | None, columns: tuple[pa.Array, pa.Array], names: tuple[str, str]
) -> tuple[tuple[str, str], str]:
    """The units of both columns, and why."""
    if asked:
        parts = [check_unit(part.strip()) for part in asked.split(",")]
        if len(parts) > 2:
            raise InputError(f"units are one word, or two for text and target; received {asked!r}")
        return (parts[0], parts[-1]), "as asked: " + ", ".join(
            f"{n!r} in {u}" for n, u in zip(names, (parts[0], parts[-1]))
        )
    found = [choose(column.slice(0, LOOKED).to_pylist()) for column in columns]
    told = "; ".join(f"{name!r} in {unit} ({why})" for name, (unit, why) in zip(names, found))
    return (found[0][0], found[1][0]), f"{told}; `units=` overrides"


def _several(made: PairSource) -> list[str]:
    """Notes about rows that share a source."""
    table = pa.table({"source": made.sources, "answer": made.answers})
    different = table.group_by(["source", "answer"]).aggregate([]).num_rows
    sources = pc.count_distinct(made.sources).as_py()
    if different == sources:
        return []
    return [f"{different - sources:,} further answers to a source that has one already; each row is judged by its own"]
