"""Graph convolutional network (Kipf, Welling 2017, Semi-supervised classification with graph convolutional networks).

A node's new features are a weighted average of its neighbours' and its own, followed by one matrix for all nodes:

    H' = relu( D^-1/2 (A + I) D^-1/2  H W + b )        A weights of the edges, D the degrees of A + I

Two such layers see two steps far. The bias is added after the average, as the authors' code does: added before, it
would be scaled by the degrees. Degrees count what a node receives, so graphs may be directed; the paper's are not.

Axes: N nodes, F features, E edges, M pairs, G graphs, K outputs.
"""

from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.messages import with_self_loops
from bestiary.layers.neighbours import Neighbours, received, weighted_sum
from bestiary.layers.readout import NodesInPairs, NodesTogether
from bestiary.weights.maps import NameMap, same

PUBLISHED = (
    NameMap(
        "torch_geometric",
        "torch_geometric.nn.models.GCN",
        ("GCN",),
        (
            same("layers.{layer}.weight.weight", "convs.{layer}.lin.weight"),
            same("layers.{layer}.bias", "convs.{layer}.bias"),
        ),
    ),
)


def normalised(
    edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None, nodes: int
) -> tuple[Neighbours, Float[Tensor, " L"]]:
    """The graph with self-loops, and the entries of D^-1/2 (A + I) D^-1/2 in the order of its edges.

    They are computed in single precision at least: a degree above 256 is no number of bfloat16.
    """
    if weights is not None:
        weights = weights.to(torch.promote_types(weights.dtype, torch.float32))
    edges, weights = with_self_loops(edges, weights, nodes)
    graph = Neighbours.of(edges, nodes)
    weights = graph.sorted(weights)
    scale = received(weights, graph).rsqrt()  # [N]; every node receives from itself
    scale = scale.masked_fill(scale.isinf(), 0.0)  # loops of weight 0
    return graph, scale[graph.source] * weights * scale[graph.target]


class GraphConvolution(nn.Module):
    """One layer before its nonlinearity: average, then the bias.

    Args:
        features: of every node.
        width: of what comes out.
    """

    def __init__(self, *, features: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Linear(features, width, bias=False)
        self.bias = nn.Parameter(torch.zeros(width))
        nn.init.xavier_uniform_(self.weight.weight)

    def forward(
        self, nodes: Float[Tensor, "N F"], graph: Neighbours, averaging: Float[Tensor, " E"]
    ) -> Float[Tensor, "N W"]:
        return weighted_sum(self.weight(nodes), averaging, graph) + self.bias


class GCN(nn.Module):
    """Graph convolutions one after the other; logits of every node come out.

    Args:
        features: of every node.
        width: of the hidden layers.
        outputs: classes, or whatever the last layer is to make.
        depth: layers, the last included.
        dropout: chance with which an input of a layer is left out in training.

    Example:
        >>> network = GCN(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        sizes = [features, *[width] * (depth - 1), outputs]
        self.layers = nn.ModuleList(GraphConvolution(features=a, width=b) for a, b in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        graph, averaging = normalised(edges, weights, len(features))
        for layer in self.layers[:-1]:
            features = F.relu(layer(self.dropout(features), graph, averaging))
        return self.layers[-1](self.dropout(features), graph, averaging)


class GCNLinks(NodesInPairs):
    """A GCN whose outputs are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        width: of all layers.
        outputs: 2: no edge, edge.
        depth: layers.
        dropout: as in `GCN`.
    """

    def __init__(self, *, features: int, width: int, outputs: int = 2, depth: int = 2, dropout: float = 0.0) -> None:
        nodes = GCN(features=features, width=width, outputs=width, depth=depth, dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs)


class GCNGraphs(NodesTogether):
    """A GCN whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        depth: layers.
        dropout: as in `GCN`.
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0) -> None:
        nodes = GCN(features=features, width=width, outputs=width, depth=depth, dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs, bend=F.relu)
