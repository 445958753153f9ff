"""Every row goes where torch goes: other precisions, copies, compiled and exported graphs, several processes.

A row that cannot says why in its `exceptions`, which `bestiary show` prints.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest
import torch
from torch import Tensor, fx, nn

from bestiary.architectures.build import build
from bestiary.architectures.heads import features
from bestiary.catalogue import Row
from bestiary.errors import InputError
from tests.conformance.kinds import inputs
from tests.conformance.test_rows import TINY, outputs, tiny

Inputs = tuple[Tensor, ...]
PARTS = 2
KINDS = [p for p in TINY if p.values[1] in ("text", "series", "pairs")]
SEVERAL = {
    torch.float64: 1e-5,
    torch.bfloat16: 0.06,
    torch.float16: 0.02,
}  # of the largest output; CPUs round bf16 often


def given(row: Row, kind: str, batch: int = 3) -> Inputs:
    torch.manual_seed(0)
    return inputs(row, kind, row.tiny[kind][1], batch=batch)


def in_type(values: Inputs, dtype: torch.dtype) -> Inputs:
    return tuple(value.to(dtype) if value.is_floating_point() else value for value in values)


def backward(result: Tensor) -> None:
    if result.requires_grad:
        result.float().square().sum().backward()


@pytest.mark.parametrize("dtype", SEVERAL, ids=str)
@pytest.mark.parametrize(("row", "kind"), TINY)
def test_other_precisions(row: Row, kind: str, dtype: torch.dtype) -> None:
    network, values = tiny(row, kind), given(row, kind)
    expected = outputs(network.eval(), values).detach()
    other = copy.deepcopy(network).to(dtype)
    found = outputs(other, in_type(values, dtype))
    assert found.dtype == dtype
    scale = expected.abs().max().clamp(min=0.05)  # below, half precision has no numbers left
    assert (found.float() - expected).abs().max() <= SEVERAL[dtype] * scale
    if dtype == torch.bfloat16:
        backward(outputs(other.train(), in_type(values, dtype)))


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_autocast(row: Row, kind: str) -> None:
    network, values = tiny(row, kind), given(row, kind)
    expected = outputs(network.eval(), values).detach()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = outputs(network, values)
        learned = outputs(network.train(), values)
    assert (found.float() - expected).abs().max() <= 0.06 * expected.abs().max().clamp(min=0.05)
    backward(learned)
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_a_copy_is_another_network(row: Row, kind: str) -> None:
    network, values = tiny(row, kind).eval(), given(row, kind)
    other = copy.deepcopy(network)
    assert torch.equal(outputs(network, values), outputs(other, values))
    shared = {p.data_ptr() for p in network.parameters() if p.numel()}
    assert not shared & {p.data_ptr() for p in other.parameters() if p.numel()}


def of_graphs(*words: object) -> dict[str, str]:
    """What `tests.conformance.graphs` tells."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.conformance.graphs", *map(str, words)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return json.loads(made.stdout.splitlines()[-1])


@pytest.mark.parametrize("part", range(PARTS))
def test_every_row_compiles_and_exports(part: int) -> None:
    told = of_graphs("compile,export", part, PARTS)
    assert list(told) == [f"{case.id}-{way}" for case in TINY[part::PARTS] for way in ("compile", "export")]
    assert not {name: reason for name, reason in told.items() if reason}


def test_gpt_exports_with_a_length_of_its_own() -> None:
    assert of_graphs("length", 0, 1) == {"gpt2-length": ""}


@pytest.mark.parametrize("name", ["lenet5_original-image", "gcn-graph", "text_cnn-text", "gpt2-corpus"])
def test_onnx_computes_the_same(name: str) -> None:
    told = of_graphs("onnx", 0, 1, name)
    assert told == {f"{name}-onnx": ""}


@pytest.mark.slow
def test_onnx_computes_the_same_for_every_row() -> None:
    told = of_graphs("onnx", 0, 1)
    assert not {name: reason for name, reason in told.items() if reason}


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_no_name_is_a_word_of_exported_graphs(row: Row, kind: str) -> None:
    """An exported network is an `fx.GraphModule` with our parts as its attributes."""
    words = set(dir(fx.GraphModule)) - set(dir(nn.Module))
    names = {part for name, _ in tiny(row, kind).named_modules() for part in name.split(".")}
    names |= {name.rpartition(".")[2] for name in tiny(row, kind).state_dict()}
    assert not names & words


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_parameters_without_a_part_in_forward_are_told(row: Row, kind: str) -> None:
    """DistributedDataParallel waits for the gradient of each, unless it is told to look for unused ones."""
    network = tiny(row, kind).train()
    backward(outputs(network, given(row, kind, 6)))
    unused = [name for name, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert not unused or "find_unused_parameters=True" in row.exceptions.get("unused", ""), unused


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_features_are_what_the_last_part_is_given(row: Row, kind: str) -> None:
    network, values = tiny(row, kind).eval(), given(row, kind)
    told = row.exceptions.get("features", "")
    alone = told.startswith("graph: ")  # what is said holds for that kind alone
    if set(row.recipes) == {"generate"} or (
        told and (kind == "graph" if alone else kind in ("image", "graphs", "table"))
    ):
        with pytest.raises(InputError, match="no last part of its own"):
            features(network, *values)
        return
    found = features(network, *values)
    assert found.isfinite().all() and found.ndim in (2, 3)
    target, keywords = row.tiny[kind]
    if "outputs" in keywords:
        bare = build(target, {**keywords, "outputs": None}, seed=0).eval()
        kept = {name: weight for name, weight in network.state_dict().items() if name in bare.state_dict()}
        assert len(kept) == len(bare.state_dict()) < len(network.state_dict()) or not bare.state_dict()
        bare.load_state_dict(kept)
        torch.testing.assert_close(outputs(bare, values), found, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("row", "kind"), KINDS)
def test_a_row_without_steps_is_defined(row: Row, kind: str) -> None:
    """Its answer is finite, and depends neither on padding nor on its companions."""
    network = tiny(row, kind).eval()
    values = list(given(row, kind, 4))
    values[1] = values[1].clone()
    values[1][2] = 0
    first = outputs(network, tuple(values))
    assert first.isfinite().all()
    values[0] = values[0].clone()
    values[0][2] = 1  # what stands in the padding is nobody's business
    torch.testing.assert_close(outputs(network, tuple(values)), first, atol=1e-6, rtol=1e-5)
    alone = outputs(network, tuple(value[2:3] for value in values))
    torch.testing.assert_close(alone[0], first[2], atol=1e-5, rtol=1e-5)
    backward(outputs(network.train(), tuple(values)))
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
