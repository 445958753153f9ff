"""Words of a table as one-hot features: a place for each word that is known, all zeros for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bestiary.kinds.table.decoder import GAP, OTHER
from bestiary.rows.columns import Column


@dataclass(frozen=True)
class OneHot:
    """The words that have places.

    Attributes:
        categories: of each column, in the order of their places.

    Example:
        >>> OneHot([["ash", "elm"], ["red"]]).transform(np.array([["elm", "blue"]], dtype=object)).tolist()
        [[0.0, 1.0, 0.0]]
    """

    categories: Sequence[Sequence[str]]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> OneHot | None:
        """Of the columns of words among those that are learned from; None where there are none."""
        known = [
            [*column.known, *([GAP] if column.gaps else []), *([OTHER] if column.rare else [])]
            for column in columns
            if column.role == "category"
        ]
        return cls(known) if known else None

    def transform(self, words: NDArray[np.object_]) -> NDArray[np.float32]:
        """Words [N C] as features, [N places of all columns]."""
        made = np.zeros((len(words), sum(map(len, self.categories))), np.float32)
        at = 0
        for number, names in enumerate(self.categories):
            places = pd.Index(list(names), dtype=object).get_indexer(pd.Index(words[:, number], dtype=object))
            rows = np.flatnonzero(places >= 0)
            made[rows, at + places[rows]] = 1.0
            at += len(names)
        return made
