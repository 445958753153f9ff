"""Series that need not fit in memory: their values lie in a nameless temporary file until they are encoded.

The file is in `TMPDIR`, holds 8 bytes a value, and is gone when nobody reads it any more, also after a crash.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]  # [T, C]
_PAGE = 4_096  # bytes that are loaded at least for every place that is written to


def release(array: NDArray[np.generic]) -> None:
    """Gives the pages of a memory map back to the system, which keeps them on disk; if it cannot, they stay longer."""
    advice, held = getattr(mmap, "MADV_DONTNEED", None), getattr(array, "_mmap", None)
    if held is not None and advice is not None:
        held.madvise(advice)


class _Lazy(Sequence[Series]):
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


class Picked(_Lazy):
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


class Spool(_Lazy):
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
        self._file = tempfile.TemporaryFile("w+b", buffering=0, prefix="bestiary-")  # noqa: SIM115 (closes itself)
        self._file.truncate(max(1, 8 * self._width * int(self._starts[-1])))
        self._map: np.memmap | None = np.memmap(
            self._file, dtype=np.float64, mode="r+", shape=(int(self._starts[-1]), self._width)
        )

    def __len__(self) -> int:
        return len(self._filled)

    def add(
        self, series: NDArray[np.int64], values: NDArray[np.float64], stamps: NDArray[np.float64] | None = None
    ) -> None:
        """Writes steps behind those that their series have already.

        Args:
            series: which series each step belongs to, [n].
            values: [n, C].
            stamps: [n], when `stamped`.
        """
        if self._map is None:
            raise RuntimeError("a spool is written first and read afterwards")
        order = np.argsort(series, kind="stable")
        different, first, counts = np.unique(series[order], return_index=True, return_counts=True)
        behind = np.arange(len(order)) - np.repeat(first, counts)
        places = self._starts[series[order]] + self._filled[series[order]] + behind
        self._filled[different] += counts
        for start in range(0, len(order), 2_048):  # at most 8 MB of pages are touched between releases
            part = slice(start, start + 2_048)
            if stamps is not None:
                self._map[places[part], 0] = stamps[order[part]]
            self._map[places[part], int(self._stamped) :] = values[order[part]]
            release(self._map)

    def bring(self, number: int) -> Series:
        self._map = None  # reading through the file leaves no pages behind
        self._file.seek(8 * self._width * int(self._starts[number]))
        steps = np.frombuffer(self._file.read(8 * self._width * int(self._filled[number]))).reshape(-1, self._width)
        if not self._stamped:
            return steps
        stamp = steps[:, 0]
        return (steps if (np.diff(stamp) >= 0).all() else steps[np.argsort(stamp, kind="stable")])[:, 1:]
