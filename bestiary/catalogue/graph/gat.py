"""Graph attention network: its row."""

from bestiary.catalogue.graph.common import CORA, HERE, LEARNS, RECIPES, SETTINGS, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="gat",
    title="Graph attention network",
    family="graph",
    introductions=(0,),
    paper="Velickovic, Cucurull, Casanova, Romero, Lio, Bengio 2018, Graph attention networks, arXiv 1710.10903",
    year=2018,
    summary="Like a graph convolution, but every node decides how much each of its neighbours counts: several heads "
    "score the edges, and a softmax over each node's neighbours turns scores into shares.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "gat_cora",
            f"{HERE}.gat:GAT",
            {"features": 1433, "heads": 8, "width": 8, "outputs": 7, "dropout": 0.6},
            92_373,
            "torch_geometric.nn.GATConv(1433, 8, heads=8) + GATConv(64, 7)",
            "graph",
            example=CORA,
        ),
        Size(
            "gat_layer",
            f"{HERE}.gat:GATLayer",
            {"features": 16, "heads": 4, "width": 8},
            608,
            "torch_geometric.nn.GATConv(16, 8, heads=4): 16 x 32 + 2 x 4 x 8 + 32",
            "graph",
            part=True,
        ),
    ),
    races=races(
        "gat:GAT",
        {"heads": 4, "width": 4, "dropout": 0.5},
        {"heads": 4, "width": 8, "dropout": 0.5},
        {"heads": 8, "width": 8, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{HERE}.gat:GAT", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.gat:GATGraphs", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=SETTINGS,
    verbs=VERBS,
    reference=(
        Reference(
            "torch_geometric.nn.GATConv", "tests/references/test_graph.py::test_whole_gat_equals_torch_geometric"
        ),
        Reference("torch_geometric.nn.GATConv", "tests/references/test_graph.py::test_gat_equals_torch_geometric"),
    ),
    departs="For nodes nothing; the paper's larger network, for graphs that were not seen (PPI), has skips across its "
    "middle layer, which none here has. Weights of edges are not looked at. For whole graphs nodes are added up and a "
    "linear layer answers, for links it scores products of pairs: both are ours. Scores rank the neighbours alike "
    "whichever node asks (Brody, Alon, Yahav 2022, How attentive are graph attention networks?): `gatv2` moves the "
    "nonlinearity to mend that. AdamW's decay takes the place of squared "
    "weights in the loss. A layer of 561 parameters that an introductory text prints shares one attention vector over "
    "its heads and never uses its edges; here every head has a vector, which makes 608.",
)
