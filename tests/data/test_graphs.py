"""Graphs from files to batches: what is read, what is refused, what training may see, and what is drawn."""

from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
import torch

from bestiary.data import load_encoder
from bestiary.data import read as read_any
from bestiary.errors import InputError
from bestiary.kinds.graph.files import open_graph
from bestiary.kinds.graph.negatives import unconnected
from bestiary.kinds.graph.sources import LinkSource, NodeSource
from bestiary.kinds.graph.store import GraphData, GraphsData, drawn, keys
from bestiary.kinds.graphs.reader import SetSource, read_graphs
from bestiary.rows.splits import assign

IMPORTS = Path(__file__).parent.parent / "fixtures" / "sympy_imports"
NODES = "id,age,kind,label\na,1,x,red\nb,2,y,blue\nc,3,x,red\nd,4,y,blue\ne,5,x,\n"
EDGES = "source,target,weight\na,b,2\nb,c,1\nc,d,0.5\nd,e,1\n"


def loaded(place: Path) -> Any:
    """The encoder that `encoded` left."""
    return load_encoder(place / "data" / "encoder")


def folder(place: Path, **files: str) -> Path:
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def read(source: object, **words: Any) -> Any:
    """A source, of whichever class it is."""
    return read_any(source, **words)


def encoded(source: Any, place: Path, splits: Any = None) -> tuple[Any, Any, Any]:
    splits = assign(source) if splits is None else splits
    encoder = source.encode(splits, place / "data", 0)
    store = GraphsData if isinstance(source, SetSource) else GraphData
    return store(place / "data", batch=8, sealed=place / "sealed"), encoder, splits


# --------------------------------------------------------------------------------------------------- reading


def test_nodes_and_edges_of_a_folder(tmp_path: Path) -> None:
    source = read(folder(tmp_path, nodes=NODES, edges=EDGES), task="nodes", target="label")
    assert isinstance(source, NodeSource)
    assert source.kind == "graph" and source.target.problem == "nodes" and source.target.classes == ("blue", "red")
    assert source.names == ["a", "b", "c", "d"] and source.rows.tolist() == [0, 1, 2, 3]
    assert source.graph.edges.tolist() == [[0, 1, 2, 3], [1, 2, 3, 4]]
    assert source.graph.weights.tolist() == [2, 1, 0.5, 1]
    assert any("1 nodes have no class" in note for note in source.notes)
    edges, weights = source.graph.both_ways()
    assert edges.tolist() == [[1, 0, 2, 1, 3, 2, 4, 3], [0, 1, 1, 2, 2, 3, 3, 4]]
    assert weights.tolist() == [2, 2, 1, 1, 0.5, 0.5, 1, 1]


def test_one_graph_in_every_form_is_one_graph(tmp_path: Path) -> None:
    graph = networkx.karate_club_graph()
    networkx.write_graphml(graph, tmp_path / "karate.graphml")
    place = tmp_path / "karate"
    nodes = "\n".join(f"{name},{words['club']}" for name, words in graph.nodes(data=True))
    edges = "\n".join(f"{a},{b},{words['weight']}" for a, b, words in graph.edges(data=True))
    folder(place, nodes=f"id,club\n{nodes}\n", edges=f"source,target,weight\n{edges}\n")
    given = [open_graph(source) for source in (graph, tmp_path / "karate.graphml", place, str(place))]
    for other in given[1:]:
        assert other.ids == given[0].ids
        assert np.array_equal(other.edges, given[0].edges) and np.array_equal(other.weights, given[0].weights)
        assert other.nodes["club"].to_pylist() == given[0].nodes["club"].to_pylist()
    assert len(given[0]) == 34 and given[0].edges.shape == (2, 78)


def test_directions_are_those_that_the_graph_says() -> None:
    graph = networkx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])
    assert open_graph(graph).both_ways()[0].tolist() == [[1, 0, 1], [0, 1, 2]]
    both = open_graph(graph, directed=False)
    assert both.edges.tolist() == [[0, 1], [1, 2]] and both.notes == ["1 edge is there twice and counts once"]


def test_loops_repetitions_and_weightless_edges_are_said(tmp_path: Path) -> None:
    edges = EDGES + "a,a,1\nb,a,9\na,b,2\nb,e,0\n"
    graph = open_graph(folder(tmp_path, nodes=NODES, edges=edges))
    assert graph.edges.shape == (2, 4)
    assert graph.notes == [
        "1 edge from a node to itself is left out; networks add self-loops themselves",
        "1 edge of weight 0 is left out",
        "2 edges are there again and count once",
    ]


