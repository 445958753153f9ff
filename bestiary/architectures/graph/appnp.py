"""APPNP (Gasteiger, Bojchevski, Günnemann 2019, Predict then propagate, arXiv 1810.05997).

A graph convolution that looks far has many layers, and in the end takes every node for the same. APPNP keeps the two
apart: a plain network predicts from a node's own features, and its predictions then wander along the edges. At each
step a walk starts again at its node with chance alpha, which is PageRank made personal:

    H  =  MLP(X)                                                        each node alone
    Z  =  (1 - alpha) D^-1/2 (A + I) D^-1/2 Z  +  alpha H,  Z = H at first, K times      (equation 4)

So it sees K steps far with the parameters of two layers. In training entries of the matrix are dropped out as well,
drawn anew at every step. Layers have no biases, as in the authors' code.

Departs from the paper: nothing in the network for nodes. AdamW's decay of all matrices takes the place of the squared
weights of the first layer in the loss. For whole graphs nodes are added up and a linear layer answers; for links it
scores products of pairs: both are ours.

Axes: N nodes, F features, W width, E edges, M pairs, G graphs, K outputs.
"""

from itertools import pairwise

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.graph.gcn import normalised
from bestiary.layers.neighbours import Neighbours, weighted_sum
from bestiary.layers.readout import NodesInPairs, NodesTogether


class PersonalisedPageRank(nn.Module):
    """Predictions that wander along the edges and return to where they began.

    Args:
        steps: how often they go one edge further; K in the paper.
        restart: chance with which a walk begins again at its node; alpha in the paper.
        dropout: chance with which an entry of the matrix is left out of a step in training.
    """

    def __init__(self, *, steps: int, restart: float, dropout: float = 0.0) -> None:
        super().__init__()
        self.steps, self.restart = steps, restart
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, predictions: Float[Tensor, "N K"], graph: Neighbours, averaging: Float[Tensor, " E"]
    ) -> Float[Tensor, "N K"]:
        states = predictions
        for _ in range(self.steps):
            moved = weighted_sum(states, self.dropout(averaging), graph)
            states = (1 - self.restart) * moved + self.restart * predictions
        return states


class APPNP(nn.Module):
    """A plain network on every node, then personalised PageRank; logits of every node come out.

    Args:
        features: of every node.
        width: of the hidden layers.
        outputs: classes, or the width of what comes out.
        depth: linear layers, the last included.
        steps: of the propagation.
        restart: chance with which a walk begins again at its node, in [0, 1].
        dropout: chance with which inputs of a layer, and entries of the matrix, are left out in training.

    Example:
        >>> import torch
        >>> network = APPNP(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(
        self,
        *,
        features: int,
        width: int,
        outputs: int,
        depth: int = 2,
        steps: int = 10,
        restart: float = 0.1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        sizes = [features, *[width] * (depth - 1), outputs]
        self.layers = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairwise(sizes))
        self.propagate = PersonalisedPageRank(steps=steps, restart=restart, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        graph, averaging = normalised(edges, weights, len(features))
        for layer in self.layers[:-1]:
            features = F.relu(layer(self.dropout(features)))
        return self.propagate(self.layers[-1](self.dropout(features)), graph, averaging)


class APPNPLinks(NodesInPairs):
    """An APPNP whose outputs are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        width: of all layers.
        outputs: 2: no edge, edge.
        steps: of the propagation.
        restart: as in `APPNP`.
        dropout: as in `APPNP`.
    """

    def __init__(
        self,
        *,
        features: int,
        width: int,
        outputs: int = 2,
        steps: int = 10,
        restart: float = 0.1,
        dropout: float = 0.0,
    ) -> None:
        nodes = APPNP(features=features, width=width, outputs=width, steps=steps, restart=restart, dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs)


class APPNPGraphs(NodesTogether):
    """An APPNP whose nodes answer together, graph by graph.

    Args:
        features: of every node.
        width: of all layers.
        outputs: classes.
        steps: of the propagation.
        restart: as in `APPNP`.
        dropout: as in `APPNP`.
    """

    def __init__(
        self, *, features: int, width: int, outputs: int, steps: int = 10, restart: float = 0.1, dropout: float = 0.0
    ) -> None:
        nodes = APPNP(features=features, width=width, outputs=width, steps=steps, restart=restart, dropout=dropout)
        super().__init__(nodes, width=width, outputs=outputs, bend=F.relu)
