"""APPNP: its row."""

from bestiary.catalogue.graph.common import CORA, HERE, LEARNS, RECIPES, SETTINGS, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="appnp",
    title="APPNP",
    family="graph",
    paper="Gasteiger, Bojchevski, Günnemann 2019, Predict then propagate: graph neural networks meet personalized "
    "PageRank, arXiv 1810.05997",
    year=2019,
    summary="A plain network predicts from each node's own features; its predictions then wander along the edges and "
    "return now and again to where they began. It sees ten steps far with the parameters of two layers.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "appnp_cora",
            f"{HERE}.appnp:APPNP",
            {"features": 1433, "width": 64, "outputs": 7, "dropout": 0.5},
            92_160,
            "two matrices without biases, as in the authors' code: 1433 x 64 + 64 x 7",
            "graph",
            example=CORA,
        ),
    ),
    races=races(
        "appnp:APPNP",
        {"width": 16, "dropout": 0.5},
        {"width": 64, "dropout": 0.5},
        {"width": 128, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{HERE}.appnp:APPNP", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.appnp:APPNPGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=SETTINGS,
    exceptions={
        "features": "graph: Of nodes, the last layer of weights stands before the propagation, so nothing is handed to "
        "a part that only answers. Of whole graphs and links it has features."
    },
    verbs=VERBS,
    reference=(
        Reference(
            "torch_geometric.nn.APPNP", "tests/references/test_graph_convolutions.py::test_appnp_equals_torch_geometric"
        ),
        Reference(
            "equation 4 of the paper on a dense matrix",
            "tests/references/test_graph_convolutions.py::test_appnp_is_equation_4",
            "equation_4",
        ),
    ),
    departs="Nothing in the network for nodes. AdamW's decay of all matrices takes the place of the squared weights of "
    "the first layer in the loss. For whole graphs nodes are added up and a linear layer answers, for links it scores "
    "products of pairs: both are ours.",
)