def test_edges_alone_will_do_for_links(tmp_path: Path) -> None:
    (tmp_path / "friends.csv").write_text("From,To\n" + "".join(f"p{n},p{n + 1}\n" for n in range(9)))
    source = read(tmp_path / "friends.csv", task="links")
    assert isinstance(source, LinkSource) and len(source) == 18 and source.graph.ids[0] == "p0"


def test_a_set_of_graphs(tmp_path: Path) -> None:
    rings = [networkx.cycle_graph(size) for size in (3, 4, 5, 6)]
    for ring in rings:
        ring.graph["label"] = "odd" if len(ring) % 2 else "even"
    place = folder(
        tmp_path / "set",
        graphs="graph,label\n0,odd\n1,even\n2,odd\n3,even\n",
        nodes="graph,id\n" + "".join(f"{g},{n}\n" for g, ring in enumerate(rings) for n in ring),
        edges="graph,source,target\n" + "".join(f"{g},{a},{b}\n" for g, r in enumerate(rings) for a, b in r.edges),
    )
    one, other = read(rings, task="graphs"), read(place, task="graphs")
    assert isinstance(one, SetSource) and isinstance(other, SetSource)
    assert one.target.classes == other.target.classes == ("even", "odd")
    assert np.array_equal(one.graph.edges, other.graph.edges) and np.array_equal(one.graph.part, other.graph.part)
    assert np.array_equal(one.keys(), other.keys()) and len(np.unique(one.keys())) == 4
    data, _, _ = encoded(one, tmp_path, np.array([0, 0, 1, 2], np.int8))
    batch = data.take("train", torch.tensor([1, 0]))
    assert batch.inputs.graph.tolist() == [0] * 4 + [1] * 3 and batch.truth.tolist() == [0, 1]
    assert sorted(batch.inputs.edges.T.tolist())[-2:] == [[6, 4], [6, 5]] and batch.inputs.edges.shape == (2, 14)


def renumbered(graph: networkx.Graph, seed: int) -> networkx.Graph:
    """The same graph, its nodes named and listed in another order."""
    order = np.random.default_rng(seed).permutation(len(graph)).tolist()
    other = networkx.Graph(label=graph.graph["label"])
    other.add_nodes_from((order[n], graph.nodes[n]) for n in sorted(graph, key=lambda n: order[n]))
    other.add_edges_from((order[a], order[b], words) for a, b, words in graph.edges(data=True))
    return other


def test_equal_graphs_stay_together_whatever_the_order_of_their_nodes() -> None:
    roll = np.random.default_rng(0)
    graphs = []
    for number in range(30):
        graph = networkx.gnm_random_graph(9, 12, seed=number)
        graph.graph["label"] = "odd" if number % 2 else "even"
        for node in graph:
            graph.nodes[node]["element"] = "CNO"[roll.integers(3)]
        for a, b in graph.edges:
            graph.edges[a, b]["weight"] = float(roll.integers(1, 3))
        graphs.append(graph)
    heavier, other = graphs[0].copy(), graphs[1].copy()
    for a, b in list(heavier.edges)[:1]:
        heavier.edges[a, b]["weight"] = 9.0
    other.nodes[0]["element"] = "P"
    twins = [renumbered(graph, seed) for seed, graph in enumerate(graphs)]
    source = read([*graphs, *twins, heavier, other], task="graphs")
    keys = source.keys()
    assert np.array_equal(keys[:30], keys[30:60])
    assert len(np.unique(keys)) == 32
    splits = assign(source)
    assert np.array_equal(splits[:30], splits[30:60]) and len(np.unique(splits)) == 3


def test_direction_belongs_to_the_shape_of_a_graph() -> None:
    out, into = networkx.DiGraph([(0, 1), (0, 2)], label="a"), networkx.DiGraph([(1, 0), (2, 0)], label="b")
    again = networkx.DiGraph([(2, 0), (2, 1)], label="a")
    keys = read([out, into, again, networkx.DiGraph([(0, 1), (1, 2)], label="b")], task="graphs").keys()
    assert keys[0] == keys[2] and len(np.unique(keys)) == 3


