"""Baselines from sequence to sequence: the answer of the nearest known source, and joint n-grams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from bestiary.baselines.joint_ngram import LONGEST, JointNgram, fit_joint_ngram
from bestiary.baselines.rivals import Rival
from bestiary.baselines.saved import array, fits
from bestiary.errors import InputError
from bestiary.tasks.edits import edits

CANDIDATES = 100  # training rows with the most in common, among which the nearest is found
AT_ONCE = 256  # rows compared at a time
BUCKETS = 1 << 16  # for pairs of neighbouring tokens


class NearestNeighbour:
    """Answers with what belongs to the known source of the fewest edits, among those that share the most neighbouring
    tokens with the new one; the first of equals.

    Args:
        source: int32 [N, S], tokens of known sources, ended, 0 behind them.
        sequence: int32 [N, T], of their answers, begun and ended.
    """

    def __init__(self, source: NDArray[np.int32], sequence: NDArray[np.int32]) -> None:
        self.source, self.sequence = source, sequence
        self._lengths = (source > 0).sum(1)
        self._pairs = neighbours(source).T.tocsr()

    def write(self, source: Tensor, lengths: Tensor) -> list[list[int]]:
        """The neighbour's answer for each row, as tokens."""
        given, sizes = source.numpy().astype(np.int32), lengths.numpy()
        found: list[list[int]] = []
        for start in range(0, len(given), AT_ONCE):
            rows = given[start : start + AT_ONCE]
            for number in self._nearest(rows, sizes[start : start + AT_ONCE]):
                answer = self.sequence[number]
                found.append(answer[answer > 3].tolist())
        return found

    def _nearest(self, rows: NDArray[np.int32], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        common = (neighbours(rows) @ self._pairs).toarray()  # [rows, N]
        many = min(CANDIDATES, common.shape[1])
        likely = np.sort(np.argpartition(-common, many - 1, axis=1)[:, :many], 1)
        known = likely.ravel()
        apart = edits(np.repeat(rows, many, 0), np.repeat(lengths, many), self.source[known], self._lengths[known])
        return likely[np.arange(len(rows)), apart.reshape(likely.shape).argmin(1)]

    def state(self) -> dict[str, Any]:
        """What it consists of."""
        return {"source": self.source, "sequence": self.sequence}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        source, sequence = array(state, "source", "i", 2), array(state, "sequence", "i", 2)
        fits(len(source) == len(sequence) > 0, "sources and answers")
        fits(min(source.min(initial=0), sequence.min(initial=0)) >= 0, "tokens and their numbers")
        return cls(source, sequence)


def neighbours(source: NDArray[np.int32]) -> sparse.csr_matrix:
    """How often two tokens stand side by side in each row (the begin before the first): [N, BUCKETS]."""
    before = np.pad(source, ((0, 0), (1, 0)), constant_values=2)[:, :-1].astype(np.int64)
    codes = (before * 1_000_003 + source) % BUCKETS
    rows, places = np.nonzero(source)
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_matrix((ones, (rows, codes[rows, places])), shape=(len(source), BUCKETS))


def _train(data: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    arrays = data.arrays("train")
    return np.array(arrays["source"]), np.array(arrays["sequence"])


def _nearest(data: Any, setting: dict[str, Any], seed: int, seconds: float) -> NearestNeighbour:
    return NearestNeighbour(*_train(data))


def _joint(data: Any, setting: dict[str, Any], seed: int, seconds: float) -> JointNgram:
    source, sequence = _train(data)
    source = np.where(source == 3, 0, source)  # marks are no part of what is aligned
    sequence = np.pad(np.where(sequence == 3, 0, sequence)[:, 1:], ((0, 0), (0, 1)))
    model = fit_joint_ngram(source, sequence, int(setting["order"]))
    if len(model.graphones) < 2:
        told = f"joint n-grams align answers of at most {LONGEST} tokens and twice as many as their source has"
        raise InputError(f"{told}; no training row is such a pair")
    return model


_PAIRS = "every training pair"
RIVALS: tuple[Rival, ...] = (
    Rival(
        "nearest",
        "nearest neighbour by edits",
        ("transduce",),
        ("pairs",),
        NearestNeighbour,
        _nearest,
        holds=_PAIRS,
    ),
    Rival(
        "joint_ngram",
        "joint n-grams",
        ("transduce",),
        ("pairs",),
        JointNgram,
        _joint,
        lambda data: ({"order": 5}, {"order": 7}, {"order": 3}),
        holds="the training pairs, cut into pieces, one after the other",
    ),
)
