"""Machines with an energy: features that help where pixels do not, layers that help where labels are few, recall."""

import itertools
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn.functional import softplus

from bestiary.algorithms.layerwise import LayerWise
from bestiary.architectures.energy.dbn import DBNClassifier, LabelledDBN, TableDBNClassifier, TableRBMClassifier
from bestiary.architectures.energy.hopfield import Hopfield
from bestiary.architectures.energy.rbm import RBM
from bestiary.contracts import Batch, ImageInputs, ImageSpec
from bestiary.recipes.energy import (
    contrastive,
    features_then_labels,
    layers,
    layers_then_labels,
    layers_then_up_down,
    persistent,
    storage,
)
from bestiary.rows.store import ArrayData, StoredData
from bestiary.sampling.recall import collapse, recall
from bestiary.tasks.classification.scoring import Classification
from tests.learning.learn import prepared, with_wrong_labels
from tests.learning.study import Study

Arrays = dict[str, NDArray[np.generic]]
BINARY: Mapping[str, object] = {
    "problem": "reconstruct", "classes": [], "pixel_mean": [0.0], "pixel_scale": [1.0], "pixel_range": [0.0, 1.0],
}  # fmt: skip

Digits = list[tuple[NDArray[np.float32], NDArray[np.int64]]]
"""Images and classes to learn from, and to be tested on."""

# ------------------------------------------------------------------------------------- features of an RBM


