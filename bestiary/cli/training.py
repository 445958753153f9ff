"""What training a size takes: one update of its own algorithm, and what it keeps for each weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from bestiary import kinds
from bestiary.architectures.build import count, resolve
from bestiary.catalogue import Row, Size
from bestiary.cli.examples import Costed
from bestiary.contracts import Algorithm, Batch, Spec
from bestiary.optimisation.minimise import FromTorch, Minimise

HORIZON = 1000  # updates that phases and schedules are told of; the first ones are timed
KEPT = {"AdamW": 2, "RMSprop": 1, "SGD": 1}  # numbers that an optimiser keeps for each weight


@dataclass(frozen=True)
class Memory:
    """What training keeps, in float32.

    Attributes:
        bytes: in all, activations not counted.
        what: of what it consists, for people.
        optimiser: its name, or "" where none changes the weights.
    """

    bytes: int
    what: str
    optimiser: str


class OneBatch:
    """The same batch at every update; implements `contracts.Data`."""

    size, epoch, seed = 1, HORIZON, 0

    def __init__(self, spec: Spec, batch: Batch, problem: str) -> None:
        self.spec, self._batch = spec, batch
        classes = [str(number) for number in range(spec.outputs)]
        self.facts: Mapping[str, Any] = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": classes}

    def batch(self, split: str, number: int) -> Batch:
        return self._batch

    def rows(self, split: str) -> int:
        return len(self._batch)

    def take(self, split: str, where: object) -> Batch:
        return self._batch

    def batches(self, split: str) -> Iterator[Batch]:
        yield self._batch


class Updates:
    """Each call makes one update; an algorithm that has finished, as storage does, begins again."""

    def __init__(self, algorithm: Algorithm, data: OneBatch) -> None:
        self.algorithm, self.data = algorithm, data
        self.updates = algorithm.updates(data, 0, HORIZON)

    def __call__(self) -> None:
        if next(self.updates, None) is None:
            self.updates = self.algorithm.updates(self.data, 0, HORIZON)
            next(self.updates)


def task_of(row: Row, size: Size) -> str:
    """The task that a size learns, or "" for a part, which learns inside another network."""
    if size.part or not row.recipes:
        return ""
    own = [task for cs in row.races.values() for c in cs if c.network == size.network for task in c.tasks]
    usual = kinds.find(size.kind).task if size.kind else ""
    if own:
        return usual if usual in own else own[0]
    if usual in row.recipes:
        return usual
    one = size.keywords.get("outputs") == 1 and "regression" in row.recipes
    return "regression" if one else next(iter(row.recipes))


def algorithm_of(costed: Costed, network: nn.Module, rows: int = 2) -> tuple[Algorithm, OneBatch] | None:
    """The row's own algorithm on a network of the size, and data for it; None for a part."""
    task = task_of(costed.row, costed.size)
    if not task:
        return None
    place = next((str(p.device) for p in network.parameters()), "cpu")
    batch, spec = step_data(costed, rows, task, place)
    recipe = cast("Callable[..., Algorithm]", resolve(costed.row.recipes[task]))
    return recipe(network, spec, **costed.row.settings[0]), OneBatch(spec, batch, task)


def step_data(costed: Costed, rows: int, task: str, device: str) -> tuple[Batch, Spec]:
    """Examples with targets, as the algorithm is given them, and what would size such a network for them."""
    name = costed.size.kind or next(iter(costed.row.races))
    words = {**costed.keywords, **costed.example}
    batch, spec = kinds.find(name).part("example").step(words, rows, task)
    return batch.to(device), spec


def memory_of(costed: Costed, network: nn.Module) -> Memory:
    """What the row's own way of learning keeps for each weight; for a part, AdamW's."""
    weights = 4 * count(network)
    trained = any(p.requires_grad for p in network.parameters())
    pixels = not costed.size.kind and "play" in costed.row.verbs  # of these there is no world
    found = None if pixels else algorithm_of(costed, network)
    if found is None:
        names = {"AdamW"} if trained else set[str]()
        copies = 0
    else:
        parts = vars(found[0]).values()
        names = {_name(part) for part in parts if isinstance(part, Minimise)}
        modules = [part if isinstance(part, nn.Module) else getattr(part, "network", part) for part in parts]
        others = {id(m): m for m in modules if isinstance(m, nn.Module) and m is not network}
        copies = sum(4 * count(other) for other in others.values() if count(other) == count(network))
    most = max((KEPT[name] for name in names), default=0)
    total = weights + copies + (weights * (1 + most) if names else 0)
    kept = ["weights"] + ["gradients"] * bool(names) + ["two moments"] * (most == 2) + ["one moment"] * (most == 1)
    slower = ["a slower copy of the weights"] if copies else []
    return Memory(total, ", ".join([*kept, *slower]), " and ".join(sorted(names)))


def _name(minimise: Minimise) -> str:
    optimiser = minimise.optimiser
    name = type(optimiser.optimiser if isinstance(optimiser, FromTorch) else optimiser).__name__
    return name.removeprefix("Grouped")  # the same with several rates


def step_of(costed: Costed, network: nn.Module, rows: int, device: str) -> Callable[[], None] | None:
    """One update: of the row's own algorithm, or of a part by AdamW; None where it learns by acting in a world, or has
    nothing to learn."""
    task = task_of(costed.row, costed.size)
    if "play" in costed.row.verbs:
        return None
    if task:
        found = algorithm_of(costed, network, rows)
        assert found is not None
        algorithm, data = found
        return Updates(algorithm, data)
    weights = [p for p in network.parameters() if p.requires_grad]
    if not weights:
        return None
    arguments, minimiser = costed.arguments(rows, device), torch.optim.AdamW(weights, lr=1e-4)

    def update() -> None:
        minimiser.zero_grad()
        result = network(*arguments)
        first: Tensor = result[0] if isinstance(result, tuple) else result
        first.square().mean().backward()
        minimiser.step()

    return update
