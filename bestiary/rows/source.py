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
    """What is to be predicted, one value a row.

    Attributes:
        name: of the column, or "folder" for images in class folders.
        problem: the task.
        reason: why it was taken as that, for people.
        classes: the labels as they were written, sorted; empty for numbers.
        values: int64 class numbers, or float64 values in the target's own unit, [N].
        ordered: whether the order of the classes means something.
    """

    name: str
    problem: str
    reason: str
    classes: tuple[str, ...]
    values: NDArray[np.int64] | NDArray[np.float64]
    ordered: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it is a number a row, not a class."""
        return tasks.find(self.problem).target == "value"


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
