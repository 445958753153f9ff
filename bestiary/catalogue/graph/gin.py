"""Graph isomorphism network: its row."""

from bestiary.catalogue.graph.common import HERE, LEARNS, RECIPES, SETTINGS, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="gin",
    title="Graph isomorphism network",
    family="graph",
    paper="Xu, Hu, Leskovec, Jegelka 2019, How powerful are graph neural networks?, arXiv 1810.00826",
    year=2019,
    summary="Adds a node and its neighbours up and lets a small network look at the sum. A sum, unlike a mean, still "
    "knows how many there were, which makes it as good at telling graphs apart as networks of this kind can be.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "gin_mutag",
            f"{HERE}.gin:GINGraphs",
            {"features": 7, "width": 64, "outputs": 2, "depth": 4, "dropout": 0.5},
            31_196,
            "four layers and five readouts, as in the authors' code for MUTAG: 8 x 64 + 7 x 65 x 64 + 8 x 128 + 4 + "
            "8 x 2 + 4 x 65 x 2",
            "graphs",
        ),
    ),
    races=races(
        "gin:GIN",
        {"width": 16, "dropout": 0.5},
        {"width": 32, "dropout": 0.5},
        {"width": 64, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{HERE}.gin:GIN", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.gin:GINGraphs", {"features": 5, "width": 4, "outputs": 3, "depth": 2, "dropout": 0.1}),
    },
    settings=SETTINGS,
    verbs=VERBS,
    exceptions={
        "features": "Of whole graphs, the answer is a sum of linear layers on the sums of all states, with no layer "
        "behind it. Of nodes and links it has features."
    },
    reference=(
        Reference(
            "torch_geometric.nn.GINConv", "tests/references/test_graph_convolutions.py::test_gin_equals_torch_geometric"
        ),
        Reference(
            "torch_geometric.nn.GINConv",
            "tests/references/test_graph_convolutions.py::test_gin_of_whole_graphs_equals_torch_geometric",
        ),
    ),
    departs="A neighbour counts times the weight of its edge, which is 1 in the paper. The paper asks about whole "
    "graphs alone: for nodes a linear layer on the last states answers, for links it scores products of pairs, after "
    "one more linear layer.",
)
