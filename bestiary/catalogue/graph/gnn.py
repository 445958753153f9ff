"""Message-passing graph network: its row."""

from bestiary.catalogue.graph.common import HERE, LEARNS, RECIPES, VERBS, races
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="gnn",
    title="Message-passing graph network",
    family="graph",
    introductions=(0, 1),
    paper="Gilmer, Schoenholz, Riley, Vinyals, Dahl 2017, Neural message passing for quantum chemistry, arXiv "
    "1704.01212; Scarselli et al. 2009, The graph neural network model",
    year=2017,
    summary="Every node sends its neighbours a message, adds up what it receives and changes its state; after a few "
    "rounds a node knows what is around it. Nearly every graph network is a way of filling in the three: what is said, "
    "how it is taken, and how an answer is read off.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "gnn_message_passing",
            f"{HERE}.message_passing:NeighbourSum",
            {"features": 16, "width": 32},
            544,
            "one linear layer on the sum of neighbours: 16 x 32 + 32",
            "graph",
            part=True,
        ),
        Size(
            "gnn_gated",
            f"{HERE}.message_passing:MessagePassing",
            {"features": 16, "width": 32, "outputs": 7, "depth": 3},
            9_191,
            "16 x 32 + 32, message 2 x 32 x 32 + 32, GRU cell 6 x 32 x 32 + 6 x 32, head 32 x 7 + 7",
            "graph",
        ),
    ),
    races=races(
        "message_passing:MessagePassing",
        {"width": 16, "depth": 2, "dropout": 0.3},
        {"width": 32, "depth": 3, "dropout": 0.3},
        {"width": 64, "depth": 3, "dropout": 0.3},
    ),
    tiny={
        "graph": (f"{HERE}.message_passing:MessagePassing", {"features": 5, "width": 4, "outputs": 3, "depth": 2}),
        "graphs": (
            f"{HERE}.message_passing:MessagePassingGraphs",
            {"features": 5, "width": 4, "outputs": 3, "depth": 2},
        ),
    },
    settings=({"rate": 0.003, "decay": 0.01, "clip": 1.0}, {"rate": 0.01, "decay": 0.1, "clip": 1.0}),
    verbs=VERBS,
    exceptions={
        "features": "Of whole graphs, the answer is a gated sum with no layer behind it; `rounds` gives the states "
        "of the nodes. Of nodes and links it has features."
    },
    reference=(
        Reference(
            "torch_geometric.nn.GraphConv",
            "tests/references/test_graph.py::test_neighbour_sum_equals_torch_geometric_without_the_root",
        ),
        Reference(
            "loops over nodes and edges",
            "tests/references/test_graph.py::test_message_passing_equals_loops_over_nodes",
            "loops",
        ),
    ),
    departs="Edges carry a number that messages are multiplied by, where molecules have kinds of bonds. Messages are "
    "one rectified layer on both states, states a gated recurrent unit, shared by all rounds.",
)
