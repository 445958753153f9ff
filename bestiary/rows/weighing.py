"""Pieces of Arrow tables that weigh little when their text is written out, whatever a cell weighs."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.limits import need, shown

WEIGHT = 8 << 20  # bytes of a piece
UNPACKED, LIGHT = 200, 1 << 30
"""Times its size that a file's text may take when it is written out, and bytes that it may take in any case."""


@contextlib.contextmanager
def whole(name: str, form: str) -> Iterator[None]:
    """While it lasts, what Arrow says of a file is said in one line.

    Args:
        name: of the file.
        form: Parquet or Feather.

    Raises:
        InputError: when the file is damaged.
    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as reason:
        if isinstance(reason, InputError | MemoryError):  # Arrow's want of memory is one of both
            raise
        text = " ".join(str(reason).split())[:160]
        raise InputError(f"{name} is a damaged or truncated {form} file ({text}); export it again") from None


class Scales:
    """Weighs the text of a file piece by piece, and cuts pieces that are too heavy.

    Args:
        name: of the file.
        size: its bytes.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size, self._heavy = name, size, 0

    def light(self, table: pa.Table) -> Iterator[pa.Table]:
        """The rows of a piece, as many at a time as weigh little, every cell of text for itself.

        Raises:
            InputError: when the file holds far more text than it has bytes.
        """
        weights = _weights(table)
        self._heavy += int(weights.sum())
        if self._heavy > max(LIGHT, UNPACKED * self._size):
            raise InputError(
                f"{self._name} holds more than {shown(self._heavy)} of text in {shown(self._size)}: a few words, "
                "again and again; leave out the columns with the longest cells"
            )
        for start, stop in self._cuts(weights):
            yield _written_out(table.slice(start, stop - start))

    def _cuts(self, weights: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Rows from and to, as many at a time as weigh little."""
        if weights.sum() <= WEIGHT:
            yield 0, len(weights)
            return
        heaviest = int(weights.max())
        need(3 * heaviest, f"one row of {self._name}", "leave out the columns with the longest cells")
        behind, start = np.cumsum(weights), 0
        while start < len(weights):
            before = behind[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(behind, before + WEIGHT, side="right")))
            yield start, stop
            start = stop


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of this type are text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_coded_text(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) and is_text(kind.value_type)


def _weights(table: pa.Table) -> NDArray[np.int64]:
    """Bytes of each row's text when it is written out."""
    weights = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        if _is_coded_text(column.type):
            weights += np.concatenate([_lengths(chunk) for chunk in column.chunks])
        elif is_text(column.type):
            weights += pc.fill_null(pc.binary_length(column), 0).to_numpy().astype(np.int64)
    return weights


def _lengths(chunk: pa.DictionaryArray) -> NDArray[np.int64]:
    lengths = pc.fill_null(pc.binary_length(chunk.dictionary), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    places = pc.fill_null(pc.cast(chunk.indices, pa.int64()), len(lengths)).to_numpy(zero_copy_only=False)
    return np.append(lengths, 0)[places]


def _written_out(table: pa.Table) -> pa.Table:
    """The same rows, every cell of text for itself."""
    columns = [
        column.cast(column.type.value_type) if _is_coded_text(column.type) else column for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
