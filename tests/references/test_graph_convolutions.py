"""GraphSAGE, GIN, GATv2 and APPNP: torch_geometric's layers and the papers' formulas are one function."""

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric import nn as geometric
from torch_geometric.nn import GATv2Conv, GINConv, SAGEConv

from bestiary.architectures.graph.appnp import APPNP, APPNPGraphs, APPNPLinks
from bestiary.architectures.graph.gat import GATLayer, with_itself
from bestiary.architectures.graph.gatv2 import GATv2, GATv2Graphs, GATv2Links, JoinedDynamicHeads
from bestiary.architectures.graph.gin import GIN, GINGraphs, GINLinks
from bestiary.architectures.graph.graphsage import GraphSAGE, GraphSAGEGraphs, GraphSAGELinks, PoolGraphSAGE
from bestiary.kinds.graph import example
from bestiary.sampling.insides.graph_insides import inspect
from tests.references.parity import assert_same, close, stir
from tests.references.test_graph import SEEDS, OnEdges, dense, random_graph

# ----------------------------------------------------------------------------------------- torch_geometric


def sage(layer: nn.Module, **words: object) -> SAGEConv:
    """torch_geometric's layer with the very weights of ours."""
    own, told = layer.own, layer.told
    theirs = SAGEConv(own.in_features, own.out_features, bias=False, **words)  # type: ignore[arg-type]
    theirs.lin_r, theirs.lin_l = own, told
    if "project" in words:
        theirs.lin = layer.aggregate.layer  # type: ignore[union-attr]
    return theirs


