"""What a page shows of one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Read = Callable[[str], NDArray[np.generic] | None]
"""Takes the name of an encoded array and gives the array of all rows, or None where it is gone."""


@dataclass(frozen=True)
class Shown:
    """One row, to look at.

    Attributes:
        remark: an excerpt, or "".
        picture: data URI of a thumbnail, or "".
        line: points of a sparkline for each channel, or empty.
    """

    remark: str = ""
    picture: str = ""
    line: tuple[str, ...] = ()
