"""What networks for tables have to know of the training rows before they learn from them."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn

from bestiary.contracts import Batch, Data, TableInputs, Target
from bestiary.layers.columns import PiecewiseLinearEncoding

MEASURED = 20_000  # training rows that are looked at, evenly spread: quantiles are good to half a percent


def training_rows(data: Data, most: int = MEASURED) -> Batch[TableInputs, Target | None]:
    """Training rows, evenly spread over all, as one batch."""
    stored = cast("Any", data)
    rows = stored.rows("train")
    where = torch.linspace(0, rows - 1, min(rows, most), dtype=torch.float64).round().long()
    return cast("Batch[TableInputs, Target | None]", stored.take("train", where))


def measure(network: nn.Module, data: Data) -> None:
    """Tells every piecewise-linear encoding of a network the quantiles of the training rows that it takes."""
    parts = [part for part in network.modules() if isinstance(part, PiecewiseLinearEncoding)]
    if parts:
        numbers = training_rows(data).arguments(network)[0]
        for part in parts:
            part.measure(numbers)
