"""Fine-tuning: what is frozen stays as it was, blocks learn from the top, and what was known before helps.

The claim: a network that has learned to read MNIST's digits, brought to 8x8 pixels, reads scikit-learn's digits from
three examples of each better than one that learns from these alone; one that begins with random weights in the same way
does not.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from bestiary.architectures.build import build, give_weights
from bestiary.batches import Batch
from bestiary.contracts import Algorithm
from bestiary.data import builtin
from bestiary.errors import InputError
from bestiary.inputs import ImageInputs
from bestiary.layers.last import body_of, head_of
from bestiary.recipes import fine_tuning, supervised
from bestiary.rows.store import ArrayData
from bestiary.specs import ImageSpec
from bestiary.targets import Classes

SPEC = ImageSpec(1, (8, 8), 10)
NETWORK, WORDS = "bestiary.architectures.convolution.cnn:CNN", {"widths": (8, 16), "hidden": 64}
Rows = tuple[np.ndarray, np.ndarray]
EXAMPLES, STEPS = 3, 100  # of each digit; of the learning
GAIN = 0.04  # of accuracy, on average


def stored(rows: Rows, seed: int, spec: ImageSpec = SPEC) -> ArrayData:
    pixels, labels = rows
    facts = {
        "problem": "classification",
        "classes": [str(k) for k in range(spec.outputs)],
        "pixel_mean": [float(pixels.mean())],
        "pixel_scale": [float(pixels.std())],
        "pixel_range": [0.0, float(pixels.max())],
    }
    arrays = {"pixels": pixels, "target": labels, "row": np.arange(len(labels))}
    return ArrayData(spec, facts, {"train": arrays, "test": arrays}, batch=30, seed=seed)


@functools.cache
def mnist() -> Rows:
    """The digits of MNIST without their border, as means over 8x8 fields."""
    (pixels, labels), _ = builtin.load("mnist5k")  # type: ignore[misc]
    inner = torch.tensor(np.asarray(pixels, np.float32))[:, None, 4:24, 4:24]
    return nn.functional.adaptive_avg_pool2d(inner, 8).numpy(), np.asarray(labels, np.int64)


def few(seed: int) -> tuple[Rows, Rows]:
    """A few of scikit-learn's digits to learn from, and all others."""
    digits, order = load_digits(), np.random.default_rng(seed).permutation(1797)
    pixels, labels = digits.images[order][:, None].astype(np.float32), digits.target[order]
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:EXAMPLES] for digit in range(10)])
    rest = np.setdiff1d(np.arange(len(labels)), chosen)
    return (pixels[chosen], labels[chosen]), (pixels[rest], labels[rest])


def learn(algorithm: Algorithm, data: ArrayData, steps: int) -> None:
    for _ in algorithm.updates(data, 0, steps):
        pass


@torch.no_grad()
def accuracy(network: nn.Module, rows: Rows) -> float:
    right = [network.eval()(*batch.inputs).argmax(1) == batch.truth for batch in stored(rows, 0).batches("test")]
    return float(torch.cat(right).float().mean())


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    network = build(NETWORK, WORDS, SPEC, seed=0)
    learn(supervised.classifier(network, SPEC, rate=3e-3), stored(mnist(), 0), 300)
    file = tmp_path_factory.mktemp("known") / "mnist.pt"
    torch.save(network.state_dict(), file)
    return file


def test_what_was_known_before_helps_where_rows_are_few(known: Path) -> None:
    """On each of three seeds, and on average by more than random weights, tuned in the same way, ever come to."""
    gains: dict[str, list[float]] = {"known": [], "twin": []}
    for seed in range(3):
        rows, rest = few(seed)
        scores = {}
        for way in ("scratch", "known", "twin"):
            network = build(NETWORK, WORDS, SPEC, seed=10 + seed)
            if way == "known":
                give_weights(network, known, new_head=True)
            recipe = supervised.classifier if way == "scratch" else fine_tuning.classifier
            learn(recipe(network, SPEC, rate=3e-3), stored(rows, seed), STEPS)
            scores[way] = accuracy(network, rest)
        for way, gained in gains.items():
            gained.append(scores[way] - scores["scratch"])
    assert min(gains["known"]) > 0 and np.mean(gains["known"]) > GAIN, gains
    assert np.mean(gains["twin"]) < GAIN, gains


