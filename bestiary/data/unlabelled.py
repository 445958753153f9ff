"""Tasks that learn without a target: labels, where there are any, are kept for judging and never learned from."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from bestiary import kinds
from bestiary.errors import InputError

if TYPE_CHECKING:
    from bestiary.rows.source import Source, Target

WORDS = ("code", "normal", "anomaly")
"""Words of reading that only these tasks have."""


def unlabelled(source: Source, task: str, code: object = None, normal: object = None, anomaly: object = None) -> Source:
    """The same rows for a task that learns without their target.

    Args:
        source: read as if its target, where it has one, were to be predicted.
        task: one of `data.tasks.UNLABELLED`.
        code: numbers in a code, for "reconstruct" and "anomaly".
        normal: the class that is normal, or several of them, for "anomaly".
        anomaly: instead, the class or classes that are not.

    Returns:
        The source, changed: classes stay as labels; a target of numbers is forgotten.

    Raises:
        InputError: for data that are neither tables nor images, and words that do not fit the task.
    """
    if not kinds.find(source.kind).code:
        raise InputError(f"task {task} takes tables and images; these are {source.kind} data; name another task")
    if code is not None and (task == "generate" or not isinstance(code, int) or isinstance(code, bool) or code < 1):
        raise InputError(f"code is a whole number from 1, for reconstruct and anomaly; received {code!r} for {task}")
    if (normal, anomaly) != (None, None) and task != "anomaly":
        raise InputError(f"normal and anomaly name classes for the task anomaly; the task is {task}; leave them out")
    plain = _without_target(source, task)
    if task == "anomaly":
        from bestiary.data.anomalies import AnomalySource

        return cast("Source", AnomalySource(plain, normal, anomaly, code))
    return cast("Source", Relabelled(plain, plain.target, code)) if task == "reconstruct" else plain


def _without_target(source: Source, task: str) -> Source:
    target = source.target
    values = target.values if target.classes else np.zeros(len(source), np.int64)
    labels = f"; {target.name!r} is not learned from, only used to judge" if target.classes else ""
    changed = replace(target, problem=task, reason=f"as asked{labels}", values=cast("np.ndarray", values))
    _retarget(source, changed)
    source.suspects = []
    source.notes = [note for note in source.notes if "determine" not in note and "equals the target" not in note]
    return source


def _retarget(source: Any, target: Target) -> None:
    source.target = target
    if hasattr(source, "rows") and hasattr(source.rows, "target"):
        source.rows.target = target


class Relabelled:
    """A source of tables or images with another target, and a size of codes in what it encodes; see `source.Source`.

    Args:
        source: whose rows they are.
        target: what takes the place of its own.
        code: numbers in a code; from the number of features unless given.
    """

    def __init__(self, source: Source, target: Target, code: int | None = None) -> None:
        self.source, self.code = source, code
        _retarget(source, target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def __len__(self) -> int:
        return len(self.source)

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> Any:
        """As the source does; the spec then says how large a code is.

        Raises:
            InputError: when a code would not be smaller than a row.
        """
        from bestiary.rows.store import write_spec

        encoder: Any = self.source.encode(splits, folder, seed, train_only)
        features = cast("int", encoder.spec.sizes()["features"])
        code = self.code or max(1, min(kinds.find(encoder.kind).code, math.ceil(features / 4)))
        if code >= features and features > 1:
            raise InputError(f"code must be smaller than a row, which has {features:,} features; received {code:,}")
        encoder.spec = replace(encoder.spec, code=code)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        self.finish(encoder, splits, folder, train_only)
        return encoder

    def finish(self, encoder: Any, splits: NDArray[np.int8], folder: Path, train_only: bool) -> None:
        """What else is to be done with the encoded rows; nothing here."""
