"""Capsules: classes from lengths, and numbers that each mean something."""

import functools

import torch
from torch import Tensor

from bestiary.architectures.build import build
from bestiary.architectures.convolution.capsnet import CapsNet
from bestiary.recipes.capsules import capsules
from bestiary.rows.store import ArrayData, StoredData
from bestiary.sampling.insides.capsules import SHIFTS, perturbed
from bestiary.tasks.classification.scoring import Classification
from tests.learning.learn import prepared, with_wrong_labels
from tests.learning.studies._mnist import mnist
from tests.learning.study import Study

THIN = {"width": 32, "maps": 8, "decoder": (256, 512)}
QUARTER = {"width": 64, "maps": 8, "decoder": (256, 512)}
EPOCHS = 12


def opened(name: str, seed: int) -> StoredData:
    folder, _ = prepared(name)
    return StoredData(folder, batch=64, seed=seed, sealed=folder.parent / "sealed")


def trained(data: ArrayData, learning: ArrayData, seed: int, steps: int, words: dict, **settings: float) -> CapsNet:
    network = build("bestiary.architectures.convolution.capsnet:CapsNet", words, data.spec, seed=seed)
    torch.manual_seed(seed)
    for _ in capsules(network, data.spec, **{"rate": 3e-3, **settings}).updates(learning, 0, steps):  # type: ignore[arg-type]
        pass
    assert isinstance(network, CapsNet)
    return network.eval()


def accuracy(network: CapsNet, data: ArrayData) -> float:
    task = Classification(data.facts["classes"])  # type: ignore[arg-type]
    return task.score(task.predict(network, data, "test"), data.arrays("test")["target"])["accuracy"]


def classes(seed: int, wrong: bool, full: bool) -> float:
    """Test accuracy of the thin network, on 1,151 digits of 8x8 or on 3,200 of MNIST's."""
    data = opened("mnist5k" if full else "digits", seed)
    learning = with_wrong_labels(data, seed) if wrong else data
    return accuracy(trained(data, learning, seed, 700 if full else 60, THIN), data)


def all_of_mnist(seed: int, wrong: bool, full: bool) -> float:
    """Test accuracy on the usual 10,000 test images, with a quarter of the maps of the published size."""
    data = mnist("classification", seed, batch=128)
    learning = with_wrong_labels(data, seed) if wrong else data  # type: ignore[arg-type]
    epochs = 1 if wrong else EPOCHS
    return accuracy(trained(data, learning, seed, epochs * data.epoch, QUARTER, rate=2e-3), data)


@functools.cache
def drawer(seed: int, wrong: bool, full: bool) -> tuple[CapsNet, StoredData]:
    data = opened("mnist5k" if full else "digits", seed)
    drawing = 0.0 if wrong else 0.0005
    return trained(data, data, seed, 700 if full else 80, THIN, drawing=drawing), data


def meanings(seed: int, wrong: bool, full: bool) -> float:
    """The share of the numbers of capsules that mean something, over 20 test images.

    A number means something when shifting it from one end of `SHIFTS` to the other changes the drawing by more than
    0.02 of the range of pixels (root mean square) and by more than noise of 0.02 in the image does; and smoothly: the
    ends are at least 0.7 of the way's length apart (a random walk of ten steps gets 0.3).
    """
    return share_that_means(*drawer(seed, wrong, full), seed)


@torch.no_grad()
def share_that_means(network: CapsNet, data: ArrayData, seed: int) -> float:
    images = network.seen(next(iter(data.batches("test"))).inputs.pixels[::15][:20])  # type: ignore[attr-defined]
    generator = torch.Generator().manual_seed(seed)
    found = network.capsules(images)
    noisy = network.capsules(images + 0.02 * torch.randn(images.shape, generator=generator))
    label = found.norm(dim=2).argmax(1)
    assert network.decoder is not None
    jitter = spread(network.decoder(found, label) - network.decoder(noisy, label))  # [N]
    kept = []
    for one, noise in zip(found, jitter):
        drawn = perturbed(network, one[None], SHIFTS)  # [D, S, C, H, W]
        apart = spread(drawn[:, -1] - drawn[:, 0])  # [D]
        way = torch.stack([spread(b - a) for a, b in zip(drawn.unbind(1), drawn.unbind(1)[1:])]).sum(0)
        kept.append((apart > 0.02) & (apart > noise) & (apart > 0.7 * way))
    return torch.stack(kept).float().mean().item()


def spread(difference: Tensor) -> Tensor:
    """Root mean square over the pixels of each image."""
    return difference.square().mean((1, 2, 3)).sqrt()


_SOURCES = (
    "architectures/convolution/capsnet.py", "objectives/margin.py", "recipes/capsules.py",
    "sampling/insides/capsules.py",
    "algorithms/gradient_descent.py", "layers/unit_interval.py",
)  # fmt: skip
STUDIES = (
    Study(
        "capsnet-classes", "capsnet", "scikit-learn's digits; in full 3,200 images of MNIST (mnist5k)", "accuracy",
        0.90, classes, full=0.97, sources=_SOURCES,
    ),
    Study(
        "capsnet-meanings", "capsnet", "scikit-learn's digits; in full 3,200 images of MNIST (mnist5k)",
        "share of the numbers of a capsule that move a property smoothly", 0.2, meanings, full=0.6,
        twin="its drawings are not compared with the images", sources=_SOURCES,
    ),
    Study(
        "capsnet-mnist", "capsnet", "all of MNIST", "accuracy", 0.993, all_of_mnist, only_full=True,
        twin="learns from the labels of other rows, for one epoch", needs="BESTIARY_MNIST", sources=_SOURCES,
    ),
)  # fmt: skip
