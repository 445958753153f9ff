"""Fitted preprocessing of tables: numbers, categories, booleans and dates as float32 features.

    number, boolean, parts of dates -> robust scale -> linear in the middle, logarithmic in the tails -> median for gaps
                                    -> mean 0, variance 1;   one more feature tells where training rows had gaps
    category                        -> one-hot, rare and unknown words in one place

Numbers keep their straight line in the middle (three robust standard deviations), so linear models see what was
measured; beyond it only the logarithm counts, so that one wild value moves no network; and order is never changed, so
trees lose nothing. Normal quantiles would bend every line, plain standardisation lets one value squeeze all others.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler, StandardScaler

from bestiary.contracts import TableSpec
from bestiary.errors import InputError
from bestiary.kinds.table.decoder import GAP, OTHER, STRAIGHT, decode, sharing, spelling
from bestiary.rows import safe
from bestiary.rows.columns import Column, date_parts, days, finite, labels, numbers, truths
from bestiary.rows.drift import Drift
from bestiary.rows.frames import Frame, frame_of, open_frame
from bestiary.rows.rows import pieces_of
from bestiary.rows.source import Encoded
from bestiary.rows.store import spec_from, write_text

WIDEST = 50_000  # features
_ALLOWED = (
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.impute._base.SimpleImputer",
    "bestiary.kinds.table.encoder.squash",
    "bestiary.data.table_encoder.squash",
    "builtins.dict",
    "builtins.list",
    "builtins.tuple",
    "builtins.str",
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.slice",
    "builtins.type",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.float64",
    "numpy.float32",
    "numpy.int64",
    "numpy.object_",
)


def squash(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear up to `STRAIGHT`, logarithmic beyond; smooth, and never changes order.

    Example:
        >>> squash(np.array([-1.0, 2.0, 1002.0])).round(2).tolist()
        [-1.0, 2.0, 9.91]
    """
    beyond = np.maximum(np.abs(values) - STRAIGHT, 0.0)
    return np.sign(values) * (np.minimum(np.abs(values), STRAIGHT) + np.log1p(beyond))


