"""What readers give and encoders promise; the words between a person's file and a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import Spec

SPLITS = ("train", "validation", "test")  # a split assignment is int8 [N]: an index into this, or -1: left out


@dataclass(frozen=True)
class Target:
    """What is to be predicted: one value a row, several numbers, or several labels.

    Attributes:
        name: of the column, or "folder" for images in class folders; of several columns, for people.
        problem: the task.
        reason: why it was taken as that, for people.
        classes: the labels as they were written, sorted; empty for numbers.
        values: int64 class numbers, or float64 values in the target's own unit, [N]; several numbers float64 [N T];
            several labels int8 [N L], 1 where a row has one.
        ordered: whether the order of the classes means something.
        columns: of the file, where several things are asked of a row.
    """

    name: str
    problem: str
    reason: str
    classes: tuple[str, ...]
    values: NDArray[np.int8] | NDArray[np.int64] | NDArray[np.float64]
    ordered: bool = False
    columns: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether it is a number a row, not a class."""
        return tasks.find(self.problem).target == "value"

    @property
    def known(self) -> bool:
        """Whether anything is known of rows; else the values are zeros that stand for nothing and are not written."""
        return bool(self.classes) or (bool(self.problem) and tasks.find(self.problem).target in ("value", "values"))

    @property
    def several(self) -> bool:
        """Whether several numbers or labels are asked of a row."""
        return self.values.ndim == 2

    @property
    def outputs(self) -> int:
        """How many numbers a network answers with: a logit a class or label, or a number a target."""
        return len(self.classes) or (self.values.shape[1] if self.several else 1)

    @property
    def stored(self) -> str:
        """The type of its values on disk."""
        if not self.classes:
            return "float64"  # float32 tells 16 million values apart: too few for epochs
        return "int8" if self.several else "int64"

    @property
    def strata(self) -> NDArray[np.int64] | None:
        """What every split should have its share of, a number a row: the class, or the rarest label of the row.

        None for numbers. A row without labels is of a stratum of its own.
        """
        if not self.classes:
            return None
        if not self.several:
            return self.values.astype(np.int64)
        order = np.argsort(self.values.sum(0, dtype=np.int64), kind="stable")
        has = np.asarray(self.values)[:, order] > 0
        return np.where(has.any(1), order[has.argmax(1)], len(order)).astype(np.int64)

    @property
    def held(self) -> str:
        """What a row holds, for people."""
        if self.several:
            return f"{self.outputs:,} labels" if self.classes else f"{self.outputs:,} numbers a row"
        return f"{len(self.classes)} classes" if self.classes else "numbers"

    def apart(self) -> list[Target]:
        """Each of several numbers or labels as a target of its own; else itself."""
        if not self.several:
            return [self]
        if not self.classes:
            numbers, problem = self.values.astype(np.float64), tasks.by_target("value")
            return [Target(name, problem, "", (), numbers[:, place]) for place, name in enumerate(self.columns)]
        has, problem = self.values.astype(np.int64), tasks.by_target("classes")
        return [Target(name, problem, "", ("0", "1"), has[:, place]) for place, name in enumerate(self.classes)]


@dataclass
class Encoded:
    """New rows, encoded as the training rows were.

    Attributes:
        arrays: name -> array, as in docs/design.md, without `target`.
        rows: row numbers in the person's file, in order; rows that cannot be read (a broken image) are absent.
        warnings: columns missing, new, of another type or far outside what was trained on, by name; broken files.
        names: what every given row is called, those that cannot be read included, where rows have names: the file of an
            image, the id of a series; else empty.
    """

    arrays: dict[str, NDArray[np.generic]]
    rows: NDArray[np.int64]
    warnings: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class Source(Protocol):
    """Data that were read but not yet encoded: N rows with a target.

    Attributes:
        kind: of data, by name.
        reason: why it was read as that kind, for people.
        target: what is to be predicted.
        notes: what was left out or repaired, and warnings such as a leaking column, for people, one line each.
        groups: one label a row with `--group`, else None.
        times: one sortable value a row with `--time`, else None.
        held: int8 [N] split of each row when a held-out file was given (`--test`), else None; -1 = not decided.
        digest: sha256 over all rows, hexadecimal.
        suspects: names of columns that equal or almost determine the target.
    """

    kind: str
    reason: str
    target: Target
    notes: list[str]
    groups: NDArray[np.generic] | None
    times: NDArray[np.generic] | None
    held: NDArray[np.int8] | None

    @property
    def digest(self) -> str: ...

    suspects: list[str]

    def __len__(self) -> int: ...

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each row's content (target excluded): equal rows have equal keys."""
        ...

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> Encoder:
        """Fits on the training rows alone and writes train and validation to `folder`, test to `folder/../sealed`."""
        ...


class Encoder(Protocol):
    """Fitted preprocessing: turns new data into arrays.

    Attributes:
        kind: of data.
        spec: what sizes a network.
        facts: target name, problem, classes, scaling: plain JSON.
    """

    @property
    def kind(self) -> str: ...
    @property
    def spec(self) -> Spec: ...
    @property
    def facts(self) -> Mapping[str, object]: ...

    def encode(self, source: object) -> Encoded:
        """Encodes a path, frame or array of new rows; raises `InputError` when it cannot be used at all."""
        ...

    def save(self, folder: Path) -> None:
        """Writes JSON and skops files; `load_encoder(folder)` reads them back."""
        ...
