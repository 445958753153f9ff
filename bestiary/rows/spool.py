"""Series that need not fit in memory: their values lie in a nameless temporary file until they are encoded.

The file is in `TMPDIR`, holds 8 bytes a value, and is gone when nobody reads it any more, also after a crash.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bestiary.rows.limits import need_temporary

Series = NDArray[np.float64]  # [T, C]
_WAIT = 4 << 20  # bytes that are gathered before they are written, so that steps in any order make few writes


def release(array: NDArray[np.generic]) -> None:
    """Gives the pages of a memory map back to the system, which keeps them on disk; if it cannot, they stay longer."""
    advice, held = getattr(mmap, "MADV_DONTNEED", None), getattr(array, "_mmap", None)
    if held is not None and advice is not None:
        held.madvise(advice)


class Lazy(Sequence[Series]):
    """Series that are brought when they are asked for, one at a time."""

    @overload
    def __getitem__(self, place: int) -> Series: ...
    @overload
    def __getitem__(self, place: slice) -> list[Series]: ...
    def __getitem__(self, place: int | slice) -> Series | list[Series]:
        if isinstance(place, slice):
            return [self.bring(number) for number in range(*place.indices(len(self)))]
        number = place + len(self) if place < 0 else place
        if not 0 <= number < len(self):
            raise IndexError(place)
        return self.bring(number)

    def __iter__(self) -> Iterator[Series]:
        return map(self.bring, range(len(self)))

    def bring(self, number: int) -> Series:
        """The series of this number, which counts from 0."""
        raise NotImplementedError


class Picked(Lazy):
    """Some of the series, in the order of `rows`; several sequences count as one behind the other.

    Example:
        >>> [series[0, 0] for series in Picked([np.zeros((2, 1)), np.ones((3, 1))], rows=np.array([1, 0]))]
        [np.float64(1.0), np.float64(0.0)]
    """

    def __init__(self, *parts: Sequence[Series], rows: NDArray[np.int64] | None = None) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        self._rows = np.arange(self._ends[-1]) if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    def bring(self, number: int) -> Series:
        row = int(self._rows[number])
        part = int(np.searchsorted(self._ends, row, side="right"))
        return self._parts[part][row - (int(self._ends[part - 1]) if part else 0)]


class Spool(Lazy):
    """Series on disk, written in any order and then read one at a time.

    Args:
        lengths: steps that each series may have, [N]; it has as many as are added.
        channels: of all of them.
        stamped: whether every step is written with a stamp, in whose order the series is read.

    Example:
        >>> spool = Spool(np.array([2, 1]), channels=1, stamped=True)
        >>> spool.add(np.array([0, 1, 0]), np.array([[5.0], [7.0], [6.0]]), stamps=np.array([2.0, 1.0, 1.0]))
        >>> [series[:, 0].tolist() for series in spool]
        [[6.0, 5.0], [7.0]]
    """

    def __init__(self, lengths: NDArray[np.int64], channels: int, stamped: bool = False) -> None:
        self._stamped, self._width = stamped, channels + stamped
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self._filled = np.zeros(len(lengths), dtype=np.int64)
        self._waiting: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        self._held = 0  # bytes that wait
        need_temporary(8 * self._width * int(self._starts[-1]), "holding these series", "give fewer or shorter series")
        self._file = tempfile.TemporaryFile("w+b", buffering=0, prefix="bestiary-")  # noqa: SIM115 (closes itself)

    def __len__(self) -> int:
        return len(self._filled)

    def add(self, series: NDArray[np.int64], values: Series, stamps: NDArray[np.float64] | None = None) -> None:
        """Writes steps behind those that their series have already.

        Args:
            series: which series each step belongs to, [n].
            values: [n, C].
            stamps: [n], when `stamped`.
        """
        steps = values if stamps is None else np.concatenate([stamps[:, None], values], axis=1)
        self._waiting.append((series, steps))
        self._held += steps.nbytes
        if self._held > _WAIT:
            self._flush()

    def _flush(self) -> None:
        """Writes what waits, in as few pieces as lie together in the file."""
        if not self._waiting:
            return
        series, steps = (np.concatenate(parts) for parts in zip(*self._waiting))
        order = np.argsort(series, kind="stable")
        different, first, counts = np.unique(series[order], return_index=True, return_counts=True)
        behind = np.arange(len(order)) - np.repeat(first, counts)
        places = self._starts[series[order]] + self._filled[series[order]] + behind
        self._filled[different] += counts
        steps = steps[order]
        bounds = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
        for start, stop in pairwise(bounds):
            self._file.seek(8 * self._width * int(places[start]))
            self._file.write(steps[start:stop].data)
        self._waiting, self._held = [], 0

    def bring(self, number: int) -> Series:
        if self._waiting:
            self._flush()
        self._file.seek(8 * self._width * int(self._starts[number]))
        steps = np.frombuffer(self._file.read(8 * self._width * int(self._filled[number]))).reshape(-1, self._width)
        if not self._stamped:
            return steps
        stamp = steps[:, 0]
        return (steps if (np.diff(stamp) >= 0).all() else steps[np.argsort(stamp, kind="stable")])[:, 1:]
