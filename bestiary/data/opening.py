"""Opens encoded arrays as `contracts.Data`, by their kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from bestiary import kinds
from bestiary.contracts import Spec
from bestiary.rows.store import ArrayData, Facts, StoredData, read_spec


def open_data(
    folder: Path, batch: int = 128, seed: int = 0, device: str = "cpu", sealed: Path | None = None
) -> StoredData:
    """The encoded data of a folder.

    Args:
        folder: of the encoded arrays.
        batch: rows in a training batch.
        seed: of the order of training rows, and of whatever else is drawn.
        device: where batches are put.
        sealed: folder of the test split, when it may be opened.
    """
    store = kinds.find(read_spec(folder)[0].kind).part("store")
    return cast("StoredData", store(folder, batch=batch, seed=seed, device=device, sealed=sealed))


def data_of(spec: Spec, facts: Facts, splits: Mapping[str, Mapping[str, Any]]) -> ArrayData:
    """Data of arrays in memory, such as new rows to be answered.

    Args:
        spec: what sizes a network.
        facts: as in `write_spec`.
        splits: split -> name -> array.
    """
    return kinds.find(spec.kind).part("store").of(spec, facts, splits)
