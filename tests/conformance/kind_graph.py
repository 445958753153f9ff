"""A tiny graph for the conformance suite: two rings of six with a bridge, for nodes and for links."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bestiary.contracts import GraphSpec
from bestiary.kinds.graph.store import GraphData

NODES = 12


def tiny_data(keywords: Mapping[str, Any], problem: str) -> GraphData:
    """Training rows of a graph; those that validate are the same."""
    random = np.random.default_rng(0)
    ring = np.arange(6)
    edges = np.stack([np.concatenate([ring, ring + 6, [0]]), np.concatenate([(ring + 1) % 6, (ring + 1) % 6 + 6, [6]])])
    both = np.concatenate([edges, edges[::-1]], 1)
    classes = 2 if problem == "links" else int(keywords["outputs"])
    graph = {
        "features": random.normal(size=(NODES, int(keywords["features"]))).astype(np.float32),
        "edges": both[:, np.lexsort((both[0], both[1]))],
        "weights": np.ones(both.shape[1], np.float32),
        "known": np.arange(NODES),
    }
    where = edges.T if problem == "links" else np.arange(NODES)
    target = np.ones(len(where), np.int64) if problem == "links" else where % classes
    rows = {**graph, "where": where, "target": target, "row": np.arange(len(where))}
    facts = {"problem": problem, "classes": [str(k) for k in range(classes)], "features": "columns"}
    spec = GraphSpec(int(keywords["features"]), classes, NODES)
    return GraphData.of(spec, facts, {"train": rows, "validation": rows})
