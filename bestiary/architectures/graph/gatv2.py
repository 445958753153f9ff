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
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.graph.gat import GAT, EdgeAttention, GATGraphs, GATLinks, JoinedHeads, MeanHeads
from bestiary.layers.neighbours import Neighbours, at_source, at_target, softmax


class DynamicAttention(EdgeAttention):
    """Attention over edges whose ranking depends on who asks, before heads are joined.

    Args:
        features: of every node.
        heads: of attention.
        width: of a head.
        dropout: chance with which an edge is not looked at in training.
    """

    def __init__(self, *, features: int, heads: int, width: int, dropout: float = 0.0) -> None:
        super().__init__(heads=heads, dropout=dropout)
        self.sends = nn.Linear(features, heads * width)
        self.receives = nn.Linear(features, heads * width)
        self.vector = nn.Parameter(torch.empty(heads, width))
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


class JoinedDynamicHeads(JoinedHeads):
    """Dynamic attention whose heads stand side by side; with a bias."""

    kind = DynamicAttention


class MeanDynamicHeads(MeanHeads):
    """Dynamic attention whose heads are averaged; with a bias."""

    kind = DynamicAttention


class GATv2(GAT):
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

    hidden, final = JoinedDynamicHeads, MeanDynamicHeads


class GATv2Links(GATLinks):
    """A GATv2 whose outputs are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: 2: no edge, edge.
        dropout: as in `GATv2`.
    """

    of_nodes = GATv2


class GATv2Graphs(GATGraphs):
    """A GATv2 whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        heads: of the hidden layers.
        width: of each of their heads.
        outputs: classes.
        depth: layers.
        dropout: as in `GATv2`.
    """

    of_nodes = GATv2
