"""Text: a column of words with a target, encoded as tokens by a byte-level BPE that was trained on training rows.

Byte-level byte-pair encoding (Sennrich et al. 2016; bytes as in Radford et al. 2019) reads any text without unknown
characters. Token 0 is padding; token 1 stands for an empty cell.
"""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from bestiary.contracts import TokenSpec
from bestiary.errors import InputError, nearest
from bestiary.kinds.corpus.units import short_words
from bestiary.kinds.text.sentences import Read, Sentences
from bestiary.kinds.text.tokenizer import made, read_tokenizer
from bestiary.rows.columns import Asked, text_column
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.frames import open_any, open_frame, words
from bestiary.rows.labels import target_facts
from bestiary.rows.limits import Ration
from bestiary.rows.rows import RowSource, gather, pieces_of
from bestiary.rows.source import SPLITS, Encoded
from bestiary.rows.splits import duplicates
from bestiary.rows.store import empty_array, write_spec, write_text
from bestiary.rows.targets import column_named, named_target

PADDING, UNKNOWN = "[PAD]", "[UNK]"
LONGEST = 512  # tokens
SMALLEST, LARGEST = 1_000, 8_000  # tokens of the vocabulary
SAMPLE = 50_000  # training rows that the vocabulary is learned from
AT_ONCE = 1 << 20  # characters that are tokenised together
CHARACTERS = 16_384  # of a text that are tokenised: 512 tokens are seldom more than 4,000


@dataclass
class TextSource(RowSource):
    """Texts with a target.

    Attributes:
        column: that holds them.
        sentences: a pre-trained encoder that reads them too.
    """

    column: str = field(kw_only=True)
    kind: str = field(default="text", init=False)
    sentences: Sentences | None = field(default=None, kw_only=True)
    _read: Read | None = field(default=None, init=False)

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> TextEncoder:
        """Learns a vocabulary from training rows, then writes all splits piece by piece; see `RowSource.encode`."""
        encoder, cut = self.fit(splits)
        if cut:
            note = f"{cut:.1%} of the training texts are cut to their first {encoder.spec.length} tokens"
            self.notes += [note] if note not in self.notes else []
        self.rows.write([self.column], lambda table, _: encoder.arrays(table), splits, folder, train_only)
        self._write_raw(splits, folder, train_only)
        if (read := self._said()) is not None:
            read.write(splits, folder, train_only)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.sentences = None if train_only else self.sentences
        encoder.save(folder / "encoder")
        return encoder

    def _said(self) -> Read | None:
        """What the pre-trained encoder reads in all rows, once for all splits."""
        if self._read is None and self.sentences is not None:
            found = [text for _, table in self.rows.pieces([self.column]) for text in texts(table[self.column])]
            self._read = self.sentences.read(found)
            self.notes += [self.sentences.note] if self.sentences.note else []
        return self._read

    def fit(self, splits: NDArray[np.int8]) -> tuple[TextEncoder, float]:
        """The encoder of these training rows, and the share of them that it cuts."""
        sample = texts(self.rows.sample(splits == 0, SAMPLE, [self.column])[1][self.column])
        characters = sum(map(len, sample))
        if not characters:
            raise InputError(f"text column {self.column!r} is empty in every training row; name another column (text=)")
        vocabulary = int(np.clip(4 * characters**0.5, SMALLEST, LARGEST))
        tokenizer = learn(sample, vocabulary)
        lengths = np.array([len(ids) for ids in tokens_of(tokenizer, sample)])
        length = int(np.clip(np.ceil(np.percentile(lengths, 99)), 1, LONGEST))
        read = self._said()
        sizes = read.sizes() if read else {}
        spec = TokenSpec(tokenizer.get_vocab_size(), length, len(self.target.classes) or 1, **sizes)
        facts = target_facts(self.target, np.flatnonzero(splits == 0)) | {"text": self.column}
        return TextEncoder(spec, facts, tokenizer), float((lengths > length).mean())

    def _write_raw(self, splits: NDArray[np.int8], folder: Path, train_only: bool) -> None:
        """The texts themselves, for models that count words: all bytes in a row, and where each text starts."""
        sizes = np.zeros(len(self), np.int64)
        for part, table in self.rows.pieces([self.column]):
            sizes[part] = [len(raw) for raw in _bytes(table[self.column])]
        opened, done = {}, [0] * len(SPLITS)
        for split in range(2 if train_only else len(SPLITS)):
            place = folder if split < 2 else folder.parent / "sealed"
            ends = np.concatenate([[0], np.cumsum(sizes[splits == split])])
            empty_array(place, SPLITS[split], "offsets", (len(ends),), "int64")[:] = ends
            opened[split] = empty_array(place, SPLITS[split], "bytes", (max(1, int(ends[-1])),), "uint8")
        for part, table in self.rows.pieces([self.column]):
            raw = _bytes(table[self.column])
            for split, array in opened.items():
                piece = b"".join(raw[i] for i in np.flatnonzero(splits[part] == split))
                array[done[split] : done[split] + len(piece)] = np.frombuffer(piece, np.uint8)
                done[split] += len(piece)


