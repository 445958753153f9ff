"""GraphSAGE (Hamilton, Ying, Leskovec 2017, Inductive representation learning on large graphs, arXiv 1706.02216).

A node keeps what it was apart from what its neighbours tell it, and the network learns functions of features, so that
it answers for nodes that were not there in training. In each layer (algorithm 1)

    told(v)  =  AGGREGATE of h(u) over the neighbours u of v
    h'(v)    =  relu( W [ h(v), told(v) ] ),  divided by its length

AGGREGATE is the mean, or the largest value of each unit of a rectified layer on every neighbour (equation 3). The
matrix W on the pair is two matrices whose products are added. A linear layer on the last h gives logits.

Departs from the paper: every neighbour is looked at, where the paper draws 25 and 10 to bound the cost; weights of
edges are not used. The LSTM aggregator, which depends on the order of the neighbours, is left out.

Axes: N nodes, F features, W width, E edges, M pairs, G graphs, K outputs.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.neighbours import Neighbours, at_source, received, weighted_sum
from bestiary.layers.readout import NodesInPairs, NodesTogether


class MeanOfNeighbours(nn.Module):
    """The mean of what the neighbours of each node hold; zeros for a node without any."""

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N F"]:
        ones = nodes.new_ones(len(graph.source))
        return weighted_sum(nodes, ones, graph) / received(ones, graph).clamp(min=1)[:, None]


class LargestOfNeighbours(nn.Module):
    """The largest value of each rectified unit among the neighbours of each node; zeros for a node without any.

    Args:
        features: of every node.
        width: units.
    """

    def __init__(self, *, features: int, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, width)

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N W"]:
        said = at_source(F.relu(self.layer(nodes)), graph)  # [E, W]
        receivers = graph.target[:, None].expand_as(said)
        return said.new_zeros(graph.nodes, said.shape[1]).scatter_reduce(0, receivers, said, "amax")


class SAGELayer(nn.Module):
    """What a node is and what it is told, each through a matrix; rectified, and of length 1.

    Args:
        aggregate: what a node is told.
        features: of every node.
        told: width of what `aggregate` gives.
        width: of what comes out.
    """

    def __init__(self, aggregate: nn.Module, *, features: int, told: int, width: int) -> None:
        super().__init__()
        self.aggregate = aggregate
        self.own = nn.Linear(features, width, bias=False)
        self.told = nn.Linear(told, width, bias=False)

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N W"]:
        states = F.relu(self.own(nodes) + self.told(self.aggregate(nodes, graph)))
        return F.normalize(states.float() if states.dtype is torch.float16 else states).to(states.dtype)


class SAGEStack(nn.Module):
    """Layers one after the other, with dropout before each.

    Args:
        layers: in order.
        dropout: chance with which an input of a layer is left out in training.
    """

    def __init__(self, layers: Sequence[SAGELayer], *, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N W"]:
        graph = Neighbours.of(edges, len(features))
        for layer in self.layers:
            features = layer(self.dropout(features), graph)
        return features


def mean_layers(features: int, width: int, depth: int) -> list[SAGELayer]:
    """Layers that average over neighbours."""
    sizes = [features, *[width] * depth]
    return [SAGELayer(MeanOfNeighbours(), features=a, told=a, width=b) for a, b in pairwise(sizes)]


class GraphSAGE(nn.Module):
    """GraphSAGE with the mean aggregator; logits of every node come out.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        depth: layers before the linear one.
        dropout: chance with which an input of a layer is left out in training.

    Example:
        >>> network = GraphSAGE(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.nodes = SAGEStack(mean_layers(features, width, depth), dropout=dropout)
        self.head = nn.Linear(width, outputs)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        return self.head(self.nodes(features, edges))


class PoolGraphSAGE(nn.Module):
    """GraphSAGE with the pooling aggregator; logits of every node come out.

    Args:
        features: of every node.
        width: of all layers, and of those that neighbours go through before the largest values are taken.
        outputs: classes.
        depth: layers before the linear one.
        dropout: chance with which an input of a layer is left out in training.

    Example:
        >>> network = PoolGraphSAGE(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        layers = [
            SAGELayer(LargestOfNeighbours(features=a, width=b), features=a, told=b, width=b)
            for a, b in pairwise([features, *[width] * depth])
        ]
        self.nodes = SAGEStack(layers, dropout=dropout)
        self.head = nn.Linear(width, outputs)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        return self.head(self.nodes(features, edges))


class GraphSAGELinks(NodesInPairs):
    """GraphSAGE whose last layers are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        width: of all layers.
        outputs: 2: no edge, edge.
        depth: layers.
        dropout: as in `GraphSAGE`.
    """

    def __init__(self, *, features: int, width: int, outputs: int = 2, depth: int = 2, dropout: float = 0.0) -> None:
        nodes = SAGEStack(mean_layers(features, width, depth), dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs)


class GraphSAGEGraphs(NodesTogether):
    """GraphSAGE whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        depth: layers.
        dropout: as in `GraphSAGE`.
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0) -> None:
        nodes = SAGEStack(mean_layers(features, width, depth), dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs)
