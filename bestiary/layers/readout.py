"""From nodes to answers about more than one of them: a pair, or a whole graph.

Axes: N nodes, D width, M pairs, G graphs, K outputs.
"""

from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.messages import scatter_sum


def parts(graph: Int[Tensor, " N"]) -> tuple[Int[Tensor, "2 N"], int]:
    """Every node as an edge into the graph that it is part of, and how many graphs there are.

    Args:
        graph: number of each node's graph, from 0; every graph has a node.

    Example:
        >>> parts(torch.tensor([0, 0, 1]))[0].tolist()
        [[0, 1, 2], [0, 0, 1]]
    """
    count = graph.max().item() + 1
    torch._check(count >= 0)  # what exporting has to be told of a size that it cannot see
    return torch.stack([torch.arange(len(graph), device=graph.device), graph]), cast("int", count)


class GraphSum(nn.Module):
    """The sum of a graph's nodes, and a linear layer on it.

    A sum tells graphs apart that a mean takes for one: those with the same shares of nodes, but not as many (Xu et al.
    2019, How powerful are graph neural networks?, arXiv 1810.00826).

    Example:
        >>> GraphSum(width=4, outputs=3)(torch.randn(5, 4), torch.tensor([0, 0, 1, 1, 1])).shape
        torch.Size([2, 3])
    """

    def __init__(self, *, width: int, outputs: int) -> None:
        super().__init__()
        self.head = nn.Linear(width, outputs)

    def forward(self, nodes: Float[Tensor, "N D"], graph: Int[Tensor, " N"]) -> Float[Tensor, "G K"]:
        return self.head(scatter_sum(nodes, *parts(graph)))


class PairScore(nn.Module):
    """How two nodes go together: a linear layer on their product, so that (a, b) and (b, a) score the same.

    With one output and equal weights this is the inner product of Kipf and Welling 2016, Variational graph
    auto-encoders, arXiv 1611.07308; free weights let single dimensions count against an edge (Yang et al. 2015,
    Embedding entities and relations, arXiv 1412.6575).

    Example:
        >>> PairScore(width=4, outputs=2)(torch.randn(5, 4), torch.tensor([[0, 1, 2], [3, 4, 4]])).shape
        torch.Size([3, 2])
    """

    def __init__(self, *, width: int, outputs: int) -> None:
        super().__init__()
        self.head = nn.Linear(width, outputs)

    def forward(self, nodes: Float[Tensor, "N D"], pairs: Int[Tensor, "2 M"]) -> Float[Tensor, "M K"]:
        return self.head(nodes.index_select(0, pairs[0]) * nodes.index_select(0, pairs[1]))


class NodesInPairs(nn.Module):
    """A network of nodes whose answers are compared in pairs: is there an edge between the two?

    Args:
        nodes: (features, edges, weights of edges) -> answers of the nodes.
        width: of these.
        outputs: 2: no edge, edge.
    """

    def __init__(self, nodes: nn.Module, *, width: int, outputs: int) -> None:
        super().__init__()
        self.nodes = nodes
        self.score = PairScore(width=width, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        pairs: Int[Tensor, "2 M"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "M K"]:
        return self.score(self.nodes(features, edges, weights), pairs)


class NodesTogether(nn.Module):
    """A network of nodes whose answers are added up, graph by graph.

    Args:
        nodes: (features, edges, weights of edges) -> answers of the nodes.
        width: of these.
        outputs: classes.
        bend: what is done to each number of an answer before.
    """

    def __init__(
        self, nodes: nn.Module, *, width: int, outputs: int, bend: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        super().__init__()
        self.nodes, self.bend = nodes, bend
        self.readout = GraphSum(width=width, outputs=outputs)

    def forward(
        self,
        features: Float[Tensor, "N F"],
        edges: Int[Tensor, "2 E"],
        graph: Int[Tensor, " N"],
        weights: Float[Tensor, " E"] | None = None,
    ) -> Float[Tensor, "G K"]:
        states = self.nodes(features, edges, weights)
        return self.readout(states if self.bend is None else self.bend(states), graph)
