"""Graph attention network (Velickovic et al. 2018, Graph attention networks, arXiv 1710.10903).

Every node looks at its neighbours and itself, and decides how much each of them counts. For each of several heads:

    e(i, j) = LeakyReLU( a_to . W h(i)  +  a_from . W h(j) )      over the edges j -> i alone
    h'(i)   = sum over j of  softmax_j e(i, j)  W h(j)

The paper writes one vector `a` for the pair [W h(i), W h(j)]; its two halves are kept apart here, since their products
need be taken once a node and not once an edge. Heads are joined in hidden layers and averaged in the last.
Weights of edges are not used: how much a neighbour counts is learned.

Axes: N nodes, F features, E edges, H heads, D width of a head, M pairs, G graphs, K outputs.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.messages import looped, with_self_loops
from bestiary.layers.neighbours import Neighbours, at_source, at_target, softmax, weighted_sum
from bestiary.layers.readout import NodesInPairs, NodesTogether


def with_itself(edges: Int[Tensor, "2 E"], nodes: int) -> Neighbours:
    """The graph in which every node is its own neighbour too, once."""
    return Neighbours.of(with_self_loops(edges, None, nodes)[0], nodes, looped(edges, nodes))


class EdgeAttention(nn.Module, ABC):
    """What neighbours give, each counted as much as attention says, before heads are joined.

    Args:
        heads: of attention.
        dropout: chance with which an edge is not looked at in training.
    """

    def __init__(self, *, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = nn.Dropout(dropout)

    @abstractmethod
    def values(self, nodes: Float[Tensor, "N F"]) -> Float[Tensor, "N H D"]:
        """What each node has to give."""

    @abstractmethod
    def shares(
        self, nodes: Float[Tensor, "N F"], values: Float[Tensor, "N H D"], graph: Neighbours
    ) -> Float[Tensor, "E H"]:
        """How much each edge counts among those that a node receives from."""

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N H D"]:
        values = self.values(nodes)
        return weighted_sum(values, self.dropout(self.shares(nodes, values, graph)), graph)


class GraphAttention(EdgeAttention):
    """Attention over edges: a term from each end.

    Args:
        features: of every node.
        heads: of attention.
        width: of a head.
        dropout: chance with which an edge is not looked at in training.
    """

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__(heads=heads, dropout=dropout)
        self.weight = nn.Linear(features, heads * width, bias=False)
        self.sends = nn.Parameter(torch.empty(heads, width))
        self.receives = nn.Parameter(torch.empty(heads, width))
        for matrix in (self.weight.weight, self.sends, self.receives):
            nn.init.xavier_uniform_(matrix)

    def scores(self, values: Float[Tensor, "N H D"], graph: Neighbours) -> Float[Tensor, "E H"]:
        """How much each edge is to count, before the softmax."""
        sends, receives = (values * self.sends).sum(-1), (values * self.receives).sum(-1)  # [N, H]
        return F.leaky_relu(at_source(sends, graph) + at_target(receives, graph), 0.2)

    def values(self, nodes: Float[Tensor, "N F"]) -> Float[Tensor, "N H D"]:
        """What each node has to give."""
        return self.weight(nodes).unflatten(-1, (self.heads, -1))

    def shares(
        self, nodes: Float[Tensor, "N F"], values: Float[Tensor, "N H D"], graph: Neighbours
    ) -> Float[Tensor, "E H"]:
        """How much each edge counts among those that a node receives from."""
        return softmax(self.scores(values, graph), graph)


class JoinedHeads(nn.Module):
    """Graph attention whose heads stand side by side; with a bias."""

    kind: ClassVar[Callable[..., EdgeAttention]] = GraphAttention

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = type(self).kind(features=features, heads=heads, width=width, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(heads * width))

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N HD"]:
        return self.attention(nodes, graph).flatten(1) + self.bias


class MeanHeads(nn.Module):
    """Graph attention whose heads are averaged; with a bias."""

    kind: ClassVar[Callable[..., EdgeAttention]] = GraphAttention

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = type(self).kind(features=features, heads=heads, width=width, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N D"]:
        return self.attention(nodes, graph).mean(1) + self.bias


class GAT(nn.Module):
    """Graph attention layers one after the other; logits of every node come out.

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: classes, or whatever the last layer is to make.
        depth: layers, the last included.
        last_heads: of the last layer; they are averaged.
        dropout: chance with which inputs of a layer, and edges, are left out in training.

    Example:
        >>> network = GAT(features=3, heads=4, width=8, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    hidden: ClassVar[type[JoinedHeads]] = JoinedHeads
    final: ClassVar[type[MeanHeads]] = MeanHeads

    def __init__(
        self,
        *,
        features: int,
        heads: int,
        width: int,
        outputs: int,
        depth: int = 2,
        last_heads: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        sizes = [features, *[heads * width] * (depth - 1)]
        self.layers = nn.ModuleList(
            self.hidden(features=size, heads=heads, width=width, dropout=dropout) for size in sizes[:-1]
        )
        self.last = self.final(features=sizes[-1], heads=last_heads, width=outputs, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        graph = with_itself(edges, len(features))
        for layer in self.layers:
            features = F.elu(layer(self.dropout(features), graph))
        return self.last(self.dropout(features), graph)


class GATLayer(nn.Module):
    """One layer of joined heads by itself.

    Args:
        features: of every node.
        heads: of attention.
        width: of a head.
    """

    def __init__(self, *, features: int, heads: int, width: int) -> None:
        super().__init__()
        self.layer = JoinedHeads(features=features, heads=heads, width=width)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N HD"]:
        return self.layer(features, with_itself(edges, len(features)))


class GATLinks(NodesInPairs):
    """A GAT whose outputs are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: 2: no edge, edge.
        dropout: as in `GAT`.
    """

    of_nodes: ClassVar[type[GAT]] = GAT

    def __init__(self, *, features: int, heads: int, width: int, outputs: int = 2, dropout: float = 0.0) -> None:
        joined = heads * width
        nodes = self.of_nodes(features=features, heads=heads, width=width, outputs=joined, dropout=dropout)
        super().__init__(nodes, width=joined, outputs=outputs)


class GATGraphs(NodesTogether):
    """A GAT whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: classes.
        depth: layers.
        dropout: as in `GAT`.
    """

    of_nodes: ClassVar[type[GAT]] = GAT

    def __init__(
        self, *, features: int, heads: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0
    ) -> None:
        joined = heads * width
        nodes = self.of_nodes(features=features, heads=heads, width=width, outputs=joined, depth=depth, dropout=dropout)
        super().__init__(nodes, width=joined, outputs=outputs, bend=F.elu)
