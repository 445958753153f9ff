"""Graph isomorphism network (Xu et al. 2019, How powerful are graph neural networks?, arXiv 1810.00826).

A network that passes messages can tell two neighbourhoods apart only if what it makes of a set of neighbours is
different for different sets. Means and maxima are not: they forget how many there were. A sum with a small network
behind it is, and then the whole is as good at telling graphs apart as the Weisfeiler-Lehman test:

    h'(v)  =  MLP( (1 + epsilon) h(v)  +  sum of h(u) over the neighbours u of v )              (equation 4.1)

The MLP has two layers; batch norm and a rectifier follow both, as in the authors' code. A whole graph is the sum of
its nodes after every layer, features included, each sum with a linear layer of its own (equation 4.2): what stands
near the surface is not lost in depth. Epsilon is learned, one number a layer.

Departs from the paper: a neighbour counts times the weight of its edge, which is 1 in the paper. Single nodes and
pairs of nodes are answered for by a linear layer on the last states, where the paper asks about whole graphs alone.

Axes: N nodes, F features, W width, E edges, M pairs, G graphs, K outputs.
"""

from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.graph.message_passing import weighted
from bestiary.layers.neighbours import Neighbours, weighted_sum
from bestiary.layers.readout import GraphSum, PairScore


class IsomorphismLayer(nn.Module):
    """One layer: a node and the sum of its neighbours through a small network. Training needs two nodes or more.

    Args:
        features: of every node.
        width: of what comes out.
    """

    def __init__(self, *, features: int, width: int) -> None:
        super().__init__()
        self.epsilon = nn.Parameter(torch.zeros(()))
        self.first, self.inner_norm = nn.Linear(features, width), nn.BatchNorm1d(width)
        self.second, self.norm = nn.Linear(width, width), nn.BatchNorm1d(width)

    def forward(
        self, nodes: Float[Tensor, "N F"], graph: Neighbours, weights: Float[Tensor, " E"]
    ) -> Float[Tensor, "N W"]:
        states = (1 + self.epsilon) * nodes + weighted_sum(nodes, weights, graph)
        hidden = F.relu(self.inner_norm(self.first(states)))
        return F.relu(self.norm(self.second(hidden)))


class IsomorphismLayers(nn.Module):
    """Layers one after the other: what goes in and what comes out of each.

    Args:
        features: of every node.
        width: of all layers.
        depth: layers.
    """

    def __init__(self, *, features: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [features, *[width] * depth]
        self.layers = nn.ModuleList(IsomorphismLayer(features=a, width=b) for a, b in pairwise(sizes))

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> list[Tensor]:
        graph, weights = weighted(edges, weights, features)
        states = [features]
        for layer in self.layers:
            states.append(layer(states[-1], graph, weights))
        return states


class GIN(nn.Module):
    """Isomorphism layers, then logits of every node.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        depth: layers before the linear one.
        dropout: chance with which a feature, or a unit before the last layer, is left out in training.

    Example:
        >>> network = GIN(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.nodes = IsomorphismLayers(features=features, width=width, depth=depth)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        states = self.nodes(self.dropout(features), edges, weights)
        return self.head(self.dropout(states[-1]))


class GINLinks(nn.Module):
    """Isomorphism layers whose last states are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        width: of all layers.
        outputs: 2: no edge, edge.
        depth: layers.
        dropout: chance with which a feature is left out in training.
    """

    def __init__(self, *, features: int, width: int, outputs: int = 2, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.nodes = IsomorphismLayers(features=features, width=width, depth=depth)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, width)
        self.score = PairScore(width=width, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        pairs: Int[Tensor, "2 M"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "M K"]:
        states = self.nodes(self.dropout(features), edges, weights)
        return self.score(self.last(states[-1]), pairs)


class GINGraphs(nn.Module):
    """The paper's network for whole graphs: sums of nodes after every layer, each with a linear layer, added up.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        depth: layers.
        dropout: chance with which an entry of what a layer answers is left out in training, as in the authors' code.
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.nodes = IsomorphismLayers(features=features, width=width, depth=depth)
        sizes = [features, *[width] * depth]
        self.readouts = nn.ModuleList(GraphSum(width=size, outputs=outputs) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        graph: Int[Tensor, " N"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "G K"]:
        states = self.nodes(features, edges, weights)
        answers = [self.dropout(readout(state, graph)) for readout, state in zip(self.readouts, states)]
        return torch.stack(answers).sum(0)
