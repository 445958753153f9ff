"""Draws docs/images/hopfield_recall.svg and hopfield_energy.svg: what a memory gives back, and the energy on the way.

    python -m tests.house.hopfield_picture

Everything in the pictures is measured when they are made, from fixed seeds, by the functions that `inspect` uses.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from bestiary.algorithms.hebbian import HebbianStorage, ProjectionStorage
from bestiary.architectures.energy.hopfield import Hopfield
from bestiary.contracts import Data
from bestiary.rows.store import StoredData, write_text
from bestiary.sampling.insides.curves import Curve, draw
from bestiary.sampling.recall import CAPACITY, NOISE, Recall, collapse, damaged, known, recall
from tests.learning.learn import prepared

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LOADS = (0.02, 0.05, 0.08, 0.1, 0.12, 0.13, 0.138, 0.145, 0.16, 0.18, 0.2, 0.25)
UNITS = 1000  # of the network that random patterns are stored in
SEEDS = (0, 1, 2)
ASKED = 8  # units between two points of the energy


def curve(name: str, runs: Sequence[Sequence[Recall]]) -> Curve:
    """Mean and range of the share that comes back, over runs at the same loads."""
    shares = torch.tensor([[point.recalled for point in run] for run in runs])
    low, high = shares.aminmax(dim=0)
    loads = [point.load for point in runs[0]]
    return Curve(name, loads, shares.mean(0).tolist(), low.tolist(), high.tolist())


def digits(seed: int) -> StoredData:
    """MNIST (mnist5k), in the order of a run."""
    folder, _ = prepared("mnist5k")
    return StoredData(folder, batch=1000, seed=seed)


def stored(rule: Callable[[Hopfield, int], HebbianStorage | ProjectionStorage], data: Data, most: int) -> Hopfield:
    """A memory that holds the first digits of a run."""
    memory = Hopfield(features=784)
    for _ in rule(memory, most).updates(data, 0, 1):
        pass
    return memory


def of_digits(rule: Callable[[Hopfield, int], HebbianStorage | ProjectionStorage], seed: int) -> list[Recall]:
    """Recall of digits at all loads."""
    data, found = digits(seed), []
    for load in LOADS:
        most = round(load * 784)
        memory = stored(rule, data, most)
        found.append(recall(memory, known(memory, data, most), NOISE, seed))
    return found


def shares() -> str:
    """What comes back, against how much is stored."""
    empty = Hopfield(features=UNITS)
    curves = [
        curve("random, Hebb, no noise", [collapse(empty, LOADS, 0.0, seed) for seed in SEEDS]),
        curve(f"random, Hebb, {NOISE:.0%} noise", [collapse(empty, LOADS, NOISE, seed) for seed in SEEDS]),
        curve(f"digits, projection, {NOISE:.0%} noise", [of_digits(ProjectionStorage, seed) for seed in SEEDS]),
        curve(f"digits, Hebb, {NOISE:.0%} noise", [of_digits(HebbianStorage, seed) for seed in SEEDS]),
    ]
    return draw(curves, "patterns stored, per unit", "share recalled", [(CAPACITY, "0.138")], points=True)


def energies(memory: Hopfield, states: Tensor, sweeps: int, seed: int) -> tuple[list[float], Tensor]:
    """Times, in sweeps, and the energy of each state [T P], every few units that are asked in a random order."""
    order = torch.randperm(memory.features, generator=torch.Generator().manual_seed(seed))
    found = [memory.energy(states)]
    for part in order.repeat(sweeps).split(ASKED):
        states = memory.recall(states, part, sweeps=1)
        found.append(memory.energy(states))
    return [ASKED * n / memory.features for n in range(len(found))], torch.stack(found)


@torch.no_grad()
def descents() -> str:
    """The energy of damaged patterns on their way, relative to that of the pattern that they were."""
    data = digits(0)
    memory = stored(ProjectionStorage, data, 78)
    random = Hopfield(features=UNITS)
    patterns = torch.where(torch.rand(100, UNITS, generator=torch.Generator().manual_seed(0)) < 0.5, -1.0, 1.0)
    random.weights = patterns.T @ patterns / UNITS
    curves = []
    for name, network, whole in (
        ("random patterns, Hebb", random, patterns[:5]),
        ("digits, projection rule", memory, known(memory, data, 5)),
    ):
        start = damaged(whole, NOISE, torch.Generator().manual_seed(0))
        times, found = energies(network, start, 2, 0)
        share = found / network.energy(whole).abs()
        assert float(found.diff(dim=0).max()) <= 1e-3, "the energy never rises"
        curves += [Curve(name, times, one.tolist()) for one in share.T]
    return draw(curves, "sweeps through all units", "energy, in depths of the valley")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, picture in (("hopfield_recall", shares), ("hopfield_energy", descents)):
        write_text(IMAGES / f"{name}.svg", picture())
        print(IMAGES / f"{name}.svg")
