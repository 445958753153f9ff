"""Labels that are in memory, one a row, as a target; and the facts and arrays that every kind writes about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.data.frames import open_frame
from bestiary.data.source import Target
from bestiary.data.store import write_array
from bestiary.data.targets import TargetReader


def read_labels(
    name: str, raw: NDArray[np.generic], problem: str | None = None, usual: tuple[str, str] | None = None
) -> tuple[Target, NDArray[np.bool_], list[str]]:
    """The target of the rows that have a label, which rows those are, and notes.

    Args:
        name: of the target.
        raw: labels as they were written, [N].
        problem: "classification" or "regression" when the person has said so.
        usual: the problem when nobody has said so, and the reason for people.

    Raises:
        InputError: when labels are missing everywhere, constant, or too many.

    Example:
        >>> read_labels("kind", np.array(["oak", "elm", "oak"]))[0].classes
        ('elm', 'oak')
    """
    reader = TargetReader(name, problem or (usual[0] if usual else None))
    for piece in open_frame({"label": raw}).chunks():
        reader.add(piece.column(0))
    target, kept, notes = reader.finish()
    return (replace(target, reason=usual[1]) if usual and not problem else target), kept, notes


def target_facts(target: Target, train: NDArray[np.int64]) -> dict[str, object]:
    """Name, problem and classes of a target for `spec.json`; for regression, mean and scale over the rows `train`."""
    facts: dict[str, object] = {"target": target.name, "problem": target.problem, "classes": list(target.classes)}
    if target.problem == "regression":
        values = np.asarray(target.values, dtype=np.float64)[train]
        facts.update(mean=float(values.mean()), scale=float(values.std()) or 1.0)
    return facts


def write_target(folder: Path, split: str, target: Target, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
    """Writes `target` and `row` of a split: targets of `rows`, and their `numbers` in the person's file."""
    kind = np.float32 if target.problem == "regression" else np.int64
    write_array(folder, split, "target", np.asarray(target.values)[rows].astype(kind))
    write_array(folder, split, "row", numbers.astype(np.int64))
