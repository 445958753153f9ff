"""Trains for a claim: real data, the row's own recipe, the one loop."""

import functools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.data.reading import read
from bestiary.fit import fit
from bestiary.rows.splits import assign
from bestiary.rows.store import ArrayData, StoredData
from bestiary.runs.run import RunFolder
from bestiary.tasks import Classification, Regression
from tests.learning.claims import Claim

FIXTURES = Path(__file__).parents[1] / "fixtures"
DATA: dict[str, dict[str, Any]] = {
    "digits": {"source": "digits"},
    "cancer": {"source": "breast_cancer"},
    "diabetes": {"source": "diabetes"},
    "penguins": {"source": FIXTURES / "penguins.csv", "target": "Species", "kind": "table"},
    "verses": {"source": FIXTURES / "verses.csv", "target": "book", "kind": "text"},
    "mnist5k": {"source": "mnist5k"},
    "arrow_head": {"source": "arrow_head"},
}


@functools.cache
def prepared(name: str) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """The encoded folder of a data set; the second item keeps it from being removed."""
    keep = tempfile.TemporaryDirectory(prefix="bestiary-learning-")
    folder = Path(keep.name) / "data"
    if name == "digits-series":
        source = read(digits_as_series(), kind="series")
    elif name == "digits-table":
        source = read(digits_as_table(), kind="table")
    else:
        words = dict(DATA[name])
        source = read(words.pop("source"), **words)
    source.encode(assign(source), folder, 0)
    return folder, keep


def digits_as_series() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's digits, each as 8 steps (rows of pixels) of 8 channels: [N, T, C] and labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images.astype(np.float32), digits.target


def digits_as_table() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's digits as 64 columns and labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.data.astype(np.float32), digits.target


class Never:
    """A judge that looks at the end alone."""

    def due(self, step: int) -> bool:
        return False

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        return {"loss": 0.0}


@dataclass(frozen=True)
class Learned:
    """What came of it: the score on the test rows and what it took."""

    score: float
    seconds: float
    parameters: int


def learn(claim: Claim, seed: int = 0, wrong: bool = False, steps: int | None = None) -> Learned:
    """Trains for a claim.

    Args:
        claim: what to train, on what.
        seed: of the first weights and the order of rows.
        wrong: the twin: the labels of training rows are shuffled.
        steps: other than the claim's.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    row = catalogue.find(claim.row)
    contender = next(c for c in row.races[claim.kind] if c.name == claim.contender)
    folder, _ = prepared(claim.data)
    data = StoredData(folder, batch=claim.batch, seed=seed, sealed=folder.parent / "sealed")
    truth = data.arrays("test")["target"]
    learning: ArrayData = with_wrong_labels(data, seed) if wrong else data
    problem = "regression" if data.regression else "classification"
    network = build(contender.network, contender.keywords, data.spec, seed=seed)
    algorithm = resolve(row.recipes[problem])(network, data.spec, **{**row.settings[0], **claim.settings})
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as run:
        fit(algorithm, learning, RunFolder(Path(run), keep_best=False, save_every=1e9), steps or claim.steps, Never())
    seconds = time.perf_counter() - began
    if problem == "regression":
        task = Regression(data.facts["mean"], data.facts["scale"])
    else:
        task = Classification(data.facts["classes"])
    scores = task.score(task.predict(algorithm.answer, data, "test"), truth)
    return Learned(scores[claim.metric], seconds, sum(p.numel() for p in network.parameters()))


def with_wrong_labels(data: StoredData, seed: int) -> ArrayData:
    """The same training rows, each with the label of another."""
    arrays = dict(data.arrays("train"))
    order = torch.randperm(len(arrays["target"]), generator=torch.Generator().manual_seed(seed))
    arrays["target"] = arrays["target"][order]
    return ArrayData(data.spec, data.facts, {"train": arrays}, data.size, seed)
