"""Graph networks: fast sums, written-out sums, dense matrices and torch_geometric are one function."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv, GCNConv, GraphConv, models

from bestiary.architectures.build import count
from bestiary.architectures.graph.gat import GAT, GATGraphs, GATLayer, GATLinks, JoinedHeads, MeanHeads, with_itself
from bestiary.architectures.graph.gcn import GCN, GCNGraphs, GCNLinks, normalised
from bestiary.architectures.graph.message_passing import (
    MessagePassing,
    MessagePassingGraphs,
    MessagePassingLinks,
    NeighbourSum,
)
from bestiary.layers.messages import gather, scatter_mean, scatter_softmax, scatter_sum, with_self_loops
from bestiary.layers.neighbours import Neighbours, at_source, at_target, received, softmax, weighted_sum
from tests.references.parity import assert_same, close
from tests.references.renaming import rename

SEEDS = range(6)
GCN_NAMES = [("layers.{}.weight.weight", "convs.{}.lin.weight"), ("layers.{}.bias", "convs.{}.bias")]
GAT_NAMES = [
    ("attention.weight.weight", "lin.weight"),
    ("attention.sends", "att_src"),
    ("attention.receives", "att_dst"),
    ("bias", "bias"),
]


def random_graph(seed: int) -> tuple[int, Tensor, Tensor]:
    """Nodes, edges and positive weights: loops, edges that come twice and nodes alone among them."""
    roll = random.Random(seed)
    torch.manual_seed(seed)
    nodes = roll.randint(2, 12)
    edges = torch.randint(0, nodes, (2, roll.randint(1, 40)))
    between = edges[:, edges[0] != edges[1]].unique(dim=1)  # what becomes of a loop that comes twice is nobody's rule
    loops = torch.arange(0, nodes, 3).expand(2, -1)
    edges = torch.cat([between, between[:, :2], loops], 1)
    return nodes, edges[:, torch.randperm(edges.shape[1])], torch.rand(edges.shape[1]) + 0.1


def dense(edges: Tensor, weights: Tensor, nodes: int) -> Tensor:
    """The matrix whose entry (i, j) is the weight from j to i."""
    return torch.zeros(nodes, nodes, dtype=weights.dtype).index_put((edges[1], edges[0]), weights, accumulate=True)


# ------------------------------------------------------------------------------------- messages, three ways


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
@pytest.mark.parametrize("seed", SEEDS)
def test_scatter_equals_the_dense_matrix(seed: int, shape: tuple[int, ...]) -> None:
    nodes, edges, weights = random_graph(seed)
    states = torch.randn(nodes, *shape, dtype=torch.float64)
    weights = weights.double()
    spread = weights.view(-1, *[1] * len(shape)) * gather(states, edges)
    matrix = dense(edges, weights, nodes)
    close(scatter_sum(spread, edges, nodes), torch.einsum("ij,j...->i...", matrix, states), "sum")
    counts = dense(edges, torch.ones_like(weights), nodes).sum(1).clamp(min=1)
    mean = torch.einsum("ij,j...->i...", matrix / counts[:, None], states)
    close(scatter_mean(spread, edges, nodes), mean, "mean")


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_equals_the_masked_dense_one(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    edges = edges.unique(dim=1)  # a matrix holds no edge twice
    scores = 40 * torch.randn(edges.shape[1], dtype=torch.float64)
    matrix = torch.full((nodes, nodes), -torch.inf, dtype=torch.float64).index_put((edges[1], edges[0]), scores)
    expected = matrix.softmax(1)[edges[1], edges[0]]
    close(scatter_softmax(scores, edges, nodes), expected, "softmax")
    sums = scatter_sum(scatter_softmax(scores, edges, nodes), edges, nodes)
    torch.testing.assert_close(sums[edges[1]], torch.ones(edges.shape[1], dtype=torch.float64))


class Way(nn.Module):
    """A function of node states and edge weights as a module, for `assert_same`."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


