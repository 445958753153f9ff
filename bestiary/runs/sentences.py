"""A pre-trained sentence encoder as a reader of texts: by weights on this machine, or by those in a model folder.

It keeps two files beside a model: the vocabulary and the weights, as they were published. They are read back only where
their digests are those of published weights that the catalogue lists.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from bestiary import catalogue
from bestiary.architectures.build import build
from bestiary.catalogue import Pretrained, Size
from bestiary.errors import InputError
from bestiary.files import replacing, sha256_of
from bestiary.kinds.text.reader import TextEncoder, TextSource
from bestiary.kinds.text.sentences import Read
from bestiary.kinds.text.wordpiece import WordPieces
from bestiary.weights.known import beside, on_this_machine
from bestiary.weights.loading import load_weights

PIECES, VECTORS = "pieces.txt", "sentence.safetensors"
FILES = {"as_pieces": (PIECES,), "as_sentence": (PIECES, VECTORS)}
"""What a network takes of a batch -> files of the encoder that make it."""
VOCABULARY = "vocab.txt"  # beside published weights
LONGEST = 256  # pieces of a text that are read, as by the authors of MiniLM's sentence encoder
BATCH, TRIED = 32, 2  # texts read together; batches by which the time for all is reckoned


@dataclass
class SentenceReader:
    """Reads texts as published weights do; implements `kinds.text.sentences.Sentences`.

    Attributes:
        size: of the network.
        vocabulary: file of the pieces.
        weights: file of the network; None to cut texts into pieces alone.
        allowed: seconds for vectors, after which there are none.
        note: what is to be said of the last reading.
        seconds: that vectors of a thousand texts have taken.
    """

    size: Size
    vocabulary: Path
    weights: Path | None
    allowed: float = float("inf")
    note: str = field(default="", init=False)
    seconds: float = field(default=0.0, init=False)

    def read(self, texts: Sequence[str]) -> Read:
        """Pieces, and vectors of norm 1 where the network is there and has the time."""
        pieces, lengths = self._cutter.cut(texts)
        return Read(pieces, lengths, None if self.weights is None else self._vectors(pieces, lengths))

    def save(self, folder: Path) -> None:
        """Copies vocabulary and weights."""
        for file, name in ((self.vocabulary, PIECES), (self.weights, VECTORS)):
            if file is not None:
                with replacing(folder / name) as temporary:
                    shutil.copyfile(file, temporary)

    @cached_property
    def _cutter(self) -> WordPieces:
        return WordPieces(self.vocabulary, min(LONGEST, cast("int", self.size.keywords["length"])))

    @cached_property
    def network(self) -> nn.Module:
        """The encoder, with its weights."""
        network = build(self.size.network, self.size.keywords, seed=0)
        load_weights(network, cast("Path", self.weights))
        return network.eval()

    @torch.inference_mode()
    def _vectors(self, pieces: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.float32] | None:
        """Texts of like lengths are read together. The first batches, which are of middling texts, tell the pace."""
        vectors = np.zeros((len(pieces), cast("int", self.size.keywords["width"])), np.float32)
        began = done = 0.0
        for number, rows in enumerate(_batches(lengths)):
            if number == 1:
                began = time.monotonic()
            longest = int(lengths[rows].max())
            tokens, real = torch.from_numpy(pieces[rows, :longest]).long(), torch.from_numpy(lengths[rows]).long()
            vectors[rows] = F.normalize(self.network(tokens, real)).numpy()
            done += float(lengths[rows].sum()) if number else 0.0
            if number == TRIED and (needed := lengths.sum() * (time.monotonic() - began) / done) > self.allowed:
                self.note = (
                    f"a pre-trained encoder would need about {needed:.0f} s to read these texts, more than the "
                    f"{self.allowed:.0f} s of the budget that it is given; its vectors are left out"
                )
                return None
        if done:
            self.seconds = 1000 * (time.monotonic() - began) * float(lengths.sum()) / done / len(lengths)
        return vectors


def give(source: TextSource, size: Size, record: Pretrained, *, vectors: bool, allowed: float) -> None:
    """Has texts read by published weights too, when they are encoded.

    Args:
        source: of texts, not yet encoded.
        size: of the network.
        record: of its weights, which are on this machine.
        vectors: whether vectors are wanted, or pieces alone.
        allowed: seconds for vectors.

    Raises:
        InputError: when a file is not as it was published.
    """
    file = cast("Path", on_this_machine(record))
    if sha256_of(file) != record.sha256:
        raise InputError(f"{file} is not {record.file} of {record.source} as published; get it again")
    vocabulary = beside(record, file, VOCABULARY)
    source.sentences = SentenceReader(size, vocabulary, file if vectors else None, allowed)


def attach(encoder: TextEncoder, folder: Path) -> None:
    """Gives an encoder that was loaded the reader whose files lie beside it, if any.

    Raises:
        InputError: when these are not those of published weights.
    """
    vocabulary, weights = folder / PIECES, folder / VECTORS
    if not vocabulary.exists():
        return
    digest = sha256_of(vocabulary)
    for size, record in _published():
        if record.beside.get(VOCABULARY) == digest:
            there = weights.exists()
            if not there or sha256_of(weights) == record.sha256:
                encoder.sentences = SentenceReader(size, vocabulary, weights if there else None)
                return
    raise InputError(f"{folder} has a pre-trained encoder that is not one of the published ones; save the model again")


def _published() -> Iterator[tuple[Size, Pretrained]]:
    for row in catalogue.ROWS:
        for size in row.sizes:
            yield from ((catalogue.size(size.name), record) for record in catalogue.size(size.name).weights)


def _batches(lengths: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """Rows in batches of like lengths; those in the middle first, once to warm up, then to be timed."""
    order = np.argsort(lengths, kind="stable")
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    middle = len(parts) // 2
    return [*parts[middle:], *parts[:middle]]
