"""The worst mistakes, shown: a thumbnail, an excerpt or a sparkline beside what was said and what was true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary import kinds
from bestiary.report import answers, words
from bestiary.report.gather import Answers, Truth
from bestiary.rows.showing import Shown
from bestiary.rows.store import read_array

if TYPE_CHECKING:
    from bestiary.report.gather import Evidence

CELLS = 40  # of a row that are shown at most


@dataclass(frozen=True)
class Mistake:
    """One row that was answered badly.

    Attributes:
        row: its number in the person's data, from 0; `place`: where that is, in words.
        true, said: a class name, or a value.
        chance_true, chance_said: probabilities given to both; None for regression.
        error: predicted minus true, for regression, else None.
        remark: the file name or text that the truth came with, or an excerpt of the row.
        picture: data URI of a thumbnail, or "".
        line: points of a sparkline for each channel, or empty.
        cells: (column, cell) of a row of a table, as it was read, or empty.
    """

    row: int
    true: str
    said: str
    chance_true: float | None = None
    chance_said: float | None = None
    error: float | None = None
    remark: str = ""
    picture: str = ""
    line: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    place: str = ""


def worst(evidence: Evidence, truth: Truth, given: Answers, most: int = 12) -> list[Mistake]:
    """The worst mistakes first: least probability on the true class, or largest absolute error.

    Args:
        evidence: the race.
        truth: of the test rows.
        given: one model's answers, [N, K] or [N].
        most: how many.
    """
    inputs = _Inputs(evidence, truth.rows)
    if given.ndim == 1:
        places = answers.worst_values(truth.target.astype(float), given, most)
        return [_value(truth, given, int(place), inputs) for place in places]
    places = answers.worst_classes(truth.target.astype(np.int64), given, most)
    return [_class(truth, given, int(place), inputs, evidence.verdict.classes) for place in places]


def _class(truth: Truth, given: Answers, place: int, inputs: _Inputs, classes: Sequence[str]) -> Mistake:
    true, said = int(truth.target[place]), int(given[place].argmax())
    remark, picture, line = inputs.show(place, truth.remarks)
    return Mistake(
        row=int(truth.rows[place]),
        place=truth.place(place),
        true=classes[true],
        said=classes[said],
        chance_true=float(given[place, true]),
        chance_said=float(given[place, said]),
        remark=remark,
        picture=picture,
        line=line,
        cells=inputs.cells(place),
    )


def _value(truth: Truth, given: Answers, place: int, inputs: _Inputs) -> Mistake:
    true, said = float(truth.target[place]), float(given[place])
    remark, picture, line = inputs.show(place, truth.remarks)
    return Mistake(
        row=int(truth.rows[place]),
        place=truth.place(place),
        true=words.number(true),
        said=words.number(said),
        error=said - true,
        remark=remark,
        picture=picture,
        line=line,
        cells=inputs.cells(place),
    )


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return words.number(float(value))
    return words.shorten(str(value), 60)


class _Inputs:
    """The encoded test rows, to look at: they were opened for the verdict, and nothing is decided from them here.

    A report is also made where they are gone: then a mistake is a row number with its answers.
    """

    def __init__(self, evidence: Evidence, rows: NDArray[np.int64]) -> None:
        self._evidence, self._folder = evidence, evidence.run / "sealed"
        self._kind, self._rows = evidence.verdict.kind, rows
        stored = self._read("row")
        places = {int(row): place for place, row in enumerate(stored)} if stored is not None else {}
        self._places = [places.get(int(row), -1) for row in rows]

    def _read(self, name: str) -> NDArray[np.generic] | None:
        try:
            return read_array(self._folder, "test", name)
        except (OSError, ValueError):
            return None

    def cells(self, place: int) -> tuple[tuple[str, str], ...]:
        """The cells of a row of a table, put together again from what networks were given; empty for other kinds."""
        stored, features = self._places[place], self._read("features")
        decode = getattr(self._evidence.encoder, "decode", None)
        if stored < 0 or decode is None or features is None:
            return ()
        row = decode(np.asarray(features[stored : stored + 1]), most=10 * CELLS).iloc[0]
        known = [(str(name), value) for name, value in row.items() if value is not None and value == value]
        return tuple((words.shorten(name, 60), _cell(value)) for name, value in known[:CELLS])

    def show(self, place: int, remarks: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
        """Remark, picture and line of one row."""
        remark = words.shorten(remarks[place], 320) if remarks and remarks[place] != str(self._rows[place]) else ""
        stored = self._places[place]
        if stored < 0:
            return remark, "", ()
        showing = kinds.find(self._kind)
        shown = showing.part("show")(self._read, stored) if showing.show else Shown()
        return remark or words.shorten(shown.remark, 320), shown.picture, shown.line
