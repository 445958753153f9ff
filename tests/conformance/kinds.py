"""Random inputs and small data for the rows of the catalogue, from the examples of their kinds."""

from collections.abc import Mapping
from typing import Any

import torch

from bestiary import kinds
from bestiary.architectures.build import inputs_for, resolve
from bestiary.catalogue import Row
from bestiary.contracts import Spec

ROWWISE = tuple(kind.name for kind in kinds.every().values() if kind.rowwise)
"""Kinds whose inputs are tensors with a row each; of the others a batch is one graph."""


def spec_of(kind: str, outputs: int) -> Spec:
    """Middling sizes of a kind."""
    return kinds.find(kind).part("example").spec(outputs)


def inputs(row: Row, kind: str, words: Mapping[str, Any], batch: int = 2) -> tuple[torch.Tensor, ...]:
    """Random arguments of forward: the row's own, or those of the kind."""
    if kind in row.inputs:
        return resolve(row.inputs[kind])(words, batch)  # type: ignore[return-value]
    return inputs_for(kind, words, batch)


def tiny_data(row: Row, kind: str, problem: str) -> Any:
    """Training rows that the tiny network of a row can learn from."""
    return data_of(kind, row.tiny[kind][1], problem)


def data_of(kind: str, keywords: Mapping[str, Any], problem: str, rows: int | None = None) -> Any:
    """Training rows for a network that is built with these words, which are a spec's or the network's own."""
    given = {} if rows is None else {"rows": rows}
    return kinds.find(kind).part("example").data(keywords, problem, **given)
