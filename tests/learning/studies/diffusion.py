"""Denoising diffusion: digits out of noise, in a few strides or in all steps, beside adversaries of equal time."""

import functools
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.recipes.diffusion import diffusion
from bestiary.rows.store import ArrayData, StoredData
from bestiary.sampling.diffusion import ddim, ddpm
from bestiary.tasks.generate import Generate
from tests.learning.learn import prepared
from tests.learning.studies._mnist import mnist
from tests.learning.study import Study

VELOCITY = "bestiary.architectures.generative.ddpm:VelocityDDPM"
PLAIN = {"depth": 1, "attention": (), "groups": 8}
MINUTES = 2000  # updates on MNIST


def digits(seed: int) -> StoredData:
    folder, _ = prepared("digits")
    return StoredData(folder, batch=64, seed=seed, sealed=folder.parent / "sealed")


def denoiser(data: ArrayData, seed: int, wrong: bool, steps: int, words: dict[str, Any], **settings: float) -> Any:
    """The averaged network. The twin is shown another image than the one that it is asked about."""
    network: Any = build(VELOCITY, {**PLAIN, **words}, data.spec, seed=seed)
    torch.manual_seed(seed)
    if wrong:
        noised = network.noised
        network.noised = lambda images, noise, step: noised(images.roll(1, 0), noise, step)
    learner = diffusion(network, data.spec, **settings)  # type: ignore[arg-type]
    for _ in learner.updates(data, 0, steps):
        pass
    return learner.answer


class Sampled:
    """A network that makes its images in so many steps."""

    def __init__(self, network: Any, steps: int, sampler: Callable[..., Tensor] = ddim) -> None:
        self.network, self.steps, self.sampler = network, steps, sampler

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return self.network.sample(count, generator, steps=self.steps, sampler=self.sampler)


def distance(maker: Any, data: ArrayData) -> float:
    """Kernel distance of as many made images as there are test images: the judge of races, see tasks/generate.py."""
    task = Generate(data.facts)
    return task.score(task.predict(maker, data, "test"), data.arrays("test")["target"])["kernel_distance"]


def from_noise(seed: int, wrong: bool, full: bool) -> float:
    """Minus the distance of digits of 8x8 that are made in ten strides."""
    data = digits(seed)
    if full:
        network = denoiser(data, seed, wrong, 1500, {"widths": (32, 64)}, rate=1e-3, keep=0.995)
    else:
        network = denoiser(data, seed, wrong, 250, {"widths": (16, 32)}, rate=2e-3, keep=0.98, warmup=20)
    return -distance(Sampled(network, 20 if full else 10), data)


# ---------------------------------------------------------------------------------------------------- all of MNIST


@functools.cache
def on_mnist(seed: int, wrong: bool) -> tuple[Any, float]:
    """The contender `patched`, and the seconds that it took to learn."""
    data = mnist("generate", seed, batch=64)
    began = time.process_time()
    network = denoiser(data, seed, wrong, MINUTES, {"widths": (32, 64), "patch": 2}, rate=1e-3, keep=0.999)
    return network, time.process_time() - began


def mnist_from_noise(seed: int, wrong: bool, full: bool) -> float:
    """Minus the distance of 1,000 images that are made in twenty strides."""
    return -distance(Sampled(on_mnist(seed, wrong)[0], 20), mnist("generate", seed, 64, test=1000))


@functools.cache
def in_all_steps(seed: int) -> float:
    """The distance of 500 images that are made in all thousand steps."""
    data = mnist("generate", seed, 64, test=500)
    return distance(Sampled(on_mnist(seed, False)[0], 1000, ddpm), data)


def strides(seed: int, wrong: bool, full: bool) -> float:
    """How much farther 500 images are that are made in twenty strides (the twin: two) than in all thousand steps."""
    data, network = mnist("generate", seed, 64, test=500), on_mnist(seed, False)[0]
    return in_all_steps(seed) - distance(Sampled(network, 2 if wrong else 20), data)


def adversaries(name: str, data: ArrayData, seed: int, seconds: float) -> nn.Module:
    """The generator of a row's first contender after so many seconds."""
    row = catalogue.find(name)
    contender = row.races["image"][0]
    network = build(contender.network, contender.keywords, data.spec, seed=seed)
    torch.manual_seed(seed)
    learner: Any = resolve(row.recipes["generate"])(network, data.spec, **row.settings[0])
    began = time.process_time()
    for _ in learner.updates(data, 0, 10**9):
        if time.process_time() - began >= seconds:
            break
    return learner.answer


@functools.cache
def best_adversary(seed: int) -> float:
    """The smallest distance of the adversarial generators, each after the time that the denoiser took to learn."""
    seconds, data = on_mnist(seed, False)[1], mnist("generate", seed, batch=64, test=1000)
    return min(distance(adversaries(name, data, seed, seconds), data) for name in ("dcgan", "wgan_gp", "sngan"))


def beside_adversaries(seed: int, wrong: bool, full: bool) -> float:
    """How much farther the best of the adversarial generators is after the same time than the denoiser."""
    data = mnist("generate", seed, batch=64, test=1000)
    return best_adversary(seed) - distance(Sampled(on_mnist(seed, wrong)[0], 20), data)


_SOURCES = (
    "architectures/generative/unet.py", "layers/noise.py", "layers/pixel_range.py", "objectives/denoising.py",
    "optimisation/averaging.py", "algorithms/averaged_descent.py", "recipes/diffusion.py", "sampling/diffusion.py",
    "tasks/generate.py", "tasks/features.py", "tasks/closeness.py",
)  # fmt: skip
_ADVERSARIES = (
    "architectures/generative/dcgan.py", "architectures/generative/gan.py", "architectures/generative/sngan.py",
    "objectives/adversarial.py", "algorithms/adversarial.py", "recipes/adversarial.py",
)  # fmt: skip
_DISTANCE = "minus the kernel distance to test images"
_TWIN = "is shown another image than the one that it is asked about"
STUDIES = (
    Study("ddpm-digits", "ddpm", "scikit-learn's digits", _DISTANCE, -0.2, from_noise, twin=_TWIN, sources=_SOURCES),
    Study(
        "ddpm-mnist", "ddpm", "all of MNIST", _DISTANCE, -0.2, mnist_from_noise, only_full=True, twin=_TWIN,
        needs="BESTIARY_MNIST", sources=_SOURCES,
    ),
    Study(
        "ddpm-strides", "ddpm", "all of MNIST", "kernel distance of 1,000 steps of DDPM minus that of 20 of DDIM",
        -0.05, strides, only_full=True, twin="takes 2 strides", needs="BESTIARY_MNIST", sources=_SOURCES,
    ),
    Study(
        "ddpm-beside-adversaries", "ddpm", "all of MNIST", "kernel distance of the best adversarial generator of equal "
        "training time minus the denoiser's; below 0 the adversary is nearer", -0.1, beside_adversaries,
        only_full=True, twin=_TWIN, needs="BESTIARY_MNIST", sources=(*_SOURCES, *_ADVERSARIES),
    ),
)  # fmt: skip
