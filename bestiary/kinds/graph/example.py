"""Small random graph, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary import tasks
from bestiary.batches import Batch
from bestiary.inputs import GraphInputs
from bestiary.kinds.graph.store import GraphData
from bestiary.specs import GraphSpec
from bestiary.targets import Classes

NODES = 12

SIZED: Mapping[str, object] = {"nodes": 100, "edges": 400}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, Any], problem: str) -> GraphData:
    """Training rows of a graph; those that validate are the same."""
    random = np.random.default_rng(0)
    ring = np.arange(6)
    edges = np.stack([np.concatenate([ring, ring + 6, [0]]), np.concatenate([(ring + 1) % 6, (ring + 1) % 6 + 6, [6]])])
    both = np.concatenate([edges, edges[::-1]], 1)
    pairs = tasks.find(problem).labels == "none"  # which edges there are
    classes = 2 if pairs else int(keywords["outputs"])
    graph = {
        "features": random.normal(size=(NODES, int(keywords["features"]))).astype(np.float32),
        "edges": both[:, np.lexsort((both[0], both[1]))],
        "weights": np.ones(both.shape[1], np.float32),
        "known": np.arange(NODES),
    }
    where = edges.T if pairs else np.arange(NODES)
    target = np.ones(len(where), np.int64) if pairs else where % classes
    rows = {**graph, "where": where, "target": target, "row": np.arange(len(where))}
    facts = {"problem": problem, "classes": [str(k) for k in range(classes)], "features": "columns"}
    spec = GraphSpec(int(keywords["features"]), classes, NODES)
    return GraphData.of(spec, facts, {"train": rows, "validation": rows})


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words, with `nodes` and `edges` where they are given."""
    return rings(words, batch)[:2]


def rings(words: Mapping[str, Any], batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Nodes, edges and the graph of each node: a ring of four nodes with a chord, or `nodes` whose `edges` go round in
    turn; once for each graph of the batch."""
    nodes = int(words.get("nodes", 4))
    count = int(words.get("edges", 10 * nodes // 4))
    one = torch.tensor([[0, 1, 1, 2, 2, 3, 3, 0, 0, 2], [1, 0, 2, 1, 3, 2, 0, 3, 2, 0]])
    if (nodes, count) != (4, 10):
        number = torch.arange(count)
        one = torch.stack([number % nodes, (number + 1 + number // nodes) % nodes])
    edges = torch.cat([one + nodes * number for number in range(batch)], dim=1)
    features = torch.randn(nodes * batch, int(words.get("features", 5)))
    return features, edges, torch.arange(batch).repeat_interleave(nodes)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, GraphSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    features, edges = inputs(words, rows)
    places, outputs = torch.arange(len(features)), int(words.get("outputs", 1))
    spec = GraphSpec(features.shape[1], outputs, len(features))
    weights = torch.ones(edges.shape[1])
    return Batch(GraphInputs(features, edges, weights, places, places), Classes(places % outputs)), spec


def spec(outputs: int) -> GraphSpec:
    """A middling size."""
    return GraphSpec(9, outputs, 20)