def shifted(images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Images [N H W] and the same moved by one pixel up, down, left and right; what comes in is black."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    height, width = images.shape[1:]
    moves = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    return np.concatenate([wide[:, y : y + height, x : x + width] for y, x in moves])


def shifted_digits(seed: int) -> Digits:
    """Four fifths of the digits to learn from and one to be tested on, each in five places.

    They are split before they are moved: no test image is a moved training image.
    """
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    parts = np.split(order, [len(order) * 4 // 5])
    return [(shifted(digits.images[p] / 16).astype(np.float32), np.tile(digits.target[p], 5)) for p in parts]


def accuracy(train: NDArray[np.float32], test: NDArray[np.float32], digits: Digits, c: float, rounds: int) -> float:
    """Of logistic regression on rows of features."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would go on
        model = LogisticRegression(C=c, max_iter=rounds, tol=1e-3).fit(train, digits[0][1])
    return float(model.score(test, digits[1][1]))


class WithoutDreams(RBM):
    """The twin: fantasies teach nothing, so that every hidden unit learns to agree with everything."""

    def gibbs(self, visible: Tensor, steps: int, generator: torch.Generator | None = None) -> Tensor:
        return torch.zeros_like(visible)

    def visible(self, hidden: Tensor) -> Tensor:
        return torch.zeros(len(hidden), len(self.visible_bias))


def features_of_shifted_digits(seed: int, wrong: bool, full: bool) -> float:
    """Test accuracy of logistic regression on an RBM's features minus that on pixels."""
    digits = shifted_digits(seed)
    (train, classes), (test, _) = digits
    arrays: Arrays = {"pixels": train[:, None], "target": classes}
    data = ArrayData(ImageSpec(1, (8, 8), 1), BINARY, {"train": arrays}, batch=32, seed=seed)
    torch.manual_seed(seed)
    machine = (WithoutDreams if wrong else RBM)(features=64, width=200 if full else 80)
    for _ in contrastive(machine, data.spec, machine_rate=0.1).updates(data, 0, 10_000 if full else 2500):
        pass
    with torch.no_grad():
        learnt, seen = (machine(torch.from_numpy(part)).numpy() for part in (train, test))
    rounds, flat = (500, (1.0, 100.0)) if full else (80, (100.0,))
    pixels = max(accuracy(train.reshape(-1, 64), test.reshape(-1, 64), digits, c, rounds) for c in flat)
    return accuracy(learnt, seen, digits, 6000.0, rounds) - pixels


# ------------------------------------------------------------------------------------- few labels


def first_weights(network: DBNClassifier) -> None:
    """Glorot's for logistic units: with the machines' own, which are smaller, learning from scratch is worse."""
    for machine in network.machines:
        nn.init.xavier_uniform_(machine.weight, gain=4)  # type: ignore[arg-type]


class Scattered(StoredData):
    """The twin: what is seen without labels has its pixels shuffled, every image in its own way."""

    def batch(self, split: str, number: int) -> Batch:
        batch = super().batch(split, number)
        generator = torch.Generator().manual_seed(number)
        flat = batch.inputs[0].flatten(1)
        order = torch.rand(flat.shape, generator=generator).argsort(1)
        return Batch(ImageInputs(flat.gather(1, order).view_as(batch.inputs[0])), batch.target)


def few_labels(seed: int, wrong: bool, full: bool) -> float:
    """Test accuracy with 100 labels and pre-training on all images minus that of the same network from scratch."""
    folder, _ = prepared("mnist5k")
    data = (Scattered if wrong else StoredData)(folder, batch=50, seed=seed, sealed=folder.parent / "sealed")
    task, tuning = Classification(10), 600
    scores = []
    for pretraining in (2000, 0):
        torch.manual_seed(seed)
        network = DBNClassifier(features=784, outputs=10, widths=(200, 100))
        if not pretraining:
            first_weights(network)
        steps = pretraining + tuning
        learner = layers_then_labels(network, data.spec, rate=1e-3, share=pretraining / steps, labels=100)
        for _ in learner.updates(data, 0, steps):
            pass
        scores.append(task.score(task.predict(network, data, "test"), data.arrays("test")["target"])["accuracy"])
    return scores[0] - scores[1]


# ------------------------------------------------------------------------------------- up and down


def coin_tosses(top: nn.Module, hidden: Tensor, features: int) -> Tensor:
    """The twin: whatever the top machine believes, its fantasies begin with units that are on or off by chance."""
    label = top.visible(hidden)[:, features:]  # type: ignore[operator]
    return torch.cat((torch.bernoulli(hidden.new_full((len(hidden), features), 0.5)), label), 1)


def up_and_down(seed: int, wrong: bool, full: bool) -> float:
    """Test accuracy by the free energy of each label, less that of greedy learning alone with as many updates.

    After greedy learning alone the short form has about 0.88, the full one 0.92.
    """
    folder, _ = prepared("digits")
    data = StoredData(folder, batch=50, seed=seed, sealed=folder.parent / "sealed")
    task, steps, scores = Classification(10), 12_000 if full else 4000, []
    for recipe in (layers_then_up_down, layers):
        torch.manual_seed(seed)
        network = LabelledDBN(features=64, outputs=10, widths=(100, 100, 200), untied=recipe is layers_then_up_down)
        words = {"rounds": (3, 6, 10) if full else (3,)} if network.untied else {}
        twin = mock.patch("bestiary.algorithms.up_down.relive", coin_tosses) if wrong else nullcontext()
        with twin:
            for _ in recipe(network, data.spec, **words).updates(data, 0, steps):  # type: ignore[arg-type]
                pass
        scores.append(task.score(task.predict(network, data, "test"), data.arrays("test")["target"])["accuracy"])
    return scores[0] - scores[1]


# ------------------------------------------------------------------------------------- likelihood


def log_partition(machine: RBM) -> Tensor:
    """log Z, summed over all states of the hidden units."""
    hidden = torch.tensor(list(itertools.product((0.0, 1.0), repeat=len(machine.hidden_bias))))
    from_below = softplus(hidden @ machine.weight + machine.visible_bias).sum(1)
    return torch.logsumexp(hidden @ machine.hidden_bias + from_below, 0)


def likelihood(seed: int, wrong: bool, full: bool) -> float:
    """Mean log likelihood of test digits, black and white, above that of independent pixels, in nats an image."""
    images = load_digits().images[np.random.default_rng(seed).permutation(1797)]
    pixels = (images > 7.5).astype(np.float32)[:, None]
    train, test = pixels[:1400], torch.from_numpy(pixels[1400:]).flatten(1)
    arrays: Arrays = {"pixels": train, "target": np.zeros(1400, dtype=np.int64)}
    data = ArrayData(ImageSpec(1, (8, 8), 1), BINARY, {"train": arrays}, batch=100, seed=seed)
    torch.manual_seed(seed)
    machine = (WithoutDreams if wrong else RBM)(features=64, width=14 if full else 10)
    for _ in persistent(machine, data.spec).updates(data, 0, 20_000 if full else 4000):
        pass
    chance = torch.from_numpy(train).flatten(1).mean(0).clamp(0.001, 0.999)
    independent = (test * chance.log() + (1 - test) * (1 - chance).log()).sum(1).mean()
    with torch.no_grad():
        learnt = (-machine.free_energy(test) - log_partition(machine)).mean()
    return float(learnt - independent)


# ------------------------------------------------------------------------------------- recall


def recalled_digits(seed: int, wrong: bool, full: bool) -> float:
    """Share of 78 MNIST digits (0.0995 a unit) that come back from 25 % noise, at most 5 % of their pixels wrong."""
    folder, _ = prepared("mnist5k")
    data = StoredData(folder, batch=100, seed=seed)
    memory = Hopfield(features=784)
    for _ in storage(memory, data.spec, rule="hebb" if wrong else "projection").updates(data, 0, 100):
        pass
    return recall(memory, memory.read(*data.batch("train", 0).inputs)[:78], 0.25, seed).recalled


def few_recalled_digits(seed: int, wrong: bool, full: bool) -> float:
    """Share of five MNIST digits (0.0064 a unit) that come back in the same way, over ten memories of five each."""
    folder, _ = prepared("mnist5k")
    found = []
    for draw in range(10):
        data = StoredData(folder, batch=5, seed=10 * seed + draw)
        memory = Hopfield(features=784)
        for _ in storage(memory, data.spec, rule="hebb" if wrong else "covariance", load=5 / 784).updates(data, 0, 100):
            pass
        found.append(recall(memory, memory.read(*data.batch("train", 0).inputs), 0.25, seed).recalled)
    return float(np.mean(found))


def held_and_lost(seed: int, wrong: bool, full: bool) -> float:
    """Share of random patterns that Hebb's rule gives back at 0.05 a unit less that at 0.2, from 25 % noise."""
    memory = (Unrelated if wrong else Hopfield)(features=1000 if full else 300)
    below, above = collapse(memory, (0.05, 0.2), 0.25, seed)
    return below.recalled - above.recalled


class Unrelated(Hopfield):
    """The twin: it gives back states of a memory that knows other patterns."""

    def recall(self, states: Tensor, order: Tensor | None = None, sweeps: int = 100) -> Tensor:
        return super().recall(states.roll(1, 1), order, sweeps)


# ------------------------------------------------------------------------------------- tables


def tables(recipe: Callable[..., LayerWise], network: Callable[..., nn.Module], seed: int, wrong: bool) -> float:
    """Test accuracy on the breast cancer table."""
    folder, _ = prepared("cancer")
    data = StoredData(folder, batch=64, seed=seed, sealed=folder.parent / "sealed")
    torch.manual_seed(seed)
    learner = recipe(network(features=data.spec.features, outputs=2), data.spec)  # type: ignore[union-attr]
    for _ in learner.updates(with_wrong_labels(data, seed) if wrong else data, 0, 600):
        pass
    task = Classification(2)
    return task.score(task.predict(learner.answer, data, "test"), data.arrays("test")["target"])["accuracy"]


def rbm_table(seed: int, wrong: bool, full: bool) -> float:
    return tables(features_then_labels, TableRBMClassifier, seed, wrong)


def dbn_table(seed: int, wrong: bool, full: bool) -> float:
    return tables(layers_then_labels, TableDBNClassifier, seed, wrong)


SOURCES = tuple(f"architectures/energy/{name}.py" for name in ("rbm", "dbn", "hopfield"))
STUDIES: tuple[Study, ...] = (
    Study(
        "hopfield-digits",
        "hopfield",
        "MNIST (mnist5k), 78 digits in 784 units, projection rule",
        "share recalled from 25 % noise with at most 5 % of the pixels wrong",
        0.95,
        recalled_digits,
        twin="stores the same digits by Hebb's rule, which digits are too much alike for",
        sources=(*SOURCES, "sampling/recall.py"),
    ),
    Study(
        "hopfield-covariance",
        "hopfield",
        "MNIST (mnist5k), 5 digits in 784 units, covariance rule",
        "share recalled from 25 % noise with at most 5 % of the pixels wrong",
        0.9,
        few_recalled_digits,
        twin="stores the same digits by Hebb's rule with their mean, which they share",
        sources=(*SOURCES, "sampling/recall.py"),
    ),
    Study(
        "hopfield-capacity",
        "hopfield",
        "random patterns, Hebb's rule",
        "share recalled from 25 % noise at 0.05 patterns a unit, less that at 0.2",
        0.9,
        held_and_lost,
        twin="is asked for other patterns than those that it stored",
        sources=(*SOURCES, "sampling/recall.py"),
    ),
    Study(
        "rbm-shifted-digits",
        "rbm",
        "scikit-learn's digits and the same moved by one pixel, split before they are moved",
        "accuracy of logistic regression on the machine's features, less that on pixels",
        0.08,
        features_of_shifted_digits,
        twin="its fantasies teach nothing",
        sources=SOURCES,
    ),
    Study(
        "rbm-likelihood",
        "rbm",
        "scikit-learn's digits, black and white; persistent contrastive divergence",
        "exact log likelihood of test images above that of independent pixels, in nats",
        5.0,
        likelihood,
        twin="its fantasies teach nothing",
        sources=SOURCES,
    ),
    Study(
        "rbm-table",
        "rbm",
        "scikit-learn's breast cancer table",
        "accuracy",
        0.93,
        rbm_table,
        sources=SOURCES,
    ),
    Study(
        "dbn-few-labels",
        "dbn",
        "MNIST (mnist5k), 100 labels",
        "accuracy with pre-training on all images, less that of the same network from scratch",
        0.02,
        few_labels,
        twin="is pre-trained on images whose pixels are shuffled",
        sources=SOURCES,
    ),
    Study(
        "dbn-up-down",
        "dbn",
        "scikit-learn's digits, labels beside the features of the top machine",
        "accuracy by free energy after greedy learning and up-down, less that after as many greedy updates",
        0.025,
        up_and_down,
        full=0.035,
        twin="its fantasies are coin tosses",
        sources=SOURCES,
    ),
    Study(
        "dbn-table",
        "dbn",
        "scikit-learn's breast cancer table",
        "accuracy",
        0.93,
        dbn_table,
        sources=SOURCES,
    ),
)
