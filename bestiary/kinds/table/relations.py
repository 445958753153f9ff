"""What the report says of columns beside each other: cells that are missing, and what goes up and down together.

Spearman's rank correlation, on training rows, of columns that are numbers, dates or yes and no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bestiary.kinds.table.decoder import GAP
from bestiary.rows.store import read_array

if TYPE_CHECKING:
    from bestiary.kinds.table.encoder import TableEncoder

ROWS, COLUMNS = 5_000, 200  # that correlations are made of
ALIKE, PAIRS = 0.9, 3  # from which on two columns say nearly the same; pairs that are named


@dataclass(frozen=True)
class Relations:
    """Of columns by name.

    Attributes:
        missing: share of the cells that are missing.
        target: correlation with the target; for two classes, with the second one. Empty where there are several.
        alike: pairs of columns that say nearly the same, with their correlation.
    """

    missing: Mapping[str, float]
    target: Mapping[str, float]
    alike: list[tuple[str, str, float]]


def relations(encoder: TableEncoder, folder: Path, classes: int) -> Relations:
    """Of the training rows in a folder of encoded data.

    Args:
        encoder: of these rows.
        folder: `data/` of a run.
        classes: of the target; 0 for a number.
    """
    features = np.asarray(read_array(folder, "train", "features")[:ROWS], np.float64)
    target = np.asarray(read_array(folder, "train", "target")[: len(features)], np.float64)
    single = target.ndim == 1
    if not single:  # of several, a column of the report cannot tell
        target = np.zeros(len(features))
    missing, plain = dict[str, float](), dict[str, int]()
    scaled = len(encoder.parts["scaled"])  # pyright: ignore[reportArgumentType]
    onehot = encoder.words
    category = 0
    for column, standing in zip(encoder.used, encoder.standing().values(), strict=True):
        places = standing["features"]
        gaps = [place for place in places if scaled <= place < encoder.count]
        if column.role == "category" and onehot is not None:
            names = list(onehot.categories[category])
            gaps, category = [places[names.index(GAP)]] if GAP in names else [], category + 1
        elif column.role != "text" and places and places[0] < scaled:
            plain[column.name] = places[0]
        missing[column.name] = float(features[:, gaps[0]].mean()) if gaps else 0.0
    names = list(plain)[:COLUMNS]
    table = _correlations(np.column_stack([*(features[:, plain[name]] for name in names), target]))
    told = {name: float(table[k, -1]) for k, name in enumerate(names)} if single and classes in (0, 2) else {}
    above = np.triu(np.abs(table[:-1, :-1]), 1)
    order = np.argsort(-above, axis=None, kind="stable")[:PAIRS] if len(names) > 1 else []
    pairs = [divmod(int(place), len(names)) for place in order]
    alike = [(names[a], names[b], float(table[a, b])) for a, b in pairs if above[a, b] >= ALIKE]
    return Relations(missing, told, alike)


def _correlations(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's, of each two of the columns [N, C]; 0 where one does not vary."""
    ranks = rankdata(columns, axis=0)
    centred = ranks - ranks.mean(0)
    size = np.sqrt((centred**2).sum(0))
    scaled = centred / np.where(size > 0, size, 1.0)
    return scaled.T @ scaled
