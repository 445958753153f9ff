"""Every row compiled and exported: a script, since the checks of shapes that the tests switch on are no graph.

    python -m tests.conformance.graphs compile,export 0 2        the rows 0, 2, 4, ...
    python -m tests.conformance.graphs onnx 0 1 gcn-graph        one row

It prints {"row-kind-way": "" or what went wrong} as JSON. What a row says in its `exceptions` is not tried.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bestiary import catalogue
from bestiary.catalogue import Row
from tests.conformance.kinds import inputs
from tests.conformance.test_rows import TINY, outputs, tiny

SHORT = {"length": 4, "answer_length": 3}  # networks that write step by step are unrolled
Inputs = tuple[Tensor, ...]


def close(found: Tensor, expected: Tensor, what: str = "outputs") -> None:
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4, msg=lambda told: f"{what}: {told}")


def compiled(network: nn.Module, values: Inputs) -> None:
    """As one graph, in training, where more goes on than in use. Nothing is dropped out, since what is drawn for which
    edge or step depends on their order; other draws are the same under one seed."""
    network.train()
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        elif isinstance(getattr(part, "dropout", None), float):
            part.dropout = 0.0  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
    other = copy.deepcopy(network)
    torch.manual_seed(1)
    expected = outputs(network, values)
    torch._dynamo.reset()
    graph: Any = torch.compile(other, backend="eager", fullgraph=True)
    torch.manual_seed(1)
    found = outputs(graph, values)
    close(found, expected)
    for result in (found, expected):
        result.square().sum().backward()
    for (name, here), there in zip(network.named_parameters(), other.parameters()):
        if here.grad is not None:
            assert there.grad is not None, f"{name} has no gradient"
            close(there.grad, here.grad, f"gradient of {name}")
    for (name, here), there in zip(network.named_buffers(), other.buffers()):
        close(there, here, name)


def exported(network: nn.Module, values: Inputs) -> None:
    program = torch.export.export(network.eval(), values, strict=False)
    close(outputs(program.module(), values), outputs(network, values))


def any_length(network: nn.Module, values: Inputs) -> None:
    """Exported with a number of rows and of steps that are given when it is used."""
    batch, time = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("time", min=2, max=8)
    tokens = torch.randint(0, 11, (3, 5))
    program = torch.export.export(network.eval(), (tokens,), dynamic_shapes=({0: batch, 1: time},))
    for rows, steps in ((1, 2), (4, 8)):
        other = torch.randint(0, 11, (rows, steps))
        close(program.module()(other), network(other), f"{steps} steps")


def onnx(network: nn.Module, values: Inputs) -> None:
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        torch.onnx.export(network.eval(), values, str(path), dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [entry.name for entry in session.get_inputs()]
        found = session.run(None, dict(zip(names, (value.numpy() for value in values), strict=True)))[0]
    close(torch.from_numpy(found), outputs(network, values).detach())


WAYS: dict[str, Callable[[nn.Module, Inputs], None]] = {
    "compile": compiled,
    "export": exported,
    "onnx": onnx,
    "length": any_length,
}


def attempt(way: str, row: Row, kind: str) -> str:
    """What went wrong, or nothing."""
    if (way if way != "onnx" else "export") in row.exceptions:
        return ""
    torch.manual_seed(0)
    values = inputs(row, kind, {**row.tiny[kind][1], **(SHORT if kind == "pairs" else {})}, batch=3)
    try:
        WAYS[way](tiny(row, kind), values)
    except Exception as reason:
        return f"{type(reason).__name__}: {reason}"[:600]
    return ""


def main(ways: str, first: int, step: int, only: str = "") -> None:
    """Tries some ways on some rows."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    cases = TINY[first::step]
    if ways == "length":
        print(json.dumps({"gpt2-length": attempt(ways, catalogue.find("gpt2"), "corpus")}))
        return
    told: dict[str, str] = {}
    for case in cases:
        if not only or case.id == only:
            told |= {f"{case.id}-{way}": attempt(way, *case.values) for way in ways.split(",")}  # pyright: ignore
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
