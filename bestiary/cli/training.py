"""What training a size takes: one update of its own algorithm, and what it keeps for each weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from bestiary.architectures.build import count, resolve
from bestiary.catalogue import Row, Size
from bestiary.cli.examples import Costed
from bestiary.contracts import (
    Algorithm,
    Batch,
    CorpusBatch,
    CorpusSpec,
    EnvironmentSpec,
    GraphBatch,
    GraphsBatch,
    GraphSpec,
    GraphsSpec,
    ImageBatch,
    ImageSpec,
    PairBatch,
    PairSpec,
    SeriesBatch,
    SeriesSpec,
    Spec,
    TableBatch,
    TableSpec,
    TokenBatch,
    TokenSpec,
)
from bestiary.optimisation.minimise import FromTorch, Minimise

TASK_OF = {"pairs": "transduce", "corpus": "continue", "graph": "nodes", "graphs": "graphs", "environment": "control"}
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
    usual = TASK_OF.get(size.kind, "")
    if own:
        return usual if usual in own else own[0]
    if usual in row.recipes:
        return usual
    one = size.keywords.get("outputs") == 1 and "regression" in row.recipes
    return "regression" if one else next(iter(row.recipes))


def algorithm_of(costed: Costed, network: nn.Module, batch: Batch | None) -> tuple[Algorithm, OneBatch] | None:
    """The row's own algorithm on a network of the size, and data for it; None for a part."""
    task = task_of(costed.row, costed.size)
    if not task:
        return None
    batch = batch or batch_of(costed, 2, task, str(next(iter(network.parameters())).device))
    spec = spec_of(costed, batch)
    recipe = cast("Callable[..., Algorithm]", resolve(costed.row.recipes[task]))
    return recipe(network, spec, **costed.row.settings[0]), OneBatch(spec, batch, task)


def batch_of(costed: Costed, rows: int, task: str, device: str) -> Batch:
    """Examples with targets, as the algorithm is given them."""
    kind = costed.size.kind or ("environment" if task == "control" else "image")
    words = {**costed.keywords, **costed.example}
    outputs = cast("int", words.get("outputs", 1))
    target = torch.arange(rows, device=device) % max(1, outputs)
    value = torch.zeros(rows, device=device) if task == "regression" else target
    if kind == "image":
        channels, size = cast("int", words.get("channels", 1)), cast("tuple[int, int]", words.get("image_size", (1, 0)))
        shape = (channels, *size) if "channels" in words else (1, 1, cast("int", words["features"]))
        return ImageBatch(torch.rand(rows, *shape, device=device), value)
    given = costed.arguments(rows, device)
    if kind in ("table", "environment"):
        return TableBatch(given[0], value)
    if kind == "text":
        return TokenBatch(given[0], given[1], value)
    if kind == "series":
        return SeriesBatch(given[0], given[1], value)
    if kind == "corpus":
        return CorpusBatch(torch.cat([given[0], given[0][:, :1]], 1))
    if kind == "pairs":
        source, lengths, answer = given
        sequence = torch.cat([answer, answer[:, -1:]], 1)
        return PairBatch(source, lengths, sequence, torch.full_like(lengths, sequence.shape[1]))
    features, edges, *graph = given
    weights = features.new_ones(edges.shape[1])
    if kind == "graphs":
        return GraphsBatch(features, edges, weights, graph[0], value)
    places = torch.arange(len(features), device=device)
    return GraphBatch(features, edges, weights, places, places, places % max(1, outputs))


def spec_of(costed: Costed, batch: Batch) -> Spec:
    """What would size such a network for these data."""
    words = {**costed.keywords, **costed.example}

    def number(word: str, default: int = 1) -> int:
        return cast("int", words.get(word, default))

    outputs = number("outputs")
    if isinstance(batch, ImageBatch):
        height, width = batch.pixels.shape[2:]
        return ImageSpec(batch.pixels.shape[1], (height, width), outputs)
    if isinstance(batch, TokenBatch):
        return TokenSpec(number("vocabulary"), batch.tokens.shape[1], outputs)
    if isinstance(batch, SeriesBatch):
        return SeriesSpec(batch.values.shape[2], batch.values.shape[1], outputs)
    if isinstance(batch, CorpusBatch):
        return CorpusSpec(number("vocabulary"), batch.tokens.shape[1] - 1)
    if isinstance(batch, PairBatch):
        lengths = batch.source.shape[1], batch.sequence.shape[1]
        return PairSpec(number("vocabulary"), number("answers"), *lengths)
    if isinstance(batch, GraphBatch):
        return GraphSpec(batch.features.shape[1], outputs, len(batch.features))
    if isinstance(batch, GraphsBatch):
        return GraphsSpec(batch.features.shape[1], outputs)
    features = cast("TableBatch", batch).features.shape[1]
    control = task_of(costed.row, costed.size) == "control"
    return EnvironmentSpec(features, outputs, "CartPole-v1") if control else TableSpec(features, outputs)


def memory_of(costed: Costed, network: nn.Module) -> Memory:
    """What the row's own way of learning keeps for each weight; for a part, AdamW's."""
    weights = 4 * count(network)
    trained = any(p.requires_grad for p in network.parameters())
    pixels = costed.size.kind == "" and task_of(costed.row, costed.size) == "control"  # no world of ours gives them
    found = None if pixels else algorithm_of(costed, network, None)
    if found is None:
        names = {"AdamW"} if trained else set[str]()
        copies = 0
    else:
        parts = vars(found[0]).values()
        names = {_name(part) for part in parts if isinstance(part, Minimise)}
        modules = [getattr(part, "network", part) for part in parts]
        others = {id(m): m for m in modules if isinstance(m, nn.Module) and m is not network}
        copies = sum(4 * count(other) for other in others.values() if count(other) == count(network))
    most = max((KEPT[name] for name in names), default=0)
    total = weights + copies + (weights * (1 + most) if names else 0)
    kept = ["weights"] + ["gradients"] * bool(names) + ["two moments"] * (most == 2) + ["one moment"] * (most == 1)
    slower = ["a slower copy of the weights"] if copies else []
    return Memory(total, ", ".join([*kept, *slower]), " and ".join(sorted(names)))


def _name(minimise: Minimise) -> str:
    optimiser = minimise.optimiser
    return type(optimiser.optimiser if isinstance(optimiser, FromTorch) else optimiser).__name__


def step_of(costed: Costed, network: nn.Module, rows: int, device: str) -> Callable[[], None] | None:
    """One update: of the row's own algorithm, or of a part by AdamW; None where it learns by acting in a world, or has
    nothing to learn."""
    task = task_of(costed.row, costed.size)
    if task == "control":
        return None
    if task:
        found = algorithm_of(costed, network, batch_of(costed, rows, task, device))
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