def read_text(
    source: object,
    *,
    target: str | None = None,
    text: str | None = None,
    problem: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    weight: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    dates: str | None = None,
    missing: str | Sequence[str] | None = None,
    reason: str = "as asked",
) -> TextSource:
    """Reads a table with a column of text.

    Args:
        source: what `open_frame` takes, or a frame.
        target: column to predict.
        text: the column of text; the longest free text unless given.
        problem: "classification" or "regression"; told from the target unless given.
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows.
        test: held-out rows with the same columns.
        weight: column that says how much each row counts in training.
        separator: of CSV files.
        encoding: of CSV files.
        dates: "day-first" or "month-first", where dates in the column `time` can be read either way.
        missing: words that mark a missing target; told from how often they occur unless given.
        reason: why it is read as text.

    Raises:
        InputError: for unknown columns, a target that cannot be learned, or damaged files.

    Example:
        >>> data = {"review": ["good", "bad", "fine", "poor"], "mark": ["up", "down", "up", "down"]}
        >>> read_text(data, target="mark", text="review").column
        'review'
    """
    frame = open_any(source, separator, encoding)
    name = named_target(frame.columns, target)
    held = open_any(test, separator, encoding) if test is not None else None
    column = (
        column_named(frame.columns, text, "text") if text else _found(frame.columns, next(iter(frame.chunks())), name)
    )
    if column == name:
        raise InputError(f"text and target are different columns; received {name!r} for both")
    asked = Asked.of(dates=dates, missing=missing)
    rows = gather(frame, name, problem, group, time, held, content=[column], asked=asked, weight=weight)
    others = [other for other in rows.features if other != column]
    if others:
        rows.notes.append(f"only the text {column!r} is learned from; left out: {', '.join(map(repr, others[:8]))}")
    source_ = TextSource(rows, reason, column=column)
    source_.notes += duplicates(source_)
    return source_


def _found(columns: Sequence[str], opening: pa.Table, target: str) -> str:
    names = [name for name in columns if name != target]
    found = text_column(opening.slice(0, 2_000), names) or (names[0] if len(names) == 1 else None)
    if found is None:
        raise InputError(f"no column holds free text; name it (text=); the columns are {', '.join(names[:12])}")
    return found


