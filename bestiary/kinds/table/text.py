"""Columns of text in tables: hashed n-grams of words, and a short summary of them for whoever takes numbers alone.

    text -> words and pairs of words -> places in a table of hashes -> `words` int32 [N X T], 0 where there are no more
                                     -> logarithm of counts, rare ones heavier -> a few directions -> features

Hashing (Weinberger et al. 2009, Feature hashing for large scale multitask learning) needs no list of words, so a word
that training rows did not have does no harm. The summary is latent semantic analysis (Deerwester et al. 1990): the
directions in which the n-grams of training rows differ most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer

from bestiary.rows.written import labels

LARGEST, SMALLEST = 1 << 14, 1 << 8  # places in the table of hashes
LONGEST = 256  # n-grams of a text that are read
SUMMARY = 16  # directions a column
ROWS_A_DIRECTION = 10  # training rows below which a further direction tells of one of them alone


def counts(column: pa.ChunkedArray | pa.Array, places: int) -> sparse.csr_matrix:
    """How often a text holds each n-gram, [N places]; a missing text holds none."""
    texts = [text or "" for text in labels(column).to_pylist()]
    norm: Any = None  # scikit-learn's own hint forbids what its text allows
    hashing = HashingVectorizer(
        n_features=places, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", norm=norm, alternate_sign=False
    )
    return cast("sparse.csr_matrix", hashing.transform(texts))


def listed(found: sparse.csr_matrix, longest: int) -> NDArray[np.int32]:
    """The different n-grams of each text as numbers from 1, [N longest], 0 where there are no more.

    Example:
        >>> listed(sparse.csr_matrix([[0, 2, 0], [1, 1, 1]]), 2).tolist()
        [[2, 0], [1, 2]]
    """
    sizes = np.minimum(np.diff(found.indptr), longest)
    places = np.zeros((len(found.indptr) - 1, longest), np.int32)
    inside = np.arange(longest) < sizes[:, None]
    starts = np.repeat(found.indptr[:-1], sizes) + (np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes))
    places[inside] = found.indices[starts] + 1
    return places


@dataclass(frozen=True)
class TextColumns:
    """What was fitted on the text of training rows.

    Attributes:
        places: of the table of hashes, which all columns share.
        longest: n-grams of a text that are read.
        weights: [X places], of each n-gram: the logarithm of how rare it is.
        summaries: of each column, the directions.
    """

    places: int
    longest: int
    weights: NDArray[np.float64]
    summaries: Sequence[TruncatedSVD]

    @classmethod
    def fit(cls, columns: Sequence[pa.ChunkedArray]) -> TextColumns:
        """Fitted on the texts of a sample of training rows, column by column."""
        rows = len(columns[0])
        wide = [counts(column, LARGEST) for column in columns]
        different = sum(len(np.unique(found.indices)) for found in wide)
        places = int(np.clip(1 << int(2 * max(1, different) - 1).bit_length(), SMALLEST, LARGEST))
        narrow = [counts(column, places) for column in columns]
        longest = max(1, min(LONGEST, max(int(np.diff(found.indptr).max(initial=0)) for found in narrow)))
        holding = np.stack([np.bincount(found.indices, minlength=places) for found in narrow])
        weights = np.log((1 + rows) / (1 + holding)) + 1
        directions = max(1, min(SUMMARY, rows // ROWS_A_DIRECTION))
        summaries = [
            TruncatedSVD(directions, random_state=0).fit(_weighted(found, weight))
            for found, weight in zip(narrow, weights)
        ]
        return cls(places, longest, weights, summaries)

    @property
    def width(self) -> int:
        """Features that come out."""
        return sum(len(np.asarray(summary.components_)) for summary in self.summaries)

    def transform(self, columns: Sequence[pa.ChunkedArray | pa.Array]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Features [N S], each direction with variance about 1, and words [N X T]."""
        found = [counts(column, self.places) for column in columns]
        features = [
            summary.transform(_weighted(matrix, weight)) / np.sqrt(np.maximum(summary.explained_variance_, 1e-12))
            for matrix, weight, summary in zip(found, self.weights, self.summaries)
        ]
        words = np.stack([listed(matrix, self.longest) for matrix in found], axis=1)
        return np.concatenate(features, axis=1).astype(np.float32), words

    def state(self) -> dict[str, Any]:
        """What it consists of, for `restore`."""
        return {
            "places": self.places,
            "longest": self.longest,
            "weights": self.weights,
            "summaries": list(self.summaries),
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> TextColumns:
        """From what `state` gave."""
        return cls(state["places"], state["longest"], state["weights"], state["summaries"])


def _weighted(found: sparse.csr_matrix, weights: NDArray[np.float64]) -> sparse.csr_matrix:
    """Logarithms of counts times the weights of the n-grams, each text of length 1."""
    weighted = found.copy()
    weighted.data = (1 + np.log(weighted.data)) * weights[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ weighted)
