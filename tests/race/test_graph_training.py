"""Graphs from end to end: trained, judged, reported, and asked again about the same graph and about another."""

import networkx
import pytest
import torch

import bestiary
from bestiary.report.gather import gather
from bestiary.report.sections import sections_of


@pytest.mark.parametrize(
    ("task", "data", "epochs"), [("nodes", "karate", 60), ("links", "miserables", 20), ("graphs", "rings", 30)]
)
def test_a_model_of_a_graph_answers_for_it(task, data, epochs, tmp_path):
    torch.set_num_threads(1)
    source = rings() if data == "rings" else data
    outcome = bestiary.train("gcn", source, task=task, epochs=epochs, threads=1, out=tmp_path / "run")
    standing = outcome.verdict.standings[0]
    assert standing.learned > 0.1, "better than knowing nothing"
    answers = bestiary.load(tmp_path / "run").predict(source)
    expected = {
        "nodes": [str(member) for member in range(34)],
        "links": 77 * 76 // 2 - 254,  # every pair without an edge
        "graphs": [str(number) for number in range(60)],
    }[task]
    if task == "links":
        assert len(answers) == expected and answers["name"].str.contains(" - ").all()
    else:
        assert answers["name"].tolist() == expected
    shares = [name for name in answers.columns if name.startswith("probability_")]
    assert answers[shares].sum(axis=1).sub(1).abs().max() < 1e-5
    section = next(one for one in sections_of(gather(tmp_path / "run")) if one.pictures)
    assert len(section.pictures) == 1 and section.pictures[0].svg.startswith("<svg")
    if task == "links":
        assert section.rows and all(" - " in row[0] for row in section.rows)


def rings() -> list:
    """Rings and paths of six to twenty nodes: every node but two looks the same."""
    graphs = [(networkx.cycle_graph if n % 2 else networkx.path_graph)(6 + n // 4) for n in range(60)]
    for number, graph in enumerate(graphs):
        graph.graph["label"] = "ring" if number % 2 else "path"
    return graphs
