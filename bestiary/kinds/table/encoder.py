"""Fitted preprocessing of tables: numbers, categories, booleans, dates and text as float32 features.

    number, boolean, parts of dates -> robust scale -> linear in the middle, logarithmic in the tails -> median for gaps
                                    -> mean 0, variance 1;   one more feature tells where training rows had gaps
    category                        -> one-hot, rare and unknown words in one place
      of many words                 -> what the target is for each word on average beside it, see `averages`
    text                            -> hashed n-grams -> a short summary, see `text`

Beside these `features` stand the same columns for whoever takes them apart: `numbers` after the robust scale alone,
`categories` as codes from 1, 0 for a word without a place, and the n-grams of text as `words`.

Numbers keep their straight line in the middle (three robust standard deviations), so linear models see what was
measured; beyond it only the logarithm counts, so that one wild value moves no network; and order is never changed, so
trees lose nothing. Normal quantiles would bend every line, plain standardisation lets one value squeeze all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.contracts import TableSpec
from bestiary.errors import InputError
from bestiary.files import replacing
from bestiary.kinds.table.averages import Averages, Floats, keys_of
from bestiary.kinds.table.cells import codes_of, columns_of, numeric, words_of
from bestiary.kinds.table.decoder import decode, sharing, spellings, width
from bestiary.kinds.table.onehot import OneHot
from bestiary.kinds.table.parts import check_parts
from bestiary.kinds.table.scaling import Scaling
from bestiary.kinds.table.standing import Standing, standing
from bestiary.records import door
from bestiary.rows.array_files import read_npz
from bestiary.rows.columns import Column
from bestiary.rows.drift import Drift
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.frames import Frame, frame_of, open_frame
from bestiary.rows.limits import Ration
from bestiary.rows.many_columns import together
from bestiary.rows.rows import pieces_of
from bestiary.rows.source import Encoded
from bestiary.rows.written import date_parts, finite

if TYPE_CHECKING:
    from bestiary.kinds.table.text import TextColumns

WIDEST = 50_000  # features
NONE: Mapping[str, Any] = {}
NUMBERS, WORDS = "parts.npz", "parts.skops"
_PLACES = ("scaled", "gaps", "told")  # parts that are lists of numbers
_FURTHER = ("averages", "text")  # parts of columns that not every table has
_ALLOWED = (
    "sklearn.decomposition._truncated_svd.TruncatedSVD",
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


@dataclass
class TableEncoder:
    """Fitted preprocessing of tables; see `rows.source.Encoder`.

    Attributes:
        columns: what each means.
        parts: what was fitted.
        written: name of a column -> how its cells are written, see `decoder.spelling`.
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
        categories = sum(size - 1 for size in self.categories)
        return self.count + categories + (0 if self.text is None else self.text.width)

    @property
    def count(self) -> int:
        """How many of the features are plain numbers; they come first."""
        return len(cast("list[int]", self.parts["scaled"])) + len(cast("list[int]", self.parts["gaps"]))

    @property
    def categories(self) -> tuple[int, ...]:
        """How many codes each column of words has, that of a word without a place included."""
        words = self.words
        return () if words is None else tuple(1 + len(names) for names in words.categories)

    @property
    def scaling(self) -> Scaling | None:
        """What was fitted on numbers, if there are any that vary."""
        return cast("Scaling | None", self.parts["numbers"])

    @cached_property
    def words(self) -> OneHot | None:
        """The places of words, if there are columns of them."""
        return OneHot.of(self.used)

    @property
    def text(self) -> TextColumns | None:
        """What was fitted on columns of text, if there are any."""
        state = cast("dict[str, Any] | None", self.parts.get("text"))
        if state is None:
            return None
        from bestiary.kinds.table.text import TextColumns

        return TextColumns.restore(state)

    def sized(self, outputs: int, apart: bool) -> TableSpec:
        """What sizes a network for what comes out.

        Args:
            outputs: classes, or 1 for regression.
            apart: whether columns are written apart too, beside the features.
        """
        if not apart:
            return TableSpec(self.width, outputs)
        text = self.text
        texts = 0 if text is None else len(text.summaries)
        vocabulary = 0 if text is None else text.places + 1
        return TableSpec(self.width, outputs, 0, self.count, self.categories, texts, vocabulary)

    def standing(self) -> dict[str, Standing]:
        """Where each column that is learned from stands in the arrays, by its name."""
        return standing(self)

    def notes(self) -> list[str]:
        """What was left out or repaired, by name."""
        gone = [f"column {c.name!r} is left out: {c.reason}" for c in self.columns if c.role == "left out"]
        return gone + [f"column {c.name!r}: {c.reason}" for c in self.used if c.reason]

    def learn(
        self, sample: pa.Table, averages: Mapping[str, Averages] = NONE, held: Mapping[str, Floats] = NONE
    ) -> None:
        """Fits every part on a sample of training rows.

        Args:
            sample: their cells.
            averages: of columns of many words, by name.
            held: the averages [N, K] that the rows of the sample get, by name: see `arrays`.
        """
        states = {name: one.state() for name, one in averages.items()}
        self.parts = {"averages": states}
        values, _ = self._read(sample, None, held)
        gone = np.isnan(values)
        low, high = (fit(np.where(gone, other, values), axis=0) for fit, other in ((np.min, np.inf), (np.max, -np.inf)))
        scaled = np.flatnonzero(low < high).tolist()
        gaps = np.flatnonzero(gone.any(axis=0) & ~gone.all(axis=0)).tolist()
        gaps = [
            i for place, i in enumerate(gaps) if not place or not np.array_equal(gone[:, i], gone[:, gaps[place - 1]])
        ]
        numbers = Scaling.fit(values[:, scaled]) if scaled else None
        told = sharing(gone, gaps)
        self.parts = {"numbers": numbers, "scaled": scaled, "gaps": gaps, "told": told, "text": None}
        if states:
            self.parts["averages"] = states
        there = dict(zip(sample.column_names, sample.columns))
        texts = [there[column.name] for column in self.used if column.role == "text"]
        if texts:
            from bestiary.kinds.table.text import TextColumns

            self.parts["text"] = TextColumns.fit(texts).state()
        self.written = spellings(self.columns, sample)
        if not self.width:
            raise InputError("no column can be learned from: all are constant; add columns")
        if self.width > WIDEST:
            raise InputError(
                f"at most {WIDEST:,} features can be learned from; this table gives {self.width:,}; leave columns out"
            )

    def arrays(
        self, table: pa.Table, drift: Drift | None = None, held: Mapping[str, Floats] = NONE
    ) -> dict[str, NDArray[np.generic]]:
        """Rows with the needed columns; a column that is not there counts as missing.

        Args:
            table: the rows.
            drift: counts what is odd about new rows.
            held: name of a column of many words -> averages [N, K] of rows that are trained on, which must not see
                their own target; NaN of other rows.

        Returns:
            `features` float32 [N F]; where the spec takes columns apart also `numbers` float32 [N P], `categories`
            int32 [N C] and `words` int32 [N X T], those of them that there are.
        """
        values, words = self._read(table, drift, held)
        scaled, gaps = cast("list[int]", self.parts["scaled"]), cast("list[int]", self.parts["gaps"])
        features = np.empty((table.num_rows, self.spec.features), np.float32)
        scaling, onehot = self.scaling, self.words
        features[:, len(scaled) : self.count] = np.isnan(values[:, gaps])
        straight = features[:, : self.count].copy()
        if scaling is not None:
            features[:, : len(scaled)] = scaling.transform(values[:, scaled])
            straight[:, : len(scaled)] = scaling.straight(values[:, scaled])
        arrays: dict[str, NDArray[np.generic]] = {"features": features, "numbers": straight}
        at = self.count + sum(size - 1 for size in self.categories)
        if onehot is not None:
            places = onehot.transform(words)
            features[:, self.count : at] = places
            arrays["categories"] = codes_of(places, self.categories)
        text = self.text
        if text is not None:
            features[:, at:], arrays["words"] = text.transform(self._texts(table))
        return {"features": features} if self.spec.numbers is None else arrays

    def _texts(self, table: pa.Table) -> list[pa.ChunkedArray | pa.Array]:
        there = dict(zip(table.column_names, table.columns))
        gone = pa.nulls(table.num_rows, pa.string())
        return [there.get(column.name, gone) for column in self.used if column.role == "text"]

    def encode(self, source: object) -> Encoded:
        """Encodes a path, frame or array of new rows; see `rows.source.Encoder`."""
        frame = self._open(source)
        ignored = [column.name for column in self.columns if column.role == "left out"]
        ignored += [str(self.facts["target"]), *cast("list[str]", self.facts.get("targets", []))]
        drift = Drift(self.used, ignored)
        drift.header(frame.columns)
        wanted = [name for name in self.needed if name in frame.columns]
        pieces, ration = [], Ration(f"the features of {frame.name}", "predict it in parts")
        for piece in pieces_of(frame, wanted):
            ration.take(8 * piece.num_rows * self.spec.features)  # once in pieces, once together
            drift.rows += piece.num_rows
            pieces.append(self.arrays(piece, drift))
        arrays = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
        return Encoded(arrays, np.arange(len(arrays["features"]), dtype=np.int64), drift.warnings())

    def decode(self, features: NDArray[Any], most: int | None = None) -> pd.DataFrame:
        """The rows that features [N, F] stand for, in the columns, units and words of the training file.

        Args:
            features: in the units of a batch, encoded or made by a network; see `decoder` for what is lost.
            most: only so many columns, the first.

        Raises:
            InputError: for another number of features.
        """
        if features.ndim != 2 or features.shape[1] != self.spec.features:
            raise InputError(f"expected rows of {self.spec.features} features; received {features.shape}")
        return decode(self, features, most)

    array = "features"

    def pieces(self, shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
        """The parts of a row, of features [N F], that others' may take the place of: columns, a category whole."""
        sizes = [len(names) for names in self.words.categories] if self.words is not None else []
        single = shape[1] - sum(sizes)
        ends = np.cumsum([0, *[1] * single, *sizes])
        return [(slice(int(start), int(stop)),) for start, stop in pairwise(ends)]

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`, `parts.npz`, and `parts.skops` where columns of text or of many words have parts."""
        arrays: dict[str, Any] = {name: np.array(self.parts[name], np.int64) for name in _PLACES}
        arrays |= self.scaling.state() if self.scaling is not None else {}
        with replacing(folder / NUMBERS) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)
        if further := {name: self.parts[name] for name in _FURTHER if self.parts.get(name)}:
            from bestiary.rows import safe

            safe.save(further, folder / WORDS)
        columns = [dict(vars(column)) for column in self.columns]
        write_encoder(self, folder, columns=columns, written=self.written)

    @classmethod
    def load(cls, folder: Path) -> TableEncoder:
        """What `save` wrote; `InputError` when it was altered."""
        spec, words = read_encoder(folder, "table")
        columns = columns_of(words["columns"], folder)
        arrays = read_npz(door.own_file(folder / NUMBERS, folder, "save the model again"))
        parts: dict[str, object] = {name: arrays[name].tolist() for name in _PLACES if name in arrays}
        scaled = {one.name for one in fields(Scaling)} <= set(arrays)
        parts |= {"numbers": Scaling.restore(arrays) if scaled else None, "text": None}
        if (folder / WORDS).exists():
            from bestiary.rows import safe

            further = safe.load(folder / WORDS, _ALLOWED)
            parts |= {name: further.get(name) for name in _FURTHER} if isinstance(further, dict) else {}
        assert isinstance(spec, TableSpec)
        check_parts(parts, columns, folder)
        encoder = cls(spec, words["facts"], columns, parts, words.get("written", {}))
        encoder.try_out(folder)
        return encoder

    def try_out(self, folder: Path) -> None:
        """Encodes a row of missing cells, so that parts which do not fit each other are told before anything is done.

        Raises:
            InputError: when that cannot be done, or gives another number of features.
        """
        empty = pa.table({name: pa.nulls(1, pa.string()) for name in self.needed})
        try:
            made = self.arrays(empty)["features"].shape == (1, self.spec.features) and self.width == self.spec.features
        except Exception as reason:  # a file of parts can be wrong in as many ways as scikit-learn can be
            told = f"{type(reason).__name__}: {reason}"
            raise InputError(f"the parts in {folder} do not fit ({told:.200}); save the model again") from reason
        if not made:
            raise InputError(f"the parts in {folder} do not give {self.spec.features} features; save the model again")

    def _open(self, source: object) -> Frame:
        if isinstance(source, np.ndarray):
            names = [column.name for column in self.columns]
            frame = frame_of(source)
            if frame.shape[1] != len(names):
                raise InputError(f"expected {len(names)} columns in the order of training; received {frame.shape[1]}")
            return open_frame(frame.set_axis(names, axis=1))
        return open_frame(source)

    def _read(
        self, table: pa.Table, drift: Drift | None, held: Mapping[str, Floats] = NONE
    ) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """Numbers [N P], NaN where missing, and words [N Q]."""
        there = dict(zip(table.column_names, table.columns))
        wide = self._together(table)
        values = np.empty((sum(map(width, self.used)), table.num_rows))
        words: list[NDArray[np.object_]] = []
        place = 0
        for column in self.used:
            cells = there.get(column.name)
            watch = drift if cells is not None else None
            if cells is None:
                cells = pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
            if column.role == "category":
                words.append(words_of(column, cells, watch))
                if column.averages:
                    values[place : place + width(column)] = self._averages(column, cells, held).T
                    place += width(column)
                continue
            if column.role == "text":
                continue
            read = wide[column.name] if column.name in wide else numeric(column, cells)
            if watch is not None:
                watch.numeric(column, cells, read)
            values[place : place + width(column)] = date_parts(read).T if column.role == "date" else read
            place += width(column)
        return values.T, np.stack(words, axis=1) if words else np.empty((table.num_rows, 0), object)

    def _averages(self, column: Column, cells: pa.ChunkedArray, held: Mapping[str, Floats]) -> Floats:
        """The averages [N, K] of a column of many words."""
        state = cast("dict[str, dict[str, Any]]", self.parts["averages"])[column.name]
        found = Averages.restore(state).of(keys_of(cells))
        own = held.get(column.name)
        return found if own is None else np.where(np.isnan(own), found, own)

    def _together(self, table: pa.Table) -> dict[str, NDArray[np.float64]]:
        """The columns of numbers that are there, those that are written alike read as one."""
        there = set(table.column_names)
        found: dict[str, NDArray[np.float64]] = {}
        for form in {column.form for column in self.used if column.role == "number"}:
            names = [c.name for c in self.used if c.role == "number" and c.form == form and c.name in there]
            found.update(zip(names, finite(together(table, names, form)).T))
        return found
