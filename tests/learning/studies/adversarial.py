"""Adversarial pairs: digits that lie where real ones do, and of every class; what learned from one class is noticed."""

from typing import Any

import torch

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.rows.store import ArrayData, StoredData
from bestiary.tasks.generate import EVIDENCE, Generate
from tests.learning.learn import prepared
from tests.learning.studies._mnist import mnist
from tests.learning.study import Study

ONE = 3  # the class that a twin is shown alone


def digits(seed: int) -> StoredData:
    """Scikit-learn's digits."""
    folder, _ = prepared("digits")
    return StoredData(folder, batch=64, seed=seed, sealed=folder.parent / "sealed")


def of_one_class(data: ArrayData) -> ArrayData:
    """The same data with the training rows of one class alone: a pair that learns from them can only collapse."""
    train = data.arrays("train")
    where = train["target"] == ONE
    arrays = {name: tensor[where].numpy() for name, tensor in train.items()}
    return ArrayData(data.spec, data.facts, {"train": arrays}, 64, data.seed)


def trained(name: str, place: int, data: ArrayData, seed: int, wrong: bool, steps: int) -> Any:
    """What a contender of a row has learned after so many updates of its generator."""
    row = catalogue.find(name)
    contender = row.races["image"][place]
    network = build(contender.network, contender.keywords, data.spec, seed=seed)
    torch.manual_seed(seed)
    learner: Any = resolve(row.recipes["generate"])(network, data.spec, **row.settings[0])
    for _ in learner.updates(of_one_class(data) if wrong else data, 0, steps):
        pass
    return learner.answer


def scores(maker: Any, data: ArrayData) -> dict[str, float]:
    """Of as many made images as there are test images, by the judge of races."""
    return EVIDENCE.score(Generate(data.facts).predict(maker, data, "test"))


def coverage(name: str, place: int, short: int, long: int, every: bool = True) -> Any:
    """The share of test digits near which something is made; where `every` class must be made, 0 unless all are."""

    def run(seed: int, wrong: bool, full: bool) -> float:
        data = digits(seed)
        found = scores(trained(name, place, data, seed, wrong, long if full else short), data)
        return found["coverage"] if found["class_coverage"] == 1 or not every else 0.0

    return run


def on_mnist(name: str, place: int, steps: int) -> Any:
    """Minus the kernel distance to 1,000 test images of MNIST; -10 unless all ten classes are made."""

    def run(seed: int, wrong: bool, full: bool) -> float:
        data = mnist("generate", seed, 64, test=1000)
        found = scores(trained(name, place, data, seed, wrong, steps), data)
        return -found["kernel_distance"] if found["class_coverage"] == 1 else -10.0

    return run


_SOURCES = (
    "layers/adversaries.py", "layers/pixel_range.py", "objectives/adversarial.py", "algorithms/adversarial.py",
    "recipes/adversarial.py", "tasks/generate.py", "tasks/features.py", "tasks/closeness.py",
)  # fmt: skip
_BODY = ("architectures/generative/dcgan.py",)
_COVERAGE = "share of test digits near which something is made, 0 unless all ten classes are"
_DISTANCE = "minus the kernel distance to test images, -10 unless all ten classes are made"
_DIGITS, _MNIST = "scikit-learn's digits", "all of MNIST"
_TWIN = "is shown one of the ten classes alone"


def _study(name: str, floor: float, run: Any, full: float, files: tuple[str, ...], metric: str = _COVERAGE) -> Study:
    return Study(name + "-digits", name, _DIGITS, metric, floor, run, full, twin=_TWIN, sources=(*files, *_SOURCES))


def _large(name: str, row: str, floor: float, run: Any, files: tuple[str, ...]) -> Study:
    return Study(
        name, row, _MNIST, _DISTANCE, floor, run, only_full=True, twin=_TWIN, needs="BESTIARY_MNIST",
        sources=(*files, *_SOURCES),
    )  # fmt: skip


_GAN, _WGAN = ("architectures/generative/gan.py",), (*_BODY, "architectures/generative/wgan.py")
_SNGAN = (*_BODY, "architectures/generative/sngan.py", "layers/spectral.py")
STUDIES = (
    _study(
        "gan", 0.35, coverage("gan", 0, 3000, 9000, every=False), 0.4, _GAN,
        "share of test digits near which something is made; classes may be missing",
    ),
    _study("dcgan", 0.6, coverage("dcgan", 0, 1200, 3000), 0.8, _BODY),
    _study("wgan", 0.33, coverage("wgan", 0, 450, 2000), 0.6, _WGAN),
    _study("wgan_gp", 0.45, coverage("wgan_gp", 0, 400, 1500), 0.7, _GAN),
    _study("sngan", 0.6, coverage("sngan", 0, 800, 3000), 0.8, _SNGAN),
    _large("dcgan-mnist", "dcgan", -0.2, on_mnist("dcgan", 0, 3000), _BODY),
    _large("sngan-mnist", "sngan", -0.2, on_mnist("sngan", 0, 3000),
           _SNGAN),
)  # fmt: skip
