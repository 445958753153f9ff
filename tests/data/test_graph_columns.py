"""Columns of graph files under names of all sorts: what names the nodes, and what the ends of edges."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bestiary.data import load_encoder
from bestiary.data import read as read_any
from bestiary.errors import InputError
from bestiary.kinds.graph.columns import Columns
from bestiary.kinds.graph.files import open_graph
from bestiary.rows.splits import assign

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
NODES = pd.DataFrame(
    {
        "id": list("pqrstu"),
        "age": [5, 1, 2, 3, 4, 6],
        "team": ["red", "blue"] * 3,
        "note": ["x y", "z", "x", "v", "w", ""],
    }
)
EDGES = pd.DataFrame({"source": list("pqrst"), "target": list("qrstu"), "since": [3, 1, 2, 3, 4]})


def read(source: object, **words: Any) -> Any:
    return read_any(source, **{"task": "nodes", "target": "team", **words})


def folder(place: Path, nodes: pd.DataFrame, edges: pd.DataFrame) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    nodes.to_csv(place / "nodes.csv", index=False)
    edges.to_csv(place / "edges.csv", index=False)
    return place


def test_a_graph_whose_columns_have_other_names_is_read():
    source = read(CASES / "graph_node_column")
    nodes = pd.read_csv(CASES / "graph_node_column" / "nodes.csv")
    assert source.names == nodes.node.tolist() and source.target.classes == tuple(sorted(nodes.team.unique()))
    assert source.columns == [] and source.graph.columns == Columns("node", "from", "to")
    said = "nodes are named by the column 'node', which holds the ends of all edges; `--id` overrides it"
    assert said in source.notes


@pytest.mark.parametrize("name", ["node", "Node_ID", "nodeId", "name", "key", "person", "label"])
@pytest.mark.parametrize(
    "ends",
    [
        ("source", "target"), ("from", "to"), ("src", "dst"), ("u", "v"), ("Source_ID", "Target_ID"),
        ("from_node", "to"),
        ("node1", "node2"), ("id_1", "id_2"), ("a", "b"), ("sourceid", "targetId"), ("this", "that"), ("rank", "zip"),
    ],
)  # fmt: skip
def test_any_names_in_any_order_make_one_graph(tmp_path: Path, name: str, ends: tuple[str, str]):
    edges = EDGES.rename(columns=dict(zip(("source", "target"), ends)))
    shown = edges if ends[0] in ("this", "rank") else edges[["since", ends[1], ends[0]]]
    place = folder(tmp_path, NODES.rename(columns={"id": name})[["age", "note", "team", name]], shown)
    known, found = open_graph({"nodes": NODES, "edges": EDGES}), read(place).graph
    assert found.ids == known.ids and np.array_equal(found.edges, known.edges)
    assert found.columns == Columns(name, *ends) and found.nodes.column_names == ["age", "note", "team"]
    assert any(f"named by the column {name!r}" in note for note in found.notes)


def test_what_is_named_decides(tmp_path: Path):
    twice = NODES.assign(other=list("qrstup"))
    place = folder(tmp_path, twice, EDGES.assign(third=list("uutts")))
    assert read(place).graph.columns == Columns("id", "source", "target")
    asked = read(place, id="other", source_node="third", target_node="source").graph
    assert asked.ids == list("qrstup") and asked.columns == Columns("other", "third", "source")
    one = read(place, source_node="third").graph
    assert one.columns.source == "third" and one.columns.target in ("source", "target")
    for words, said in (
        ({"id": "othr"}, r"nodes.csv needs a column 'othr' \(id\).*did you mean 'other'"),
        ({"source_node": "x"}, r"edges.csv needs a column 'x' \(source_node\)"),
        ({"target_node": "y"}, r"edges.csv needs a column 'y' \(target_node\)"),
    ):
        with pytest.raises(InputError, match=said):
            read(place, **words)


def test_an_id_that_no_edge_knows_gives_way_to_names_and_to_no_number(tmp_path: Path):
    numbered = NODES.rename(columns={"id": "name"}).assign(id=range(6))
    assert read(folder(tmp_path / "a", numbered, EDGES)).graph.columns.id == "name"
    ages = pd.DataFrame({"source": [1, 2], "target": [2, 3]})
    with pytest.raises(InputError, match=r"edges\.csv names the source '1' in line 2, which nodes\.csv does not have"):
        read(folder(tmp_path / "b", NODES, ages))


def test_one_end_that_is_unknown_is_named_and_not_another_column(tmp_path: Path):
    edges = EDGES.assign(target=list("qrstz"))
    place = folder(tmp_path, NODES.rename(columns={"id": "who"}), edges)
    with pytest.raises(InputError, match=r"names the target 'z' in line 6, which nodes\.csv does not have"):
        read(place)


def test_nodes_named_like_missing_marks_are_nodes(tmp_path: Path):
    names = dict(zip("pqrstu", ["None", "NA", "null", "?", "nan", "n/a"]))
    place = folder(tmp_path, NODES.replace({"id": names}), EDGES.replace({"source": names, "target": names}))
    assert read(place).graph.ids == list(names.values())
    gone = folder(tmp_path / "gone", NODES.replace({"id": {"q": ""}}), EDGES)
    with pytest.raises(InputError, match=r"every row of nodes\.csv needs 'id'; it is missing in line 3"):
        read(gone)


def test_new_graphs_are_read_by_the_columns_of_training(tmp_path: Path):
    twice = NODES.assign(other=list("qrstup"))
    source = read(folder(tmp_path / "one", twice, EDGES), id="other")
    splits = assign(source)
    source.encode(splits, tmp_path / "data", 0)
    encoder: Any = load_encoder(tmp_path / "data" / "encoder")
    assert encoder.encode(tmp_path / "one").names == list("qrstup")
    renamed = folder(tmp_path / "two", NODES.rename(columns={"id": "who"}), EDGES)
    assert encoder.encode(renamed).names == list("pqrstu")


def test_sets_of_graphs_and_pairs_find_their_columns_too(tmp_path: Path):
    graphs = pd.DataFrame({"graph_id": list("abcd"), "label": ["x", "y"] * 2})
    nodes = pd.DataFrame({"graph_id": np.repeat(list("abcd"), 3), "atom": [1, 2, 3] * 4, "size": range(12)})
    edges = pd.DataFrame({"graph_id": np.repeat(list("abcd"), 2), "begin": [1, 2] * 4, "finish": [2, 3] * 4})
    place = folder(tmp_path / "set", nodes, edges)
    graphs.to_csv(place / "graphs.csv", index=False)
    found = read(place, task="graphs", target="label").graph
    assert found.parts == list("abcd") and found.columns == Columns("atom", "begin", "finish")
    assert found.edges[:, :2].tolist() == [[0, 1], [1, 2]] and found.nodes.column_names == ["size"]
    links = folder(
        tmp_path / "links", NODES.rename(columns={"id": "node"}), EDGES.rename(columns={"source": "x", "target": "y"})
    )
    pd.DataFrame({"y": ["p"], "x": ["u"]}).to_csv(links / "pairs.csv", index=False)
    pairs = read(links, task="links", target=None).graph.pairs
    assert pairs is not None and pairs.tolist() == [[5], [0]]
