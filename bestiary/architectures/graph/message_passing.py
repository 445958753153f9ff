"""Message passing (Gilmer et al. 2017, Neural message passing for quantum chemistry, arXiv 1704.01212).

The frame that holds nearly every graph network. In each of T rounds every node

    m(v)  =  sum over neighbours w of  M(h(v), h(w))         a message from each neighbour, added up
    h(v)  =  U(h(v), m(v))                                   and a new state from the old one and the sum

and in the end a readout R answers for a node, or for the whole graph. Here M is one rectified layer on both states,
U a gated recurrent unit (Li et al. 2016, Gated graph sequence neural networks) and R their gated sum, formula (4) of
the paper. M and U are the same in all rounds.

Departs from the paper: edges carry a number that a message is multiplied by, where molecules have kinds of bonds.

Axes: N nodes, F features, W width, E edges, M pairs, G graphs, K outputs.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.messages import scatter_sum
from bestiary.layers.neighbours import Neighbours, at_source, at_target, received, weighted_sum
from bestiary.layers.readout import PairScore, parts


class NeighbourSum(nn.Module):
    """The plainest graph network: add up the neighbours, then one rectified layer. A node forgets itself.

    Source: Scarselli et al. 2009, The graph neural network model, as introductions show it.

    Args:
        features: of every node.
        width: of what comes out.

    Example:
        >>> NeighbourSum(features=3, width=5)(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 5])
    """

    def __init__(self, *, features: int, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, width)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N W"]:
        graph, weights = weighted(edges, weights, features)
        return F.relu(self.layer(weighted_sum(features, weights, graph)))


def weighted(
    edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None, nodes: Float[Tensor, "N F"]
) -> tuple[Neighbours, Float[Tensor, " E"]]:
    """The graph, and the weights of its edges in its order; 1 where none are given."""
    graph = Neighbours.of(edges, len(nodes))
    return graph, nodes.new_ones(edges.shape[1]) if weights is None else graph.sorted(weights)


class PairMessage(nn.Module):
    """M(h(v), h(w)) = relu(A h(w) + B h(v) + b): what w has to say to v."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sends = nn.Linear(width, width, bias=False)
        self.receives = nn.Linear(width, width)

    def forward(self, states: Float[Tensor, "N W"], graph: Neighbours) -> Float[Tensor, "E W"]:
        return F.relu(at_source(self.sends(states), graph) + at_target(self.receives(states), graph))


class MessageRounds(nn.Module):
    """T rounds of messages: from features to states.

    Args:
        features: of every node.
        width: of a state.
        depth: rounds.
        dropout: chance with which a feature is left out in training.
    """

    def __init__(self, *, features: int, width: int, depth: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.depth = depth
        self.begin = nn.Linear(features, width)
        self.message = PairMessage(width)
        self.update = nn.GRUCell(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N W"]:
        graph, weights = weighted(edges, weights, features)
        states = torch.tanh(self.begin(self.dropout(features)))
        for _ in range(self.depth):
            messages = self.message(states, graph) * weights[:, None]  # [E, W]
            states = self.update(received(messages, graph), states)
        return states


class MessagePassing(nn.Module):
    """Rounds of messages, then logits of every node.

    Args:
        features: of every node.
        width: of a state.
        outputs: classes.
        depth: rounds.
        dropout: of features, and of states before the last layer.

    Example:
        >>> network = MessagePassing(features=3, width=16, outputs=2)
        >>> network(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])).shape
        torch.Size([4, 2])
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.rounds = MessageRounds(features=features, width=width, depth=depth, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(
        self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"], weights: Float[Tensor, " E"] | None = None
    ) -> Float[Tensor, "N K"]:
        return self.head(self.dropout(self.rounds(features, edges, weights)))


class MessagePassingLinks(nn.Module):
    """Rounds of messages, then states are compared in pairs: is there an edge between the two?

    Args:
        features: of every node.
        width: of a state.
        outputs: 2: no edge, edge.
        depth: rounds.
        dropout: of features.
    """

    def __init__(self, *, features: int, width: int, outputs: int = 2, depth: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.rounds = MessageRounds(features=features, width=width, depth=depth, dropout=dropout)
        self.score = PairScore(width=width, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        pairs: Int[Tensor, "2 M"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "M K"]:
        return self.score(self.rounds(features, edges, weights), pairs)


class MessagePassingGraphs(nn.Module):
    """Rounds of messages, then a gated sum over each graph: R = sum over v of  sigmoid(i(h_T, x)) * j(h_T).

    Args:
        features: of every node, x.
        width: of a state.
        outputs: classes.
        depth: rounds.
        dropout: of features.
    """

    def __init__(self, *, features: int, width: int, outputs: int, depth: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.rounds = MessageRounds(features=features, width=width, depth=depth, dropout=dropout)
        self.gate = nn.Linear(width + features, outputs)
        self.value = nn.Linear(width, outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        graph: Int[Tensor, " N"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "G K"]:
        states = self.rounds(features, edges, weights)
        gates = torch.sigmoid(self.gate(torch.cat([states, features], 1)))
        return scatter_sum(gates * self.value(states), *parts(graph))