BAD = [
    ("nodes", {"nodes": NODES + "a,9,x,red\n"}, "every id of nodes.csv must be there once; 'a' comes again"),
    ("nodes", {"edges": EDGES + "a,z,1\n"}, "edges.csv names the target 'z' in line 6, which nodes.csv does not have"),
    ("nodes", {"edges": EDGES + "a,,1\n"}, "every row of edges.csv needs 'target'; it is missing in line 6"),
    ("nodes", {"edges": EDGES + "a,c,-1\n"}, "weights of edges are numbers from 0; edges.csv has '-1' in line 6"),
    ("nodes", {"edges": EDGES + "a,c,soon\n"}, "edges.csv has 'soon' in line 6"),
    ("nodes", {"edges": EDGES + "a,c,inf\n"}, "edges.csv has 'inf' in line 6"),
    ("nodes", {"edges": "a,b\n1,2\n"}, "edges.csv names the a '1' in line 2, which nodes.csv does not have"),
    ("nodes", {"edges": "a\n1\n"}, "edges.csv needs two columns, the nodes at both ends (source, target); its columns"),
    ("nodes", {"nodes": NODES.replace("id,", "who,", 1), "edges": "a,b\n8,9\n"}, "nodes.csv needs a column 'id'"),
    ("nodes", {"nodes": NODES.replace("blue", "red")}, "expected two classes or more; 'label' is 'red'"),
    ("links", {"edges": "source,target\na,b\n"}, "links need three edges or more"),
    ("graphs", {}, "a set of graphs needs graphs.csv"),
    ("nodes", {"graphs": "graph,label\n0,a\n"}, "it is a set of graphs; use --task graphs"),
]


@pytest.mark.parametrize(("task", "files", "message"), BAD)
def test_contradictions_are_refused_in_one_line(tmp_path: Path, task: str, files: dict[str, str], message: str) -> None:
    place = folder(tmp_path, **{"nodes": NODES, "edges": EDGES, **files})
    with pytest.raises(InputError) as caught:
        read(place, task=task, target="label")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_words_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    place = folder(tmp_path, nodes=NODES, edges=EDGES)
    for words, message in (
        ({}, "name the column of nodes.csv to predict"),
        ({"target": "labels"}, "did you mean 'label'?"),
        ({"target": "label", "split": "kind"}, "column 'kind' must hold train, validation or test; it has 'x'"),
        ({"target": "label", "test": "x"}, "graph data take the options"),
        ({"target": "label", "task": "links", "inductive": True}, "they take no inductive"),
    ):
        with pytest.raises(InputError, match=message.replace("(", r"\(").replace("?", r"\?")):
            read(place, **{"task": "nodes", **words})
    numbers = "id,age\n" + "".join(f"n{n},{n * 1.5}\n" for n in range(40))
    edges = "source,target\n" + "".join(f"n{n},n{n + 1}\n" for n in range(39))
    with pytest.raises(InputError, match="nodes need a target of classes; 'age' has 40 different numbers"):
        read(folder(tmp_path / "b", nodes=numbers, edges=edges), task="nodes", target="age")
    for thing in ({}, [], [networkx.path_graph(2)] * 2, 7, networkx.Graph()):
        with pytest.raises(InputError):
            read(thing, task="nodes", target="label")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="in the folder empty; it holds nothing"):
        read(tmp_path / "empty", task="nodes", target="label")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<?xml version="1.0"?><!DOCTYPE g [<!ENTITY a "b">]><graphml>&a;</graphml>', "document type or entities"),
        ('<!DOCTYPE g SYSTEM "file:///etc/passwd"><graphml/>', "document type or entities"),
        ('<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16").decode("latin-1"), "not readable GraphML"),
        ("<html><body/></html>", "begins with <html>"),
        ("<graphml><graph>", "not readable GraphML"),
        ("", "is empty"),
        ("<graphml></graphml>", "not readable GraphML"),
        ('<graphml><graph edgedefault="directed"/><graph edgedefault="directed"/></graphml>', "has 2 graphs"),
        ('<graphml><graph><node id="a"><graph><node id="b"/></graph></node></graph></graphml>', "has 2 graphs"),
        (
            '<graphml><graph edgedefault="directed"><node id="a"/>\n<edge source="a" target="b"/></graph></graphml>',
            "an edge in line 2 of g.graphml leads to the node 'b', which the file does not have; add it",
        ),
    ],
)
def test_graphml_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "g.graphml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        open_graph(path)


def test_a_document_type_is_refused_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    path.write_bytes('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE g><graphml/>'.encode("utf-16"))
    with pytest.raises(InputError, match="document type"):
        open_graph(path)


