"""Graph networks on real graphs: a club from two labels, imports between modules, digits as strokes, molecules."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bestiary.architectures.build import build, resolve
from bestiary.data import read
from bestiary.kinds.graph.sources import NodeSource
from bestiary.kinds.graph.store import GraphData, GraphsData
from bestiary.rows.splits import assign
from bestiary.tasks.registry import task_for
from tests.learning.study import Study

HERE = "bestiary.architectures.graph"
IMPORTS = Path(__file__).parents[2] / "fixtures" / "sympy_imports"
MOLECULES = Path(__file__).parents[2] / "fixtures" / "molecules"
NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "gcn": (f"{HERE}.gcn:GCN", {"width": 32}),
    "gat": (f"{HERE}.gat:GAT", {"heads": 4, "width": 8}),
    "gnn": (f"{HERE}.message_passing:MessagePassing", {"width": 32, "depth": 2}),
    "graphsage": (f"{HERE}.graphsage:GraphSAGE", {"width": 32}),
    "gin": (f"{HERE}.gin:GIN", {"width": 32}),
    "gatv2": (f"{HERE}.gatv2:GATv2", {"heads": 4, "width": 8}),
    "appnp": (f"{HERE}.appnp:APPNP", {"width": 32}),
}
SOLVED: dict[str, tuple[tuple[int, int], dict[str, Any], dict[str, float]]] = {  # steps short and full, sizes, settings
    "gcn": ((600, 600), {"depth": 3, "width": 64}, {"rate": 0.01}),
    "gat": ((400, 400), {"depth": 3, "width": 16}, {"rate": 0.01, "decay": 0.3}),
    "gnn": ((300, 1000), {"depth": 3}, {"rate": 0.005, "clip": 1.0}),
    "gin": ((300, 600), {"depth": 3}, {"rate": 0.003}),
}
SHARED = (
    *("layers/messages.py", "layers/neighbours.py", "layers/readout.py", "recipes/graphs.py", "objectives/graph.py"),
    *("kinds/graph/store.py", "kinds/graph/encoder.py", "kinds/graph/files.py", "kinds/graph/sources.py"),
)


def shuffled(source: Any, seed: int) -> None:
    """Edges between the wrong nodes of the same graph: as many, and every node with as many as before."""
    edges, part = source.graph.edges, source.graph.part[source.graph.edges[0]]
    mixed = np.empty_like(edges[1])
    mixed[np.argsort(part, kind="stable")] = edges[1][np.lexsort((np.random.default_rng(seed).random(len(part)), part))]
    keep = edges[0] != mixed
    source.graph.edges, source.graph.weights = np.stack([edges[0], mixed])[:, keep], source.graph.weights[keep]


def score(
    source: Any, splits: Any, name: str, words: dict[str, Any], seed: int, steps: int, metric: str, **settings: float
) -> float:
    """A network trained on the training rows of a source, judged on its test rows."""
    target, sizes = NETWORKS[name]
    task = source.target.problem
    target = target if task == "nodes" else f"{target}{task.capitalize()}"
    with tempfile.TemporaryDirectory() as place:
        source.encode(splits, Path(place) / "data", 0)
        store = GraphsData if task == "graphs" else GraphData
        data = store(Path(place) / "data", batch=64, seed=seed, sealed=Path(place) / "sealed")
        network = build(target, {**sizes, **words}, data.spec, seed=seed)
        torch.manual_seed(seed)
        algorithm: Any = resolve(f"bestiary.recipes.graphs:{task}")(network, data.spec, **settings)
        for _ in algorithm.updates(data, 0, steps):
            pass
        judge = task_for(data.facts)
        return judge.score(judge.predict(network, data, "test"), data.arrays("test")["target"])[metric]


def club(name: str, seed: int, wrong: bool, full: bool) -> float:
    """Accuracy on the 32 members of the karate club whose side is not told, from those of its two leaders."""
    source = read("karate", task="nodes")
    if wrong:
        shuffled(source, seed)
    splits = np.full(34, 2, np.int8)
    splits[[0, 33]] = 0
    return score(source, splits, name, {"width": 16 if "gat" not in name else 4}, seed, 100, "accuracy", rate=0.01)


def imports(name: str, seed: int, wrong: bool, full: bool, inductive: bool = False) -> float:
    """Accuracy on the subpackages of modules of SymPy."""
    source = read(IMPORTS, task="nodes", target="subpackage", inductive=inductive)
    assert isinstance(source, NodeSource)
    if wrong:
        shuffled(source, seed)
    settings = {"rate": 0.003, "decay": 0.1, "clip": 1.0} if name == "gnn" else {"rate": 0.01, "decay": 1.0}
    return score(source, assign(source), name, {"dropout": 0.5}, seed, 300 if full else 100, "accuracy", **settings)


def unseen(name: str, seed: int, wrong: bool, full: bool) -> float:
    """The same where modules that are judged, and their imports, are hidden in training."""
    return imports(name, seed, wrong, full, inductive=True)


def links(name: str, seed: int, wrong: bool, full: bool) -> float:
    """Area under the curve of edges and pairs without one, between modules of SymPy."""
    source: Any = read(IMPORTS, task="links", target="subpackage")
    splits = assign(source)
    if wrong:
        train = np.flatnonzero((splits == 0) & (source.target.values == 1))
        source.pairs[train] = np.random.default_rng(seed).integers(0, len(source.graph), (len(train), 2))
    return score(source, splits, name, {"dropout": 0.1}, seed, 200 if full else 60, "auroc", rate=0.01)


def molecules(name: str, seed: int, wrong: bool, full: bool) -> float:
    """Accuracy on how well molecules dissolve in water: low, medium or high."""
    source: Any = read(MOLECULES, task="graphs", target="solubility")
    splits = assign(source)
    if wrong and name == "gat":
        relabelled(source, splits, seed)
    elif wrong:
        shuffled(source, seed)
    steps, words, settings = SOLVED[name]
    return score(source, splits, name, words, seed, steps[full], "accuracy", **settings)


def relabelled(source: Any, splits: Any, seed: int) -> None:
    """Training graphs with the labels of other training graphs."""
    values, train = source.target.values, np.flatnonzero(splits == 0)
    values[train] = np.random.default_rng(seed).permutation(values[train])


def strokes(name: str, seed: int, wrong: bool, full: bool) -> float:
    """Accuracy on handwritten digits as graphs of their ink."""
    source = read("digit_graphs")
    splits = assign(source)
    if wrong:
        relabelled(source, splits, seed)
    return score(source, splits, name, {"depth": 3}, seed, 1500 if full else 250, "accuracy", rate=0.005)


def study(
    name: str, title: str, data: str, run: Callable[..., float], floor: float, full: float, metric: str, twin: str
) -> Study:
    """A study of one architecture."""
    file = {"gnn": "message_passing"}.get(name, name)
    sources = (f"architectures/graph/{file}.py", *SHARED)
    return Study(
        f"{name}-{title}", name, data, metric, floor, partial(run, name), full=full, twin=twin, sources=sources
    )


EDGES = "edges lead to the wrong nodes"
LABELS = "learns from the labels of other graphs"
SYMPY = "799 modules of SymPy and their 6,424 imports"
DIGITS = "digit_graphs: 1,797 handwritten digits as graphs of ink"
SOLUBLE = "1,282 molecules (Huuskonen 2000): atoms, bonds, how well they dissolve in water"
CLUB = "Zachary's karate club, one label on each side"
CLASS, RIGHT = "accuracy on unseen modules", "accuracy on the 32 others"
STUDIES: tuple[Study, ...] = (
    study("gcn", "karate", CLUB, club, 0.9, 0.9, RIGHT, EDGES),
    study("gat", "karate", CLUB, club, 0.75, 0.75, RIGHT, EDGES),
    study("gcn", "imports", SYMPY, imports, 0.78, 0.8, CLASS, EDGES),
    study("gat", "imports", SYMPY, imports, 0.42, 0.7, CLASS, EDGES),
    study("gnn", "imports", SYMPY, imports, 0.6, 0.68, CLASS, EDGES),
    study("graphsage", "imports", SYMPY, imports, 0.6, 0.6, CLASS, EDGES),
    study("gatv2", "imports", SYMPY, imports, 0.5, 0.5, CLASS, EDGES),
    study("appnp", "karate", CLUB, club, 0.9, 0.9, RIGHT, EDGES),
    study("gin", "molecules", SOLUBLE, molecules, 0.68, 0.68, "accuracy on unseen molecules", EDGES),
    study("gcn", "unseen", f"{SYMPY}; judged ones hidden", unseen, 0.7, 0.7, CLASS, EDGES),
    study("gcn", "links", SYMPY, links, 0.87, 0.87, "AUROC of held-out imports", "learns random pairs as edges"),
    study("gnn", "digits", DIGITS, strokes, 0.85, 0.85, "accuracy on unseen digits", LABELS),
    study("gat", "digits", DIGITS, strokes, 0.78, 0.78, "accuracy on unseen digits", LABELS),
    study("gcn", "digits", DIGITS, strokes, 0.75, 0.75, "accuracy on unseen digits", LABELS),
    study("gcn", "molecules", SOLUBLE, molecules, 0.74, 0.74, "accuracy on unseen molecules", EDGES),
    study("gnn", "molecules", SOLUBLE, molecules, 0.63, 0.71, "accuracy on unseen molecules", EDGES),
    study("gat", "molecules", SOLUBLE, molecules, 0.71, 0.71, "accuracy on unseen molecules", LABELS),
)
