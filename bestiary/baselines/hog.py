"""Histograms of oriented gradients: which way the edges of a picture run, cell by cell.

Source: Dalal & Triggs 2005, "Histograms of oriented gradients for human detection". Of each pixel the gradient is taken
(the channel in which it is strongest); each cell of pixels adds up strengths by direction, in nine bins of 20 degrees;
the histograms of two by two neighbouring cells are joined into a block, which is scaled to length 1, cut at 0.2 and
scaled again. Blocks overlap.

Departs from the paper: a pixel counts for its own cell and bin alone, as in scikit-image, rather than in shares for
neighbouring ones; small pictures have cells of less than eight pixels a side, so that there are about seven of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

DIRECTIONS = 9
CELL = 8  # pixels a side, at most
CELLS = 7  # a side, which a small picture should have
BLOCK = 2  # cells a side
CUT = 0.2
TINY = 1e-5  # what is added to a length


def cell_side(height: int, width: int) -> int:
    """Pixels a side of a cell.

    Example:
        >>> cell_side(28, 28), cell_side(8, 8), cell_side(96, 64)
        (4, 2, 8)
    """
    side = min(height, width)
    return max(1, min(CELL, max(side // CELLS, 2 if side >= 2 * BLOCK else 1)))


def hog(pictures: Floats, cell: int) -> Floats:
    """Histograms of oriented gradients of pictures of one size.

    Args:
        pictures: [N C H W], of any range.
        cell: pixels a side.

    Returns:
        [N, F], blocks by rows and columns.

    Example:
        >>> hog(np.random.rand(2, 1, 28, 28), 4).shape
        (2, 1296)
    """
    strength, direction = gradients(np.asarray(pictures, dtype=np.float64))
    histograms = by_direction(strength, direction, cell)  # [N, R, S, 9]
    rows, columns = histograms.shape[1:3]
    block = min(BLOCK, rows, columns)
    windows = np.lib.stride_tricks.sliding_window_view(histograms, (block, block), (1, 2))  # pyright: ignore  # [N r s 9 b b]
    flat = windows.transpose(0, 1, 2, 4, 5, 3).reshape(len(pictures), rows - block + 1, columns - block + 1, -1)
    cut = np.minimum(_to_length_one(flat), CUT)
    return _to_length_one(cut).reshape(len(pictures), -1)


def gradients(pictures: Floats) -> tuple[Floats, Floats]:
    """Strength, and direction in degrees from 0 to below 180, of each pixel [N H W]; 0 at the border across it."""
    down, across = np.zeros_like(pictures), np.zeros_like(pictures)
    down[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    across[:, :, :, 1:-1] = pictures[:, :, :, 2:] - pictures[:, :, :, :-2]
    strength = np.hypot(down, across)  # [N C H W]
    strongest = strength.argmax(1, keepdims=True)
    down, across, strength = (np.take_along_axis(x, strongest, 1)[:, 0] for x in (down, across, strength))
    return strength, np.rad2deg(np.arctan2(down, across)) % 180


def by_direction(strength: Floats, direction: Floats, cell: int) -> Floats:
    """The mean strength in each of nine directions, of each whole cell: [N, rows, columns, 9]."""
    rows, columns = strength.shape[1] // cell, strength.shape[2] // cell
    bins = np.minimum((direction * DIRECTIONS / 180).astype(int), DIRECTIONS - 1)
    kept = (slice(None), slice(rows * cell), slice(columns * cell))
    shape = (len(strength), rows, cell, columns, cell)
    strength, bins = strength[kept].reshape(shape), bins[kept].reshape(shape)
    return np.stack([(strength * (bins == one)).mean((2, 4)) for one in range(DIRECTIONS)], -1)


def _to_length_one(blocks: Floats) -> Floats:
    return blocks / np.sqrt((blocks**2).sum(-1, keepdims=True) + TINY**2)