@pytest.mark.parametrize("weight", ["heavy", None, float("nan"), -1, [2]])
def test_weights_of_networkx_that_are_no_numbers_are_refused(weight: object) -> None:
    graph = networkx.Graph([(0, 1, {"weight": weight}), (1, 2, {"weight": 2}), (2, 3), (3, 4)])
    with pytest.raises(InputError, match="weights of edges are numbers from 0") as caught:
        read(graph, task="links")
    assert "\n" not in str(caught.value)


def test_weights_that_are_written_as_words_are_numbers_all_the_same() -> None:
    graph = networkx.Graph([(0, 1, {"weight": "1.5"}), (1, 2, {"weight": 2}), (2, 3), (3, 4)])
    assert open_graph(graph).weights.tolist() == [1.5, 2.0, 1.0, 1.0]


def test_numbers_of_any_size_are_read() -> None:
    graph = networkx.path_graph(5)
    networkx.set_node_attributes(graph, {n: 10**40 + n for n in graph}, "large")
    assert open_graph(graph).nodes["large"].to_pylist() == [1e40] * 5


def test_a_graph_without_edges_is_told_as_that() -> None:
    graph = networkx.Graph()
    graph.add_nodes_from("abc")
    with pytest.raises(InputError, match="the graph has no edges; add some"):
        read(graph, task="links")


# --------------------------------------------------------------------------------------- what training may see


def test_transductive_training_sees_all_nodes_and_no_test_label(tmp_path: Path) -> None:
    source = read(IMPORTS, task="nodes", target="subpackage")
    data, _, splits = encoded(source, tmp_path)
    batch = data.batch("train", 0)
    assert len(batch.inputs.features) == len(source.graph) and len(batch) == (splits == 0).sum()
    assert data.batch("train", 1) is batch, "nothing is drawn: one graph, every time"
    names = {path.name for path in (tmp_path / "data").glob("*.npy")}
    assert not {name for name in names if name.startswith("test")}
    held = set(data.arrays("test")["row"].tolist())
    assert not held & set(data.arrays("train")["row"].tolist()) and len(held) == (splits == 2).sum()
    classes = np.bincount(source.target.values[splits == 0], minlength=21)
    assert (classes > 0).all(), "every class is trained on"
    with pytest.raises(PermissionError):
        GraphData(tmp_path / "data").arrays("test")


def test_inductive_training_sees_no_judged_node_and_no_edge_to_one(tmp_path: Path) -> None:
    source = read(IMPORTS, task="nodes", target="subpackage", inductive=True)
    assert isinstance(source, NodeSource)
    data, encoder, splits = encoded(source, tmp_path)
    hidden = int((splits > 0).sum())
    graph = source.graph
    judged = set(source.rows[splits > 0].tolist())
    between = sum(a not in judged and b not in judged for a, b in graph.edges.T.tolist())
    batch = data.batch("train", 0)
    assert len(batch.inputs.features) == len(graph) - hidden and batch.inputs.edges.shape[1] == 2 * between
    known = loaded(tmp_path).nodes.ids
    assert not set(known) & {graph.ids[row] for row in judged}
    for split in ("train", "validation", "test"):
        (batch,) = data.batches(split)
        rows = data.arrays(split)["row"]
        whole, _ = encoder.nodes.of(graph, graph.both_ways()[0])
        found = batch.inputs.features[batch.inputs.where]
        assert torch.equal(found, torch.from_numpy(whole)[rows]), "where is who it says"
    assert len(batch.inputs.features) == len(graph) and batch.inputs.edges.shape[1] == 2 * graph.edges.shape[1]


def test_links_that_are_judged_are_not_in_the_graph(tmp_path: Path) -> None:
    source = read(networkx.les_miserables_graph(), task="links")
    data, _, splits = encoded(source, tmp_path)
    (train,), (validation,), (test,) = (data.batches(split) for split in ("train", "validation", "test"))
    seen = {frozenset(pair) for pair in train.inputs.edges.T.tolist()}
    assert all(torch.equal(train.inputs.edges, other.inputs.edges) for other in (validation, test))
    positives = {frozenset(p) for p in train.inputs.pairs[:, train.truth == 1].T.tolist()}
    assert seen == positives and len(seen) == int(((splits == 0) & (source.target.values == 1)).sum())
    everything = {frozenset(pair) for pair in source.graph.edges.T.tolist()}
    for batch in (validation, test):
        edges = {frozenset(p) for p in batch.inputs.pairs[:, batch.truth == 1].T.tolist()}
        without = {frozenset(p) for p in batch.inputs.pairs[:, batch.truth == 0].T.tolist()}
        assert edges <= everything and not edges & seen and not without & everything
        assert abs(len(edges) - len(without)) <= 1


