"""Baselines on graphs against networkx and formulas written out; saved and read back they answer the same."""

from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier

from bestiary.baselines import competitors, find, load_baseline
from bestiary.baselines.graphs import VIEWS, LabelPropagation, propagation
from bestiary.baselines.rivals import save_rival
from bestiary.batches import Batch
from bestiary.data import read
from bestiary.errors import InputError
from bestiary.inputs import GraphInputs
from bestiary.kinds.graph.store import GraphData, GraphsData
from bestiary.rows.splits import assign
from bestiary.tasks.registry import task_for


def opened(source: Any, place: Path, splits: np.ndarray | None = None) -> Any:
    source.encode(assign(source) if splits is None else splits, place / "data", 0)
    store = GraphsData if source.kind == "graphs" else GraphData
    return store(place / "data", batch=16, sealed=place / "sealed")


def test_label_propagation_is_the_harmonic_solution(tmp_path: Path) -> None:
    graph = networkx.karate_club_graph()
    splits = np.full(34, 2, np.int8)
    splits[[0, 33]] = 0
    data = opened(read(graph, task="nodes", target="club"), tmp_path, splits)
    answer = propagation(data, {"doubt": 1e-6}, 0, 1.0)
    (batch,) = data.batches("test")
    found = answer.answer(batch).exp().numpy()
    weights = networkx.to_numpy_array(graph)
    free = np.setdiff1d(np.arange(34), [0, 33])
    laplacian = np.diag(weights.sum(1)) - weights
    exact = np.linalg.solve(laplacian[np.ix_(free, free)], weights[free, 33])  # Zhu, Ghahramani, Lafferty 2003
    side = int(data.arrays("train")["target"][1])
    np.testing.assert_allclose(found[:, side], exact, atol=0.01)
    task = task_for(data.facts)
    score = task.score(task.predict(answer, data, "test"), data.arrays("test")["target"])
    assert score["accuracy"] > 0.9


def test_nodes_that_nothing_reaches_get_the_shares_of_the_classes() -> None:
    nodes, edges = torch.arange(4), torch.tensor([[0, 1], [1, 0]])
    batch = Batch(GraphInputs(torch.zeros(4, 1), edges, torch.ones(2), nodes, nodes))
    found = LabelPropagation(np.array([1, -1, -1, -1]), np.array([0.25, 0.75]), 0.5).answer(batch).exp()
    torch.testing.assert_close(found[2:], torch.tensor([[0.25, 0.75]] * 2))
    assert found[1, 1] > 0.85


def test_scores_of_pairs_are_those_of_networkx(tmp_path: Path) -> None:
    data = opened(read(networkx.les_miserables_graph(), task="links"), tmp_path)
    graph = networkx.Graph(data.graph("train")["edges"].T.tolist())
    graph.add_nodes_from(range(77))
    (batch,) = data.batches("test")
    pairs = batch.inputs.pairs.T.tolist()
    common = [len(list(networkx.common_neighbors(graph, a, b))) for a, b in pairs]
    rare = [score for _, _, score in networkx.adamic_adar_index(graph, pairs)]
    found = np.expm1(VIEWS["common neighbours"](batch))
    np.testing.assert_allclose(found[:, 0], common, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], rare, atol=1e-9)
    degrees = [np.log1p(graph.degree(a)) + np.log1p(graph.degree(b)) for a, b in pairs]  # type: ignore[operator]
    np.testing.assert_allclose(VIEWS["degrees"](batch)[:, 0], degrees)


def test_an_edge_does_not_speak_for_itself(tmp_path: Path) -> None:
    """What is known of a training edge is what would be known if it had been held out."""
    data = opened(read(networkx.les_miserables_graph(), task="links"), tmp_path)
    (batch,) = data.batches("train")
    edge = batch.inputs.pairs[:, 0].tolist()
    graph = networkx.Graph(data.graph("train")["edges"].T.tolist())
    graph.remove_edge(*edge)
    ends = [np.log1p(graph.degree(node) if node in graph else 0) for node in edge]  # type: ignore[arg-type]
    assert VIEWS["degrees"](batch)[0, 0] == pytest.approx(sum(ends))


def test_counts_of_nodes_are_those_of_networkx(tmp_path: Path) -> None:
    graph = networkx.karate_club_graph()
    data = opened(read(graph, task="nodes", target="club"), tmp_path)
    (batch,) = data.batches("test")
    found, where = VIEWS["node counts"](batch), batch.inputs.where.tolist()
    near = networkx.average_neighbor_degree(graph)
    closed, triangles = networkx.clustering(graph), networkx.triangles(graph)
    expected = [
        [
            graph.degree(n),
            graph.degree(n, weight="weight"),
            near[n],
            max(graph.degree(m) for m in graph[n]),
            triangles[n],  # type: ignore[index]
            closed[n],  # type: ignore[index]
        ]
        for n in where
    ]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("task", ["nodes", "links", "graphs"])
def test_saved_and_read_back_it_answers_the_same(task: str, tmp_path: Path) -> None:
    source = read({"nodes": "karate", "links": "miserables", "graphs": "digit_graphs"}[task], task=task)
    splits = assign(source)
    if task == "graphs":
        splits[200:] = -1
    data = opened(source, tmp_path, splits)
    judge = task_for(data.facts)
    known = competitors(source.kind, task)
    assert known and {rival.name for rival in known} >= {"constant", "linear", "boosting"}
    for rival in known:
        answer = rival.fit(data, rival.settings(data)[0], 0, 5.0)
        expected = judge.predict(answer, data, "validation")
        sums = torch.stack([expected.columns[f"probability_{k}"] for k in range(len(source.target.classes))]).sum(0)
        torch.testing.assert_close(sums, torch.ones(len(sums)))
        save_rival(tmp_path / f"{rival.name}.skops", rival, source.kind, task, {}, answer)
        again = judge.predict(
            load_baseline(tmp_path / f"{rival.name}.skops", source.kind, task, rival.name), data, "validation"
        )
        assert all(torch.equal(expected.columns[name], again.columns[name]) for name in expected.columns)


def test_an_unknown_view_is_refused() -> None:
    estimated = find("graph", "nodes", "boosting").answer
    with pytest.raises(InputError, match="a baseline on graphs sees one of"):
        estimated.restore({"view": "everything", "estimator": DummyClassifier(), "outputs": 2})
