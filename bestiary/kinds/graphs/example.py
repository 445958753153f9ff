"""Small random graphs, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bestiary.batches import Batch
from bestiary.inputs import GraphsInputs
from bestiary.kinds.graph.example import rings
from bestiary.kinds.graph.store import GraphsData
from bestiary.rows.examples import target_of
from bestiary.specs import GraphsSpec

GRAPHS = 300  # more than two batches

SIZED: Mapping[str, object] = {"nodes": 20, "edges": 40}
"""Words that size an input beside those of a network, and what they are where a cost is asked for."""


def data(keywords: Mapping[str, Any], problem: str) -> GraphsData:
    """Training graphs; those that validate are the same."""
    random = np.random.default_rng(0)
    sizes = random.integers(3, 7, GRAPHS)
    rings = [np.stack([np.arange(n), (np.arange(n) + 1) % n]) for n in sizes]
    both = [np.concatenate([ring, ring[::-1]], 1) for ring in rings]
    edges = np.concatenate([pair[:, np.lexsort((pair[0], pair[1]))] for pair in both], 1)
    classes = int(keywords["outputs"])
    rows = {
        "features": random.normal(size=(sizes.sum(), int(keywords["features"]))).astype(np.float32),
        "edges": edges,
        "weights": np.ones(edges.shape[1], np.float32),
        "node_starts": np.concatenate([[0], sizes.cumsum()]),
        "edge_starts": np.concatenate([[0], 2 * sizes.cumsum()]),
        "target": np.arange(GRAPHS) % classes,
        "row": np.arange(GRAPHS),
    }
    facts = {"problem": problem, "classes": [str(k) for k in range(classes)], "features": "columns"}
    spec = GraphsSpec(int(keywords["features"]), classes)
    return GraphsData.of(spec, facts, {"train": rows, "validation": rows})


def inputs(words: Mapping[str, Any], batch: int) -> tuple[Tensor, ...]:
    """Arguments of forward for a network of these constructor words."""
    return rings(words, batch)


def step(words: Mapping[str, Any], rows: int, problem: str) -> tuple[Batch, GraphsSpec]:
    """What a training step is given, and what would size such a network: random numbers, targets in turn."""
    features, edges, graph = inputs(words, rows)
    outputs = int(words.get("outputs", 1))
    given = GraphsInputs(features, edges, torch.ones(edges.shape[1]), graph, rows)
    return Batch(given, target_of(rows, outputs, problem)), GraphsSpec(features.shape[1], outputs)


def spec(outputs: int) -> GraphsSpec:
    """A middling size."""
    return GraphsSpec(9, outputs)
