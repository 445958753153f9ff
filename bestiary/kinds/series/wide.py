"""Tables whose row is one series of one channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.series.columns import Numeric
from bestiary.kinds.series.tables import Reading, TableRows, cells_of, joined
from bestiary.rows.frames import Frame
from bestiary.rows.labels import group_keys
from bestiary.rows.rows import pieces_of
from bestiary.rows.spool import Spool


def read_wide(frame: Frame, reading: Reading, need: bool) -> TableRows:
    """Series of a table whose row is one series of one channel; empty cells at the end make it shorter.

    The frame is read twice: to find its columns of numbers, and to put the series into a spool.
    """
    clock, rows = reading.clock_of(reading.time if need else None), 0

    def look(piece: pa.Table) -> None:
        nonlocal rows
        rows += piece.num_rows
        clock.look(piece)

    others = {reading.id, reading.time, reading.target, reading.group}
    columns = Numeric(frame, [name for name in frame.columns if name not in others], reading.steps, look)
    if len(columns.names) < 2:
        raise InputError(
            f"{frame.name}: a wide table needs two or more columns of numbers, the steps of a series; it has "
            f"{len(columns.names)}; is it long? then say id= and time="
        )
    spool, done = Spool(np.full(rows, len(columns.names)), channels=1), 0
    raw, groups, times, names = [], [], [], []
    for piece in pieces_of(frame):
        put_wide(spool, columns.take(piece), done)
        done += piece.num_rows
        names += map(str, piece[reading.id].to_pylist()) if reading.id in frame.columns else []
        if need:
            raw.append(cells_of(piece[reading.target]) if reading.target else None)
            groups.append(group_keys(piece[reading.group]) if reading.group else None)
            times.append(clock.read(piece, frame) if reading.time else None)
    settled = replace(reading, channels=("value",), steps=tuple(columns.names))
    return TableRows(spool, settled, joined(raw), names, joined(groups), joined(times), [*clock.notes, *columns.notes])


def put_wide(spool: Spool, matrix: NDArray[np.float64], first: int) -> None:
    """Puts rows [n, T] into a spool as series from number `first` on, each to its last value that is known."""
    known = ~np.isnan(matrix)
    steps = np.where(known.any(axis=1), matrix.shape[1] - np.argmax(known[:, ::-1], axis=1), 1)
    inside = np.arange(matrix.shape[1]) < steps[:, None]
    spool.add(first + np.repeat(np.arange(len(matrix)), steps), matrix[inside][:, None])
