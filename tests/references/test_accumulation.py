"""A batch whose gradient is computed in parts has the gradient of the whole, for every recipe that takes `parts`."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from bestiary import recipes
from bestiary.architectures.attention.gpt import GPT
from bestiary.architectures.attention.transformer import Transformer
from bestiary.architectures.convolution.capsnet import CapsNet
from bestiary.architectures.feedforward.ann import ANN
from bestiary.architectures.recurrence.attention_network import AttentionNetwork
from bestiary.architectures.recurrence.lstm import LSTMText
from bestiary.architectures.representation.autoencoder import Autoencoder
from bestiary.architectures.table.mlp_plr import PiecewiseMLP
from bestiary.architectures.table.realmlp import RealMLP
from bestiary.architectures.table.tabm import TabMPiecewise
from bestiary.architectures.table.tabnet import TabNet
from bestiary.contracts import (
    Batch,
    CorpusSpec,
    ImageInputs,
    ImageSpec,
    PairInputs,
    PairSpec,
    Spec,
    TableInputs,
    TableSpec,
    TokenInputs,
    TokenSpec,
)
from bestiary.kinds.corpus.store import next_tokens
from bestiary.targets import Classes, Value, Written

ROWS = 5  # so that halves are unequal


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def tokens(lengths: Tensor, size: int) -> Tensor:
    """Random tokens of a vocabulary, padded by 0 behind the length of each row."""
    drawn = torch.randint(4, size, (len(lengths), int(lengths.max())), generator=generator())
    return torch.where(torch.arange(drawn.shape[1]) < lengths[:, None], drawn, 0)


LENGTHS = torch.tensor([8, 7, 8, 2, 1])  # most of what is asked stands in the first half
TABLE = Batch(TableInputs(torch.randn(ROWS, 6, generator=generator())), Value(torch.randn(ROWS, generator=generator())))
GROUPS = Batch(TABLE.inputs, Classes(torch.arange(ROWS) % 3))
TEXT = Batch(TokenInputs(tokens(LENGTHS, 12), LENGTHS), Classes(torch.arange(ROWS) % 3))
WINDOWS = tokens(LENGTHS + 1, 12)
CORPUS = next_tokens(WINDOWS)
PAIRS = Batch(PairInputs(tokens(LENGTHS, 12), LENGTHS), Written(tokens(LENGTHS + 1, 9), LENGTHS + 1))
IMAGES = Batch(ImageInputs(torch.randn(ROWS, 1, 8, 9, generator=generator())), Classes(torch.arange(ROWS) % 3))


class Case(NamedTuple):
    """A network without batch norm and dropout, what it learns from, and the words of its recipe."""

    network: Callable[[], nn.Module]
    spec: Spec
    batch: Batch
    words: dict[str, Any]


def attentive() -> nn.Module:
    return AttentionNetwork(vocabulary=12, answers=9, embedding=4, width=6)


def transformer() -> nn.Module:
    return Transformer(vocabulary=12, answers=9, width=8, depth=2, heads=2, feedforward=12, dropout=0.0)


def capsules() -> nn.Module:
    words: dict[str, Any] = {"width": 4, "maps": 2, "primary": 4, "size": 5, "decoder": (6,), "sees": (19, 17)}
    return CapsNet(channels=1, image_size=(8, 9), outputs=3, **words)


def autoencoder() -> nn.Module:
    return Autoencoder(features=6, code=2, widths=(5,))


def choosing(outputs: int) -> nn.Module:
    """TabNet without its batch norms, which see a part at a time."""
    network = TabNet(numbers=6, outputs=outputs, decision=3, attention=2)
    for module in list(network.modules()):
        for name, part in module.named_children():
            if isinstance(part, nn.BatchNorm1d):
                setattr(module, name, nn.Identity())
    return network


def members(outputs: int) -> nn.Module:
    return TabMPiecewise(numbers=6, outputs=outputs, members=3, width=5, bins=3, embedding=2, dropout=0.0)


def realmlp(outputs: int) -> nn.Module:
    return RealMLP(numbers=6, outputs=outputs, widths=(5,), dropout=0.0)


def piecewise(outputs: int) -> nn.Module:
    return PiecewiseMLP(numbers=6, outputs=outputs, widths=(5,), dropout=0.0, embedding=2, bins=3)


CASES = {
    "supervised:classifier": Case(
        lambda: LSTMText(vocabulary=12, outputs=3, embedding=4, width=5, depth=1), TokenSpec(12, 8, 3), TEXT, {}
    ),
    "supervised:regressor": Case(lambda: ANN(features=6, outputs=1, width=5), TableSpec(6, 1), TABLE, {}),
    "fine_tuning:classifier": Case(
        lambda: LSTMText(vocabulary=12, outputs=3, embedding=4, width=5, depth=1),
        TokenSpec(12, 8, 3),
        TEXT,
        {"frozen": 1, "gradual": 1},
    ),
    "fine_tuning:regressor": Case(
        lambda: ANN(features=6, outputs=1, width=5), TableSpec(6, 1), TABLE, {"frozen": 0, "error": "absolute"}
    ),
    "tables:classifier": Case(lambda: piecewise(3), TableSpec(6, 3), GROUPS, {"smoothing": 0.1}),
    "tables:regressor": Case(lambda: piecewise(1), TableSpec(6, 1), TABLE, {}),
    "tables:members_classifier": Case(lambda: members(3), TableSpec(6, 3), GROUPS, {}),
    "tables:members_regressor": Case(lambda: members(1), TableSpec(6, 1), TABLE, {"error": "absolute"}),
    "tables:choosing_classifier": Case(lambda: choosing(3), TableSpec(6, 3), GROUPS, {"sparsity": 0.1}),
    "tables:choosing_regressor": Case(lambda: choosing(1), TableSpec(6, 1), TABLE, {"sparsity": 0.1}),
    "realmlp:classifier": Case(lambda: realmlp(3), TableSpec(6, 3), GROUPS, {}),
    "realmlp:regressor": Case(lambda: realmlp(1), TableSpec(6, 1), TABLE, {}),
    "language:language_model": Case(
        lambda: GPT(vocabulary=12, length=8, width=8, depth=1, heads=2, dropout=0.0), CorpusSpec(12, 8), CORPUS, {}
    ),
    "sequences:translator": Case(attentive, PairSpec(12, 9, 8, 9), PAIRS, {"smoothing": 0.1}),
    "sequences:translator, own": Case(
        attentive, PairSpec(12, 9, 8, 9), PAIRS, {"own": 0.5}
    ),  # of which step 0 has none
    "sequences:transformer": Case(transformer, PairSpec(12, 9, 8, 9), PAIRS, {}),
    "capsules:capsules": Case(capsules, ImageSpec(1, (8, 9), 3), IMAGES, {"shift": 0}),
    "representation:autoencoder": Case(autoencoder, TableSpec(6, 1), TABLE, {}),
    "representation:denoiser": Case(autoencoder, TableSpec(6, 1), TABLE, {"noise": 0.0, "masked": 0.3}),
}


def taking_parts() -> set[str]:
    """All recipes that have the word, as "module:function"."""
    found = set()
    for module in pkgutil.iter_modules(recipes.__path__):
        known = importlib.import_module(f"bestiary.recipes.{module.name}")
        for name, function in inspect.getmembers(known, inspect.isfunction):
            if function.__module__ == known.__name__ and not name.startswith("_"):
                words = inspect.signature(function).parameters.values()
                if any(word.name == "parts" and word.kind is word.KEYWORD_ONLY for word in words):
                    found.add(f"{module.name}:{name}")
    return found


def test_every_recipe_that_takes_parts_is_tested_here() -> None:
    assert {name.partition(",")[0] for name in CASES} == taking_parts()


class Once:
    """The same batch always."""

    def __init__(self, spec: Spec, batch: Batch) -> None:
        self.spec, self._batch = spec, batch

    def batch(self, split: str, number: int) -> Batch:
        return self._batch

    def rows(self, split: str) -> int:
        return len(self._batch)

    def take(self, split: str, rows: Tensor) -> Batch:
        assert rows.tolist() == list(range(len(self._batch)))
        return self._batch


def gradients(name: str, case: Case, parts: int) -> tuple[dict[str, Tensor], float]:
    """What the first update would follow, and its loss."""
    module, function = name.partition(",")[0].split(":")
    torch.manual_seed(0)
    network = case.network()
    recipe = getattr(importlib.import_module(f"bestiary.recipes.{module}"), function)
    learner = recipe(network, case.spec, **case.words, parts=parts)
    found: dict[str, Tensor] = {}

    def update(step: int, horizon: int) -> None:
        found.update({n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None})

    learner.minimise.update = update
    torch.manual_seed(1)
    logs = next(iter(learner.updates(Once(case.spec, case.batch), 0, 10)))
    return found, float(logs["loss"])


def apart(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """How far two gradients are apart, as a share of the length of the second."""
    assert found.keys() == expected.keys()
    flat, other = (torch.cat([one[name].double().flatten() for name in expected]) for one in (found, expected))
    assert other.norm() > 0
    return float((flat - other).norm() / other.norm())


@pytest.mark.parametrize("name", CASES)
def test_parts_have_the_gradient_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, loss = gradients(name, CASES[name], parts=1)
    cut: list[int] = []
    part = Batch.part
    monkeypatch.setattr(Batch, "part", lambda self, start, stop: (cut.append(start), part(self, start, stop))[1])
    halves, same = gradients(name, CASES[name], parts=2)
    assert cut == [0, 3]
    assert same == pytest.approx(loss, rel=1e-5)
    assert apart(halves, whole) < 1e-6


def test_a_part_in_which_nothing_is_asked_counts_for_nothing() -> None:
    asked = next_tokens(torch.cat((WINDOWS[:3], torch.zeros_like(WINDOWS[3:]))))
    name = "language:language_model"
    case = CASES[name]._replace(batch=asked)
    (whole, loss), (halves, same) = (gradients(name, case, parts) for parts in (1, 2))
    assert same == pytest.approx(loss, rel=1e-5)
    assert apart(halves, whole) < 1e-6
