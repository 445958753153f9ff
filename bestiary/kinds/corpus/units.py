"""What a text is cut into for a language model: bytes, or pieces of several that byte-pair encoding has learned.

Token 0 stands before the beginning of a text; 1 to 256 are the bytes; from 257 on each token is two earlier ones joined
(Sennrich et al. 2016; of bytes, Radford et al. 2019). So the list of what is joined is all there is to know, bytes are
the case in which it is empty, any text can be written, and each token stands for a known number of bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bestiary.errors import InputError

BEGIN = 0
BYTES = 257  # tokens of a vocabulary of bytes
LEARNED = 32 << 20  # bytes of text from which pieces are learned
LONGEST = 1 << 16  # bytes of one token, which no text that people write comes near
MOST_BYTES = 64 << 20  # of all tokens together
STRETCH = 1 << 20  # bytes that are cut into tokens at once
WORD, LONG_LEARNED = 1_000, 1 << 20
"""Bytes of a word from which on it is long, and bytes of long words that pieces are learned from."""
_LONG = re.compile(rb"[^\s]{%d,}" % WORD)
_END = re.compile(rb"[!-~](?=[ \n])")


class Units:
    """The tokens of a vocabulary.

    Args:
        merges: pairs of earlier tokens; the first becomes token 257.

    Raises:
        InputError: when a pair names a token that does not come before it.

    Example:
        >>> units = Units([(105, 111)])  # "h" and "n" are bytes 104 and 110
        >>> units.encode(b"hn!").tolist(), units.decode(units.encode(b"hn!"))
        ([257, 34], b'hn!')
    """

    def __init__(self, merges: Sequence[Sequence[int]] = ()) -> None:
        self.merges = [(int(a), int(b)) for a, b in merges]
        self.pieces = [b"", *(bytes([byte]) for byte in range(256))]
        for first, second in self.merges:
            if not 0 < first < len(self.pieces) or not 0 < second < len(self.pieces):
                raise InputError(f"expected pairs of earlier tokens; received {first}, {second}; save the model again")
            piece = self.pieces[first] + self.pieces[second]
            if len(piece) > LONGEST:
                raise InputError(f"a token stands for {LONGEST:,} bytes at most; received more; save the model again")
            self.pieces.append(piece)
        if sum(map(len, self.pieces)) > MOST_BYTES:
            raise InputError(
                f"tokens stand for {MOST_BYTES:,} bytes together at most; received more; save the model again"
            )
        self.lengths: NDArray[np.int64] = np.array([len(piece) for piece in self.pieces])

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Units:
        """Those that the facts of encoded data name."""
        return cls(facts["merges"])

    @property
    def vocabulary(self) -> int:
        """How many tokens there are, the beginning included."""
        return len(self.pieces)

    def encode(self, text: bytes) -> NDArray[np.int32]:
        """The tokens of a text, without the beginning; text in UTF-8 where pieces were learned."""
        if not self.merges:
            return np.frombuffer(text, np.uint8).astype(np.int32) + 1
        parts = [
            np.array(self._tokenizer.encode(part.decode("utf-8", errors="replace")).ids, np.int32)
            for part in stretches(text)
        ]
        return np.concatenate([np.empty(0, np.int32), *parts])

    def decode(self, tokens: Sequence[int] | NDArray[np.integer[Any]]) -> bytes:
        """The text of tokens; beginnings leave no trace."""
        if not self.merges:
            raw = np.asarray(tokens, np.int64)
            return (raw[raw != BEGIN] - 1).astype(np.uint8).tobytes()
        return b"".join([self.pieces[token] for token in np.asarray(tokens).tolist()])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer, models, pre_tokenizers

        names = ["".join(_LETTERS[byte] for byte in piece) for piece in self.pieces]
        vocabulary = {name: token for token, name in enumerate(names) if token}
        merges = [(names[first], names[second]) for first, second in self.merges]
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
        tokenizer.pre_tokenizer = cast("Any", pre_tokenizers.ByteLevel(add_prefix_space=False))
        return tokenizer


def stretches(text: bytes) -> Iterator[bytes]:
    """A text in parts of about a megabyte, each cut before a space behind a word: the tokens are those of the whole.

    A tokeniser takes some hundred bytes for every token that it is about to give. Where no word ends for another
    megabyte, the cut is anywhere between two characters.

    Example:
        >>> list(stretches(b"one two"))
        [b'one two']
    """
    start = 0
    while len(text) - start > STRETCH:
        found = _END.search(text, start + STRETCH, start + 2 * STRETCH)
        stop = found.start() + 1 if found else _between(text, start + STRETCH)
        yield text[start:stop]
        start = stop
    yield text[start:]


def short_words(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Texts to learn pieces from, without what would take hours: of words longer than a thousand bytes only a megabyte.

    What byte-pair encoding takes grows with the length of the words that differ, times the pieces.

    Example:
        >>> list(short_words([b"a few short words"]))
        [b'a few short words']
    """
    left = LONG_LEARNED
    for text in texts:
        start = 0
        for word in _LONG.finditer(text):
            yield text[start : word.start()]
            start = word.start()
            while start < word.end() and left > 0:
                stop = _between(text, min(word.end(), start + WORD))
                yield text[start:stop]
                left -= stop - start
                start = stop
            start = word.end()
        yield text[start:]


def _between(text: bytes, place: int) -> int:
    """A place between two characters of UTF-8, at most three bytes on."""
    for stop in range(place, min(place + 3, len(text))):
        if text[stop] & 0xC0 != 0x80:
            return stop
    return min(place + 3, len(text))


def learn(texts: Sequence[bytes], vocabulary: int) -> Units:
    """The pieces that byte-pair encoding finds in texts.

    Args:
        texts: in UTF-8; of very long ones only the beginnings are learned from.
        vocabulary: tokens at most, the beginning included.

    Raises:
        InputError: when the vocabulary has no room for pieces.

    Example:
        >>> units = learn([b"low lower lowest " * 9], 262)
        >>> units.vocabulary, units.pieces[257:]
        (262, [b'lo', b'low', b' low', b' lowe', b'st'])
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    if vocabulary <= BYTES:
        raise InputError(f"a vocabulary of pieces has more than {BYTES} tokens; received {vocabulary}; try 2048")
    share = max(1, LEARNED // max(1, len(texts)))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = cast("Any", pre_tokenizers.ByteLevel(add_prefix_space=False))
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - 1, min_frequency=2, show_progress=False, initial_alphabet=list(_LETTERS)
    )
    total = sum(map(len, texts))
    sample = texts if total <= LEARNED else [text[:share] for text in texts]
    tokenizer.train_from_iterator((part.decode("utf-8", errors="replace") for part in short_words(sample)), trainer)
    number = {letter: byte + 1 for byte, letter in enumerate(_LETTERS)}
    merges: list[tuple[int, int]] = []
    for first, second in json.loads(tokenizer.to_str())["model"]["merges"]:
        if first + second not in number:
            number[first + second] = BYTES + len(merges)
            merges.append((number[first], number[second]))
    return Units(merges)


def _letters() -> list[str]:
    """The visible letter that stands for each byte, as in Radford et al. 2019: itself, or one from 256 on."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in visible]
    number = {byte: byte for byte in visible} | {byte: 256 + place for place, byte in enumerate(others)}
    return [chr(number[byte]) for byte in range(256)]


_LETTERS = _letters()
