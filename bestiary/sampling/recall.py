"""What a Hopfield network remembers: recall from damaged patterns, the energy on the way, and how much it can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Data, Spec
from bestiary.sampling.insides.curves import Curve, draw
from bestiary.sampling.pictures import Picture, grid, png

# N units, P patterns, S sweeps

CAPACITY = 0.138  # patterns a unit (Amit, Gutfreund & Sompolinsky 1985)
NOISE = 0.25  # share of units that are turned over
SHARE = f"{100 * NOISE:.0f} %"
LOADS = (0.02, 0.05, 0.08, 0.1, 0.12, 0.138, 0.15, 0.17, 0.2, 0.25, 0.3)
SHOWN = 10  # stored patterns in a picture
MOST = 400  # units of the network that the collapse is measured in


@dataclass(frozen=True)
class Recall:
    """How well patterns came back.

    Attributes:
        overlap: mean of x . s / N between stored x and recalled s; 1 when all units are right, 0 by chance.
        recalled: share of patterns that came back with at most 5 % of their units wrong.
        load: patterns a unit.
    """

    overlap: float
    recalled: float
    load: float


def damaged(patterns: Float[Tensor, "P N"], noise: float, generator: torch.Generator) -> Float[Tensor, "P N"]:
    """Patterns in which each unit is turned over by chance."""
    turned = torch.rand(patterns.shape, generator=generator).to(patterns.device) < noise
    return torch.where(turned, -patterns, patterns)


def recall(network: nn.Module, patterns: Float[Tensor, "P N"], noise: float = NOISE, seed: int = 0) -> Recall:
    """How well a network gives patterns back from damaged ones, units asked in a random order.

    Args:
        network: a memory, `architectures.energy.hopfield.Hopfield`.
        patterns: of -1 and +1, that it should know.
        noise: chance of each unit to be turned over.
        seed: of the damage and the order.
    """
    generator = torch.Generator().manual_seed(seed)
    start = damaged(patterns, noise, generator)
    order = torch.randperm(patterns.shape[1], generator=generator)
    settled = cast("Any", network).recall(start, order)
    overlap = (settled * patterns).mean(1)
    return Recall(float(overlap.mean()), float((overlap >= 0.9).float().mean()), len(patterns) / patterns.shape[1])


def collapse(network: nn.Module, loads: Sequence[float] = LOADS, noise: float = NOISE, seed: int = 0) -> list[Recall]:
    """Recall of random patterns stored by Hebb's rule, at loads below and above the capacity.

    Args:
        network: an empty memory; it is overwritten.
        loads: patterns a unit.
        noise: chance of each unit to be turned over.
        seed: of the patterns, the damage and the order.
    """
    memory, units = cast("Any", network), cast("int", network.features)
    generator = torch.Generator().manual_seed(seed)
    found = []
    with torch.no_grad():
        for load in loads:
            shape = (max(1, round(load * units)), units)
            patterns = torch.where(torch.rand(shape, generator=generator) < 0.5, -1.0, 1.0)
            memory.weights = (patterns.T @ patterns / units).to(memory.links)
            found.append(recall(network, patterns, noise, seed))
    return found


def known(network: nn.Module, data: Data, most: int) -> Float[Tensor, "P N"]:
    """The first patterns that a network stored, in the order of its run."""
    return cast("Any", network).read(*data.batch("train", 0).inputs)[:most]


def encode(network: nn.Module, data: Data, split: str) -> dict[str, Tensor]:
    """What each row reminds the network of: `unit_0` ... of -1 and +1, and `energy` of that state."""
    memory = cast("Any", network)
    states = torch.cat([memory.encode(*batch.inputs) for batch in data.batches(split)])
    energy = memory.energy(states).cpu()
    return {**{f"unit_{k}": unit for k, unit in enumerate(states.cpu().T)}, "energy": energy}


def inspect(
    network: nn.Module, data: Data, spec: Spec, facts: Mapping[str, object], *, load: float = 0.1
) -> list[Picture]:
    """Stored, damaged and recalled patterns; the energy on the way; the collapse of Hebb's rule past 0.138.

    Args:
        network: a trained `architectures.energy.hopfield.Hopfield`.
        data: that it was trained on, in the order of its run.
        spec, facts: of the data.
        load: patterns a unit that were stored, as its recipe was told; ten are shown at most.
    """
    memory = cast("Any", network)
    patterns = known(network, data, min(SHOWN, memory.holds(load)))
    generator = torch.Generator().manual_seed(0)
    start = damaged(patterns, NOISE, generator)
    settled, energies = memory.descent(start, torch.randperm(memory.features, generator=generator))
    right = float((settled == patterns).float().mean())
    pictures = []
    if spec.picture is not None:
        size = spec.picture
        rows = torch.cat([states.view(-1, *size) for states in (patterns, start, settled)])
        pictures.append(
            Picture(
                "Recall",
                f"Above, patterns that were stored; in the middle, each unit flipped with probability {SHARE}; "
                f"below, what the network makes of them. {100 * right:.1f} % of all units are right again.",
                png=png(grid((rows + 1) / 2, columns=len(patterns))),
            )
        )
    curves = [Curve("", list(range(len(energies))), energy.tolist()) for energy in energies.T]
    pictures.append(
        Picture(
            "Energy",
            "The energy of each damaged pattern, before recall and after each sweep through all units. It never rises.",
            svg=draw(curves, "sweeps", "energy", points=True),
        )
    )
    return [*pictures, _collapse(type(network)(features=min(MOST, memory.features)))]  # pyright: ignore[reportCallIssue]


def _collapse(empty: nn.Module) -> Picture:
    units = cast("int", empty.features)
    runs = [collapse(empty, seed=seed) for seed in range(3)]
    curves = []
    for name, word in (("overlap", "overlap"), ("share recalled (at most 5 % wrong)", "recalled")):
        table = torch.tensor([[float(getattr(point, word)) for point in run] for run in runs])
        low, high = table.aminmax(dim=0)
        loads = [point.load for point in runs[0]]
        curves.append(Curve(name, loads, table.mean(0).tolist(), low.tolist(), high.tolist()))
    return Picture(
        "How much it can hold",
        f"Random patterns stored by Hebb's rule in {units} units and recalled with {SHARE} of the units "
        "flipped; mean and range of three draws. Past 0.138 patterns per unit, stored patterns are no longer minima of "
        "the energy.",
        svg=draw(curves, "patterns stored, per unit", "recall", marks=[(CAPACITY, "0.138")], points=True),
    )
