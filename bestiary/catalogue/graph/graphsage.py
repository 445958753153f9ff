"""GraphSAGE: its row."""

from bestiary.catalogue.graph.common import HERE, LEARNS, RECIPES, VERBS, races
from bestiary.catalogue.row import Contender, Reference, Row, Size


def _pooled(races: dict[str, tuple[Contender, ...]], network: str) -> dict[str, tuple[Contender, ...]]:
    """The same contenders and one more for nodes, which takes the largest values of neighbours."""
    pool = Contender("pool", network, {"width": 32, "dropout": 0.5}, rows=100, tasks=("nodes",))
    *smaller, large = races["graph"]
    return {**races, "graph": (*smaller, pool, large)}


ROW = Row(
    name="graphsage",
    title="GraphSAGE",
    family="graph",
    paper="Hamilton, Ying, Leskovec 2017, Inductive representation learning on large graphs, arXiv 1706.02216",
    year=2017,
    summary="A node keeps what it was apart from what its neighbours tell it: the mean of theirs, or the largest "
    "values, goes through a matrix of its own. What is learned is a function of features, so it also answers for "
    "nodes that join later.",
    learns=LEARNS,
    recipes=RECIPES,
    sizes=(
        Size(
            "graphsage_reddit",
            f"{HERE}.graphsage:GraphSAGE",
            {"features": 602, "width": 256, "outputs": 41},
            449_833,
            "torch_geometric.nn.SAGEConv(602, 256, bias=False) + SAGEConv(256, 256, bias=False) + "
            "torch.nn.Linear(256, 41)",
            "graph",
        ),
        Size(
            "graphsage_pool",
            f"{HERE}.graphsage:PoolGraphSAGE",
            {"features": 50, "width": 50, "outputs": 121, "depth": 1},
            13_721,
            "torch_geometric.nn.SAGEConv(50, 50, aggr='max', project=True, bias=False) + torch.nn.Linear(50, 121)",
            "graph",
        ),
    ),
    races=_pooled(
        races(
            "graphsage:GraphSAGE",
            {"width": 16, "dropout": 0.5},
            {"width": 32, "dropout": 0.5},
            {"width": 128, "dropout": 0.5},
        ),
        f"{HERE}.graphsage:PoolGraphSAGE",
    ),
    tiny={
        "graph": (f"{HERE}.graphsage:GraphSAGE", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{HERE}.graphsage:GraphSAGEGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=({"rate": 0.01, "decay": 0.05}, {"rate": 0.01, "decay": 1.0}, {"rate": 0.003, "decay": 0.01}),
    verbs=VERBS,
    reference=(
        Reference(
            "torch_geometric.nn.SAGEConv",
            "tests/references/test_graph_convolutions.py::test_graphsage_equals_torch_geometric",
        ),
        Reference(
            "torch_geometric.nn.SAGEConv",
            "tests/references/test_graph_convolutions.py::test_pooling_graphsage_equals_torch_geometric",
        ),
        Reference(
            "algorithm 1 of the paper with the pooling aggregator, one node at a time",
            "tests/references/test_graph_convolutions.py::test_pooling_graphsage_is_algorithm_1",
            "algorithm_1",
        ),
    ),
    departs="Every neighbour is looked at, where the paper draws 25 and 10 to bound the cost. Weights of edges are not "
    "looked at; the LSTM aggregator, which depends on the order of neighbours, is left out. For whole graphs nodes are "
    "added up and a linear layer answers, for links it scores products of pairs: both are ours.",
)
