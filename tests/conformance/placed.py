"""Every row taught, judged and sampled on a second device: a script, for that device must be there before autograd.

    python -m tests.conformance.placed standin 0 3       the rows 0, 3, 6, ... on the stand-in
    python -m tests.conformance.placed cuda 0 1          all rows on an accelerator

It prints {"row-kind-problem": "" or what went wrong} as JSON.
"""

from __future__ import annotations

import copy
import inspect
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from bestiary.architectures.build import resolve
from bestiary.catalogue import Row
from bestiary.layers import recurrent
from bestiary.layers.adversaries import Adversaries
from bestiary.tasks.registry import task_for
from tests.conformance.kinds import tiny_data
from tests.conformance.standin import NAME, register, standin, to_cpu
from tests.conformance.test_rows import LEARNING, learner_network

UPDATES = 4


class Moved:
    """Data whose batches are on a device; nothing else of it is changed."""

    def __init__(self, data: Any, device: torch.device) -> None:
        self._data, self._device = data, device

    def __getattr__(self, name: str) -> Any:
        return getattr(self._data, name)

    def batch(self, split: str, number: int) -> Any:
        return self._data.batch(split, number).to(self._device)

    def batches(self, split: str) -> Iterator[Any]:
        return (batch.to(self._device) for batch in self._data.batches(split))

    def take(self, split: str, rows: Any) -> Any:
        return self._data.take(split, rows).to(self._device)


def with_outputs(row: Row, kind: str, problem: str) -> Row:
    network, keywords = row.tiny[kind]
    if problem != "regression":
        return row
    return Row(**{**row.__dict__, "tiny": {kind: (network, {**keywords, "outputs": 1})}})


def taught(row: Row, kind: str, problem: str, device: torch.device | None) -> tuple[Any, Any, list[float]]:
    """An algorithm after some updates, its data, and what it logged."""
    torch.manual_seed(0)
    data: Any = tiny_data(row, kind, problem)
    network = learner_network(row, kind, problem, data.spec, 0)
    if device is not None:
        network, data = network.to(device), Moved(data, device)
    torch.manual_seed(1)
    words = {"warmup": 64, "batch": 32, "capacity": 64, "actions": 1} if problem == "control" else {}
    algorithm = resolve(row.recipes[problem])(network, data.spec, **{**row.settings[-1], **words})  # pyright: ignore
    logs = [float(log["loss"]) for log, _ in zip(algorithm.updates(data, 0, UPDATES), range(UPDATES))]  # pyright: ignore
    return algorithm, data, logs


def use(row: Row, problem: str, answer: nn.Module, data: Any) -> None:
    """What is done with a trained network: it is judged, looked at, sampled from."""
    answer.eval()
    task = task_for({**data.facts, "problem": problem})
    with torch.no_grad():
        predictions = task.predict(answer, data, "validation")
    for name, column in predictions.columns.items():
        assert column.device.type == "cpu", f"{name} of the predictions is what judges read: on the CPU"
    if problem == "generate" and data.spec.kind == "table":
        make: Any = resolve(row.verbs["sample"])
        few = {"steps": 3} if "steps" in inspect.signature(make).parameters else {}
        make(answer, data.spec, data.facts, count=3, seed=0, **few)
    elif problem == "generate":
        assert answer.sample(3, torch.Generator()).device.type != "cpu"  # pyright: ignore[reportCallIssue]
    if "encode" in row.verbs and problem == "reconstruct":
        columns: Any = resolve(row.verbs["encode"])(answer, data, "validation")
        assert all(torch.as_tensor(column).device.type == "cpu" for column in columns.values())


def check(row: Row, kind: str, problem: str, name: str) -> None:
    """Raises where the row does something else there than on the CPU.

    On the stand-in the same numbers are drawn as on the CPU, so training must give the same weights.
    """
    row = with_outputs(row, kind, problem)
    mine, data, expected = taught(row, kind, problem, None)
    with standin() if name == NAME else nullcontext(torch.device(name)) as device:
        other, data, found = taught(row, kind, problem, device)
        use(row, problem, copy.copy(other.answer), data)
    fresh = learner_network(row, kind, problem, data.spec, 0).state_dict()
    moved = apart = 0.0
    for (part, here), there in zip(mine.answer.state_dict().items(), other.answer.state_dict().values()):
        assert there.device.type == name, f"{part} has left its device"
        moved += float((here - fresh[part].view_as(here)).float().abs().sum())
        apart += float((to_cpu(there).cpu() - here).float().abs().sum())
    # not of players: their first gradients are so small that Adam makes whole steps of their rounding
    if name == NAME and not isinstance(other.answer, Adversaries):
        assert apart <= 0.05 * moved + 1e-6, f"weights are {apart:.1e} apart after moving by {moved:.1e}"
    assert all(abs(a - b) <= 5e-3 + 1e-2 * abs(b) for a, b in zip(found, expected)) or name != NAME, (found, expected)


def main(name: str, first: int, step: int) -> None:
    """Prints what went wrong with each of some rows."""
    if name == NAME:
        register()
        # on the CPU rows that have ended are sorted out, so that dropout falls on others than on a device
        recurrent.STAGED = 0.0
    told: dict[str, str] = {}
    for case in LEARNING[first::step]:
        try:
            check(*case.values, name)  # pyright: ignore[reportArgumentType]
            told[str(case.id)] = ""
        except Exception as reason:
            told[str(case.id)] = f"{type(reason).__name__}: {reason}"[:500]
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
