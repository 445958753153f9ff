"""Messages along the edges of a graph, written out: gather at the senders, sum, average or normalise at the receivers.

    edges  [2 E]     edges[0] sends, edges[1] receives
    nodes  [N ...]   one vector a node        --gather-->  [E ...]   one a message
    messages [E ...] one vector an edge       --scatter--> [N ...]   one a receiver

This is the obvious way; `layers.neighbours` computes the same faster on edges that are sorted by receiver.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Edges = Int[Tensor, "2 E"]


def gather(nodes: Float[Tensor, "N ..."], edges: Edges) -> Float[Tensor, "E ..."]:
    """What the sender of every edge holds.

    Example:
        >>> gather(torch.tensor([5.0, 7.0, 9.0]), torch.tensor([[2, 0], [1, 1]])).tolist()
        [9.0, 5.0]
    """
    return nodes[edges[0]]


def scatter_sum(messages: Float[Tensor, "E ..."], edges: Edges, nodes: int) -> Float[Tensor, "N ..."]:
    """The sum of the messages that each of `nodes` nodes receives; zero for a node that receives none.

    Example:
        >>> scatter_sum(torch.tensor([9.0, 5.0]), torch.tensor([[2, 0], [1, 1]]), 3).tolist()
        [0.0, 14.0, 0.0]
    """
    return messages.new_zeros(nodes, *messages.shape[1:]).index_add(0, edges[1], messages)


def scatter_mean(messages: Float[Tensor, "E ..."], edges: Edges, nodes: int) -> Float[Tensor, "N ..."]:
    """The mean of the messages that each node receives; zero for a node that receives none.

    Example:
        >>> scatter_mean(torch.tensor([9.0, 5.0]), torch.tensor([[2, 0], [1, 1]]), 3).tolist()
        [0.0, 7.0, 0.0]
    """
    received = torch.bincount(edges[1], minlength=nodes).clamp(min=1).to(messages.dtype)
    return scatter_sum(messages, edges, nodes) / received.view(-1, *[1] * (messages.ndim - 1))


def scatter_softmax(
    scores: Float[Tensor, "E ..."], edges: Edges, nodes: int, counts: Bool[Tensor, " E"] | None = None
) -> Float[Tensor, "E ..."]:
    """Scores made positive, so that those of the edges into each node sum to one.

    Args:
        scores: of the edges, for each head.
        edges: sender and receiver of every edge.
        nodes: how many there are.
        counts: edges that take part; the others get 0. All unless given.

    Example:
        >>> scatter_softmax(torch.zeros(3), torch.tensor([[2, 0, 0], [1, 1, 0]]), 3).tolist()
        [0.5, 0.5, 1.0]
    """
    if counts is not None:
        scores = scores.masked_fill(~counts.view(-1, *[1] * (scores.ndim - 1)), -torch.inf)
    receivers = edges[1].view(-1, *[1] * (scores.ndim - 1)).expand_as(scores)
    lowest = scores.new_full((nodes, *scores.shape[1:]), -torch.inf)
    highest = lowest.scatter_reduce(0, receivers, scores.detach(), "amax")
    raised = (scores - highest[edges[1]]).exp()  # at most 1: no score is too large for exp
    return raised / scatter_sum(raised, edges, nodes)[edges[1]]


def looped(edges: Edges, nodes: int) -> Bool[Tensor, " L"] | None:
    """Which edges of `with_self_loops` count; None for all of them, as everywhere but in compiled graphs."""
    if not torch.compiler.is_compiling():
        return None
    return torch.cat([edges[0] != edges[1], edges.new_ones(nodes, dtype=torch.bool)])


def with_self_loops(
    edges: Edges, weights: Float[Tensor, " E"] | None, nodes: int
) -> tuple[Int[Tensor, "2 L"], Float[Tensor, " L"]]:
    """The edges with exactly one more from every node to itself, of weight 1; loops that are there keep their weight.

    In a graph that is compiled or exported, where the number of edges may not depend on what they are, loops that were
    there stay in their place with a weight of 0; `looped` says which.

    Args:
        edges: sender and receiver of every edge.
        weights: of the edges; all 1 when None.
        nodes: how many there are.

    Example:
        >>> edges, weights = with_self_loops(torch.tensor([[0, 1], [1, 1]]), torch.tensor([2.0, 3.0]), 2)
        >>> edges.tolist(), weights.tolist()
        ([[0, 0, 1], [1, 0, 1]], [2.0, 1.0, 3.0])
    """
    weights = torch.ones(edges.shape[1], device=edges.device) if weights is None else weights
    between = edges[0] != edges[1]
    if torch.compiler.is_compiling():
        places = torch.where(between, nodes, edges[0])  # those between nodes are written behind the last, and cut off
        loops = weights.new_ones(nodes + 1).scatter(0, places, weights)[:nodes]
        weights = weights * between
    else:
        loops = weights.new_ones(nodes)
        if not bool(between.all()):
            loops[edges[0][~between]] = weights[~between]
            edges, weights = edges[:, between], weights[between]
    itself = torch.arange(nodes, device=edges.device).expand(2, -1)
    return torch.cat([edges, itself], 1), torch.cat([weights, loops])