@pytest.mark.parametrize("heads", [0, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_fast_paths_equal_the_written_out(seed: int, heads: int) -> None:
    nodes, edges, _ = random_graph(seed)
    graph = Neighbours.of(edges, nodes)
    edges = torch.stack([graph.source, graph.target])
    shape = (heads,) if heads else ()
    states, weights = torch.randn(nodes, *shape, 4), torch.randn(edges.shape[1], *shape)

    def written(states: Tensor, weights: Tensor) -> Tensor:
        return scatter_sum(weights[..., None] * gather(states, edges), edges, nodes)

    assert_same(Way(lambda s, w: weighted_sum(s, w, graph)), written, (states, weights))
    assert_same(Way(lambda w: softmax(30 * w, graph)), lambda w: scatter_softmax(30 * w, edges, nodes), (weights,))
    assert_same(Way(lambda w: received(w, graph)), lambda w: scatter_sum(w, edges, nodes), (weights,))
    assert_same(Way(lambda s: at_source(s, graph)), lambda s: gather(s, edges), (states,))
    assert_same(Way(lambda s: at_target(s, graph)), lambda s: gather(s, edges.flip(0)), (states,))


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_those_of_small_differences(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    graph = Neighbours.of(edges, nodes)
    states = torch.randn(nodes, 2, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(edges.shape[1], 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, w: weighted_sum(s, softmax(w, graph), graph), (states, weights))


def test_a_graph_without_edges() -> None:
    states = torch.randn(3, 4, requires_grad=True)
    empty = torch.empty(2, 0, dtype=torch.int64)
    graph = Neighbours.of(empty, 3)
    assert torch.equal(weighted_sum(states, torch.empty(0), graph), torch.zeros(3, 4))
    assert softmax(torch.empty(0, 2), graph).shape == (0, 2)
    for network in (GCN(features=4, width=3, outputs=2), GAT(features=4, heads=2, width=3, outputs=2)):
        network(states, empty).sum().backward()
        assert torch.isfinite(states.grad).all()  # type: ignore[arg-type]


def test_sorting_is_undone() -> None:
    edges = torch.tensor([[0, 1, 2], [2, 0, 1]])
    graph = Neighbours.of(edges, 3)
    assert graph.sorted(torch.tensor([7.0, 8.0, 9.0])).tolist() == [8.0, 9.0, 7.0]
    assert graph.source.tolist() == [1, 2, 0] and Neighbours.of(edges[:, [1, 2, 0]], 3).order is None


# ---------------------------------------------------------------------------------------- torch_geometric


@pytest.mark.parametrize("seed", SEEDS)
def test_gcn_equals_torch_geometric(seed: int) -> None:
    nodes, edges, weights = random_graph(seed)
    features, width, outputs, depth = (random.Random(seed).randint(1, 9) for _ in range(4))
    depth = 1 + depth % 3
    ours = GCN(features=features, width=width, outputs=outputs, depth=depth)
    theirs = models.GCN(features, width, depth, outputs)
    nn.init.normal_(ours.layers[0].bias)  # type: ignore[arg-type]
    mapping = rename(dict(ours.named_parameters()), GCN_NAMES)
    assert set(rename(mapping.values(), GCN_NAMES, back=True).values()) == set(mapping)
    theirs.load_state_dict({mapping[name]: tensor for name, tensor in ours.state_dict().items()})
    assert_same(ours, theirs, (torch.randn(nodes, features), edges, weights), mapping)


@pytest.mark.parametrize("seed", SEEDS)
def test_gcn_layer_equals_torch_geometric_without_weights(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    ours, theirs = GCN(features=4, width=1, outputs=3, depth=1), GCNConv(4, 3)
    nn.init.normal_(ours.layers[0].bias)  # type: ignore[arg-type]
    names = {"layers.0.weight.weight": "lin.weight", "layers.0.bias": "bias"}
    theirs.load_state_dict({names[name]: tensor for name, tensor in ours.state_dict().items()})
    assert_same(ours, theirs, (torch.randn(nodes, 4), edges), names)


class OnEdges(nn.Module):
    """A layer of ours as a function of features and edges."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: Tensor, edges: Tensor) -> Tensor:
        return self.layer(features, with_itself(edges, len(features)))


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_gat_equals_torch_geometric(seed: int, joined: bool) -> None:
    nodes, edges, _ = random_graph(seed)
    features, width, heads = (random.Random(seed).randint(1, 6) for _ in range(3))
    layer = (JoinedHeads if joined else MeanHeads)(features=features, heads=heads, width=width)
    theirs = GATConv(features, width, heads=heads, concat=joined)
    nn.init.normal_(layer.bias)
    ours = OnEdges(layer)
    names = {f"layer.{mine}": other for mine, other in GAT_NAMES}
    state = {names[name]: tensor for name, tensor in ours.state_dict().items()}
    theirs.load_state_dict({name: state[name].view_as(tensor) for name, tensor in theirs.state_dict().items()})
    inputs = (torch.randn(nodes, features), edges)
    found, expected = ours(*inputs), theirs(*inputs)
    close(found, expected, "outputs")
    direction = torch.randn_like(found)
    mine = torch.autograd.grad((found * direction).sum(), list(ours.parameters()))
    other = torch.autograd.grad((expected * direction).sum(), [dict(theirs.named_parameters())[n] for n in state])
    for a, b, name in zip(mine, other, names, strict=True):
        close(a, b.view_as(a), name)
    given = inputs[0].requires_grad_()
    both: list[nn.Module] = [ours, theirs]
    gradients = [torch.autograd.grad((layer(given, edges) * direction).sum(), given)[0] for layer in both]
    close(gradients[0], gradients[1], "gradient of the input")


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_gat_equals_torch_geometric(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    ours = GAT(features=4, heads=2, width=3, outputs=5, depth=3, last_heads=2)
    theirs = [GATConv(4, 3, heads=2), GATConv(6, 3, heads=2), GATConv(6, 5, heads=2, concat=False)]
    for layer, other in zip((*ours.layers, ours.last), theirs, strict=True):
        same_weights(layer, other)
    alone, their_layer = GATLayer(features=4, heads=2, width=3), GATConv(4, 3, heads=2)
    same_weights(alone.layer, their_layer)

    def reference(features: Tensor) -> Tensor:
        return theirs[2](F.elu(theirs[1](F.elu(theirs[0](features, edges)), edges)), edges)

    for network, expected in ((ours, reference), (alone, lambda features: their_layer(features, edges))):
        first, second = (torch.randn(nodes, 4).requires_grad_() for _ in range(2))
        second.data.copy_(first.data)
        found, wanted = network(first, edges), expected(second)
        close(found, wanted, "outputs")
        direction = torch.randn_like(found)
        (mine,), (other,) = (
            torch.autograd.grad((y * direction).sum(), x) for y, x in ((found, first), (wanted, second))
        )
        close(mine, other, "gradient of the input")


def same_weights(layer: nn.Module, theirs: GATConv) -> None:
    """Random biases, and torch_geometric's layer with the weights of ours."""
    nn.init.normal_(layer.bias)  # type: ignore[arg-type]
    state = {dict(GAT_NAMES)[name]: tensor for name, tensor in layer.state_dict().items()}
    theirs.load_state_dict({name: state[name].view_as(tensor) for name, tensor in theirs.state_dict().items()})


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbour_sum_equals_torch_geometric_without_the_root(seed: int) -> None:
    nodes, edges, weights = random_graph(seed)
    ours, theirs = NeighbourSum(features=3, width=5), GraphConv(3, 5, aggr="add")
    nn.init.zeros_(theirs.lin_root.weight)
    theirs.lin_rel.load_state_dict(ours.layer.state_dict())
    names = {"layer.weight": "weight", "layer.bias": "bias"}
    rest = {name: dict(theirs.lin_rel.named_parameters())[other] for name, other in names.items()}
    inputs = (torch.randn(nodes, 3), edges, weights)
    assert_same(ours, lambda x, e, w: F.relu(theirs(x, e, w)), inputs, parameters=rest)


# ------------------------------------------------------------------------------------ dense and sparse agree


@pytest.mark.parametrize("seed", SEEDS)
def test_gcn_equals_the_formula_on_a_dense_matrix(seed: int) -> None:
    nodes, edges, weights = random_graph(seed)
    network = GCN(features=3, width=4, outputs=2)

    def formula(features: Tensor, edges: Tensor, weights: Tensor) -> Tensor:
        matrix = dense(*with_self_loops(edges, weights, nodes), nodes)  # A + I
        scale = matrix.sum(1).rsqrt()
        matrix = scale[:, None] * matrix * scale
        first, second = network.layers
        hidden = F.relu(matrix @ features @ first.weight.weight.T + first.bias)  # type: ignore[union-attr]
        return matrix @ hidden @ second.weight.weight.T + second.bias  # type: ignore[union-attr]

    assert_same(network, formula, (torch.randn(nodes, 3), edges, weights))


@pytest.mark.parametrize("seed", SEEDS)
def test_gat_equals_the_formula_on_a_dense_matrix(seed: int) -> None:
    nodes, edges, _ = random_graph(seed)
    edges = edges.unique(dim=1)
    network = GATLayer(features=3, heads=2, width=4)
    layer = network.layer.attention

    def formula(features: Tensor, edges: Tensor) -> Tensor:
        values = (features @ layer.weight.weight.T).view(nodes, 2, 4)
        vector = torch.cat([layer.receives, layer.sends], 1)  # the paper's a, one for each head
        both = torch.cat([values[:, None].expand(-1, nodes, -1, -1), values[None].expand(nodes, -1, -1, -1)], -1)
        scores = F.leaky_relu((both * vector).sum(-1), 0.2)  # [i, j, head]
        linked = dense(*with_self_loops(edges, None, nodes), nodes) > 0
        shares = scores.masked_fill(~linked[:, :, None], -torch.inf).softmax(1)
        return torch.einsum("ijh,jhd->ihd", shares, values).flatten(1) + network.layer.bias

    assert_same(network, formula, (torch.randn(nodes, 3), edges))


@pytest.mark.parametrize("seed", SEEDS)
def test_message_passing_equals_loops_over_nodes(seed: int) -> None:
    nodes, edges, weights = random_graph(seed)
    network = MessagePassing(features=3, width=4, outputs=2, depth=2)

    def loops(features: Tensor, edges: Tensor, weights: Tensor) -> Tensor:
        rounds = network.rounds
        states = torch.tanh(rounds.begin(features))
        for _ in range(2):
            sums = [torch.zeros(4) for _ in range(nodes)]
            for (sender, receiver), weight in zip(edges.T.tolist(), weights):
                said = rounds.message.sends(states[sender]) + rounds.message.receives(states[receiver])
                sums[receiver] = sums[receiver] + weight * F.relu(said)
            states = rounds.update(torch.stack(sums), states)
        return network.head(states)

    assert_same(network, loops, (torch.randn(nodes, 3), edges, weights))


# ------------------------------------------------------------------------------------------- what must hold


NODE_NETWORKS = [
    pytest.param(lambda: GCN(features=3, width=5, outputs=2), id="gcn"),
    pytest.param(lambda: GAT(features=3, heads=2, width=4, outputs=2), id="gat"),
    pytest.param(lambda: MessagePassing(features=3, width=5, outputs=2), id="message_passing"),
]


@pytest.mark.parametrize("make", NODE_NETWORKS)
def test_the_order_of_nodes_and_edges_does_not_matter(make) -> None:
    for seed in SEEDS:
        nodes, edges, weights = random_graph(seed)
        network, features = make().eval(), torch.randn(nodes, 3)
        order, shuffled = torch.randperm(nodes), torch.randperm(edges.shape[1])
        place = order.argsort()  # where each node has gone
        expected = network(features, edges, weights)[order]
        close(network(features[order], place[edges][:, shuffled], weights[shuffled]), expected, "outputs")


@pytest.mark.parametrize("make", NODE_NETWORKS)
def test_nothing_travels_where_no_edge_leads(make) -> None:
    network = make().eval()
    edges = torch.tensor([[0, 1, 3], [1, 2, 4]])  # 0 -> 1 -> 2, and apart from them 3 -> 4
    features = torch.randn(5, 3, requires_grad=True)
    network(features, edges)[2].sum().backward()
    reached = features.grad.abs().sum(1) > 0  # type: ignore[union-attr]
    assert reached.tolist() == [True, True, True, False, False]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: GCNGraphs(features=3, width=5, outputs=2), id="gcn"),
        pytest.param(lambda: GATGraphs(features=3, heads=2, width=4, outputs=2), id="gat"),
        pytest.param(lambda: MessagePassingGraphs(features=3, width=5, outputs=2), id="message_passing"),
    ],
)
def test_a_graph_ignores_its_companions_and_the_order_of_its_nodes(make) -> None:
    network = make().eval()
    cases = [random_graph(seed) for seed in SEEDS]
    features = [torch.randn(nodes, 3) for nodes, _, _ in cases]
    starts = torch.tensor([0, *[nodes for nodes, _, _ in cases]]).cumsum(0)
    edges = torch.cat([edges + start for (_, edges, _), start in zip(cases, starts)], 1)
    weights = torch.cat([weights for _, _, weights in cases])
    graph = torch.arange(len(cases)).repeat_interleave(starts.diff())
    together = network(torch.cat(features), edges, graph, weights)
    for place, ((nodes, edges, weights), states) in enumerate(zip(cases, features)):
        one = torch.zeros(nodes, dtype=torch.int64)
        order = torch.randperm(nodes)
        alone = network(states[order], order.argsort()[edges], one, weights)
        close(alone[0], together[place], "outputs")


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(GCNLinks(features=3, width=5), id="gcn"),
        pytest.param(GATLinks(features=3, heads=2, width=4), id="gat"),
        pytest.param(MessagePassingLinks(features=3, width=5), id="message_passing"),
    ],
)
def test_a_pair_has_no_direction(network: nn.Module) -> None:
    nodes, edges, weights = random_graph(3)
    pairs = torch.randint(nodes, (2, 7))
    states = torch.randn(nodes, 3)
    close(network(states, edges, pairs, weights), network(states, edges, pairs.flip(0), weights), "scores")


def test_self_loops_are_added_once() -> None:
    graph, averaging = normalised(torch.tensor([[0, 1], [0, 0]]), torch.tensor([4.0, 1.0]), 2)
    assert graph.source.tolist() == [1, 0, 1] and graph.target.tolist() == [0, 0, 1]
    torch.testing.assert_close(averaging, torch.tensor([1 / 5**0.5, 4 / 5, 1.0]))


def test_attention_of_the_guide_has_a_vector_for_every_head() -> None:
    """The guide's stub has 561 parameters: one vector of 16 and a bias for all heads, and never uses its edges."""
    network = GATLayer(features=16, heads=4, width=8)
    assert count(network) == 16 * 32 + 4 * 8 + 4 * 8 + 32 == 608 == count(GATConv(16, 8, heads=4))
    features, edges = torch.randn(5, 16), torch.tensor([[0, 1, 2], [1, 2, 3]])
    before = network(features, edges)
    assert not torch.allclose(before, network(features, edges.flip(0)))  # edges count
    before.square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())  # type: ignore[union-attr]
