"""GATv2 (Brody, Alon, Yahav 2022, How attentive are graph attention networks?, arXiv 2105.14491).

In a graph attention network the score of an edge is LeakyReLU of a sum, one term from each end. So every node ranks
its neighbours alike, whichever node asks. GATv2 puts the nonlinearity before the product with the vector `a`, which
makes the score a small network on both ends, and lets each node rank its neighbours in its own way. For each of
several heads:

    e(i, j) = a . LeakyReLU( W_r h(i)  +  W_s h(j) )              over the edges j -> i alone    (equation 7)
    h'(i)   = sum over j of  softmax_j e(i, j)  W_s h(j)

A node is a neighbour of itself. Heads are joined in hidden layers and averaged in the last. Both matrices have
biases, as in the authors' code.

Departs from the paper: weights of edges are not used. For whole graphs nodes are added up and a linear layer answers;
for links it scores products of pairs.

Axes: N nodes, F features, E edges, H heads, D width of a head, M pairs, G graphs, K outputs.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.graph.gat import with_itself
from bestiary.layers.neighbours import Neighbours, at_source, at_target, softmax, weighted_sum
from bestiary.layers.readout import GraphSum, PairScore


class DynamicAttention(nn.Module):
    """Attention over edges whose ranking depends on who asks, before heads are joined.

    Args:
        features: of every node.
        heads: of attention.
        width: of a head.
        dropout: chance with which an edge is not looked at in training.
    """

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.sends = nn.Linear(features, heads * width)
        self.receives = nn.Linear(features, heads * width)
        self.vector = nn.Parameter(torch.empty(heads, width))
        self.dropout = nn.Dropout(dropout)
        for matrix in (self.sends.weight, self.receives.weight, self.vector):
            nn.init.xavier_uniform_(matrix)
        for bias in (self.sends.bias, self.receives.bias):
            nn.init.zeros_(bias)

    def shares(
        self, nodes: Float[Tensor, "N F"], values: Float[Tensor, "N H D"], graph: Neighbours
    ) -> Float[Tensor, "E H"]:
        """How much each edge counts among those that a node receives from."""
        asks = self.receives(nodes).unflatten(-1, (self.heads, -1))  # [N, H, D]
        met = F.leaky_relu(at_source(values, graph) + at_target(asks, graph), 0.2)  # [E, H, D]
        return softmax((met * self.vector).sum(-1), graph)

    def values(self, nodes: Float[Tensor, "N F"]) -> Float[Tensor, "N H D"]:
        """What each node has to give."""
        return self.sends(nodes).unflatten(-1, (self.heads, -1))

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N H D"]:
        values = self.values(nodes)
        return weighted_sum(values, self.dropout(self.shares(nodes, values, graph)), graph)


class JoinedDynamicHeads(nn.Module):
    """Dynamic attention whose heads stand side by side; with a bias."""

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = DynamicAttention(features=features, heads=heads, width=width, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(heads * width))

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N HD"]:
        return self.attention(nodes, graph).flatten(1) + self.bias


class MeanDynamicHeads(nn.Module):
    """Dynamic attention whose heads are averaged; with a bias."""

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = DynamicAttention(features=features, heads=heads, width=width, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "N D"]:
        return self.attention(nodes, graph).mean(1) + self.bias


class GATv2(nn.Module):
    """Layers of dynamic attention one after the other; logits of every node come out.

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: classes, or the width of what comes out.
        depth: layers, the last included.
        last_heads: of the last layer; they are averaged.
        dropout: chance with which inputs of a layer, and edges, are left out in training.

    Example:
        >>> network = GATv2(features=3, heads=4, width=8, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

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
            JoinedDynamicHeads(features=size, heads=heads, width=width, dropout=dropout) for size in sizes[:-1]
        )
        self.last = MeanDynamicHeads(features=sizes[-1], heads=last_heads, width=outputs, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        graph = with_itself(edges, len(features))
        for layer in self.layers:
            features = F.elu(layer(self.dropout(features), graph))
        return self.last(self.dropout(features), graph)


class GATv2Links(nn.Module):
    """A GATv2 whose outputs are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: 2: no edge, edge.
        dropout: as in `GATv2`.
    """

    def __init__(self, *, features: int, heads: int, width: int, outputs: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        joined = heads * width
        self.nodes = GATv2(features=features, heads=heads, width=width, outputs=joined, dropout=dropout)
        self.score = PairScore(width=joined, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        pairs: Int[Tensor, "2 M"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "M K"]:
        return self.score(self.nodes(features, edges), pairs)


class GATv2Graphs(nn.Module):
    """A GATv2 whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: classes.
        depth: layers.
        dropout: as in `GATv2`.
    """

    def __init__(
        self, *, features: int, heads: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0
    ) -> None:
        super().__init__()
        joined = heads * width
        self.nodes = GATv2(features=features, heads=heads, width=width, outputs=joined, depth=depth, dropout=dropout)
        self.readout = GraphSum(width=joined, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        graph: Int[Tensor, " N"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "G K"]:
        return self.readout(F.elu(self.nodes(features, edges)), graph)
