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


@dataclass(frozen=True)
class Mistake:
    """One row that was answered badly.

    Attributes:
        row: number in the person's file.
        true, said: a class name, or a value.
        chance_true, chance_said: probabilities given to both; None for regression.
        error: predicted minus true, for regression, else None.
        remark: the file name or text that the truth came with, or an excerpt of the row.
        picture: data URI of a thumbnail, or "".
        line: points of a sparkline for each channel, or empty.
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


def worst(evidence: Evidence, truth: Truth, given: Answers, most: int = 12) -> list[Mistake]:
    """The worst mistakes first: least probability on the true class, or largest absolute error.

    Args:
        evidence: the race.
        truth: of the test rows.
        given: one model's answers, [N, K] or [N].
        most: how many.
    """
    inputs = _Inputs(evidence, truth.rows)
    if evidence.verdict.problem == "regression":
        places = answers.worst_values(truth.target.astype(float), given, most)
        return [_value(truth, given, int(place), inputs) for place in places]
    places = answers.worst_classes(truth.target.astype(np.int64), given, most)
    return [_class(truth, given, int(place), inputs, evidence.verdict.classes) for place in places]


def _class(truth: Truth, given: Answers, place: int, inputs: _Inputs, classes: Sequence[str]) -> Mistake:
    true, said = int(truth.target[place]), int(given[place].argmax())
    remark, picture, line = inputs.show(place, truth.remarks)
    return Mistake(
        row=int(truth.rows[place]),
        true=classes[true],
        said=classes[said],
        chance_true=float(given[place, true]),
        chance_said=float(given[place, said]),
        remark=remark,
        picture=picture,
        line=line,
    )


def _value(truth: Truth, given: Answers, place: int, inputs: _Inputs) -> Mistake:
    true, said = float(truth.target[place]), float(given[place])
    remark, picture, line = inputs.show(place, truth.remarks)
    return Mistake(
        row=int(truth.rows[place]),
        true=words.number(true),
        said=words.number(said),
        error=said - true,
        remark=remark,
        picture=picture,
        line=line,
    )


class _Inputs:
    """The encoded test rows, to look at: they were opened for the verdict, and nothing is decided from them here.

    A report is also made where they are gone: then a mistake is a row number with its answers.
    """

    def __init__(self, evidence: Evidence, rows: NDArray[np.int64]) -> None:
        self._folder = evidence.run / "sealed"
        self._kind, self._rows = evidence.verdict.kind, rows
        stored = self._read("row")
        places = {int(row): place for place, row in enumerate(stored)} if stored is not None else {}
        self._places = [places.get(int(row), -1) for row in rows]

    def _read(self, name: str) -> NDArray[np.generic] | None:
        try:
            return read_array(self._folder, "test", name)
        except (OSError, ValueError):
            return None

    def show(self, place: int, remarks: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
        """Remark, picture and line of one row."""
        remark = words.shorten(remarks[place], 320) if remarks and remarks[place] != str(self._rows[place]) else ""
        stored = self._places[place]
        if stored < 0:
            return remark, "", ()
        showing = kinds.find(self._kind)
        shown = showing.part("show")(self._read, stored) if showing.show else Shown()
        return remark or words.shorten(shown.remark, 320), shown.picture, shown.line
