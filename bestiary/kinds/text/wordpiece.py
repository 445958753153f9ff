"""Texts cut as BERT cuts them: plain words, then the longest pieces of a fixed vocabulary.

Source: Wu et al. 2016, Google's neural machine translation system, section 4.1 (WordPiece); Devlin et al. 2019, BERT,
whose uncased models lower letters and drop accents first. Marks such as [SEP] are plain characters in a person's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from bestiary.errors import InputError

LARGEST, MOST = 4 << 20, 200_000  # bytes and pieces of a vocabulary
WORD = 100  # characters of a word, above which it is unknown, as in the authors' code
AT_ONCE = 1_000  # texts
PADDING, UNKNOWN, BEGIN, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"


class WordPieces:
    """Cuts texts by a vocabulary, which is plain text with a piece a line.

    Args:
        file: of the vocabulary.
        length: the longest text in pieces, the marks at its two ends included.

    Raises:
        InputError: for a file that is no such vocabulary.
    """

    def __init__(self, file: Path, length: int) -> None:
        vocabulary = _vocabulary(file)
        self.size, self.length = len(vocabulary), length
        self.begin, self.end = vocabulary[BEGIN], vocabulary[END]
        made = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=WORD))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)  # pyright: ignore[reportAttributeAccessIssue]
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()  # pyright: ignore[reportAttributeAccessIssue]
        self._tokenizer = made

    def cut(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Pieces [N, P], padded with 0 to the longest of these texts, and how many each has [N]."""
        ids: list[list[int]] = []
        for start in range(0, len(texts), AT_ONCE):
            found = self._tokenizer.encode_batch(list(texts[start : start + AT_ONCE]))
            ids += [[self.begin, *one.ids[: self.length - 2], self.end] for one in found]
        lengths = np.array([len(one) for one in ids], np.int32)
        pieces = np.zeros((len(ids), int(lengths.max(initial=1))), np.int32)
        for row, one in enumerate(ids):
            pieces[row, : len(one)] = one
        return pieces, lengths


def _vocabulary(file: Path) -> dict[str, int]:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"expected a vocabulary of at most {LARGEST >> 20} MB in {file}; it is larger")
        lines = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as reason:
        raise InputError(f"expected a vocabulary in {file}; it cannot be read ({reason}); get it again") from None
    found = {piece: number for number, piece in enumerate(lines)}
    if len(found) != len(lines) or len(lines) > MOST:
        raise InputError(f"expected at most {MOST:,} pieces in {file}, each once; it is not a vocabulary; get it again")
    if found.get(PADDING) != 0 or not {UNKNOWN, BEGIN, END} <= set(found):
        raise InputError(f"expected {PADDING} first in {file}, and {UNKNOWN}, {BEGIN} and {END}; get it again")
    return found
