"""Codes: autoencoders against principal components, noise taken off, anomalies, the evidence bound, named factors.

The short forms learn from mnist5k and scikit-learn's digits; the full ones from all of MNIST, whose four files lie in
the folder that the environment variable BESTIARY_MNIST names.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.algorithms.autoencoding import Reconstructing, VariationalBayes
from bestiary.algorithms.inverse_graphics import InverseGraphics
from bestiary.architectures.representation.autoencoder import PixelAutoencoder
from bestiary.architectures.representation.convolutional_autoencoder import ConvolutionalAutoencoder
from bestiary.architectures.representation.dcign import DCIGN
from bestiary.architectures.representation.denoising_autoencoder import DenoisingAutoencoder
from bestiary.architectures.representation.vae import VAE
from bestiary.contracts import Batch, ImageSpec, Logs
from bestiary.data import builtin
from bestiary.errors import InputError
from bestiary.layers.movement import FACTORS, move
from bestiary.objectives.evidence import terms
from bestiary.objectives.reconstruction import PixelCrossEntropy
from bestiary.recipes.representation import autoencoder, denoiser, inverse_graphics, variational
from bestiary.rows.store import ArrayData
from bestiary.sampling.latents import active, smoothness, walk
from bestiary.sampling.looking import evaluating
from bestiary.tasks.anomaly.scoring import Anomaly
from bestiary.tasks.reconstruct.scoring import Reconstruct
from tests.learning.study import Study

MNIST = "BESTIARY_MNIST"
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
Rows = tuple[np.ndarray, np.ndarray]


@functools.cache
def digits28(full: bool) -> tuple[Rows, Rows]:
    """Training and test images [N 1 28 28] with their labels: all of MNIST, or 4,000 and 1,000 of mnist5k."""
    if full:
        folder = os.environ.get(MNIST)
        if not folder or not all((Path(folder) / name).is_file() for name in FILES):
            raise InputError(f"{MNIST} must name a folder with {', '.join(FILES)}; received {folder!r}")
        raw = [np.fromfile(Path(folder) / name, dtype=np.uint8) for name in FILES]
        images = [raw[k][16:].reshape(-1, 1, 28, 28) for k in (0, 2)]
        return (images[0], raw[1][8:].astype(np.int64)), (images[1], raw[3][8:].astype(np.int64))
    (pixels, labels), _ = builtin.load("mnist5k")  # type: ignore[misc]
    order = np.random.default_rng(0).permutation(len(pixels))
    pixels, labels = pixels[order][:, None], labels[order].astype(np.int64)
    return (pixels[:4000], labels[:4000]), (pixels[4000:], labels[4000:])


def stored(train: Rows, test: Rows, task: str, seed: int, batch: int) -> ArrayData:
    """The rows as a reader would have encoded them."""
    mean, scale, high = float(train[0].mean()), float(train[0].std()), float(train[0].max())
    facts = {"problem": task, "classes": [], "pixel_mean": [mean], "pixel_scale": [scale], "pixel_range": [0.0, high]}
    splits = {
        name: {"pixels": pixels, "target": labels, "row": np.arange(len(labels))}
        for name, (pixels, labels) in (("train", train), ("test", test))
    }
    return ArrayData(ImageSpec(1, train[0].shape[2:], 1), facts, splits, batch, seed)


def learn(algorithm: Reconstructing | VariationalBayes | InverseGraphics, data: ArrayData, steps: int) -> None:
    for _ in algorithm.updates(data, 0, steps):
        pass


def of_another(network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
    """The twin's objective: the network is asked for another image than the one it sees."""
    asked = network.unit(batch.inputs[0].roll(1, 0))  # type: ignore[operator]
    loss = F.binary_cross_entropy_with_logits(network.logits(batch.inputs[0]), asked)  # type: ignore[operator]
    return loss, {"loss": loss.detach()}


# ------------------------------------------------------------------------------------------------ given back


def against_components(build: Callable[[], nn.Module], code: int, rate: float, short: int, long: int) -> Callable:
    """The share of the squared error of as many principal components that a network does away with, on test rows."""

    def run(seed: int, wrong: bool, full: bool) -> float:
        train, test = digits28(full)
        data = stored(train, test, "reconstruct", seed, 128)
        torch.manual_seed(seed)
        network = build()
        algorithm = autoencoder(network, data.spec, rate=rate, warmup=50)
        if wrong:
            algorithm.objective = of_another
        learn(algorithm, data, long if full else short)
        task = Reconstruct(data.facts)
        error = float(task.losses(task.predict(network, data, "test"), torch.empty(0)).mean())
        flat, asked = (rows.reshape(len(rows), -1) / 255 for rows in (train[0], test[0]))
        components = PCA(code, random_state=0).fit(flat)
        theirs = float(((components.inverse_transform(components.transform(asked)) - asked) ** 2).mean())
        return 1 - error / theirs

    return run


