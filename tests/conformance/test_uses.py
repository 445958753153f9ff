"""Who uses a part is read from code; here it is compared with what networks do when they run."""

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from bestiary import catalogue
from bestiary.architectures.build import build
from bestiary.catalogue import Row, uses
from bestiary.catalogue.part import Part
from bestiary.catalogue.parts import PARTS
from tests.conformance.kinds import inputs

TINY = [pytest.param(row, id=row.name) for row in catalogue.ROWS if row.tiny]
SEEN = [part for part in PARTS if part.sort == "part" and part.name != "recurrent_dropout"]
"""Parts whose work can be told by the function or module that does it; recurrent dropout is off unless asked for."""


class Calls(TorchFunctionMode):
    """Notes every function of torch that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.made: set[int] = set()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.made.add(id(func))
        return func(*args, **(kwargs or {}))


def things(part: Part) -> tuple[object, ...]:
    """The functions and classes that do a part's work."""
    return tuple(found for name in uses.computes(part) if (found := _thing(name)) is not None)


@cache
def _thing(name: str) -> object | None:
    module, _, attribute = name.rpartition(".")
    if module == "torch.Tensor":
        return getattr(torch.Tensor, attribute)
    return getattr(importlib.import_module(module), attribute, None)


def networks(row: Row) -> Iterator[tuple[str, nn.Module]]:
    for kind, (network, keywords) in row.tiny.items():
        yield kind, build(network, keywords, seed=0)


SILENT = {(name, "activations"): "torch's kernel bends the sums of the cell" for name in ("rnn", "lstm", "gru")}
SILENT["deit", "batch_norm"] = "it stands in the teacher, which a student makes for itself to learn from"
"""Uses that code shows and a run does not, with the reason."""


@pytest.mark.parametrize("row", TINY)
def test_what_is_read_from_code_is_what_networks_do(row: Row) -> None:
    """Tiny networks, run, and named sizes, built, call and hold the parts that the code is said to use: all, and only
    those."""
    called, held = set[int](), set[type]()
    for kind, network in networks(row):
        with Calls() as calls:
            network.train()(*inputs(row, kind, row.tiny[kind][1], batch=4))
        called |= calls.made
        held |= {type(module) for module in network.modules()}
    done = {part.name for part in SEEN for one in things(part) if id(one) in called or one in held}
    read = {part.name for part in uses.parts_of(row, SEEN)}
    assert done <= read
    for size in row.sizes:
        with torch.device("meta"):
            held |= {type(module) for module in build(size.network, size.keywords).modules()}
    done |= {part.name for part in SEEN for one in things(part) if one in held}
    assert {name for name in read - done if (row.name, name) not in SILENT} == set()


def test_methods_are_read_from_recipes() -> None:
    """Facts that are known of some: who acts in a world, who draws codes, who samples, who needs no gradient."""
    users = {part.name: {row.name for row in uses.users(part, catalogue.ROWS)} for part in PARTS}
    assert users["experience_replay"] == {row.name for row in catalogue.ROWS if row.family == "reinforcement"}
    assert users["reparameterization_trick"] == {"vae", "dcign"}
    assert users["ddpm_sampler"] == users["ddim_sampler"] == {"ddpm"}
    assert users["spectral_norm"] == {"sngan"} and users["cheb_conv"] == set()
    assert {"lstm", "gru", "rnn", "gnmt"} <= users["bptt"] and "transformer" not in users["bptt"]
    assert not users["backpropagation"] & {"perceptron", "hopfield"}, "which learn by rules of their own"
    assert "wgan" not in users["adam"], "the paper's optimiser is RMSprop"
    assert "layer_norm" in {part.name for part in uses.parts_of(catalogue.find("gpt2"), PARTS)}
    learning = {row.name for row in catalogue.ROWS if row.recipes} - {"perceptron", "hopfield"}
    assert users["backpropagation"] == learning
