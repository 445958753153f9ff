"""Several numbers and several labels are learned from real data, and not by a teacher that mixes them up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from torch import nn

from bestiary.architectures.build import build, resolve
from bestiary.contracts import Batch, Logs
from bestiary.data.reading import read
from bestiary.objectives.supervised import CrossEntropy
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData
from bestiary.tasks import find
from bestiary.tasks.registry import task_for

MLP = "bestiary.architectures.feedforward.mlp:MLP"
SEEDS = (0, 1, 2)
Change = Callable[[Any], None]


def petals() -> pd.DataFrame:
    """Anderson's irises: how long and wide petals are, from sepals and species."""
    found: Any = load_iris(as_frame=True)
    return found.data.assign(species=found.target_names[found.target])


def digits() -> pd.DataFrame:
    """Handwritten digits: whether each is even, is greater than 4, has a loop."""
    pixels, digit = load_digits(return_X_y=True)
    frame = pd.DataFrame(pixels).add_prefix("p")
    return frame.assign(even=digit % 2 == 0, large=digit > 4, loop=np.isin(digit, (0, 6, 8, 9)))


def scores(frame: pd.DataFrame, target: str, folder: Path, seed: int, steps: int, change: Change) -> dict[str, float]:
    """Metrics on test rows of a network that learned by the recipe of its task, which `change` may spoil."""
    source = read(frame, target)
    source.encode(assign(source), folder / "data", 0)
    data = StoredData(folder / "data", batch=64, seed=seed, sealed=folder / "sealed")
    network = build(MLP, {"widths": (64, 64), "dropout": 0.0}, data.spec, seed=seed)
    task = find(source.target.problem)
    usual = "regressor" if task.each == "value" else "classifier"
    learner: Any = resolve(task.recipes[f"bestiary.recipes.supervised:{usual}"])(network, data.spec, rate=3e-3)
    torch.manual_seed(seed)
    change(learner)
    for _ in learner.updates(data, 0, steps):
        pass
    scoring = task_for(data.facts)
    truth = data.arrays("test")["target"]
    return scoring.score(scoring.predict(network, data, "test"), truth)


class Exchanged:
    """A teacher who gives every target the values of the next one."""

    def __init__(self, objective: Any) -> None:
        self.objective = objective

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[torch.Tensor, Logs]:
        batch.truth.copy_(batch.truth.roll(1, dims=1))
        return self.objective(network, batch, step)


def rightly(learner: Any) -> None:
    """Nothing is changed."""


def exchanged(learner: Any) -> None:
    learner.objective = Exchanged(learner.objective)


class Softmax(CrossEntropy):
    """A teacher who takes labels for classes of which a row has one."""

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[torch.Tensor, Logs]:
        logits = network(*batch.arguments(network))
        shares = batch.truth.float() / batch.truth.sum(1, keepdim=True).clamp(min=1)
        loss = -(shares * logits.log_softmax(-1)).sum(-1).mean()
        return loss, {"loss": loss.detach()}


def as_classes(learner: Any) -> None:
    learner.objective = Softmax()


@pytest.mark.parametrize("seed", SEEDS)
def test_petals_are_foretold_from_sepals_both_at_once(seed: int, tmp_path: Path) -> None:
    names = "petal length (cm),petal width (cm)"
    found = scores(petals(), names, tmp_path, seed, 300, rightly)
    assert found["mean_r2"] > 0.9 and found["relative_rmse"] < 0.32


def test_targets_that_are_exchanged_are_noticed(tmp_path: Path) -> None:
    frame = petals()
    frame["petal width (cm)"] *= -1  # so that one target does not stand for the other
    found = scores(frame, "petal length (cm),petal width (cm)", tmp_path, 0, 300, exchanged)
    assert found["mean_r2"] < 0


@pytest.mark.parametrize("seed", SEEDS)
def test_digits_have_their_labels(seed: int, tmp_path: Path) -> None:
    found = scores(digits(), "even,large,loop", tmp_path, seed, 500, rightly)
    assert found["macro_f1"] > 0.95 and found["subset_accuracy"] > 0.9 and found["hamming_loss"] < 0.05


def test_labels_that_are_taught_as_classes_are_noticed(tmp_path: Path) -> None:
    found = scores(digits(), "even,large,loop", tmp_path, 0, 500, as_classes)
    assert found["subset_accuracy"] < 0.7
