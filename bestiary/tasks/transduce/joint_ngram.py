"""Joint n-grams: a word and its sound are one sequence of little pairs, counted like words of a text.

Source: Bisani & Ney 2008, Joint-sequence models for grapheme-to-phoneme conversion. Each training pair is cut into
graphones, a few source tokens with the target tokens that they become; which cut is right is not told, and found by
expectation-maximisation (Dempster, Laird, Rubin 1977) over all cuts at once. The likeliest cuts make a text of
graphones, of which an n-gram model with interpolated Kneser-Ney smoothing (Chen & Goodman 1999) is counted; a new
source is answered by the likeliest sequence of graphones that spells it, found by a beam search.

Departs from it: one discount an order, of n1 and n2, where the paper tunes them; cuts are fixed before n-grams are
counted. Graphones hold one source token and up to two of the target, or two and one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bestiary.baselines.saved import array, fits

SHAPES = ((1, 0), (1, 1), (1, 2), (2, 1))  # source tokens, target tokens
ROUNDS = 8  # of expectation-maximisation
CELLS = 3_000_000  # of all tables together, rows x source x target
LONGEST = 60  # tokens of a source or an answer that is learned from
MOST = 60_000  # training rows
BEAM, WORSE, CHOICES = 16, 9.0, 24  # hypotheses kept, nats behind the best, graphones tried for a piece of the source
History = tuple[int, ...]


class JointNgram:
    """A fitted model.

    Args:
        graphones: int64 [G, 4]: two source tokens and two target tokens each, 0 where there is none; the first one is
            the mark of beginning and end.
        texts: graphones of each training row, one after the other, each row ended by 0.
        order: how many graphones an n-gram has at most.
    """

    def __init__(self, graphones: NDArray[np.int64], texts: NDArray[np.int64], order: int) -> None:
        self.graphones, self.texts, self.order = graphones, texts, order
        self._grams = KneserNey(texts, len(graphones), order)
        self._written = [[int(t) for t in row[2:] if t] for row in graphones]
        common = np.bincount(texts, minlength=len(graphones))
        self._spelling: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number in np.argsort(-common[1:], kind="stable") + 1:
            key = tuple(int(t) for t in graphones[number, :2] if t)
            if len(self._spelling[key]) < CHOICES:
                self._spelling[key].append(int(number))

    def write(self, source: Tensor, lengths: Tensor) -> list[list[int]]:
        """The likeliest answer to each source, as tokens."""
        rows = zip(source.tolist(), lengths.tolist())
        return [self._answer(row[: length - 1]) for row, length in rows]  # the last token is the end

    def _answer(self, source: Sequence[int]) -> list[int]:
        places: list[dict[History, tuple[float, History]]] = [{} for _ in range(len(source) + 1)]
        places[0] = {(0,): (0.0, ())}
        for place in range(len(source)):
            for history, (score, path) in _best(places[place]):
                for size in (1, 2):
                    key = tuple(source[place : place + size])
                    choices = self._spelling.get(key, []) if len(key) == size else []
                    for number, cost in self._grams.costs(history, tuple(choices)):
                        following = self._grams.shortened((*history, number))
                        _improve(places[place + size], following, score - cost, (*path, number))
                    if size == 1 and not choices:  # a token that no training row has says nothing
                        _improve(places[place + 1], history, score - 20.0, path)
        ends = [(score - self._grams.costs(history, (0,))[0][1], path) for history, (score, path) in places[-1].items()]
        path = max(ends)[1] if ends else ()
        return [token for number in path for token in self._written[number]]

    def state(self) -> dict[str, Any]:
        """What it consists of."""
        return {"graphones": self.graphones, "texts": self.texts, "order": self.order}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        graphones, texts, order = array(state, "graphones", "i", 2), array(state, "texts", "i", 1), state.get("order")
        fits(graphones.shape[1] == 4 and len(graphones) > 0 and len(texts) > 0, "graphones and texts")
        fits(bool(((texts >= 0) & (texts < len(graphones))).all()) and graphones.min() >= 0, "graphones and texts")
        fits(type(order) is int and 0 < order <= 20, "order and texts")
        return cls(graphones, texts, int(order or 0))


def _best(place: Mapping[History, tuple[float, History]]) -> list[tuple[History, tuple[float, History]]]:
    kept = sorted(place.items(), key=lambda item: -item[1][0])[:BEAM]
    return [item for item in kept if item[1][0] > kept[0][1][0] - WORSE]


def _improve(place: dict[History, tuple[float, History]], history: History, score: float, path: History) -> None:
    if history not in place or score > place[history][0]:
        place[history] = (score, path)


class KneserNey:
    """Interpolated Kneser-Ney smoothing of n-grams.

    Args:
        texts: numbers below `size`, each text ended by 0, which also stands before its beginning.
        size: different numbers.
        order: longest n-gram.

    Example:
        >>> grams = KneserNey(np.array([1, 2, 0, 1, 2, 0, 1, 1, 0]), size=3, order=2)
        >>> [round(math.exp(-cost), 3) for _, cost in grams.costs((1,), (0, 1, 2))]
        [0.267, 0.267, 0.467]
    """

    def __init__(self, texts: NDArray[np.int64], size: int, order: int) -> None:
        self.size, self.order = size, order
        counts: list[dict[History, Counter[int]]] = [defaultdict(Counter) for _ in range(order)]
        history: History = (0,)
        for number in texts.tolist():
            for length in range(min(order, len(history) + 1)):
                context = history[len(history) - length :]
                whole = length == order - 1 or context[:1] == (0,)  # nothing stands before a beginning
                if whole or number not in counts[length + 1].get(history[len(history) - length - 1 :], ()):
                    counts[length][context][number] += 1  # of shorter n-grams, in how many longer ones they end
            history = (0,) if number == 0 else (*history, number)[-max(1, order - 1) :]
        self._counts = [dict(of_length) for of_length in counts]
        self._discounts = [_discount(of_length) for of_length in self._counts]
        self._totals = [{h: (c.total(), len(c)) for h, c in of_length.items()} for of_length in self._counts]
        self._kept: dict[tuple[History, History], list[tuple[int, float]]] = {}

    def shortened(self, history: History) -> History:
        """The longest end of a history that was seen: what stands before it changes nothing."""
        history = history[-(self.order - 1) :] if self.order > 1 else ()
        while history and history not in self._counts[len(history)]:
            history = history[1:]
        return history

    def costs(self, history: History, numbers: History) -> list[tuple[int, float]]:
        """Each number with its cost in nats after a history."""
        key = (self.shortened(history), numbers)
        if key not in self._kept:
            if len(self._kept) > 500_000:
                self._kept.clear()
            self._kept[key] = self._reckon(*key)
        return self._kept[key]

    def _reckon(self, history: History, numbers: History) -> list[tuple[int, float]]:
        chances = [1 / self.size] * len(numbers)
        for length in range(len(history) + 1):
            context = history[len(history) - length :]
            counted = self._counts[length].get(context)
            if counted is None:
                continue
            (total, different), discount = self._totals[length][context], self._discounts[length]
            spared = discount * different / total
            chances = [
                max(counted.get(n, 0) - discount, 0.0) / total + spared * probability
                for n, probability in zip(numbers, chances)
            ]
        return [(number, -math.log(probability)) for number, probability in zip(numbers, chances)]


def _discount(counts: Mapping[History, Counter[int]]) -> float:
    """n1 / (n1 + 2 n2), of how many n-grams were seen once and twice."""
    seen = Counter(count for of_context in counts.values() for count in of_context.values() if count < 3)
    return min(0.95, max(0.1, seen[1] / (seen[1] + 2 * seen[2]))) if seen[1] else 0.5


# ---------------------------------------------------------------------------------------------- the alignment


def fit_joint_ngram(source: NDArray[np.integer[Any]], sequence: NDArray[np.integer[Any]], order: int) -> JointNgram:
    """Aligns training pairs and counts.

    Args:
        source: [N, S], tokens of each source, 0 behind them.
        sequence: [N, T], of each answer; both without marks.
        order: longest n-gram.
    """
    sizes = np.stack([(source > 0).sum(1), (sequence > 0).sum(1)])
    fits = (sizes.max(0) <= LONGEST) & (sizes[1] <= 2 * sizes[0]) & (sizes.min(0) > 0)
    rows = np.flatnonzero(fits)[:MOST]
    if not len(rows):
        return JointNgram(np.zeros((1, 4), np.int64), np.zeros(1, np.int64), order)
    source, sequence, sizes = source[rows].astype(np.int64), sequence[rows].astype(np.int64), sizes[:, rows]
    width, height = (int(size.max(initial=1)) for size in sizes)
    source, sequence = source[:, :width], sequence[:, :height]
    few = slice(0, max(1, CELLS // (width * height)))
    known = Graphones(source[few], sequence[few], sizes[:, few])
    chances = np.full(known.count, 1 / known.count)
    for _ in range(ROUNDS):
        chances = known.expected(chances)
        chances /= chances.sum()
    table: dict[tuple[int, ...], int] = {(0, 0, 0, 0): 0}
    text: list[int] = []
    step = max(1, CELLS // (width * height))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        cut = Graphones(source[part], sequence[part], sizes[:, part])
        for row in cut.likeliest(known.chances_of(chances, cut)):
            text += [table.setdefault(graphone, len(table)) for graphone in row] + [0]
    return JointNgram(np.array(list(table), np.int64), np.array(text or [0], np.int64), order)


class Graphones:
    """All ways to cut some pairs into graphones: for each shape a table [N, S, T + 1] of which graphone stands there.

    Args:
        source, sequence: [N, S] and [N, T], 0 behind the tokens.
        sizes: [2, N], tokens of each.
    """

    def __init__(self, source: NDArray[np.int64], sequence: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        self.sizes, (rows, self.width), self.height = sizes, source.shape, sequence.shape[1]
        base = int(max(source.max(initial=0), sequence.max(initial=0))) + 1
        padded, written = np.pad(source, ((0, 0), (0, 2))), np.pad(sequence, ((0, 0), (0, 2)))
        codes = []
        for read, wrote in SHAPES:
            code = np.zeros((rows, self.width, self.height + 1), np.int64)
            for place in range(2):
                token = padded[:, place : place + self.width] if place < read else np.zeros_like(source)
                code = code * base + token[:, :, None]
            for place in range(2):
                token = written[:, place : place + self.height + 1] if place < wrote else np.zeros((rows, 1), np.int64)
                code = code * base + token[:, None, :]
            codes.append(code)
        graphones, numbers = np.unique(np.stack(codes), return_inverse=True)
        self.numbers, self.count = numbers.reshape(len(SHAPES), rows, self.width, self.height + 1), len(graphones)
        self.names = np.stack(np.unravel_index(graphones, (base,) * 4), 1)

    def chances_of(self, chances: NDArray[np.float64], other: Graphones) -> NDArray[np.float64]:
        """The chances of these graphones for those of another lot; what is new gets the smallest."""
        known = {tuple(name): probability for name, probability in zip(self.names.tolist(), chances.tolist())}
        least = max(1e-9, float(chances[chances > 0].min()))
        return np.array([known.get(tuple(name), least) for name in other.names.tolist()]).clip(least)

    def expected(self, chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """How often each graphone is expected, over all cuts weighted by their probability (forward-backward)."""
        rows = np.arange(self.numbers.shape[1])
        weight = chances[self.numbers]  # [shapes, N, S, T + 1]
        ahead, back = (np.zeros((len(rows), self.width + 3, self.height + 3)) for _ in range(2))
        ahead[:, 0, 0], back[rows, self.sizes[0], self.sizes[1]] = 1.0, 1.0
        end = self.height + 1
        for place in range(self.width):
            for shape, (read, wrote) in enumerate(SHAPES):
                ahead[:, place + read, wrote : wrote + end] += ahead[:, place, :end] * weight[shape, :, place]
        for place in range(self.width - 1, -1, -1):
            for shape, (read, wrote) in enumerate(SHAPES):
                back[:, place, :end] += back[:, place + read, wrote : wrote + end] * weight[shape, :, place]
        whole = back[:, 0, 0][:, None, None]
        counts = np.zeros(self.count)
        for shape, (read, wrote) in enumerate(SHAPES):
            behind = back[:, read : read + self.width, wrote : wrote + end]
            share = ahead[:, : self.width, :end] * weight[shape] * behind / np.where(whole > 0, whole, 1)
            counts += np.bincount(self.numbers[shape].ravel(), share.ravel(), minlength=self.count)
        return counts

    def likeliest(self, chances: NDArray[np.float64]) -> list[list[tuple[int, ...]]]:
        """The likeliest cut of each pair (Viterbi)."""
        weight, rows, end = np.log(chances)[self.numbers], self.numbers.shape[1], self.height + 1
        best = np.full((rows, self.width + 3, self.height + 3), -np.inf)
        backpointer = np.zeros(best.shape, np.int8)
        best[:, 0, 0] = 0.0
        for place in range(self.width):
            for shape, (read, wrote) in enumerate(SHAPES):
                score = best[:, place, :end] + weight[shape, :, place]
                there = best[:, place + read, wrote : wrote + end]
                better = score > there
                there[better] = score[better]
                backpointer[:, place + read, wrote : wrote + end][better] = shape
        return [self._back(row, backpointer[row], *self.sizes[:, row].tolist()) for row in range(rows)]

    def _back(self, row: int, backpointer: NDArray[np.int8], place: int, written: int) -> list[tuple[int, ...]]:
        path: list[tuple[int, ...]] = []
        while place > 0:
            shape = int(backpointer[place, written])
            place, written = place - SHAPES[shape][0], written - SHAPES[shape][1]
            path.append(tuple(self.names[self.numbers[shape, row, place, written]].tolist()))
        return path[::-1]
