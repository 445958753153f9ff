"""Graph convolutional network: its row."""

from bestiary.catalogue.graph.common import CORA, HERE, LEARNS, RECIPES, SETTINGS, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="gcn",
    title="Graph convolutional network",
    family="graph",
    introductions=(0,),
    paper="Kipf, Welling 2017, Semi-supervised classification with graph convolutional networks, arXiv 1609.02907",
    year=2017,
    summary="A node's new features are an average over its neighbours and itself, weighted by how connected they are, "
    "times one matrix that all nodes share. Two layers see two steps far, which is often enough to tell what a node is "
    "from few labels.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "gcn_cora",
            f"{HERE}.gcn:GCN",
            {"features": 1433, "width": 16, "outputs": 7, "dropout": 0.5},
            23_063,
            "torch_geometric.nn.GCN(1433, 16, 2, 7)",
            "graph",
            example=CORA,
        ),
    ),
    races=races(
        "gcn:GCN",
        {"width": 16, "dropout": 0.5},
        {"width": 32, "dropout": 0.5},
        {"width": 128, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{HERE}.gcn:GCN", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.gcn:GCNGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=SETTINGS,
    verbs=VERBS,
    reference=(
        Reference("torch_geometric.nn.models.GCN", "tests/references/test_graph.py::test_gcn_equals_torch_geometric"),
        Reference(
            "torch_geometric.nn.GCNConv",
            "tests/references/test_graph.py::test_gcn_layer_equals_torch_geometric_without_weights",
        ),
    ),
    departs="Nothing in the network. AdamW's decay of all matrices takes the place of the squared weights of the first "
    "layer in the loss. For links, pairs are scored by a linear layer on the product of their outputs, where Kipf and "
    "Welling (2016) take the inner product.",
)