# ------------------------------------------------------------------------------------------------ what is frozen


class Pixels:
    """Batches of noise; implements what an algorithm asks of data."""

    spec = ImageSpec(1, (24, 24), 3)

    def batch(self, split: str, number: int) -> Batch:
        drawn = torch.Generator().manual_seed(number)
        return Batch(ImageInputs(torch.randn(6, 1, 24, 24, generator=drawn)), Classes(torch.arange(6) % 3))


RESNET = "bestiary.architectures.convolution.resnet:BasicResNet"


def resnet() -> nn.Module:
    return build(RESNET, {"widths": (4, 8), "depths": (1, 1), "entry": 4}, Pixels.spec, seed=0)


def changed(network: nn.Module, before: dict[str, Tensor]) -> set[str]:
    return {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_the_body_is_frozen_then_learns_more_slowly() -> None:
    network = resnet()
    before = state(network)
    algorithm = fine_tuning.classifier(network, Pixels.spec, frozen=3, body=0.1)
    updates = algorithm.updates(Pixels(), 0, 100)  # type: ignore[arg-type]
    for _ in range(3):
        next(updates)
        assert changed(network, before) == {"output.weight", "output.bias"}, "running statistics are frozen too"
    now = state(network)
    next(updates)
    moved = changed(network, now)
    assert moved == set(before)
    first, last = "stages.0.0.layers.0.convolution.weight", "output.weight"
    steps = {name: float((network.state_dict()[name] - now[name]).abs().max()) for name in (first, last)}
    assert steps[first] == pytest.approx(1e-4, rel=0.01), "a first step of AdamW is the rate itself"
    assert steps[last] > 5 * steps[first]


def test_blocks_begin_to_learn_from_the_top() -> None:
    network = resnet()
    algorithm = fine_tuning.classifier(network, Pixels.spec, frozen=1, gradual=2, layerwise=0.5)
    before, seen = state(network), []
    for step, _ in enumerate(algorithm.updates(Pixels(), 0, 8)):  # type: ignore[arg-type]
        moved = {name.split(".layer")[0].split(".shortcut")[0] for name in changed(network, before)}
        seen.append((step, moved - {"output.weight", "output.bias"}))
    expected = [set(), {"stages.1.0"}, {"stages.1.0"}, {"stages.1.0", "stages.0.0"}, {"stages.1.0", "stages.0.0"}]
    assert [moved for _, moved in seen[:5]] == expected
    assert seen[5][1] == {"stages.1.0", "stages.0.0", "entry"}
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("stop", [1, 2, 4, 6])
def test_carried_on_it_is_the_same_to_the_last_bit(stop: int) -> None:
    def made() -> tuple[nn.Module, Algorithm]:
        network = resnet()
        return network, fine_tuning.classifier(network, Pixels.spec, frozen=2, gradual=2, parts=2)

    whole, algorithm = made()
    learn(algorithm, Pixels(), 8)  # type: ignore[arg-type]
    half, first = made()
    for step, _ in enumerate(first.updates(Pixels(), 0, 8), 1):  # type: ignore[arg-type]
        if step == stop:
            break
    other, second = made()
    for name in second.stateful:
        getattr(second, name).load_state_dict(getattr(first, name).state_dict())
    for _ in second.updates(Pixels(), stop, 8):  # type: ignore[arg-type]
        pass
    assert not changed(other, state(whole))
    del half


def test_the_body_is_everything_before_the_last_part() -> None:
    network = resnet()
    place, name = head_of(network)
    inside = [id(p) for part in body_of(network) for p in part.parameters()]
    head = [id(p) for p in place.get_submodule(name).parameters()]
    assert sorted([*inside, *head]) == sorted(id(p) for p in network.parameters())
    loose = nn.Module()
    loose.token, loose.head = nn.Parameter(torch.zeros(3)), nn.Linear(3, 2)
    assert [sum(p.numel() for p in part.parameters()) for part in body_of(loose)] == [3]


@pytest.mark.parametrize("words", [{"frozen": -1}, {"gradual": -1}, {"body": 0.0}, {"body": 2.0}, {"layerwise": 0.0}])
def test_settings_with_which_nothing_can_be_learned_are_refused(words: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(words))} must be"):
        fine_tuning.classifier(resnet(), Pixels.spec, **words)  # type: ignore[arg-type]
