"""Predictions: out of a network, and to and from Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import xxhash
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Batch, Data, Predictions
from bestiary.errors import InputError
from bestiary.files import replacing
from bestiary.sampling.looking import evaluating, row_numbers

DIGEST = b"xxh3_128"


Forward = Callable[[nn.Module, Batch], Tensor]
"""What a network answers to a batch."""


def forward(network: nn.Module, batch: Batch) -> Tensor:
    """The outputs of a network, [B K]."""
    return network(*batch.arguments(network))


def by_member(network: nn.Module, batch: Batch) -> Tensor:
    """The outputs of each member of a network, [B M K]; of one that has no members [B 1 K].

    A network of members joins them itself as classes or as one number. Who asks for several of either joins them.
    """
    members: Callable[..., Tensor] | None = getattr(network, "answers", None)
    return forward(network, batch)[:, None] if members is None else members(*batch.arguments(network))


def outputs(network: nn.Module, data: Data, split: str, ask: Forward = forward) -> tuple[Tensor, Tensor]:
    """Every row of a split through a network in evaluation mode, on the CPU.

    Args:
        network: of whom.
        data: with the split.
        split: whose rows.
        ask: how a batch is put to it.

    Returns:
        Outputs [N K], and row numbers [N]: those of the person's file where the data know them, else 0 ... N-1.
    """
    with evaluating(network):
        parts = [ask(network, batch).cpu() for batch in data.batches(split)]
    joined = torch.cat(parts) if parts else torch.empty(0, data.spec.outputs)
    return joined, row_numbers(data, split, len(joined))


def told(baseline: Any, data: Any, split: str) -> tuple[Tensor, Tensor]:
    """What a fitted baseline, whose `predict` takes arrays, says of every row of a split.

    Returns:
        Probabilities [N K] float32 or values [N] float64, and row numbers as in `outputs`.
    """
    arrays = {name: array.numpy() for name, array in data.arrays(split).items()}
    given = torch.from_numpy(np.array(baseline.predict(arrays)))
    return given, row_numbers(data, split, len(given))


def answers(predictions: Predictions) -> NDArray[np.float64]:
    """Everything that predictions say of each row but its number, [N, K]."""
    columns = [column.double().numpy() for name, column in predictions.columns.items() if name != "row"]
    return np.stack(columns, axis=1)


def columns_of(truth: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
    """True answers [N] or [N T] as columns of a file: `target`, or `target_0` ... `target_{T-1}`.

    Example:
        >>> list(columns_of(np.zeros((3, 2))))
        ['target_0', 'target_1']
    """
    if truth.ndim == 1:
        return {"target": truth}
    return {f"target_{k}": truth[:, k] for k in range(truth.shape[1])}


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Writes a Parquet table with a digest of its content, whole or not at all: temporary name, sync, rename."""
    columns = {name: column.cpu().numpy() for name, column in predictions.columns.items()}
    table = pa.table(columns).replace_schema_metadata({DIGEST: _digest(columns)})
    with replacing(path) as temporary:
        pq.write_table(table, temporary, write_page_checksum=True)


def read_predictions(path: Path) -> Predictions:
    """What `write_predictions` wrote.

    Raises:
        InputError: when the file is not a table of predictions, or has been changed since it was written.
    """
    try:
        table: Any = pq.read_table(path, memory_map=False, page_checksum_verification=True)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        found = {name: torch.from_numpy(column.copy()) for name, column in columns.items()}
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError, MemoryError) as reason:
        said = " ".join(str(reason).split())[:200]
        raise InputError(
            f"expected a Parquet table of predictions at {path}; it cannot be read ({said}); race again"
        ) from reason
    if (table.schema.metadata or {}).get(DIGEST, _digest(columns)) != _digest(columns):
        raise InputError(
            f"expected predictions in {path} as they were written; they have been changed; remove the file"
        )
    if "row" not in columns or len(columns) < 2:
        raise InputError(f"expected columns row and value or probability_0 ... in {path}; found {', '.join(columns)}")
    return Predictions(found)


def _digest(columns: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Of names and values: the format itself checks its pages, but not what it calls them."""
    found = xxhash.xxh3_128()
    for name, column in columns.items():
        found.update(f"{name} {column.dtype.str}{column.shape} ".encode())
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest().encode()
