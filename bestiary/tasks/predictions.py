"""Predictions: out of a network, and to and from Parquet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from bestiary.contracts import Data, Predictions
from bestiary.errors import InputError
from bestiary.sampling.looking import evaluating, row_numbers


def outputs(network: nn.Module, data: Data, split: str) -> tuple[Tensor, Tensor]:
    """Every row of a split through a network in evaluation mode, on the CPU.

    Returns:
        Outputs [N K], and row numbers [N]: those of the person's file where the data know them, else 0 ... N-1.
    """
    with evaluating(network):
        parts = [network(*batch.arguments(network)).cpu() for batch in data.batches(split)]  # pyright: ignore
    joined = torch.cat(parts) if parts else torch.empty(0, data.spec.outputs)
    return joined, row_numbers(data, split, len(joined))


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Writes a Parquet table whole or not at all: temporary name, sync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({name: column.cpu().numpy() for name, column in predictions.columns.items()})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_predictions(path: Path) -> Predictions:
    """What `write_predictions` wrote.

    Raises:
        InputError: when the file is not a table of predictions.
    """
    try:
        table: Any = pq.read_table(path, memory_map=False)
    except (pa.ArrowInvalid, OSError) as reason:
        raise InputError(f"expected a Parquet table of predictions at {path}; it cannot be read ({reason})") from reason
    columns = {name: torch.from_numpy(table[name].to_numpy().copy()) for name in table.column_names}
    if "row" not in columns or len(columns) < 2:
        raise InputError(f"expected columns row and value or probability_0 ... in {path}; found {', '.join(columns)}")
    return Predictions(columns)
