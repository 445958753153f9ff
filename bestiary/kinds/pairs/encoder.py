"""From new texts to tokens, by the vocabularies of the training rows."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError, nearest
from bestiary.kinds.pairs.alphabets import BEGIN, END, UNKNOWN, Alphabet, alphabet_of
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.frames import open_frame, words
from bestiary.rows.rows import pieces_of
from bestiary.rows.source import Encoded
from bestiary.specs import PairSpec


@dataclass
class PairEncoder:
    """Fitted vocabularies; see `rows.source.Encoder`."""

    spec: PairSpec
    facts: Mapping[str, object]
    kind: str = "pairs"

    def __post_init__(self) -> None:
        units = cast("list[dict[str, Any]]", self.facts["units"])
        self.alphabets: tuple[Alphabet, Alphabet] = (alphabet_of(units[0]), alphabet_of(units[1]))

    def arrays(self, sources: Sequence[str], answers: Sequence[str]) -> tuple[dict[str, NDArray[np.generic]], int]:
        """Rows as `source` int32 [N S], ended; `sequence` int32 [N T], begun and ended; their lengths int32 [N]; and
        how many rows were cut."""
        first = [[*self.alphabets[0].encode(text), END] for text in sources]
        second = [[BEGIN, *self.alphabets[1].encode(text), END] for text in answers]
        cut = sum(len(row) > self.spec.length for row in first) + sum(len(r) > self.spec.answer_length for r in second)
        source, source_lengths = _padded(first, self.spec.length)
        sequence, sequence_lengths = _padded(second, self.spec.answer_length)
        found: dict[str, NDArray[np.generic]] = {"source": source, "source_lengths": source_lengths}
        return found | {"sequence": sequence, "sequence_lengths": sequence_lengths}, cut

    def encode(self, source: object) -> Encoded:
        """Encodes a path, a frame with the source column, or a list of texts; answers are not needed."""
        column = str(self.facts["source"])
        if isinstance(source, (list, tuple, np.ndarray)):
            source = {column: [None if pd.isna(text) else str(text) for text in source]}
        frame = open_frame(source)
        if column not in frame.columns:
            near = nearest(column, frame.columns)
            raise InputError(f"expected a column {column!r} of text; received {', '.join(frame.columns[:8])}{near}")
        texts = [text for piece in pieces_of(frame, [column]) for text in _texts(piece[column])]
        arrays, cut = self.arrays(texts, [""] * len(texts))
        empty = sum(not text for text in texts)
        strange = int((cast("NDArray[np.int32]", arrays["source"]) == UNKNOWN).any(1).sum())
        warnings = [f"column {column!r} is empty in {empty:,} of {len(texts):,} rows"] if empty else []
        if strange:
            unit = self.alphabets[0].unit
            warnings.append(f"{strange:,} of {len(texts):,} rows have {unit} that no training row has")
        if cut:
            warnings.append(f"{cut:,} rows are longer than {self.spec.length} tokens; what comes after is not read")
        return Encoded(arrays, np.arange(len(texts), dtype=np.int64), warnings)

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`."""
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> PairEncoder:
        """What `save` wrote."""
        spec, found = read_encoder(folder, cls.kind)
        assert isinstance(spec, PairSpec)
        encoder = cls(spec, found["facts"])
        sizes = (encoder.spec.vocabulary, encoder.spec.answers)
        if sizes != tuple(alphabet.size for alphabet in encoder.alphabets):
            raise InputError(f"the vocabularies of the encoder are not of sizes {sizes}; save the model again")
        return encoder


def _texts(column: pa.ChunkedArray | pa.Array) -> list[str]:
    return pc.utf8_trim_whitespace(pc.fill_null(words(column), "")).to_pylist()


def _padded(rows: Sequence[Sequence[int]], length: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Token lists as an array of this length, and their own lengths; longer ones lose what comes last."""
    array = np.zeros((len(rows), length), np.int32)
    lengths = np.array([min(len(row), length) for row in rows], np.int32)
    for place, row in enumerate(rows):
        array[place, : lengths[place]] = row[:length]
    return array, lengths
