"""The same MLP on the same 20,000-row table, same batch and epochs, one thread: ours, scikit-learn, a bare loop."""

import tempfile
import warnings
from pathlib import Path

import torch
from common import Never, compare, finish, header
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.nn import functional as F

from bestiary.architectures.build import build
from bestiary.contracts import TableSpec
from bestiary.fit import fit
from bestiary.recipes.supervised import classifier
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder

ROWS, FEATURES, WIDTHS, BATCH, EPOCHS, RATE = 20_000, 20, (64, 32), 128, 10, 1e-3
features, target = make_classification(ROWS, FEATURES, n_informative=10, random_state=0)
features = features.astype("float32")
STEPS = EPOCHS * (ROWS // BATCH)


def ours() -> None:
    spec = TableSpec(FEATURES, 2)
    data = ArrayData(spec, {"problem": "classification"}, {"train": {"features": features, "target": target}}, BATCH)
    network = build("bestiary.architectures.feedforward.fnn:FNN", {"widths": WIDTHS}, spec, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        fit(classifier(network, spec, rate=RATE), data, RunFolder(Path(folder), keep_best=False), STEPS, Never())


def bare() -> None:
    torch.manual_seed(0)
    x, y = torch.from_numpy(features), torch.from_numpy(target)
    a, b = WIDTHS
    network = nn.Sequential(nn.Linear(FEATURES, a), nn.ReLU(), nn.Linear(a, b), nn.ReLU(), nn.Linear(b, 2))
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0, fused=True)
    for _ in range(EPOCHS):
        order = torch.randperm(ROWS)
        for start in range(0, ROWS - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            loss = F.cross_entropy(network(x[chosen]), y[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def theirs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MLPClassifier(
            WIDTHS, batch_size=BATCH, max_iter=EPOCHS, alpha=0.0, tol=0.0, n_iter_no_change=EPOCHS, random_state=0
        ).fit(features, target)


if __name__ == "__main__":
    header("scikit-learn", "numpy")
    finish(
        compare("MLP, ours against scikit-learn's MLPClassifier", ours, theirs, bound=1.0),
        compare("MLP, ours against a bare torch loop", ours, bare, bound=1.05),
    )
