"""The worst mistakes, shown: a thumbnail, an excerpt or a sparkline beside what was said and what was true."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary.report import answers, words
from bestiary.report.gather import Answers, Truth
from bestiary.rows.store import read_array

if TYPE_CHECKING:
    from bestiary.report.gather import Evidence

LARGEST = 112  # pixels on the longer side of a thumbnail
POINTS = 160  # of a sparkline


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
        if self._kind == "image" and (pixels := self._read("pixels")) is not None:
            return remark, thumbnail(np.asarray(pixels[stored]), white=int(pixels[:500].max())), ()
        if self._kind == "series" and (values := self._read("values")) is not None:
            lengths = self._read("lengths")
            length = int(lengths[stored]) if lengths is not None else values.shape[1]
            return remark, "", sparkline(np.asarray(values[stored, :length], dtype=float))
        if self._kind == "text" and not remark:
            remark = self._excerpt(stored)
        return remark, "", ()

    def _excerpt(self, stored: int) -> str:
        content, offsets = self._read("bytes"), self._read("offsets")
        if content is None or offsets is None:
            return ""
        start, stop = int(offsets[stored]), int(offsets[stored + 1])
        raw = np.asarray(content[start : min(stop, start + 2_000)]).tobytes()
        return words.shorten(raw.decode("utf-8", errors="replace"), 320)


def thumbnail(pixels: NDArray[np.generic], white: int = 255) -> str:
    """A small PNG as a data URI.

    Args:
        pixels: [C, H, W]; uint8, or floats that are stretched from their least to their largest value.
        white: the brightest value among all images; those that use less than half of what uint8 holds are brightened.
    """
    from PIL import Image

    if pixels.dtype != np.uint8:
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels.astype(float) - low) / ((high - low) or 1) * 255).astype(np.uint8)
    elif 0 < white < 128:
        pixels = np.minimum(pixels.astype(float) * 255 / white, 255).astype(np.uint8)
    image = Image.fromarray(np.moveaxis(pixels[:3], 0, -1) if len(pixels) >= 3 else pixels[0])
    image.thumbnail((LARGEST, LARGEST))
    target = io.BytesIO()
    image.save(target, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")


def sparkline(values: NDArray[np.float64], width: int = 240, height: int = 56) -> tuple[str, ...]:
    """Points of an SVG polyline for each of at most four channels, all on one scale.

    Args:
        values: [T, C].
        width, height: of the drawing.
    """
    values = values[:: max(1, len(values) // POINTS), :4]
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    across = np.linspace(2, width - 2, len(values)) if len(values) > 1 else np.array([width / 2])
    down = height - 3 - (values - low) / ((high - low) or 1) * (height - 6)
    lines = [" ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, channel) if np.isfinite(y)) for channel in down.T]
    return tuple(line for line in lines if line)