def test_training_pairs_are_drawn_by_seed_and_number_and_know_nothing_of_held_out_edges(tmp_path: Path) -> None:
    source = read(networkx.les_miserables_graph(), task="links")
    encoded(source, tmp_path)
    data = [GraphData(tmp_path / "data", seed=seed) for seed in (0, 0, 1)]
    first, again, other = (one.batch("train", 5) for one in data)
    assert torch.equal(first.inputs.pairs, again.inputs.pairs)
    assert not torch.equal(first.inputs.pairs, other.inputs.pairs)
    assert not torch.equal(first.inputs.pairs, data[0].batch("train", 6).inputs.pairs)
    seen = {frozenset(pair) for pair in first.inputs.edges.T.tolist()}
    drawn_pairs = {
        frozenset(pair)
        for number in range(200)
        for pair in data[0].batch("train", number).inputs.pairs[:, len(seen) :].T.tolist()
    }
    assert not drawn_pairs & seen and all(len(pair) == 2 for pair in drawn_pairs)
    held = {frozenset(pair) for pair in source.graph.edges.T.tolist()} - seen
    assert held & drawn_pairs, "an edge that is held out can be drawn, for training cannot know that it is one"


def test_pairs_without_an_edge() -> None:
    for nodes in (30, 3_000):
        edges = np.random.default_rng(0).integers(0, nodes, (2, 200))
        found = unconnected(edges, nodes, 150, np.random.default_rng(1))
        assert found.shape == (2, 150) and (found[0] < found[1]).all()
        assert len(np.unique(found, axis=1).T) == 150
        taken = {frozenset(pair) for pair in edges.T.tolist()}
        assert not any(frozenset(pair) in taken for pair in found.T.tolist())
    assert unconnected(np.array([[0, 0, 1], [1, 2, 2]]), 3, 5, np.random.default_rng(0)).shape == (2, 0)
    pairs = drawn(keys(torch.tensor([[0, 1]]), 3), 3, 50, torch.Generator().manual_seed(0))
    assert {frozenset(p) for p in pairs.tolist()} == {frozenset((0, 2)), frozenset((1, 2))}


def test_splits_that_a_column_gives(tmp_path: Path) -> None:
    words = ["train", "test", "val", "Test", ""]
    lines = NODES.splitlines()
    nodes = "\n".join([f"{lines[0]},part", *[f"{line},{word}" for line, word in zip(lines[1:], words)]]) + "\n"
    place = folder(tmp_path, nodes=nodes, edges=EDGES)
    source = read(place, task="nodes", target="label", split="part")
    assert assign(source).tolist() == [0, 2, 1, 2]
    assert "part" not in source.columns


# --------------------------------------------------------------------------------------------------- encoding


def test_features_are_columns_identities_or_structure(tmp_path: Path) -> None:
    place = folder(tmp_path / "g", nodes=NODES, edges=EDGES)
    splits = np.array([0, 0, 1, 2], np.int8)
    data, encoder, _ = encoded(read(place, task="nodes", target="label"), tmp_path / "a", splits)
    assert encoder.nodes.way == "columns" and data.graph("train")["features"].shape == (5, encoder.spec.features)
    bare = folder(tmp_path / "h", nodes="id,label\na,r\nb,s\nc,r\nd,s\ne,\n", edges=EDGES)
    data, encoder, _ = encoded(read(bare, task="nodes", target="label"), tmp_path / "b", splits)
    assert encoder.nodes.way == "identity" and torch.equal(data.graph("train")["features"], torch.eye(5))
    source = read(bare, task="nodes", target="label", inductive=True)
    data, encoder, _ = encoded(source, tmp_path / "c", splits)
    assert encoder.nodes.way == "structure" and data.graph("test")["features"].shape == (5, 12)
    ring = networkx.cycle_graph(1_500)
    networkx.set_node_attributes(ring, {n: str(n % 2) for n in ring}, "label")
    data, encoder, _ = encoded(read(ring, task="nodes", target="label"), tmp_path / "d")
    features = data.graph("train")["features"]
    assert encoder.nodes.way == "projection" and features.shape == (1_500, 256)
    products = features[:300] @ features[:300].T - torch.eye(300)
    assert products.abs().mean() < 0.1, "nearly orthogonal"


