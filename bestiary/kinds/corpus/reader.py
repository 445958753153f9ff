"""Running text: a file or a folder of files, cut into train, validation and test in whole stretches, then into tokens.

What is dealt out to the splits are documents where there are many, else blocks of some kilobytes that end where a
paragraph, line or word does; neighbours that fall into one split stay one stretch of text. So nothing that is tested on
was trained on, and most of what is read has its own beginning before it. Equal blocks fall into the same split.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import CorpusSpec
from bestiary.errors import InputError
from bestiary.kinds.corpus.files import ENDINGS, Document, documents
from bestiary.kinds.corpus.store import JUDGED, CorpusData, windows
from bestiary.kinds.corpus.units import BEGIN, Units, learn
from bestiary.rows.array_files import undecided
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.rows import hashed
from bestiary.rows.source import SPLITS, Encoded, Target
from bestiary.rows.split_names import split_of
from bestiary.rows.store import write_array, write_spec, write_text

__all__ = ["CorpusData", "CorpusEncoder", "CorpusSource", "read_corpus"]

WINDOW = 128  # tokens
WIDEST = 4_096
BLOCKS = 200  # a text is cut into about so many, ...
SMALLEST, LARGEST = 2_048, 65_536  # ... of so many bytes each
DOCUMENTS = 20  # so many documents are dealt out whole, ...
BIGGEST = 0.1  # ... when none has more than this share of the bytes
LEAST = 1_000  # bytes that can be learned from at all
MOST_TOKENS = 65_536  # of a vocabulary
_BESIDE = re.compile(r"(?i)(readme|licen[cs]e|copying|citation|changelog|about|notice)\b")
_TEST = SPLITS.index("test")


@dataclass(frozen=True)
class Block:
    """A stretch of a document: bytes `start` to `stop`."""

    document: int
    start: int
    stop: int


@dataclass
class CorpusSource:
    """Blocks of text; see `rows.source.Source`. Each block is a row.

    Attributes:
        documents: the texts.
        units: "bytes" or "bpe".
        length: tokens of a window.
        vocabulary: tokens at most, of pieces.
        blocks: what is dealt out to the splits.
    """

    documents: list[Document]
    units: str
    length: int
    vocabulary: int | None
    blocks: list[Block]
    held: NDArray[np.int8] | None
    notes: list[str]
    reason: str
    kind: str = "corpus"
    noun: str = "blocks of text"
    suspects: list[str] = field(default_factory=list)
    groups: NDArray[np.generic] | None = None
    times: NDArray[np.generic] | None = None

    def __post_init__(self) -> None:
        reason = f"running text is carried on, by {'bytes' if self.units == 'bytes' else 'pieces of words'}"
        self.target = Target("next token", "continue", reason, (), np.zeros(len(self.blocks)))

    def __len__(self) -> int:
        return len(self.blocks)

    @cached_property
    def digest(self) -> str:
        """sha256 over all texts."""
        digest = hashlib.sha256(b"corpus")
        for document in self.documents:
            digest.update(len(document.text).to_bytes(8, "little") + document.text)
        return digest.hexdigest()

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each block."""
        return hashed([self.text(block) for block in self.blocks])

    def text(self, block: Block) -> bytes:
        """The bytes of a block."""
        return self.documents[block.document].text[block.start : block.stop]

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> CorpusEncoder:
        """Learns the units from training blocks, then writes the tokens and windows of all splits.

        Args:
            splits: int8 [N], from `splits.assign`.
            folder: for train and validation; test goes to `folder/../sealed`.
            seed: of the run; nothing here is drawn at random.
            train_only: write no test tokens.
        """
        encoder = self.fit(splits)
        for split in range(2 if train_only else len(SPLITS)):
            place, name = folder if split < _TEST else folder.parent / "sealed", SPLITS[split]
            runs = self.runs(splits == split)
            arrays = encoder.arrays([self.text(run) for run in runs], JUDGED.get(name), train=split == 0)
            self._note(name, arrays)
            if split == _TEST:
                self._write_groups(place, runs, arrays, encoder, np.flatnonzero(splits == split))
            for key, array in arrays.items():
                write_array(place, name, key, array)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        return encoder

    def fit(self, splits: NDArray[np.int8]) -> CorpusEncoder:
        """The encoder of these training blocks."""
        texts = [self.text(run) for run in self.runs(splits == 0)]
        units = Units()
        if self.units == "bpe":
            usual = int(np.clip(sum(map(len, texts)) ** 0.5, 512, 8_192))
            units = learn(texts, self.vocabulary or usual)
        spec = CorpusSpec(units.vocabulary, self.length)
        facts = {
            "target": self.target.name,
            "problem": self.target.problem,
            "classes": [],
            "units": self.units,
            "merges": [list(pair) for pair in units.merges],
        }
        return CorpusEncoder(spec, facts)

    def runs(self, chosen: NDArray[np.bool_]) -> list[Block]:
        """The chosen blocks, those that follow each other in a document as one."""
        found: list[Block] = []
        for block in (self.blocks[place] for place in np.flatnonzero(chosen)):
            last = found[-1] if found else None
            if last and (last.document, last.stop) == (block.document, block.start):
                found[-1] = Block(block.document, last.start, block.stop)
            else:
                found.append(block)
        return found

    def _note(self, name: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Says when only some of the windows are judged."""
        possible = int(np.asarray(arrays["row"])[-1]) + 1 if len(arrays["row"]) else 0
        if name in JUDGED and possible > 1.02 * len(arrays["row"]):
            note = f"of {possible:,} windows of the {name} text {len(arrays['row']):,}, evenly spread, are judged"
            self.notes += [note] if note not in self.notes else []

    def _write_groups(
        self,
        folder: Path,
        runs: Sequence[Block],
        arrays: Mapping[str, NDArray[np.generic]],
        encoder: CorpusEncoder,
        rows: NDArray[np.int64],
    ) -> None:
        """What the verdict needs beside the tokens: of which block a window is, for windows of a block are not
        independent; and what it says."""
        tokens, start, stop = (np.asarray(arrays[name], np.int64) for name in ("tokens", "start", "stop"))
        asked = start + np.asarray(arrays["first"], np.int64) + 1
        bytes_before = np.cumsum(encoder.units.lengths[tokens]) - encoder.units.lengths[tokens]
        ends = np.cumsum([self.blocks[row].stop - self.blocks[row].start for row in rows])
        group = np.searchsorted(ends, bytes_before[asked], side="right")
        write_array(folder, "test", "group", group.astype(np.int64))
        last = np.minimum(start + encoder.spec.length + 1, stop)
        said = [encoder.units.decode(tokens[a:b]).decode("utf-8", "replace") for a, b in zip(asked, last)]
        write_text(folder / "names.json", json.dumps(said))


def read_corpus(
    source: object,
    *,
    units: str = "bpe",
    length: int = WINDOW,
    vocabulary: int | None = None,
    problem: str | None = None,
    test: object = None,
    encoding: str | None = None,
    by_name: bool = True,
    reason: str = "as asked",
) -> CorpusSource:
    """Reads running text.

    Args:
        source: path of a text file, or of a folder of `.txt` files; or texts, one string each.
        units: "bpe" for pieces of words that are learned from the training text, or "bytes". Pieces let a network see
            several times as much text at once, and learn as much faster.
        length: tokens that a network sees at once.
        vocabulary: tokens at most, with "bpe"; about the root of the bytes unless given, from 512 to 8,192.
        problem: "continue", the one task there is.
        test: held-out text of the same sorts.
        encoding: of the files; told from the bytes unless given.
        by_name: whether files and folders named as splits (`train.txt`, `valid/`) are these splits.
        reason: why it is read as running text.

    Raises:
        InputError: for options that cannot be, or texts that cannot be read or are too short.

    Example:
        >>> source = read_corpus(["To be, or not to be, that is the question. " * 60])
        >>> source.kind, source.target.problem, len(source)
        ('corpus', 'continue', 10)
    """
    if units not in ("bytes", "bpe"):
        raise InputError(f"units must be bytes or bpe; received {units!r}")
    if problem is not None:
        tasks.takes(problem, "corpus")
    if not 8 <= length <= WIDEST:
        raise InputError(f"length must be from 8 to {WIDEST:,} tokens; received {length}; try {WINDOW}")
    if vocabulary is not None and (units == "bytes" or not 257 < vocabulary <= MOST_TOKENS):
        raise InputError(f"vocabulary is for units=bpe, from 258 to {MOST_TOKENS:,}; received {vocabulary}")
    found, notes = documents(source, encoding)
    splits = split_names([document.name for document in found]) if by_name and test is None else None
    if splits is not None:
        others = [document.name for document, split in zip(found, splits) if split is None]
        found = [document for document, split in zip(found, splits) if split is not None]
        passed = f"; passed over: {', '.join(others[:5])}" if others else ""
        notes.append(
            f"files and folders named as splits are these ({', '.join(sorted({s for s in splits if s}))}){passed}; "
            "`--with by_name=false` reads all as one"
        )
    total = sum(len(document.text) for document in found)
    if total < LEAST:
        raise InputError(f"expected {LEAST:,} bytes of text or more; received {total:,}; add text")
    blocks, held = cut(found), None
    if splits is not None:
        of = [SPLITS.index(split) for split in splits if split is not None]
        held = undecided(np.array([of[block.document] for block in blocks], np.int8))
    if test is not None:
        others, more = documents(test, encoding)
        apart = [Block(len(found) + b.document, b.start, b.stop) for b in cut(others)]
        held = np.array([-1] * len(blocks) + [_TEST] * len(apart), np.int8)
        found, blocks, notes = [*found, *others], [*blocks, *apart], [*notes, *more]
    notes.append(f"{total:,} bytes in {len(found):,} {'document' if len(found) == 1 else 'documents'}; rows are blocks")
    return CorpusSource(found, units, length, vocabulary, blocks, held, notes, reason)


def split_names(names: Sequence[str]) -> list[str | None] | None:
    """The split of each file by its own name or that of a folder; None where they are no splits of one text.

    Files that belong to none, such as a README, may lie beside them.

    Example:
        >>> split_names(["wiki.train.txt", "valid.txt", "README.md"]), split_names(["training.txt", "plans.txt"])
        (['train', 'validation', None], None)
    """
    found = [next((s for part in Path(name).parts if (s := split_of(_own(part))) in SPLITS), None) for name in names]
    others = [name for name, split in zip(names, found) if split is None and not _BESIDE.match(Path(name).name)]
    return found if "train" in found and len(set(found) - {None}) > 1 and not others else None


def _own(name: str) -> str:
    """The part of a file's name that may name a split: `wiki.train.txt` is train."""
    parts = name.removesuffix(Path(name).suffix).split(".") if Path(name).suffix in ENDINGS else [name]
    return parts[-1]


def cut(found: Sequence[Document]) -> list[Block]:
    """Whole documents where there are many and none is too big, else blocks of them.

    Example:
        >>> cut([Document("a", b"word " * 2000)])[:2]
        [Block(document=0, start=0, stop=500), Block(document=0, start=500, stop=1000)]
    """
    sizes = [len(document.text) for document in found]
    if len(found) >= DOCUMENTS and max(sizes) <= BIGGEST * sum(sizes):
        return [Block(number, 0, size) for number, size in enumerate(sizes)]
    least = min(SMALLEST, max(LEAST // 4, sum(sizes) // DOCUMENTS))
    size = int(np.clip(sum(sizes) / BLOCKS, least, LARGEST))
    blocks = []
    for number, document in enumerate(found):
        start = 0
        while start < len(document.text):
            stop = start + size
            if len(document.text) - stop < size // 2:
                stop = len(document.text)
            else:
                stop = _ending(document.text, start + size // 2, stop)
            blocks.append(Block(number, start, stop))
            start = stop
    return blocks


def _ending(text: bytes, low: int, high: int) -> int:
    """Behind the last empty line between two places; else behind the last line, the last word, the last character."""
    for mark in (b"\n\n", b"\n", b" "):
        place = text.rfind(mark, low, high)
        if place >= 0:
            return place + len(mark)
    while high > low and text[high] & 0xC0 == 0x80:  # inside a character of several bytes
        high -= 1
    return high


@dataclass
class CorpusEncoder:
    """The units of a vocabulary, and windows; see `rows.source.Encoder`."""

    spec: CorpusSpec
    facts: Mapping[str, object]
    kind: str = "corpus"

    @cached_property
    def units(self) -> Units:
        """What text is cut into."""
        return Units.of(self.facts)

    def arrays(
        self, texts: Sequence[bytes], most: int | None = None, train: bool = False
    ) -> dict[str, NDArray[np.generic]]:
        """Texts as `tokens` int32 [L], a beginning before each, and the windows of `corpus_store.windows`."""
        parts = [part for text in texts for part in (np.array([BEGIN], np.int32), self.units.encode(text))]
        tokens = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        found = windows(tokens, self.units.lengths, self.spec.length, most, overlap=not train)
        return {"tokens": tokens, **found}

    def encode(self, source: object) -> Encoded:
        """Encodes a text file, a folder, or a list of texts; each window is a row."""
        found, notes = documents(source, None)
        arrays = self.arrays([document.text for document in found])
        rows = np.asarray(arrays["row"], np.int64)
        return Encoded({n: a for n, a in arrays.items() if n not in ("row", "target")}, rows, notes)

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`."""
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> CorpusEncoder:
        """What `save` wrote."""
        spec, found = read_encoder(folder, cls.kind)
        assert isinstance(spec, CorpusSpec)
        encoder = cls(spec, found["facts"])
        if encoder.units.vocabulary != encoder.spec.vocabulary:
            raise InputError(
                f"the encoder has {encoder.units.vocabulary:,} tokens and says {encoder.spec.vocabulary:,}; "
                "save the model again"
            )
        return encoder