@dataclass
class TableEncoder:
    """Fitted preprocessing of tables; see `rows.source.Encoder`.

    Attributes:
        columns: what each means.
        parts: what was fitted.
        written: name of a column -> how its cells are written, see `table_decoder.spelling`.
    """

    spec: TableSpec
    facts: Mapping[str, object]
    columns: list[Column]
    parts: dict[str, object]
    written: dict[str, dict[str, object]] = field(default_factory=dict)
    kind: str = "table"

    @property
    def used(self) -> list[Column]:
        """The columns that are learned from."""
        return [column for column in self.columns if column.role != "left out"]

    @property
    def needed(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(column.name for column in self.used)

    @property
    def width(self) -> int:
        """How many features come out."""
        values = len(cast("list[int]", self.parts["scaled"])) + len(cast("list[int]", self.parts["gaps"]))
        words = cast("OneHotEncoder | None", self.parts["words"])
        return values + (sum(len(c) for c in words.categories_) if words is not None else 0)

    def notes(self) -> list[str]:
        """What was left out or repaired, by name."""
        gone = [f"column {c.name!r} is left out: {c.reason}" for c in self.columns if c.role == "left out"]
        return gone + [f"column {c.name!r}: {c.reason}" for c in self.used if c.reason]

    def learn(self, sample: pa.Table) -> None:
        """Fits every part on a sample of training rows."""
        values, _ = self._read(sample, None)
        scaled = [i for i in range(values.shape[1]) if len(np.unique(values[~np.isnan(values[:, i]), i])) > 1]
        gaps = [i for i in range(values.shape[1]) if np.isnan(values[:, i]).any() and not np.isnan(values[:, i]).all()]
        gaps = [
            i
            for place, i in enumerate(gaps)
            if not place or not np.array_equal(np.isnan(values[:, i]), np.isnan(values[:, gaps[place - 1]]))
        ]
        steps = [
            ("robust", RobustScaler(unit_variance=True)),
            ("squash", FunctionTransformer(squash)),
            ("fill", SimpleImputer(strategy="median")),
            ("standard", StandardScaler()),
        ]
        numeric = Pipeline(steps).fit(values[:, scaled]) if scaled else None
        known = [
            [*column.known, *([GAP] if column.gaps else []), *([OTHER] if column.rare else [])]
            for column in self.used
            if column.role == "category"
        ]
        onehot = None
        if known:  # a word without a place of its own is all zeros
            onehot = OneHotEncoder(categories=known, handle_unknown="ignore", sparse_output=False, dtype=np.float32)  # pyright: ignore[reportArgumentType]
        if onehot is not None:
            onehot.fit(np.array([[names[0] for names in known]], dtype=object))
        told = sharing(np.isnan(values), gaps)
        self.parts = {"numbers": numeric, "scaled": scaled, "gaps": gaps, "told": told, "words": onehot}
        there = dict(zip(sample.column_names, sample.columns))
        self.written = {c.name: spelling(c, there[c.name]) for c in self.columns if c.name in there}
        if not self.width:
            raise InputError("no column can be learned from: all are constant; add columns")
        if self.width > WIDEST:
            raise InputError(
                f"at most {WIDEST:,} features can be learned from; this table gives {self.width:,}; leave columns out"
            )

    def arrays(self, table: pa.Table, drift: Drift | None = None) -> dict[str, NDArray[np.generic]]:
        """Rows with the needed columns as `features` float32 [N F]; a column that is not there counts as missing."""
        values, words = self._read(table, drift)
        scaled, gaps = cast("list[int]", self.parts["scaled"]), cast("list[int]", self.parts["gaps"])
        features = np.empty((table.num_rows, self.spec.features), np.float32)
        numeric, onehot = (
            cast("Pipeline | None", self.parts["numbers"]),
            cast("OneHotEncoder | None", self.parts["words"]),
        )
        if numeric is not None:
            features[:, : len(scaled)] = numeric.transform(values[:, scaled])
        features[:, len(scaled) : len(scaled) + len(gaps)] = np.isnan(values[:, gaps])
        if onehot is not None:
            features[:, len(scaled) + len(gaps) :] = cast("NDArray[np.float32]", onehot.transform(words))
        return {"features": features}

    def encode(self, source: object) -> Encoded:
        """Encodes a path, frame or array of new rows; see `rows.source.Encoder`."""
        frame = self._open(source)
        ignored = [column.name for column in self.columns if column.role == "left out"] + [str(self.facts["target"])]
        drift = Drift(self.used, ignored)
        drift.header(frame.columns)
        wanted = [name for name in self.needed if name in frame.columns]
        pieces = []
        for piece in pieces_of(frame, wanted):
            drift.rows += piece.num_rows
            pieces.append(self.arrays(piece, drift)["features"])
        features = np.concatenate(pieces)
        return Encoded({"features": features}, np.arange(len(features), dtype=np.int64), drift.warnings())

    def decode(self, features: NDArray[Any]) -> pd.DataFrame:
        """The rows that features [N, F] stand for, in the columns, units and words of the training file.

        Args:
            features: in the units of a batch, encoded or made by a network; see `table_decoder` for what is lost.

        Raises:
            InputError: for another number of features.
        """
        if features.ndim != 2 or features.shape[1] != self.spec.features:
            raise InputError(f"expected rows of {self.spec.features} features; received {features.shape}")
        return decode(self, features)

    array = "features"

    def pieces(self, shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
        """The parts of a row, of features [N F], that others' may take the place of: columns, a category whole."""
        words = cast("OneHotEncoder | None", self.parts["words"])
        sizes = [len(names) for names in words.categories_] if words is not None else []
        single = shape[1] - sum(sizes)
        ends = np.cumsum([0, *[1] * single, *sizes])
        return [(slice(int(start), int(stop)),) for start, stop in pairwise(ends)]

    def save(self, folder: Path) -> None:
        """Writes `encoder.json` and `parts.skops`."""
        safe.save(self.parts, folder / "parts.skops")
        sizes = {"kind": self.kind, **dataclasses.asdict(self.spec)}
        words = {
            "kind": self.kind,
            "spec": sizes,
            "facts": dict(self.facts),
            "columns": [dataclasses.asdict(c) for c in self.columns],
            "written": self.written,
        }
        write_text(folder / "encoder.json", json.dumps(words, indent=1))

    @classmethod
    def load(cls, folder: Path) -> TableEncoder:
        """What `save` wrote; `InputError` when it was altered."""
        words = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        columns = [Column(**{**column, "known": tuple(column["known"])}) for column in words["columns"]]
        parts = cast("dict[str, object]", safe.load(folder / "parts.skops", _ALLOWED))
        return cls(
            cast("TableSpec", spec_from(words["spec"])), words["facts"], columns, parts, words.get("written", {})
        )

    def _open(self, source: object) -> Frame:
        if isinstance(source, np.ndarray):
            names = [column.name for column in self.columns]
            frame = frame_of(source)
            if frame.shape[1] != len(names):
                raise InputError(f"expected {len(names)} columns in the order of training; received {frame.shape[1]}")
            return open_frame(frame.set_axis(names, axis=1))
        return open_frame(source)

    def _read(self, table: pa.Table, drift: Drift | None) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """Numbers [N P], NaN where missing, and words [N Q]."""
        values, words, count = [], [], table.num_rows
        there = dict(zip(table.column_names, table.columns))
        for column in self.used:
            cells = there.get(column.name, pa.chunked_array([pa.nulls(count, pa.string())]))
            watch = drift if column.name in there else None
            if column.role == "category":
                words.append(_words(column, cells, watch))
                continue
            read = _numeric(column, cells)
            if watch is not None:
                watch.numeric(column, cells, read)
            values += list(date_parts(read).T) if column.role == "date" else [read]
        numeric = np.stack(values, axis=1) if values else np.empty((count, 0))
        return numeric, np.stack(words, axis=1) if words else np.empty((count, 0), object)


def _numeric(column: Column, cells: pa.ChunkedArray) -> NDArray[np.float64]:
    if column.role == "boolean":
        return truths(cells, column.known)
    return days(cells, column.form) if column.role == "date" else finite(numbers(cells, column.form))


def _words(column: Column, cells: pa.ChunkedArray, drift: Drift | None) -> NDArray[np.object_]:
    text = labels(cells).to_numpy(zero_copy_only=False)
    missing = np.array([word is None for word in text])
    if drift is not None:
        drift.category(column, text, int(missing.sum()))
    known = set(column.known)
    gap = GAP if column.gaps else OTHER
    return np.array([word if word in known else gap if word is None else OTHER for word in text], dtype=object)
