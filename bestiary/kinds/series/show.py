"""A series on a page: a sparkline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bestiary.rows.showing import Read, Shown

POINTS = 160  # of a sparkline


def show(read: Read, row: int) -> Shown:
    """The series of a row."""
    values, lengths = read("values"), read("lengths")
    if values is None:
        return Shown()
    length = int(lengths[row]) if lengths is not None else values.shape[1]
    return Shown(line=sparkline(np.asarray(values[row, :length], dtype=float)))


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