def noise_taken_off(seed: int, wrong: bool, full: bool) -> float:
    """Decibels of the peak signal-to-noise ratio that are won at a noise of half the pixels' range, on test rows."""
    train, test = digits28(full)
    data = stored(train, test, "reconstruct", seed, 64)
    torch.manual_seed(seed)
    network = DenoisingAutoencoder(channels=1, image_size=(28, 28), width=32 if full else 12)
    algorithm = denoiser(network, data.spec, rate=2e-3, noise=0.5)
    if wrong:
        algorithm.objective = PixelCrossEntropy()  # never sees noise
    learn(algorithm, data, 3000 if full else 500)
    generator = torch.Generator().manual_seed(1)
    left, before = [], []
    with evaluating(network):
        for batch in data.batches("test"):
            clean = network.unit(batch.inputs[0])
            noisy = (clean + 0.5 * torch.randn(clean.shape, generator=generator)).clamp(0, 1)
            given = network.unit(network.reconstruct(network.unit.back(noisy)))
            left.append((given - clean).square().mean((1, 2, 3)))
            before.append((noisy - clean).square().mean((1, 2, 3)))
    return float(10 * (torch.cat(before).mean() / torch.cat(left).mean()).log10())


def told_apart(seed: int, wrong: bool, full: bool) -> float:
    """Area under the curve with which eights, never trained on, are told from the other digits of the test rows."""
    train, test = digits28(full)
    normal = train[1] != 8
    judged = test[0], (test[1] == 8).astype(np.int64)
    data = stored((train[0][normal], train[1][normal]), judged, "anomaly", seed, 128)
    torch.manual_seed(seed)
    network = PixelAutoencoder(features=784, code=16, widths=(512,))
    algorithm = autoencoder(network, data.spec, rate=2e-3, warmup=50)
    if wrong:
        algorithm.objective = of_another
    learn(algorithm, data, 5000 if full else 400)
    task = Anomaly(data.facts)
    return task.score(task.predict(network, data, "test"), torch.empty(0))["anomaly_auroc"]


# ------------------------------------------------------------------------------------------------ the bound


@functools.cache
def variational_network(seed: int, weight: float, full: bool) -> tuple[VAE, ArrayData]:
    """A trained 784-256-20 network; the full form has 10 times the data and 25 times the updates."""
    data = stored(*digits28(full), "generate", seed, 128)
    torch.manual_seed(seed)
    network = VAE(features=784, code=20, widths=(256,))
    learn(variational(network, data.spec, rate=2e-3, weight=weight, binary=True), data, 15_000 if full else 700)
    return network, data


def bound(seed: int, wrong: bool, full: bool) -> float:
    """The evidence lower bound of test rows, drawn as black or white, in nats an image."""
    network, data = variational_network(seed, 0.0 if wrong else 1.0, full)
    found = []
    with evaluating(network), torch.random.fork_rng():
        torch.manual_seed(0)
        for batch in data.batches("test"):
            likelihood, cost = terms(network, batch.inputs[0], binary=True)
            found.append(likelihood - cost)
    return float(torch.cat(found).mean())


def codes_in_use(seed: int, wrong: bool, full: bool) -> float:
    """How many of 20 numbers of a code are active; a weight of 100 on the divergence makes them collapse."""
    network, data = variational_network(seed, 100.0 if wrong else 1.0, full)
    with evaluating(network):
        means = torch.cat([network.encode(*batch.inputs) for batch in data.batches("test")])
    return float(active(means).sum())


def smooth_walks(seed: int, wrong: bool, full: bool) -> float:
    """The mean step of walks between the codes of 100 pairs of test images over their longest one."""
    network, data = variational_network(seed, 1.0, full)
    rows = next(iter(data.batches("test"))).inputs[0][:200]
    if not wrong:
        return float(np.mean([smoothness(walk(network, a[None], b[None], 12)) for a, b in zip(rows[::2], rows[1::2])]))
    train = data.take("train", slice(0, 4000)).inputs[0]
    known, jumps = train.flatten(1), []
    for a, b in zip(rows[::2], rows[1::2]):  # the nearest training images to a walk between pixels
        share = torch.linspace(0, 1, 12)[:, None]
        between = a.flatten() + share * (b.flatten() - a.flatten())
        jumps.append(smoothness(known[torch.cdist(between, known).argmin(1)]))
    return float(np.mean(jumps))


# ------------------------------------------------------------------------------------------------ named factors


@functools.cache
def padded_digits() -> tuple[Rows, Rows]:
    """Scikit-learn's digits with a border of two pixels, so that they can be turned and shifted: 1,400 and 397."""
    (pixels, labels), _ = builtin.load("digits")  # type: ignore[misc]
    order = np.random.default_rng(0).permutation(len(pixels))
    pixels = np.pad(pixels[order][:, None], ((0, 0), (0, 0), (2, 2), (2, 2)))
    return (pixels[:1400], labels[order][:1400]), (pixels[1400:], labels[order][1400:])


