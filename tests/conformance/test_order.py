"""In which order training rows come: each once an epoch, in a fresh order, a pure function of seed and number."""

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor

from bestiary.rows import store
from tests.conformance.kinds import data_of, spec_of

TASKS = {
    "table": "classification",
    "image": "generate",
    "text": "classification",
    "series": "regression",
    "pairs": "transduce",
    "graphs": "graphs",
}
"""Kinds whose rows come once an epoch, each with a task."""
DRAWN = {"corpus": "continue", "graph": "links"}
"""Kinds of which every update draws."""


def data_with(kind: str, seed: int) -> Any:
    """Rows of a kind, before any batch is made; an epoch has several batches."""
    torch.manual_seed(0)
    task = (TASKS | DRAWN)[kind]
    data = data_of(kind, spec_of(kind, 1 if task == "regression" else 3).sizes(), task)
    data.seed = seed
    return data


def contents(batch: Any) -> list[Tensor]:
    """Everything that a batch holds."""
    return [value for part in vars(batch).values() for value in vars(part).values() if isinstance(value, Tensor)]


def same(one: Any, other: Any) -> bool:
    pairs = list(zip(contents(one), contents(other), strict=True))
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)


def epoch_of(data: Any, epoch: int) -> Any:
    """The rows of an epoch, batch after batch, by what distinguishes them."""
    seen = []
    for number in range(epoch * data.epoch, (epoch + 1) * data.epoch):
        batch = data.batch("train", number)
        if hasattr(batch.inputs, "graph"):
            seen += [batch.inputs.features[batch.inputs.graph == g].flatten().tolist() for g in range(len(batch))]
        else:
            rows = batch.inputs[0]
            seen += [[value for value in row.flatten().tolist() if value] for row in rows]  # padding differs
    return [tuple(round(value, 4) for value in row) for row in seen]


@pytest.mark.parametrize("kind", [*TASKS, *DRAWN])
def test_a_batch_is_a_pure_function_of_seed_and_number(kind: str) -> None:
    first, second, other = data_with(kind, 3), data_with(kind, 3), data_with(kind, 4)
    forward = [first.batch("train", number) for number in range(5)]
    backward = [second.batch("train", number) for number in reversed(range(5))][::-1]
    assert all(same(a, b) for a, b in zip(forward, backward, strict=True)), "whatever was drawn before"
    assert not all(same(a, other.batch("train", n)) for n, a in enumerate(forward)), "another seed, another order"


@pytest.mark.parametrize("kind", TASKS)
def test_each_row_comes_once_an_epoch_in_a_fresh_order(kind: str) -> None:
    data = data_with(kind, 3)
    assert data.epoch > 1
    filed = [row for batch in data.batches("train") for row in epoch_rows(batch)]
    first, second = epoch_of(data, 0), epoch_of(data, 1)
    whole = data.epoch * data.size
    for order in (first, second):
        assert len(order) == whole and Counter(order) <= Counter(filed), "no row comes twice"
    assert first != filed[:whole], "not in the order of the file"
    assert first != second, "nor in the order of the last epoch"


def epoch_rows(batch: Any) -> list[tuple[float, ...]]:
    class Once:
        epoch = 1

        def batch(self, split: str, number: int) -> Any:
            return batch

    return epoch_of(Once(), 0)


@pytest.mark.parametrize("kind", DRAWN)
def test_every_update_draws_anew(kind: str) -> None:
    data = data_with(kind, 3)
    assert not same(data.batch("train", 0), data.batch("train", 1))


@pytest.mark.parametrize("kind", ["table", "image", "text", "series"])
def test_rows_that_are_gathered_are_those_that_are_laid_out(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small data are copied into the order of an epoch; the batches are the same as those of large data."""
    copied = [data_with(kind, 3).batch("train", number) for number in range(4)]
    monkeypatch.setattr(store, "COPIED", 0)
    gathered = [data_with(kind, 3).batch("train", number) for number in range(4)]
    assert all(same(a, b) for a, b in zip(copied, gathered, strict=True))