def of_length_1(layers: list[SAGEConv], head: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    def reference(features: Tensor, edges: Tensor) -> Tensor:
        for layer in layers:
            features = F.normalize(layer(features, edges).relu())
        return head(features)

    return reference


@pytest.mark.parametrize("seed", SEEDS)
def test_graphsage_equals_torch_geometric(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    network = GraphSAGE(features=3, width=5, outputs=2, depth=1 + seed % 3)
    theirs = of_length_1([sage(layer) for layer in network.nodes.layers], network.head)
    assert_same(network, theirs, (torch.randn(nodes, 3), edges))


@pytest.mark.parametrize("seed", SEEDS)
def test_pooling_graphsage_equals_torch_geometric(seed: int) -> None:
    """Whose layer in front of the maximum is as wide as what comes in."""
    nodes, edges, _ = random_graph(seed)
    network = PoolGraphSAGE(features=4, width=4, outputs=2)
    layers = [sage(layer, aggr="max", project=True) for layer in network.nodes.layers]
    assert_same(network, of_length_1(layers, network.head), (torch.randn(nodes, 4), edges))


def algorithm_1(weights: Mapping[str, Tensor], features: Tensor, edges: Tensor) -> Tensor:
    """Two layers of GraphSAGE with the pooling aggregator, one node at a time."""
    states = list(features)
    for layer in range(2):
        own, told, matrix, bias = (
            weights[f"nodes.layers.{layer}.{name}"]
            for name in ("own.weight", "told.weight", "aggregate.layer.weight", "aggregate.layer.bias")
        )
        fresh = []
        for node, state in enumerate(states):
            said = [(matrix @ states[sender] + bias).relu() for sender in edges[0, edges[1] == node].tolist()]
            pooled = torch.stack(said).amax(0) if said else torch.zeros(len(bias))
            moved = (torch.cat([own, told], 1) @ torch.cat([state, pooled])).relu()
            fresh.append(moved / moved.norm().clamp(min=1e-12))
        states = fresh
    return torch.stack(states) @ weights["head.weight"].T + weights["head.bias"]


@pytest.mark.parametrize("seed", SEEDS)
def test_pooling_graphsage_is_algorithm_1(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    network = PoolGraphSAGE(features=3, width=5, outputs=2)
    weights = dict(network.named_parameters())
    assert_same(network, lambda x, edges: algorithm_1(weights, x, edges), (torch.randn(nodes, 3), edges))


def gin(layers: nn.Module) -> list[GINConv]:
    """torch_geometric's layers with the very weights of ours."""
    found = []
    for layer in layers.layers:  # type: ignore[union-attr]
        nn.init.normal_(layer.epsilon, std=0.5)
        inner = nn.Sequential(layer.first, layer.inner_norm, nn.ReLU(), layer.second)
        theirs = GINConv(inner, train_eps=True)
        theirs.eps = layer.epsilon
        found.append(nn.ModuleList([theirs, layer.norm]))
    return found


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_gin_equals_torch_geometric(seed: int, training: bool) -> None:
    nodes, edges, _ = random_graph(seed)
    network = GIN(features=3, width=5, outputs=2, depth=1 + seed % 3)
    stir(network)
    layers = gin(network.nodes)
    network.train(training)

    def reference(features: Tensor, edges: Tensor) -> Tensor:
        for convolution, norm in layers:
            features = norm(convolution(features, edges)).relu()
        return network.head(features)

    assert_same(network, reference, (torch.randn(nodes, 3), edges))


@pytest.mark.parametrize("seed", SEEDS)
def test_gin_of_whole_graphs_equals_torch_geometric(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    graph = torch.arange(nodes) // 2
    network = GINGraphs(features=3, width=5, outputs=2, depth=2)
    stir(network)
    layers = gin(network.nodes)
    network.eval()

    def reference(features: Tensor, edges: Tensor, graph: Tensor) -> Tensor:
        member = F.one_hot(graph).T.to(features.dtype)  # [G, N]
        answers = network.readouts[0].head(member @ features)  # type: ignore[operator]
        for (convolution, norm), readout in zip(layers, network.readouts[1:], strict=True):
            features = norm(convolution(features, edges)).relu()
            answers = answers + readout.head(member @ features)
        return answers

    assert_same(network, reference, (torch.randn(nodes, 3), edges, graph))


def test_gin_counts_a_neighbour_times_the_weight_of_its_edge() -> None:
    network = GIN(features=3, width=5, outputs=2).eval()
    features, edges = torch.randn(3, 3), torch.tensor([[0, 1], [2, 2]])
    thrice = torch.tensor([[0, 0, 0, 1], [2, 2, 2, 2]])
    close(network(features, edges, torch.tensor([3.0, 1.0])), network(features, thrice), "outputs")


@pytest.mark.parametrize("seed", SEEDS)
def test_gatv2_equals_torch_geometric(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    network = GATv2(features=4, heads=2, width=3, outputs=5, depth=3, last_heads=2)
    theirs = [GATv2Conv(4, 3, heads=2), GATv2Conv(6, 3, heads=2), GATv2Conv(6, 5, heads=2, concat=False)]
    for layer, other in zip((*network.layers, network.last), theirs, strict=True):
        for bias in (layer.bias, layer.attention.sends.bias, layer.attention.receives.bias):  # type: ignore[union-attr]
            nn.init.normal_(bias)  # type: ignore[arg-type]
        other.lin_l, other.lin_r = layer.attention.sends, layer.attention.receives  # type: ignore[union-attr]
        other.bias = layer.bias
        del other.att
        other.att = layer.attention.vector[None]  # type: ignore[union-attr]

    def reference(features: Tensor, edges: Tensor) -> Tensor:
        hidden = F.elu(theirs[1](F.elu(theirs[0](features, edges)), edges))
        return theirs[2](hidden, edges)

    assert_same(network, reference, (torch.randn(nodes, 4), edges))


def looped(edges: Tensor, nodes: int) -> Tensor:
    """A + I of a graph whose edges weigh 1; loops that are there do not count twice."""
    matrix = dense(edges, torch.ones(edges.shape[1]), nodes)
    return matrix - matrix.diag().diag() + torch.eye(nodes)


def equation_7(weights: Mapping[str, Tensor], features: Tensor, edges: Tensor) -> Tensor:
    """One layer of two joined heads, on all pairs of nodes, of which those without an edge count nothing."""
    nodes = len(features)
    of = {name.partition("layer.")[2]: tensor for name, tensor in weights.items()}
    linked = looped(edges, nodes) > 0
    both = torch.cat(
        [features[:, None].expand(-1, nodes, -1), features[None].expand(nodes, -1, -1)], -1
    )  # [i, j, features of i and j]
    matrix = torch.cat([of["attention.receives.weight"], of["attention.sends.weight"]], 1)
    bias = of["attention.receives.bias"] + of["attention.sends.bias"]
    met = F.leaky_relu(both @ matrix.T + bias, 0.2).view(nodes, nodes, 2, -1)
    scores = torch.einsum("ijhd,hd->ijh", met, of["attention.vector"])
    shares = scores.masked_fill(~linked[:, :, None], -torch.inf).softmax(1)
    values = (features @ of["attention.sends.weight"].T + of["attention.sends.bias"]).view(nodes, 2, -1)
    return torch.einsum("ijh,jhd->ihd", shares, values).flatten(1) + of["bias"]


@pytest.mark.parametrize("seed", SEEDS)
def test_gatv2_is_equation_7(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    edges = edges.unique(dim=1)
    network = OnEdges(JoinedDynamicHeads(features=3, heads=2, width=4))
    weights = dict(network.named_parameters())
    assert_same(network, lambda x, edges: equation_7(weights, x, edges), (torch.randn(nodes, 3), edges))


@pytest.mark.parametrize("seed", SEEDS)
def test_appnp_equals_torch_geometric(seed: int) -> None:
    nodes, edges, weights = random_graph(seed)
    network = APPNP(features=4, width=6, outputs=3, steps=1 + seed, restart=0.2)
    theirs = geometric.APPNP(1 + seed, 0.2)

    def reference(features: Tensor, edges: Tensor, weights: Tensor) -> Tensor:
        first, second = network.layers
        return theirs(second(first(features).relu()), edges, weights)

    assert_same(network, reference, (torch.randn(nodes, 4), edges, weights))


def equation_4(weights: Mapping[str, Tensor], features: Tensor, edges: Tensor, steps: int, alpha: float) -> Tensor:
    """Power iteration on the dense matrix of a graph whose edges weigh 1."""
    nodes = len(features)
    matrix = looped(edges, nodes)
    scale = matrix.sum(1).rsqrt()
    matrix = scale[:, None] * matrix * scale
    hidden = (features @ weights["layers.0.weight"].T).relu() @ weights["layers.1.weight"].T
    states = hidden
    for _ in range(steps):
        states = (1 - alpha) * matrix @ states + alpha * hidden
    return states


@pytest.mark.parametrize("seed", SEEDS)
def test_appnp_is_equation_4(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    network = APPNP(features=4, width=6, outputs=3)
    weights = dict(network.named_parameters())
    assert_same(network, lambda x, edges: equation_4(weights, x, edges, 10, 0.1), (torch.randn(nodes, 4), edges))


# -------------------------------------------------------------------------------- what the papers are about


def test_gin_tells_apart_what_means_and_maxima_take_for_one() -> None:
    """Figure 2 of Xu et al.: one neighbour, or two of the same."""
    torch.manual_seed(0)
    features = torch.ones(5, 2)
    edges = torch.tensor([[0, 2, 3], [1, 4, 4]])  # node 1 hears one, node 4 two, and all say the same
    for make, told in ((GIN, True), (GraphSAGE, False), (PoolGraphSAGE, False)):
        network = make(features=2, width=8, outputs=2).eval()
        with torch.no_grad():
            answers = network(features, edges)
        assert torch.allclose(answers[1], answers[4], atol=1e-6) != told, make.__name__


def test_gatv2_ranks_neighbours_by_who_asks_and_gat_does_not() -> None:
    """Section 3 of Brody et al., on nine nodes that all hear all: nine rankings, of which GAT's are one."""
    torch.manual_seed(0)
    nodes, features = 9, torch.randn(9, 6)
    everyone = torch.arange(nodes)
    graph = with_itself(torch.stack([everyone.repeat(nodes), everyone.repeat_interleave(nodes)]), nodes)
    senders = graph.source.view(nodes, nodes)

    def rankings(shares: Tensor) -> set[tuple[int, ...]]:
        order = shares.view(nodes, nodes).argsort(1)
        return {tuple(ranks) for ranks in senders.gather(1, order).tolist()}

    static = GATLayer(features=6, heads=1, width=8).layer.attention
    values = static.weight(features).unflatten(-1, (1, -1))
    assert len(rankings(static.scores(values, graph))) == 1
    dynamic = JoinedDynamicHeads(features=6, heads=1, width=8).attention
    assert len(rankings(dynamic.shares(features, dynamic.values(features), graph))) > 3


def test_inspection_shows_whom_the_heads_of_gatv2_listen_to() -> None:
    data = example.data({"features": 5, "outputs": 3}, "nodes")
    network = GATv2(features=5, heads=2, width=4, outputs=3)
    titles = [picture.title for picture in inspect(network, data, data.spec, data.facts)]
    assert titles == ["Where the network puts them", "Whom the heads listen to"]


def test_appnp_sees_as_far_as_it_walks() -> None:
    line = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]])
    for steps, seen in ((1, 2), (3, 4)):
        features = torch.randn(5, 3, requires_grad=True)
        APPNP(features=3, width=8, outputs=2, steps=steps)(features, line)[4].sum().backward()
        assert int((features.grad.abs().sum(1) > 0).sum()) == seen  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------ what must hold

NODES: list[Callable[[], nn.Module]] = [
    lambda: GraphSAGE(features=3, width=5, outputs=2),
    lambda: PoolGraphSAGE(features=3, width=5, outputs=2),
    lambda: GIN(features=3, width=5, outputs=2),
    lambda: GATv2(features=3, heads=2, width=4, outputs=2),
    lambda: APPNP(features=3, width=5, outputs=2),
]


@pytest.mark.parametrize("make", NODES)
def test_the_order_of_nodes_and_edges_does_not_matter(make: Callable[[], nn.Module]) -> None:
    for seed in SEEDS:
        nodes, edges, weights = random_graph(seed)
        network, features = make().eval(), torch.randn(nodes, 3)
        order, shuffled = torch.randperm(nodes), torch.randperm(edges.shape[1])
        place = order.argsort()  # where each node has gone
        expected = network(features, edges, weights)[order]
        close(network(features[order], place[edges][:, shuffled], weights[shuffled]), expected, "outputs")


@pytest.mark.parametrize("make", NODES)
def test_a_graph_without_edges_and_one_without_paths(make: Callable[[], nn.Module]) -> None:
    network = make().eval()
    features = torch.randn(5, 3, requires_grad=True)
    network(features, torch.empty(2, 0, dtype=torch.int64)).sum().backward()
    assert torch.isfinite(features.grad).all()  # type: ignore[arg-type]
    apart = torch.randn(5, 3, requires_grad=True)
    network(apart, torch.tensor([[0, 1, 3], [1, 2, 4]]))[2].sum().backward()  # 0 -> 1 -> 2, and 3 -> 4
    assert (apart.grad.abs().sum(1)[3:] == 0).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("family", [GraphSAGEGraphs, GINGraphs, GATv2Graphs, APPNPGraphs])
def test_a_graph_ignores_its_companions_and_the_order_of_its_nodes(family: type[nn.Module]) -> None:
    network = family(features=3, width=4, outputs=2, **({"heads": 2} if family is GATv2Graphs else {})).eval()
    cases = [random_graph(seed) for seed in SEEDS]
    features = [torch.randn(nodes, 3) for nodes, _, _ in cases]
    starts = torch.tensor([0, *[nodes for nodes, _, _ in cases]]).cumsum(0)
    edges = torch.cat([edges + start for (_, edges, _), start in zip(cases, starts)], 1)
    weights = torch.cat([weights for _, _, weights in cases])
    graph = torch.arange(len(cases)).repeat_interleave(starts.diff())
    together = network(torch.cat(features), edges, graph, weights)
    for place, ((nodes, edges, weights), states) in enumerate(zip(cases, features)):
        order = torch.randperm(nodes)
        alone = network(states[order], order.argsort()[edges], torch.zeros(nodes, dtype=torch.int64), weights)
        close(alone[0], together[place], "outputs")


@pytest.mark.parametrize("family", [GraphSAGELinks, GINLinks, GATv2Links, APPNPLinks])
def test_a_pair_has_no_direction(family: type[nn.Module]) -> None:
    network = family(features=3, width=4, **({"heads": 2} if family is GATv2Links else {})).eval()
    nodes, edges, weights = random_graph(3)
    pairs, states = torch.randint(nodes, (2, 7)), torch.randn(nodes, 3)
    close(network(states, edges, pairs, weights), network(states, edges, pairs.flip(0), weights), "scores")
