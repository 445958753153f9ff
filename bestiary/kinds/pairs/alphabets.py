"""What sequences are written in: characters, words, or byte pairs; from text to tokens and back.

Tokens 0 to 3 are padding, unknown, begin and end; what is known of the training rows is counted on from 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from bestiary.errors import InputError, nearest
from bestiary.kinds.corpus.units import Units
from bestiary.kinds.corpus.units import learn as learn_pieces

PADDING, UNKNOWN, BEGIN, END = range(4)
FIRST = 4  # token of the first thing that is known
MOST = 8_000  # tokens of a vocabulary
SYMBOLS = 256  # different words up to which words are symbols, as phonemes and commands are
SHORT = 40  # characters up to which the median text is spelt


class Alphabet(Protocol):
    """From text to tokens and back.

    Attributes:
        unit: "characters", "words" or "bpe".
        size: of the vocabulary, the four marks included.
    """

    @property
    def unit(self) -> str: ...
    @property
    def size(self) -> int: ...

    def encode(self, text: str) -> list[int]:
        """Its tokens, without beginning and end."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, all of them from 4 on."""
        ...

    def words(self) -> dict[str, Any]:
        """What `alphabet_of` needs to make it again: plain JSON."""
        ...


class Known:
    """Characters or words that are listed.

    Args:
        unit: "characters" or "words".
        known: the list; its first has token 4.

    Example:
        >>> spelling = Known("characters", "abc")
        >>> spelling.encode("cab!"), spelling.decode([6, 4, 5])
        ([6, 4, 5, 1], 'cab')
    """

    def __init__(self, unit: str, known: Sequence[str]) -> None:
        self.unit, self.known, self.size = unit, list(known), FIRST + len(known)
        self._number = {name: FIRST + place for place, name in enumerate(self.known)}
        self._join = " " if unit == "words" else ""

    def encode(self, text: str) -> list[int]:
        """Its tokens; what is not listed is unknown."""
        return [self._number.get(part, UNKNOWN) for part in _parts(self.unit, text)]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return self._join.join(self.known[token - FIRST] for token in tokens)

    def words(self) -> dict[str, Any]:
        """Unit and list."""
        return {"unit": self.unit, "known": self.known}


class Pieces:
    """Byte pairs: no text is unknown.

    Args:
        merges: see `data.units.Units`.

    Example:
        >>> pieces = Pieces([])
        >>> pieces.decode(pieces.encode("née"))
        'née'
    """

    unit = "bpe"

    def __init__(self, merges: Sequence[Sequence[int]]) -> None:
        self.units = Units(merges)
        self.size = self.units.vocabulary - 1 + FIRST

    def encode(self, text: str) -> list[int]:
        """Its tokens."""
        return (self.units.encode(text.encode("utf-8", "replace")) + (FIRST - 1)).tolist()

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; bytes that are no UTF-8 become a mark of replacement."""
        return self.units.decode(np.asarray(tokens, np.int64) - (FIRST - 1)).decode("utf-8", "replace")

    def words(self) -> dict[str, Any]:
        """Unit and merges."""
        return {"unit": self.unit, "merges": self.units.merges}


UNITS = ("characters", "words", "bpe")


def learn(unit: str, texts: Sequence[str]) -> Alphabet:
    """The alphabet that training texts are written in; of many words, the commonest.

    Raises:
        InputError: for an unknown unit.

    Example:
        >>> learn("words", ["K AE T", "K AH T"]).known
        ['AE', 'AH', 'K', 'T']
    """
    check_unit(unit)
    if unit == "bpe":
        total = sum(map(len, texts))
        return Pieces(
            learn_pieces([t.encode("utf-8", "replace") for t in texts], int(np.clip(4 * total**0.5, 300, MOST))).merges
        )
    counts = Counter(part for text in texts for part in _parts(unit, text))
    common = sorted(counts, key=lambda part: (-counts[part], part))[:MOST]
    return Known(unit, sorted(common))


def alphabet_of(words: Mapping[str, Any]) -> Alphabet:
    """What `Alphabet.words` told."""
    return Pieces(words["merges"]) if words["unit"] == "bpe" else Known(check_unit(words["unit"]), words["known"])


def check_unit(unit: str) -> str:
    """The unit, when it is one; `InputError` with the nearest otherwise."""
    if unit not in UNITS:
        raise InputError(f"units must be characters, words or bpe; received {unit!r}{nearest(unit, UNITS)}")
    return unit


def choose(texts: Sequence[str]) -> tuple[str, str]:
    """The unit that suits these texts, and why.

    Example:
        >>> choose(["K AE T", "D AO G", "K AO D", "T AO K"] * 9)
        ('words', '6 different words, 3.0 in a row of them')
        >>> choose(["cat", "dog", "cod"])
        ('characters', 'the texts are short: 3 characters')
    """
    counts = Counter(part for text in texts for part in text.split())
    total, rows = sum(counts.values()), max(1, len(texts))
    if len(counts) <= SYMBOLS and total >= 2 * rows and total >= 5 * len(counts):
        return "words", f"{len(counts)} different words, {total / rows:.1f} in a row of them"
    length = int(np.median([len(text) for text in texts])) if texts else 0
    if length <= SHORT:
        return "characters", f"the texts are short: {length} characters"
    return "bpe", f"the texts are long: {length} characters"


def _parts(unit: str, text: str) -> Sequence[str]:
    return text.split() if unit == "words" else text
