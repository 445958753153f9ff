"""Series as a network takes them: gaps filled, long ones averaged, standardised, padded; decided by training rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import SeriesSpec
from bestiary.kinds.series.sources import gather
from bestiary.kinds.series.tables import Reading
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.limits import need
from bestiary.rows.rows import RELEASE
from bestiary.rows.source import Encoded
from bestiary.rows.spool import release

MOST_STEPS = 2_000  # longer series are averaged down
MOST_BYTES = 64 * 2**30  # of one encoded split
LARGEST = 1e6  # standard deviations: what is further out is a fault, and float32 must hold its square
_NUMBERS = ("value_mean", "value_scale", "low", "high")


class SeriesEncoder:
    """Brings any series to the form that was decided on training rows; implements `source.Encoder`.

    A missing value is interpolated between its neighbours in time, or is that of the nearest step at an end; a channel
    of which nothing is known is its training mean. Then `pool` steps at a time are averaged, each channel is
    standardised, and what is beyond the longest training series is cut off.

    Args:
        spec: channels and length, in steps after averaging.
        facts: target, problem, classes; `channels`: their names; `reading`: how series are read; `pool`;
            `value_mean`, `value_scale`, `low` and `high` of each channel's training values; `gaps`: whether some were
            missing.
    """

    kind = "series"

    def __init__(self, spec: SeriesSpec, facts: Mapping[str, object]) -> None:
        self.spec, self.facts = spec, dict(facts)
        self.pool = cast("int", facts["pool"])
        self._mean, self._scale, self._low, self._high = (np.array(facts[name], dtype=np.float64) for name in _NUMBERS)

    @property
    def reading(self) -> Reading:
        """How series are read."""
        words = cast("dict[str, object]", self.facts["reading"])
        return Reading(**{word: tuple(v) if isinstance(v, list) else v for word, v in words.items()})  # pyright: ignore

    def bring(self, series: NDArray[np.float64]) -> NDArray[np.float32]:
        """One series [T, C], missing values NaN, as standardised [T', C] with T' at most `spec.length`."""
        values = averaged(filled(series), self.pool)[: self.spec.length]
        standard = np.nan_to_num((values - self._mean) / self._scale, nan=0.0)
        return np.clip(standard, -LARGEST, LARGEST).astype(np.float32)

    def put(self, series: Sequence[NDArray[np.float64]], values: NDArray, lengths: NDArray) -> None:
        """Fills `values` [N, T, C], which is zero, and `lengths` [N]."""
        written = 0
        for row, one in enumerate(series):
            brought = self.bring(one)
            values[row, : len(brought)], lengths[row] = brought, len(brought)
            written += values[row].nbytes
            if written > RELEASE:
                written = 0
                release(values)

    def encode(self, source: object) -> Encoded:
        """Encodes new series.

        Args:
            source: whatever series can be read from, of the layout and with the columns that were trained on.

        Returns:
            `values` [N, T, C] and `lengths` [N], names where the series have some, and warnings.

        Raises:
            InputError: when the source cannot be read, or its channels are others.
        """
        rows = gather(source, self.reading, labels=False)
        shape = (len(rows.values), self.spec.length, self.spec.channels)
        need(
            4.0 * np.prod(shape, dtype=np.float64),
            f"{shape[0]:,} series of {shape[1]:,} steps",
            "predict them in parts",
        )
        values = np.zeros(shape, dtype=np.float32)
        lengths = np.zeros(len(rows.values), dtype=np.int64)
        self.put(rows.values, values, lengths)
        alarms = [note for note in rows.notes if note.startswith(("columns missing", "columns that were not"))]
        alarms += self._strange(rows.values)
        return Encoded({"values": values, "lengths": lengths}, np.arange(len(lengths)), alarms, rows.names)

    def _strange(self, series: Sequence[NDArray[np.float64]]) -> list[str]:
        """Warnings about series that are unlike all that were trained on."""
        count, found = len(series), []
        longest = self.spec.length * self.pool
        long = sum(len(one) > longest for one in series)
        if long:
            found.append(
                f"{long:,} of {count:,} series are longer than the {longest:,} steps trained on; their ends are cut"
            )
        width = self._high - self._low
        with np.errstate(invalid="ignore"):
            outside = np.array([((one < self._low - width) | (one > self._high + width)).any(axis=0) for one in series])
        names = cast("list[str]", self.facts["channels"])
        for place in np.flatnonzero(outside.any(axis=0))[:20]:
            low, high = self._low[place], self._high[place]
            found.append(
                f"{names[place]!r} is far outside the range of the training series ({low:g} to {high:g}) in "
                f"{int(outside[:, place].sum()):,} of {count:,} series"
            )
        gaps = sum(bool(np.isnan(one).any()) for one in series)
        if gaps and not self.facts.get("gaps"):
            found.append(
                f"{gaps:,} of {count:,} series have missing values, which training rows had not; they are filled in"
            )
        return found

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`."""
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> SeriesEncoder:
        """Reads back what `save` wrote.

        Raises:
            InputError: when the folder holds no encoder of series, or a damaged one.
        """
        spec, written = read_encoder(folder, cls.kind)
        assert isinstance(spec, SeriesSpec)
        return cls(spec, written["facts"])


def fit(
    series: Sequence[NDArray[np.float64]], outputs: int, reading: Reading, facts: Mapping[str, object]
) -> SeriesEncoder:
    """The encoder that training series decide.

    Args:
        series: float64 [T, C] each, missing values NaN.
        outputs: classes, or 1.
        reading: how they were read.
        facts: about the target.

    Example:
        >>> ramp = np.arange(6.0)[:, None]
        >>> encoder = fit([ramp, ramp + 1], 2, Reading("array", channels=("value",)), {})
        >>> encoder.spec.length, encoder.facts["value_mean"]
        (6, [3.0])
    """
    longest = max(len(one) for one in series)
    pool = -(-longest // MOST_STEPS)
    count, total, low, high = _sums(averaged(filled(one), pool) for one in series)
    mean = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    squares = _sums((averaged(filled(one), pool) - mean) ** 2 for one in series)[1]
    scale = np.sqrt(squares / np.maximum(count, 1))
    known = {
        "channels": list(reading.channels),
        "reading": dataclasses.asdict(reading),
        "pool": pool,
        "value_mean": mean.tolist(),
        "value_scale": np.where(scale > 1e-9 * np.maximum(1e-3, np.abs(mean)), scale, 1.0).tolist(),
        "low": np.where(count > 0, low, 0.0).tolist(),
        "high": np.where(count > 0, high, 0.0).tolist(),
        "gaps": any(bool(np.isnan(one).any()) for one in series),
    }
    spec = SeriesSpec(series[0].shape[1], -(-longest // pool), outputs)
    return SeriesEncoder(spec, {**facts, **known})


def _sums(series: Iterable[NDArray[np.float64]]) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """How many values each channel has, their sum, the least and the greatest; NaN left out."""
    count, total, low, high = 0, 0.0, np.inf, -np.inf
    for one in series:
        known = ~np.isnan(one)
        count = count + known.sum(axis=0)
        total = total + np.where(known, one, 0.0).sum(axis=0)
        low = np.minimum(low, np.where(known, one, np.inf).min(axis=0))
        high = np.maximum(high, np.where(known, one, -np.inf).max(axis=0))
    return tuple(np.asarray(part, dtype=np.float64) for part in (count, total, low, high))  # pyright: ignore


def filled(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Missing values of [T, C] interpolated linearly, ends filled with the nearest; an all-missing channel stays NaN.

    Example:
        >>> filled(np.array([[np.nan], [1.0], [np.nan], [3.0]]))[:, 0].tolist()
        [1.0, 1.0, 2.0, 3.0]
    """
    gone = np.isnan(series)
    if not gone.any():
        return series
    full, steps = series.copy(), np.arange(len(series))
    for channel in np.flatnonzero(gone.any(axis=0) & ~gone.all(axis=0)):
        missing = gone[:, channel]
        full[missing, channel] = np.interp(steps[missing], steps[~missing], series[~missing, channel])
    return full


def averaged(series: NDArray[np.float64], pool: int) -> NDArray[np.float64]:
    """Means of `pool` steps at a time of [T, C]; the last is the mean of what is left.

    Example:
        >>> averaged(np.arange(5.0)[:, None], 2)[:, 0].tolist()
        [0.5, 2.5, 4.0]
    """
    if pool == 1:
        return series
    starts = np.arange(0, len(series), pool)
    counts = np.minimum(pool, len(series) - starts)
    return np.add.reduceat(series, starts, axis=0) / counts[:, None]
