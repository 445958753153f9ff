"""The family `graph`, one row an architecture."""

from bestiary.catalogue.row import Contender, Keywords, Reference, Row, Size

_HERE = "bestiary.architectures.graph"
_RECIPES = {task: f"bestiary.recipes.graphs:{task}" for task in ("nodes", "links", "graphs")}
_SETTINGS: tuple[Keywords, ...] = (
    {"rate": 0.01, "decay": 1.0},
    {"rate": 0.01, "decay": 0.05},
    {"rate": 0.003, "decay": 0.01},
)
_VERBS = {"inspect": "bestiary.sampling.graph_insides:inspect"}
_CORA = {"nodes": 2_708, "edges": 10_556}  # citations of machine-learning papers, each in both directions
_LEARNS = (
    "By gradient descent on the cross-entropy of the nodes, pairs or graphs that are known; an update sees the whole "
    "graph, or some graphs of a set."
)


def _races(network: str, small: Keywords, middle: Keywords, large: Keywords) -> dict[str, tuple[Contender, ...]]:
    """A class for nodes, one for links, one for sets of graphs, in two or three sizes each."""
    one = f"{_HERE}.{network}"
    links, graphs = f"{one}Links", f"{one}Graphs"
    kept = {word: {**words, "dropout": 0.1} for word, words in (("small", small), ("middle", middle), ("large", large))}
    return {
        "graph": (
            Contender("small", one, small, tasks=("nodes",)),
            Contender("links-small", links, kept["small"], tasks=("links",)),
            Contender("middle", one, middle, rows=100, tasks=("nodes",)),
            Contender("links-middle", links, kept["middle"], rows=100, tasks=("links",)),
            Contender("large", one, large, rows=2000, tasks=("nodes",)),
        ),
        "graphs": (
            Contender("sets-small", graphs, kept["middle"], tasks=("graphs",)),
            Contender("sets-large", graphs, kept["large"], rows=1000, tasks=("graphs",)),
        ),
    }


def _pooled(races: dict[str, tuple[Contender, ...]], network: str) -> dict[str, tuple[Contender, ...]]:
    """The same contenders and one more for nodes, which takes the largest values of neighbours."""
    pool = Contender("pool", network, {"width": 32, "dropout": 0.5}, rows=100, tasks=("nodes",))
    *smaller, large = races["graph"]
    return {**races, "graph": (*smaller, pool, large)}


GNN = Row(
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
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "gnn_message_passing",
            f"{_HERE}.message_passing:NeighbourSum",
            {"features": 16, "width": 32},
            544,
            "one linear layer on the sum of neighbours: 16 x 32 + 32",
            "graph",
            part=True,
        ),
        Size(
            "gnn_gated",
            f"{_HERE}.message_passing:MessagePassing",
            {"features": 16, "width": 32, "outputs": 7, "depth": 3},
            9_191,
            "16 x 32 + 32, message 2 x 32 x 32 + 32, GRU cell 6 x 32 x 32 + 6 x 32, head 32 x 7 + 7",
            "graph",
        ),
    ),
    races=_races(
        "message_passing:MessagePassing",
        {"width": 16, "depth": 2, "dropout": 0.3},
        {"width": 32, "depth": 3, "dropout": 0.3},
        {"width": 64, "depth": 3, "dropout": 0.3},
    ),
    tiny={
        "graph": (f"{_HERE}.message_passing:MessagePassing", {"features": 5, "width": 4, "outputs": 3, "depth": 2}),
        "graphs": (
            f"{_HERE}.message_passing:MessagePassingGraphs",
            {"features": 5, "width": 4, "outputs": 3, "depth": 2},
        ),
    },
    settings=({"rate": 0.003, "decay": 0.01, "clip": 1.0}, {"rate": 0.01, "decay": 0.1, "clip": 1.0}),
    verbs=_VERBS,
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