def learn(sample: Sequence[str], vocabulary: int) -> Tokenizer:
    """A byte-level BPE of at most `vocabulary` tokens; 0 is padding and 1 an empty text.

    Example:
        >>> learn(["low lower lowest"] * 9, 300).encode("lower").ids[0] > 1
        True
    """
    tokenizer = made(Tokenizer(models.BPE()))
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        show_progress=False,
        special_tokens=[PADDING, UNKNOWN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    parts = short_words(text.encode("utf-8", "replace") for text in sample)
    tokenizer.train_from_iterator((part.decode("utf-8", "replace") for part in parts), trainer)
    # Training makes the two marks special wherever they are written; in a person's text they are plain characters.
    words_of = json.loads(tokenizer.to_str())
    words_of["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(words_of))


def tokens_of(tokenizer: Tokenizer, sample: Sequence[str]) -> Iterator[list[int]]:
    """The tokens of each text; some texts at a time, for a tokeniser takes some hundred bytes for every token."""
    start = size = 0
    for stop, text in enumerate(sample, 1):
        size += len(text)
        if size > AT_ONCE or stop == len(sample):
            yield from (encoding.ids for encoding in tokenizer.encode_batch(list(sample[start:stop])))
            start, size = stop, 0


def texts(column: pa.ChunkedArray) -> list[str]:
    """Cells as text, a missing one as "", cut to what can be tokenised."""
    return pc.utf8_slice_codeunits(pc.fill_null(words(column), ""), 0, CHARACTERS).to_pylist()


def _bytes(column: pa.ChunkedArray) -> list[bytes]:
    return pc.cast(pc.fill_null(words(column), ""), pa.binary()).to_pylist()


@dataclass
class TextEncoder:
    """A fitted vocabulary; see `rows.source.Encoder`."""

    spec: TokenSpec
    facts: Mapping[str, object]
    tokenizer: Tokenizer
    kind: str = "text"
    sentences: Sentences | None = None

    def arrays(self, table: pa.Table) -> dict[str, NDArray[np.generic]]:
        """Rows as `tokens` int32 [N T] and `lengths` int32 [N]."""
        tokens = np.zeros((table.num_rows, self.spec.length), np.int32)
        lengths = np.ones(table.num_rows, np.int32)
        for row, found in enumerate(tokens_of(self.tokenizer, texts(table.column(0)))):
            ids = found[: self.spec.length] or [1]
            tokens[row, : len(ids)] = ids
            lengths[row] = len(ids)
        return {"tokens": tokens, "lengths": lengths}

    def encode(self, source: object) -> Encoded:
        """Encodes a path, a frame with the text column, or a list of texts; see `rows.source.Encoder`."""
        column = str(self.facts["text"])
        if isinstance(source, (list, tuple, np.ndarray)):
            source = {column: [None if pd.isna(text) else str(text) for text in source]}
        frame = open_frame(source)
        if column not in frame.columns:
            near = nearest(column, frame.columns)
            raise InputError(f"expected a column {column!r} of text; received {', '.join(frame.columns[:8])}{near}")
        ration = Ration(f"the tokens of {frame.name}", "predict it in parts")
        parts = []
        for piece in pieces_of(frame, [column]):
            ration.take(4 * (self.spec.length + self.spec.pieces) * piece.num_rows + 2 * piece.nbytes)
            parts.append(self.arrays(piece))
        arrays: dict[str, NDArray[np.generic]] = {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
        raw = [raw for piece in pieces_of(frame, [column]) for raw in _bytes(piece[column])]
        arrays["bytes"] = np.frombuffer(bytearray(b"".join(raw) or b"\0"), np.uint8)
        arrays["offsets"] = np.concatenate([[0], np.cumsum([len(text) for text in raw])]).astype(np.int64)
        if self.sentences is not None:
            whole = [text for piece in pieces_of(frame, [column]) for text in texts(piece[column])]
            arrays |= self.sentences.read(whole).arrays()
        empty = sum(not text.strip() for text in raw)
        full = int((arrays["lengths"] == self.spec.length).sum())
        warnings = [f"column {column!r} is empty in {empty:,} of {len(raw):,} rows"] if empty else []
        if full > max(2, 0.05 * len(raw)):
            warnings.append(
                f"{full:,} of {len(raw):,} texts fill all {self.spec.length} tokens; what comes after is not read"
            )
        return Encoded(arrays, np.arange(len(raw), dtype=np.int64), warnings)

    def save(self, folder: Path) -> None:
        """Writes `encoder.json` and `tokenizer.json`, and what a pre-trained encoder is made of."""
        write_text(folder / "tokenizer.json", self.tokenizer.to_str())
        if self.sentences is not None:
            self.sentences.save(folder)
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> TextEncoder:
        """What `save` wrote."""
        spec, found = read_encoder(folder, cls.kind)
        assert isinstance(spec, TokenSpec)
        tokenizer = read_tokenizer(folder)
        if tokenizer.get_vocab_size() != spec.vocabulary:
            raise InputError(
                f"tokenizer.json has {tokenizer.get_vocab_size()} tokens; the encoder says {spec.vocabulary}"
            )
        return cls(spec, found["facts"], tokenizer)
