"""Baselines that carry text on: an n-gram of bytes with Kneser-Ney smoothing, and a compressor.

Sources: Kneser & Ney 1995, Improved backing-off for m-gram language modeling; Chen & Goodman 1999, An empirical study
of smoothing techniques for language modeling, whose modified form with three discounts, interpolated, is what is here:

    p_k(w | h) = max(c(h w) - D(c(h w)), 0) / c(h)  +  sum_v D(c(h v)) / c(h)  *  p_{k-1}(w | h without its first)

where c counts occurrences in the longest n-grams, and in shorter ones how many different bytes stood before. Below one
byte lies the even distribution over all 256, so that no text is impossible.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bestiary.baselines.saved import array, fits
from bestiary.errors import InputError
from bestiary.kinds.corpus.store import CorpusData

Counts = NDArray[np.uint64]
LONGEST = 8  # bytes of an n-gram: as many as one 64-bit number holds
MOST = 64 << 20  # bytes of training text that are counted; the first so many of longer ones
ORDERS = (6, 8, 7, 5, 4, 3)
"""Of n-grams, as they are tried: time is short where a text is long, and there long ones are best."""
PIECE = 4_096  # bytes to which a compressor's bits are dealt out


def grams(text: NDArray[np.uint8], size: int) -> Counts:
    """All stretches of `size` bytes of a text as numbers, the first byte the highest.

    Example:
        >>> [hex(gram) for gram in grams(np.frombuffer(b"abc", np.uint8), 2).tolist()]
        ['0x6162', '0x6263']
    """
    found = np.zeros(max(0, len(text) - size + 1), np.uint64)
    for place in range(size):
        found = (found << np.uint64(8)) | text[place : place + len(found)].astype(np.uint64)
    return found


@dataclass(frozen=True)
class Level:
    """The n-grams of one length.

    Attributes:
        keys: those that were seen, sorted.
        kept: of each, its discounted count over that of its context.
        contexts: what stands before the last byte, sorted.
        handed: of each context, the share that the discounts take from its n-grams and give to the shorter ones.
    """

    keys: Counts
    kept: NDArray[np.float64]
    contexts: Counts
    handed: NDArray[np.float64]

    @classmethod
    def of(cls, keys: Counts, counts: NDArray[np.int64]) -> Level:
        """From sorted n-grams and how often each counts."""
        discount = discounts(counts)[np.minimum(counts, 3)]
        contexts, first = np.unique(keys >> np.uint64(8), return_index=True)
        total = np.add.reduceat(counts, first) if len(first) else np.zeros(0, np.int64)
        place = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(keys))))
        taken = np.add.reduceat(discount, first) if len(first) else np.zeros(0)
        return cls(keys, (counts - discount) / total[place], contexts, taken / total)

    def refine(self, wanted: Counts, shorter: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of n-grams, given those of the n-grams that are a byte shorter."""
        kept = _look(self.keys, self.kept, wanted, 0.0)
        handed = _look(self.contexts, self.handed, wanted >> np.uint64(8), 1.0)
        return kept + handed * shorter


def _look(keys: Counts, values: NDArray[np.float64], wanted: Counts, missing: float) -> NDArray[np.float64]:
    """The values of sorted keys; `missing` for those that are not there."""
    if not len(keys):
        return np.full(len(wanted), missing)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], missing)


def discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken from a count of 0, 1, 2, and 3 or more: Chen & Goodman's estimates from how many n-grams have each
    count; where there are none to estimate from, half of one.

    Example:
        >>> discounts(np.array([1] * 8 + [2] * 4 + [3] * 2 + [4])).tolist()
        [0.0, 0.5, 1.25, 2.0]
    """
    ones, twos, threes, fours = (int((counts == n).sum()) for n in (1, 2, 3, 4))
    if not (ones and twos and threes):
        return np.array([0.0, 0.5, 0.5, 0.5])
    share = ones / (ones + 2 * twos)
    found = [1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes]
    return np.array([0.0, *(float(np.clip(d, 0.1, n - 0.1)) for n, d in enumerate(found, 1))])


class KneserNey:
    """A fitted n-gram of bytes.

    Args:
        keys: of each length from 1, the n-grams that were seen, sorted.
        counts: of each, how often it counts.

    Example:
        >>> model = KneserNey.fit([b"abracadabra " * 9], 3)
        >>> seen, strange = model.bits([b"abra", b"zzzz"])
        >>> bool(seen.sum() < strange.sum())
        True
    """

    def __init__(self, keys: Sequence[Counts], counts: Sequence[NDArray[np.int64]]) -> None:
        self.keys, self.counts = list(keys), list(counts)
        self.levels = [Level.of(k, c) for k, c in zip(self.keys, self.counts)]

    @classmethod
    def fit(cls, texts: Sequence[bytes], order: int) -> KneserNey:
        """Counts n-grams of `order` bytes and fewer, which do not reach from one text into the next.

        Raises:
            InputError: for an order whose n-grams one number does not hold.
        """
        if not 1 <= order <= LONGEST:
            raise InputError(f"an n-gram has from 1 to {LONGEST} bytes; received order {order}; try 6")
        raw = [np.frombuffer(text, np.uint8) for text in texts]
        longest, times = np.unique(np.concatenate([grams(text, order) for text in raw]), return_counts=True)
        keys, counts = [longest], [times]
        for size in range(order - 1, 0, -1):
            # every different byte before it counts once, and so does the beginning of a text
            begins = np.unique(np.concatenate([grams(text[:size], size) for text in raw]))
            ends = keys[0] & np.uint64((1 << (8 * size)) - 1)
            shorter, before = np.unique(np.concatenate([ends, begins]), return_counts=True)
            keys.insert(0, shorter)
            counts.insert(0, before)
        return cls(keys, counts)

    def bits(self, texts: Sequence[bytes]) -> list[NDArray[np.float64]]:
        """Bits of each byte of each text, given those before it in that text."""
        return [-np.log2(self.probabilities(np.frombuffer(text, np.uint8))) for text in texts]

    def probabilities(self, text: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Of each byte [L]; the first ones have less before them."""
        told = np.full(len(text), 1 / 256)
        for size, level in enumerate(self.levels, 1):
            told[size - 1 :] = level.refine(grams(text, size), told[size - 1 :])
        return told

    def write(self, prompt: bytes, count: int, seed: int, temperature: float = 1.0) -> bytes:
        """The prompt and `count` bytes that follow, drawn one by one; below a temperature of 1 the likely ones more."""
        draw = np.random.default_rng(seed)
        text = np.frombuffer(prompt, np.uint8)
        for _ in range(count):
            told = self.following(text) ** (1 / temperature)
            text = np.append(text, np.uint8(draw.choice(256, p=told / told.sum())))
        return text.tobytes()

    def following(self, text: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The probability of each byte after a text, [256]."""
        told, every = np.full(256, 1 / 256), np.arange(256, dtype=np.uint64)
        for size, level in enumerate(self.levels[: len(text) + 1], 1):
            before = grams(text[len(text) - size + 1 :], size - 1)[:1] if size > 1 else np.zeros(1, np.uint64)
            told = level.refine((before << np.uint64(8)) | every, told)
        return told / told.sum()

    def state(self) -> dict[str, Any]:
        """The n-grams and their counts."""
        named = {f"keys_{size}": keys for size, keys in enumerate(self.keys, 1)}
        return named | {f"counts_{size}": counts for size, counts in enumerate(self.counts, 1)}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        sizes = range(1, len(state) // 2 + 1)
        fits(0 < len(sizes) <= LONGEST, "n-grams and their lengths")
        keys = [array(state, f"keys_{size}", "u", 1) for size in sizes]
        counts = [array(state, f"counts_{size}", "i", 1) for size in sizes]
        for known, times in zip(keys, counts):
            fits(len(known) == len(times) and bool((times > 0).all()), "n-grams and counts")
            fits(bool((known[1:] > known[:-1]).all()), "n-grams and their order")
        return cls(keys, counts)


METHODS: Mapping[str, Callable[[bytes], bytes]] = {
    "xz": lambda text: lzma.compress(text, preset=9 | lzma.PRESET_EXTREME),
    "bz2": lambda text: bz2.compress(text, 9),
    "zlib": lambda text: zlib.compress(text, 9),
}


class Compressor:
    """What a text adds to the compressed size of the training text, when it follows it.

    A compressor says no probabilities: what the texts that it is given at once add together is dealt out over pieces of
    them, to each as much as it takes by itself (packed by zlib), so that texts differ as they do for other models.

    Args:
        text: the training text.
        method: "xz", "bz2" (which sees 900 kB at a time) or "zlib" (32 kB).

    Example:
        >>> told = Compressor(b"To be, or not to be. " * 99, "xz").bits([b"To be, or not to be. " * 20])
        >>> bool(told[0].mean() < 1)
        True
    """

    def __init__(self, text: bytes, method: str) -> None:
        self.text, self.method = text, method
        self._alone = len(METHODS[method](text))

    def bits(self, texts: Sequence[bytes]) -> list[NDArray[np.float64]]:
        """Bits of each byte of each text."""
        added = len(METHODS[self.method](self.text + b"".join(texts))) - self._alone
        alone = [_alone(text) for text in texts]
        whole = max(1.0, sum(float(text.sum()) for text in alone))
        return [8 * added / whole * text for text in alone]

    def state(self) -> dict[str, Any]:
        """The training text itself."""
        return {"text": np.frombuffer(self.text, np.uint8), "method": self.method}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        text, method = array(state, "text", "u", 1), str(state.get("method"))
        fits(text.dtype == np.uint8 and method in METHODS, "text and method")
        return cls(text.tobytes(), method)


def _alone(text: bytes) -> NDArray[np.float64]:
    """What each byte takes when the pieces of a text are packed one by one, [L]."""
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    sizes = [len(zlib.compress(piece, 9)) / len(piece) for piece in pieces]
    return np.repeat(np.asarray(sizes, np.float64), [len(piece) for piece in pieces])


def training_texts(data: CorpusData) -> list[bytes]:
    """The stretches of the training text, up to the most that is counted."""
    found, left = [], MOST
    for text in data.text("train"):
        if left > 0:
            found.append(text[:left])
        left -= len(text)
    return found
