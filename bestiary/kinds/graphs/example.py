"""Small random graphs, for tests and measurements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from bestiary.batches import GraphsSpec
from bestiary.kinds.graph.example import rings
from bestiary.kinds.graph.store import GraphsData

GRAPHS = 300  # more than two batches


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
    return rings(int(words.get("features", 5)), batch)


def spec(outputs: int) -> GraphsSpec:
    """A middling size."""
    return GraphsSpec(9, outputs)