GCN = Row(
    name="gcn",
    title="Graph convolutional network",
    family="graph",
    introductions=(0,),
    paper="Kipf, Welling 2017, Semi-supervised classification with graph convolutional networks, arXiv 1609.02907",
    year=2017,
    summary="A node's new features are an average over its neighbours and itself, weighted by how connected they are, "
    "times one matrix that all nodes share. Two layers see two steps far, which is often enough to tell what a node is "
    "from few labels.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "gcn_cora",
            f"{_HERE}.gcn:GCN",
            {"features": 1433, "width": 16, "outputs": 7, "dropout": 0.5},
            23_063,
            "torch_geometric.nn.GCN(1433, 16, 2, 7)",
            "graph",
            example=_CORA,
        ),
    ),
    races=_races(
        "gcn:GCN",
        {"width": 16, "dropout": 0.5},
        {"width": 32, "dropout": 0.5},
        {"width": 128, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{_HERE}.gcn:GCN", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.gcn:GCNGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=_SETTINGS,
    verbs=_VERBS,
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

GAT = Row(
    name="gat",
    title="Graph attention network",
    family="graph",
    introductions=(0,),
    paper="Velickovic, Cucurull, Casanova, Romero, Lio, Bengio 2018, Graph attention networks, arXiv 1710.10903",
    year=2018,
    summary="Like a graph convolution, but every node decides how much each of its neighbours counts: several heads "
    "score the edges, and a softmax over each node's neighbours turns scores into shares.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "gat_cora",
            f"{_HERE}.gat:GAT",
            {"features": 1433, "heads": 8, "width": 8, "outputs": 7, "dropout": 0.6},
            92_373,
            "torch_geometric.nn.GATConv(1433, 8, heads=8) + GATConv(64, 7)",
            "graph",
            example=_CORA,
        ),
        Size(
            "gat_layer",
            f"{_HERE}.gat:GATLayer",
            {"features": 16, "heads": 4, "width": 8},
            608,
            "torch_geometric.nn.GATConv(16, 8, heads=4): 16 x 32 + 2 x 4 x 8 + 32",
            "graph",
            part=True,
        ),
    ),
    races=_races(
        "gat:GAT",
        {"heads": 4, "width": 4, "dropout": 0.5},
        {"heads": 4, "width": 8, "dropout": 0.5},
        {"heads": 8, "width": 8, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{_HERE}.gat:GAT", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.gat:GATGraphs", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=_SETTINGS,
    verbs=_VERBS,
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

GRAPHSAGE = Row(
    name="graphsage",
    title="GraphSAGE",
    family="graph",
    paper="Hamilton, Ying, Leskovec 2017, Inductive representation learning on large graphs, arXiv 1706.02216",
    year=2017,
    summary="A node keeps what it was apart from what its neighbours tell it: the mean of theirs, or the largest "
    "values, goes through a matrix of its own. What is learned is a function of features, so it also answers for "
    "nodes that join later.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "graphsage_reddit",
            f"{_HERE}.graphsage:GraphSAGE",
            {"features": 602, "width": 256, "outputs": 41},
            449_833,
            "torch_geometric.nn.SAGEConv(602, 256, bias=False) + SAGEConv(256, 256, bias=False) + "
            "torch.nn.Linear(256, 41)",
            "graph",
        ),
        Size(
            "graphsage_pool",
            f"{_HERE}.graphsage:PoolGraphSAGE",
            {"features": 50, "width": 50, "outputs": 121, "depth": 1},
            13_721,
            "torch_geometric.nn.SAGEConv(50, 50, aggr='max', project=True, bias=False) + torch.nn.Linear(50, 121)",
            "graph",
        ),
    ),
    races=_pooled(
        _races(
            "graphsage:GraphSAGE",
            {"width": 16, "dropout": 0.5},
            {"width": 32, "dropout": 0.5},
            {"width": 128, "dropout": 0.5},
        ),
        f"{_HERE}.graphsage:PoolGraphSAGE",
    ),
    tiny={
        "graph": (f"{_HERE}.graphsage:GraphSAGE", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.graphsage:GraphSAGEGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=({"rate": 0.01, "decay": 0.05}, {"rate": 0.01, "decay": 1.0}, {"rate": 0.003, "decay": 0.01}),
    verbs=_VERBS,
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

GIN = Row(
    name="gin",
    title="Graph isomorphism network",
    family="graph",
    paper="Xu, Hu, Leskovec, Jegelka 2019, How powerful are graph neural networks?, arXiv 1810.00826",
    year=2019,
    summary="Adds a node and its neighbours up and lets a small network look at the sum. A sum, unlike a mean, still "
    "knows how many there were, which makes it as good at telling graphs apart as networks of this kind can be.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "gin_mutag",
            f"{_HERE}.gin:GINGraphs",
            {"features": 7, "width": 64, "outputs": 2, "depth": 4, "dropout": 0.5},
            31_196,
            "four layers and five readouts, as in the authors' code for MUTAG: 8 x 64 + 7 x 65 x 64 + 8 x 128 + 4 + "
            "8 x 2 + 4 x 65 x 2",
            "graphs",
        ),
    ),
    races=_races(
        "gin:GIN",
        {"width": 16, "dropout": 0.5},
        {"width": 32, "dropout": 0.5},
        {"width": 64, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{_HERE}.gin:GIN", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.gin:GINGraphs", {"features": 5, "width": 4, "outputs": 3, "depth": 2, "dropout": 0.1}),
    },
    settings=_SETTINGS,
    verbs=_VERBS,
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

GATV2 = Row(
    name="gatv2",
    title="GATv2",
    family="graph",
    paper="Brody, Alon, Yahav 2022, How attentive are graph attention networks?, arXiv 2105.14491",
    year=2022,
    summary="A graph attention network in which each node ranks its neighbours in its own way: the score of an edge "
    "is a small network on both ends, where the first such network ranked them alike for all.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "gatv2_cora",
            f"{_HERE}.gatv2:GATv2",
            {"features": 1433, "heads": 8, "width": 8, "outputs": 7, "dropout": 0.6},
            184_604,
            "torch_geometric.nn.GATv2Conv(1433, 8, heads=8) + GATv2Conv(64, 7)",
            "graph",
            example=_CORA,
        ),
    ),
    races=_races(
        "gatv2:GATv2",
        {"heads": 4, "width": 4, "dropout": 0.5},
        {"heads": 4, "width": 8, "dropout": 0.5},
        {"heads": 8, "width": 8, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{_HERE}.gatv2:GATv2", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.gatv2:GATv2Graphs", {"features": 5, "heads": 2, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=_SETTINGS,
    verbs=_VERBS,
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

APPNP = Row(
    name="appnp",
    title="APPNP",
    family="graph",
    paper="Gasteiger, Bojchevski, Günnemann 2019, Predict then propagate: graph neural networks meet personalized "
    "PageRank, arXiv 1810.05997",
    year=2019,
    summary="A plain network predicts from each node's own features; its predictions then wander along the edges and "
    "return now and again to where they began. It sees ten steps far with the parameters of two layers.",
    learns=_LEARNS,
    recipes=_RECIPES,
    sizes=(
        Size(
            "appnp_cora",
            f"{_HERE}.appnp:APPNP",
            {"features": 1433, "width": 64, "outputs": 7, "dropout": 0.5},
            92_160,
            "two matrices without biases, as in the authors' code: 1433 x 64 + 64 x 7",
            "graph",
            example=_CORA,
        ),
    ),
    races=_races(
        "appnp:APPNP",
        {"width": 16, "dropout": 0.5},
        {"width": 64, "dropout": 0.5},
        {"width": 128, "dropout": 0.5},
    ),
    tiny={
        "graph": (f"{_HERE}.appnp:APPNP", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
        "graphs": (f"{_HERE}.appnp:APPNPGraphs", {"features": 5, "width": 4, "outputs": 3, "dropout": 0.1}),
    },
    settings=_SETTINGS,
    exceptions={
        "features": "graph: Of nodes, the last layer of weights stands before the propagation, so nothing is handed to "
        "a part that only answers. Of whole graphs and links it has features."
    },
    verbs=_VERBS,
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

ROWS: tuple[Row, ...] = (GNN, GCN, GAT, GRAPHSAGE, GIN, GATV2, APPNP)
