"""GATv2: its row."""

from bestiary.catalogue.graph.common import CORA, HERE, LEARNS, RECIPES, SETTINGS, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="gatv2",
    title="GATv2",
    family="graph",
    paper="Brody, Alon, Yahav 2022, How attentive are graph attention networks?, arXiv 2105.14491",
    year=2022,
    summary="A graph attention network in which each node ranks its neighbours in its own way: the score of an edge "
    "is a small network on both ends, where the first such network ranked them alike for all.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "gatv2_cora",
            f"{HERE}.gatv2:GATv2",
            {"features": 1433, "heads": 8, "width": 8, "outputs": 7, "dropout": 0.6},
            184_604,
            "torch_geometric.nn.GATv2Conv(1433, 8, heads=8) + GATv2Conv(64, 7)",
            "graph",
            example=CORA,
        ),
    ),
    races=races(
        "gatv2:GATv2",
        {"heads": 4, "width": 4, "dropout": 0.5},
        {"heads": 4, "width": 8, "dropout": 0.5},
        {"heads": 8, "width": 8, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{HERE}.gatv2:GATv2", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.gatv2:GATv2Graphs", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=SETTINGS,
    verbs=VERBS,
    reference=(
        Reference(
            "torch_geometric.nn.GATv2Conv",
            "tests/references/test_graph_convolutions.py::test_gatv2_equals_torch_geometric",
        ),
        Reference(
            "equation 7 of the paper on all pairs of nodes",
            "tests/references/test_graph_convolutions.py::test_gatv2_is_equation_7",
            "equation_7",
        ),
    ),
    departs="Both matrices have biases, as in the authors' code. Weights of edges are not looked at. For whole graphs "
    "nodes are added up and a linear layer answers, for links it scores products of pairs: both are ours. AdamW's "
    "decay takes the place of squared weights in the loss.",
)