def named_factors(seed: int, wrong: bool, full: bool) -> float:
    """The smallest correlation, over rotation and both shifts, of a factor with the number of the code named after it.

    Of test digits that are turned and shifted at random, all at once.
    """
    train, test = digits28(True) if full else padded_digits()
    data = stored(train, test, "reconstruct", seed, 32)
    torch.manual_seed(seed)
    sizes = {"image_size": (28, 28), "widths": (32, 16), "kernel": 5} if full else FACTOR_SIZES
    network = DCIGN(channels=1, code=16, back_kernel=5, **sizes)  # type: ignore[arg-type]
    settings = {"rate": 3e-3, "intrinsic": 2.0, "strength": 0.1, "clamp": not wrong}
    learn(inverse_graphics(network, data.spec, **settings), data, 6000 if full else 1500)  # type: ignore[arg-type]
    pixels = torch.cat([batch.inputs[0] for batch in data.batches("test")])[:2000]
    drawn = 2 * torch.rand(len(pixels), len(FACTORS), generator=torch.Generator().manual_seed(1)) - 1
    with evaluating(network):
        codes = network.encode(move(pixels, drawn))
    return min(abs(float(torch.corrcoef(torch.stack([codes[:, k], drawn[:, k]]))[0, 1])) for k in range(len(FACTORS)))


FACTOR_SIZES = {"image_size": (12, 12), "widths": (16,), "kernel": 3}
_OTHER = "is asked for another image than it sees"
_DATA = "mnist5k (full: MNIST)"
_SHARE = "share of the squared error of {} principal components that is done away with, on test rows"
_CODES = ("objectives/reconstruction.py", "algorithms/autoencoding.py", "recipes/representation.py")
_BOUND = ("objectives/evidence.py", "algorithms/autoencoding.py", "recipes/representation.py")

STUDIES: tuple[Study, ...] = (
    Study(
        "autoencoder-mnist",
        "autoencoder",
        _DATA,
        _SHARE.format(32),
        0.15,
        against_components(lambda: PixelAutoencoder(features=784, code=32, widths=(512,)), 32, 2e-3, 400, 12_000),
        full=0.4,
        twin=_OTHER,
        needs=MNIST,
        sources=_CODES,
    ),
    Study(
        "convolutional-autoencoder-mnist",
        "convolutional_autoencoder",
        _DATA,
        _SHARE.format(16),
        0.1,
        against_components(
            lambda: ConvolutionalAutoencoder(channels=1, image_size=(28, 28), code=16, widths=(8, 16)),
            *(16, 4e-3, 400, 12_000),
        ),
        full=0.3,
        twin=_OTHER,
        needs=MNIST,
        sources=_CODES,
    ),
    Study(
        "denoising-autoencoder-mnist",
        "denoising_autoencoder",
        _DATA,
        "PSNR won at noise 0.5, dB, on test rows",
        5.0,
        noise_taken_off,
        full=8.0,
        twin="never sees noise",
        needs=MNIST,
        sources=_CODES,
    ),
    Study(
        "autoencoder-anomalies",
        "autoencoder",
        f"{_DATA}, eights held out",
        "AUROC of eights among test rows",
        0.8,
        told_apart,
        full=0.9,
        twin=_OTHER,
        needs=MNIST,
        sources=(*_CODES, "tasks/anomaly/scoring.py"),
    ),
    Study(
        "vae-bound",
        "vae",
        f"{_DATA}, drawn black or white",
        "evidence lower bound of test rows, nats",
        -125.0,
        bound,
        full=-102.0,
        twin="pays nothing for the divergence of its codes",
        needs=MNIST,
        sources=_BOUND,
    ),
    Study(
        "vae-collapse",
        "vae",
        f"{_DATA}, drawn black or white",
        "numbers of a code in use, of 20",
        8.0,
        codes_in_use,
        twin="pays a hundred times for the divergence, so that its codes collapse",
        needs=MNIST,
        sources=_BOUND,
    ),
    Study(
        "vae-walks",
        "vae",
        f"{_DATA}, drawn black or white",
        "mean step of a walk between codes over its longest step",
        0.5,
        smooth_walks,
        twin="walks between pixels, along the nearest training images",
        needs=MNIST,
        sources=_BOUND,
    ),
    Study(
        "dcign-factors",
        "dcign",
        "scikit-learn's digits (full: MNIST), turned and shifted",
        "smallest correlation of a factor with its number of the code, test rows",
        0.5,
        named_factors,
        full=0.5,
        twin="clamps nothing",
        needs=MNIST,
        sources=("algorithms/inverse_graphics.py", "recipes/representation.py", "layers/movement.py"),
    ),
)
