"""Opens encoded arrays as `contracts.Data`, by their kind."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from bestiary.contracts import Spec
from bestiary.rows.store import ArrayData, Facts, StoredData, read_spec

STORES: Mapping[str, str] = {
    "pairs": "bestiary.kinds.pairs.reader:PairData",
    "corpus": "bestiary.kinds.corpus.reader:CorpusData",
    "graph": "bestiary.kinds.graph.store:GraphData",
    "graphs": "bestiary.kinds.graph.store:GraphsData",
    "environment": "bestiary.kinds.environment.reader:EnvironmentData",
}
"""kind -> "module:Class" where batches are not rows of arrays; the constructor is that of `StoredData`."""


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
    store = _store(read_spec(folder)[0].kind, StoredData)
    return cast("StoredData", store(folder, batch=batch, seed=seed, device=device, sealed=sealed))


def data_of(spec: Spec, facts: Facts, splits: Mapping[str, Mapping[str, Any]]) -> ArrayData:
    """Data of arrays in memory, such as new rows to be answered.

    Args:
        spec: what sizes a network.
        facts: as in `write_spec`.
        splits: split -> name -> array. Kinds with a store of their own have a classmethod `of` that takes the same.
    """
    store = _store(spec.kind, ArrayData)
    return store(spec, facts, splits) if store is ArrayData else store.of(spec, facts, splits)


def _store(kind: str, usual: type[ArrayData]) -> Any:
    if kind not in STORES:
        return usual
    module, _, name = STORES[kind].partition(":")
    return getattr(importlib.import_module(module), name)