def test_what_was_fitted_meets_the_same_graph_again(tmp_path: Path) -> None:
    source = read(IMPORTS, task="nodes", target="subpackage")
    data, encoder, _ = encoded(source, tmp_path)
    for one in (encoder, loaded(tmp_path)):
        again = one.encode(IMPORTS)
        assert again.names == source.graph.ids and again.rows.tolist() == list(range(799))
        for name in ("features", "edges", "weights", "known"):
            assert np.array_equal(again.arrays[name], data.graph("train")[name].numpy())
    karate, other = networkx.karate_club_graph(), networkx.karate_club_graph()
    other.add_edge("new", 0)
    _, encoder, _ = encoded(read(karate, task="nodes", target="club"), tmp_path / "k")
    met = encoder.encode(other)
    assert met.arrays["known"].tolist() == [*range(34), -1] and not met.arrays["features"][-1].any()
    assert "1 nodes are new" in met.warnings[0]


def test_pairs_to_score(tmp_path: Path) -> None:
    edges = "source,target\n" + "".join(f"p{n},p{n + 1}\n" for n in range(9))
    _, encoder, _ = encoded(read(folder(tmp_path / "a", edges=edges), task="links"), tmp_path / "run")
    assert len(encoder.encode(tmp_path / "a").names) == 45 - 9
    asked = folder(tmp_path / "b", edges=edges, pairs="source,target\np0,p5\np9,p1\n")
    found = encoder.encode(asked)
    assert found.names == ["p0 - p5", "p9 - p1"] and found.arrays["where"].tolist() == [[0, 5], [9, 1]]


def test_batches_of_a_set_are_all_graphs_once(tmp_path: Path) -> None:
    graphs = [networkx.path_graph(2 + n % 5) for n in range(60)]
    for place, graph in enumerate(graphs):
        graph.graph["label"] = str(len(graph) % 2)
        networkx.set_node_attributes(graph, {node: float(place) for node in graph}, "number")
    data, _, splits = encoded(read_graphs(graphs), tmp_path)
    count = int((splits == 0).sum())
    assert data.epoch == count // 8
    seen = torch.cat([data.batch("train", number).inputs.features[:, 0].unique() for number in range(data.epoch)])
    assert len(seen.unique()) == data.epoch * 8, "no graph comes twice in an epoch"
    assert torch.equal(
        data.batch("train", 3).inputs.features, GraphsData(tmp_path / "data", batch=8).batch("train", 3).inputs.features
    )
    whole = list(data.batches("train"))
    assert sum(len(batch) for batch in whole) == count
    for batch in whole:
        first, second = batch.inputs.graph[batch.inputs.edges]
        assert (first == second).all(), "edges stay within a graph"


@pytest.mark.parametrize("nodes", [60, 200])
def test_pairs_without_an_edge_are_found_where_nearly_all_have_one(nodes, monkeypatch):
    monkeypatch.setattr("bestiary.kinds.graph.negatives.FEW", 0)  # as in a graph whose pairs are too many to list
    pairs = np.stack(np.triu_indices(nodes, 1))
    free = np.random.default_rng(0).permutation(pairs.shape[1])[:7]
    edges = np.delete(pairs, free, axis=1)[:, ::-1]
    found = unconnected(edges, nodes, edges.shape[1], np.random.default_rng(1))
    assert set(map(tuple, found.T.tolist())) == set(map(tuple, pairs[:, free].T.tolist()))
    assert found.shape == (2, 7)
    half = unconnected(edges[:, : edges.shape[1] // 2], nodes, pairs.shape[1] // 3, np.random.default_rng(1))
    assert len(set(map(tuple, half.T.tolist()))) == half.shape[1] == pairs.shape[1] // 3
    assert not set(map(tuple, half.T.tolist())) & set(map(tuple, edges[:, : edges.shape[1] // 2].T.tolist()))


def test_a_file_of_a_graph_that_leads_out_of_its_folder_is_refused(tmp_path):
    (tmp_path / "club").mkdir()
    (tmp_path / "edges.csv").write_text("source,target\na,b\n")
    (tmp_path / "club" / "edges.csv").symlink_to(tmp_path / "edges.csv")
    with pytest.raises(InputError, match=r"edges\.csv is a link that leads out of the folder club"):
        open_graph(tmp_path / "club")
