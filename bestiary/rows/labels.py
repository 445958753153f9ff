"""Labels that are in memory, one a row, as a target; and the facts and arrays that every kind writes about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frames import open_frame
from bestiary.rows.places import Place, said
from bestiary.rows.rows import hashed
from bestiary.rows.source import Target
from bestiary.rows.store import write_array
from bestiary.rows.targets import CLASSES, TargetReader
from bestiary.rows.written import dates, days, labels, numbers


def read_labels(
    name: str,
    raw: NDArray[np.generic],
    problem: str | None = None,
    usual: tuple[str, str] | None = None,
    missing: Sequence[str] | None = None,
) -> tuple[Target, NDArray[np.bool_], list[str]]:
    """The target of the rows that have a label, which rows those are, and notes.

    Args:
        name: of the target.
        raw: labels as they were written, [N].
        problem: "classification" or "regression" when the person has said so.
        usual: the problem when nobody has said so, and the reason for people.
        missing: words that mark a missing label, when the person has said so.

    Raises:
        InputError: when labels are missing everywhere, constant, or too many.

    Example:
        >>> read_labels("kind", np.array(["oak", "elm", "oak"]))[0].classes
        ('elm', 'oak')
    """
    reader = TargetReader(name, problem or (usual[0] if usual else None), missing)
    for piece in open_frame({"label": raw}).chunks():
        reader.add(piece.column(0))
    target, kept, notes = reader.finish()
    return (replace(target, reason=usual[1]) if usual and not problem else target), kept, notes


def read_names(
    name: str, raw: NDArray[np.generic], usual: tuple[str, str]
) -> tuple[Target, NDArray[np.bool_], list[str]]:
    """As `read_labels`, of names that are classes as they stand: `None`, `NA` and `?` too, and `01` is not `1`.

    Args:
        name: of the target.
        raw: names, such as those of folders, [N].
        usual: the problem, and the reason for people.

    Raises:
        InputError: when there are fewer than two classes, or too many.

    Example:
        >>> read_names("folder", np.array(["None", "10", "9", "None"]), ("classification", "folders"))[0].classes
        ('9', '10', 'None')
    """
    names = [str(one) for one in raw.tolist()]
    classes = sorted(set(names), key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one))
    if not 1 < len(classes) <= CLASSES:
        received = f"{len(classes):,}" + (f" ({classes[0]!r})" if len(classes) == 1 else "")
        raise InputError(
            f"expected two classes or more, {CLASSES:,} at most, a {name} for each; received {received}; add the others"
        )
    places = {one: place for place, one in enumerate(classes)}
    values = np.fromiter((places[one] for one in names), np.int64, len(names))
    return Target(name, usual[0], usual[1], tuple(classes), values), np.ones(len(names), bool), []


def group_keys(column: pa.ChunkedArray | pa.Array) -> NDArray[np.uint64]:
    """A hash of each row's group; rows without one are a group together."""
    return hashed([(label or "").encode() for label in labels(column).to_pylist()])


def stamps(
    column: pa.ChunkedArray | pa.Array,
    name: str,
    dated: bool | None = None,
    form: str | None = None,
    place: Place = said,
) -> NDArray[np.float64]:
    """A column of times as numbers, or dates as days since 1970.

    Args:
        column: of times, or a piece of it.
        name: of the column.
        dated: whether they are dates; when not given, they are where a cell is no number.
        form: of the dates; told from this column unless given.
        place: where a row of the column stands, in words.

    Raises:
        InputError: when a row has neither a number nor a date.
    """
    read = dates if form is None else partial(days, form=form)
    stamp = read(column) if dated else numbers(column)
    if dated is None and np.isnan(stamp).any():
        stamp = read(column)
    if np.isnan(stamp).any():
        bad = int(np.flatnonzero(np.isnan(stamp))[0])
        raise InputError(
            f"time={name!r} must be a number or a date in every row; {place(bad)} has {column[bad].as_py()!r}"
        )
    return stamp


def check_words(**names: str | None) -> None:
    """Refuses two options that name one column.

    Raises:
        InputError: naming both options.

    Example:
        >>> check_words(target="price", group="shop", time=None)
    """
    given: dict[str, str] = {}
    for word, name in names.items():
        if name is not None and name in given:
            raise InputError(f"{given[name]}= and {word}= name the same column {name!r}; name different ones")
        if name is not None:
            given[name] = word


def target_facts(target: Target, train: NDArray[np.int64]) -> dict[str, object]:
    """Name, problem and classes of a target for `spec.json`; of numbers, mean and scale over the rows `train`."""
    facts: dict[str, object] = {"target": target.name, "problem": target.problem, "classes": list(target.classes)}
    if target.several:
        facts["targets"] = list(target.columns)
        values = np.asarray(target.values, dtype=np.float64)[train]
        if not target.classes:
            spread = values.std(0)
            facts.update(mean=values.mean(0).tolist(), scale=np.where(spread > 0, spread, 1.0).tolist())
    elif target.numeric:
        values = np.asarray(target.values, dtype=np.float64)[train]
        facts.update(mean=float(values.mean()), scale=float(values.std()) or 1.0)
    return facts


def write_target(folder: Path, split: str, target: Target, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
    """Writes of a split `target`, where it is known, of `rows`, and `row`: their `numbers` in the person's file."""
    kind = "float64" if target.numeric else "int64" if not target.several else target.stored
    if target.known:
        write_array(folder, split, "target", np.asarray(target.values)[rows].astype(kind))
    write_array(folder, split, "row", numbers.astype(np.int64))
