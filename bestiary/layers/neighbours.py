"""The same messages, faster: edges sorted by receiver, so that whatever a node receives lies side by side.

A sum over neighbours is then one call of `embedding_bag`, which never holds a message of its own: memory is that of
the nodes. The way back is the same sum over the edges sorted by sender. Each function here equals a composition of
`layers.messages`, outputs and gradients, and is tested against it. In a graph that is compiled or exported it is that
composition, which compilers can read: whether edges need sorting, and how many there are, are then not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

from bestiary.layers.messages import scatter_softmax, scatter_sum

AT_ONCE = 4_096  # edges whose two ends are multiplied at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Neighbours:
    """The edges of a graph in the order of their receivers.

    Attributes:
        source: sender of every edge, [E].
        target: its receiver, [E], never falling.
        starts: [N+1]; the edges into node n are those from `starts[n]` to below `starts[n + 1]`.
        order: [E] where each edge stood in what `of` was given, or None when it stood there already.
        nodes: how many there are.
        counts: [E] which edges take part in a softmax; None for all, as everywhere but in compiled graphs.
    """

    source: Int[Tensor, " E"]
    target: Int[Tensor, " E"]
    starts: Int[Tensor, " S"]
    order: Int[Tensor, " E"] | None
    nodes: int
    counts: Bool[Tensor, " E"] | None = None

    @classmethod
    def of(cls, edges: Int[Tensor, "2 E"], nodes: int, counts: Bool[Tensor, " E"] | None = None) -> Neighbours:
        """From edges [2 E] in any order, between `nodes` nodes.

        Example:
            >>> Neighbours.of(torch.tensor([[0, 1, 2], [2, 0, 0]]), 3).starts.tolist()
            [0, 2, 2, 3]
        """
        source, target = edges.unbind()
        if torch.compiler.is_compiling():
            return cls(source, target, target[:0], None, nodes, counts)
        order = None
        if bool((target[1:] < target[:-1]).any()):
            order = torch.argsort(target, stable=True)
            source, target = source[order], target[order]
        source, target = source.contiguous(), target.contiguous()
        return cls(source, target, _starts(target, nodes), order, nodes)

    @property
    def edges(self) -> Int[Tensor, "2 E"]:
        """Sender and receiver of every edge, in this order."""
        return torch.stack([self.source, self.target])

    def sorted(self, values: Float[Tensor, "E ..."]) -> Float[Tensor, "E ..."]:
        """What belongs to the edges as they were given, in the order that they have here."""
        return values if self.order is None else values[self.order]

    @cached_property
    def by_source(self) -> tuple[Tensor, Tensor]:
        """The edges in the order of their senders [E], and where those of each sender start [N+1]."""
        order = torch.argsort(self.source, stable=True)
        return order, _starts(self.source[order], self.nodes)


def _starts(rising: Tensor, nodes: int) -> Tensor:
    return torch.searchsorted(rising, torch.arange(nodes + 1, device=rising.device))


def _sums(table: Tensor, rows: Tensor, starts: Tensor, weights: Tensor | None = None) -> Tensor:
    """For each bag the (weighted) sum of rows of a table; what a row is shaped like is kept."""
    if not len(rows):
        return table.new_zeros(len(starts) - 1, *table.shape[1:])
    flat = table.reshape(len(table), -1).contiguous()
    sums = F.embedding_bag(rows, flat, starts, mode="sum", per_sample_weights=weights, include_last_offset=True)
    return sums.view(-1, *table.shape[1:])


def _weighted(table: Tensor, rows: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
    """[M F] with weights [E]; [M H D] with weights [E H], head by head."""
    if weights.ndim == 1:
        return _sums(table, rows, starts, weights.contiguous())
    heads = [_sums(table[:, h], rows, starts, weights[:, h].contiguous()) for h in range(weights.shape[1])]
    return torch.stack(heads, dim=1)


def received(messages: Float[Tensor, "E ..."], graph: Neighbours) -> Float[Tensor, "N ..."]:
    """The sum of what each node receives; `messages` in the order of `graph`. Equals `scatter_sum`."""
    if torch.compiler.is_compiling():
        return scatter_sum(messages, graph.edges, graph.nodes)
    return _Received.apply(messages, graph)  # pyright: ignore[reportReturnType]


def at_source(nodes: Float[Tensor, "N ..."], graph: Neighbours) -> Float[Tensor, "E ..."]:
    """What the sender of every edge holds. Equals `gather`."""
    if torch.compiler.is_compiling():
        return nodes.index_select(0, graph.source)
    return _AtSource.apply(nodes, graph)  # pyright: ignore[reportReturnType]


def at_target(nodes: Float[Tensor, "N ..."], graph: Neighbours) -> Float[Tensor, "E ..."]:
    """What the receiver of every edge holds. Equals `gather` on reversed edges."""
    if torch.compiler.is_compiling():
        return nodes.index_select(0, graph.target)
    return _AtTarget.apply(nodes, graph)  # pyright: ignore[reportReturnType]


def softmax(scores: Float[Tensor, "E ..."], graph: Neighbours) -> Float[Tensor, "E ..."]:
    """Scores that sum to one over what each node receives. Equals `scatter_softmax`."""
    if torch.compiler.is_compiling():
        return scatter_softmax(scores, graph.edges, graph.nodes, graph.counts)
    return _Softmax.apply(scores, graph)  # pyright: ignore[reportReturnType]


def weighted_sum(
    nodes: Float[Tensor, "N ..."], weights: Float[Tensor, "E ..."], graph: Neighbours
) -> Float[Tensor, "N ..."]:
    """The sum over each node's neighbours of what they hold times the weight of the edge.

    Equals `scatter_sum(weights * gather(nodes, edges), edges, N)` without ever holding the messages.

    Args:
        nodes: [N F], or [N H D] for H heads.
        weights: [E], or one for every head [E H], in the order of `graph`; they are given the type of `nodes`.
        graph: who receives from whom.

    Example:
        >>> graph = Neighbours.of(torch.tensor([[0, 1], [2, 2]]), 3)
        >>> weighted_sum(torch.tensor([[1.0], [10.0], [5.0]]), torch.tensor([1.0, 0.5]), graph).flatten().tolist()
        [0.0, 0.0, 6.0]
    """
    weights = weights.to(nodes.dtype)
    if torch.compiler.is_compiling():
        messages = weights.unflatten(-1, (-1, 1)) if weights.ndim > 1 else weights[:, None]
        return scatter_sum(messages * nodes.index_select(0, graph.source), graph.edges, graph.nodes)
    return _WeightedSum.apply(nodes, weights, graph)  # pyright: ignore[reportReturnType]


class _Received(Function):
    @staticmethod
    def forward(ctx: Any, messages: Tensor, graph: Neighbours) -> Tensor:
        ctx.graph = graph
        return _sums(messages, torch.arange(len(messages), device=messages.device), graph.starts)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return grads[0].index_select(0, ctx.graph.target), None


class _AtSource(Function):
    @staticmethod
    def forward(ctx: Any, nodes: Tensor, graph: Neighbours) -> Tensor:
        ctx.graph = graph
        return nodes.index_select(0, graph.source)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return _sums(grads[0], *ctx.graph.by_source), None


class _AtTarget(Function):
    @staticmethod
    def forward(ctx: Any, nodes: Tensor, graph: Neighbours) -> Tensor:
        ctx.graph = graph
        return nodes.index_select(0, graph.target)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return _sums(grads[0], torch.arange(len(grads[0]), device=grads[0].device), ctx.graph.starts), None


class _Softmax(Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor, graph: Neighbours) -> Tensor:
        each = torch.arange(len(scores), device=scores.device)
        highest = torch.segment_reduce(scores, "max", offsets=graph.starts, axis=0) if len(scores) else scores
        raised = (scores - highest.index_select(0, graph.target)).exp_()
        shares = raised.div_(_sums(raised, each, graph.starts).index_select(0, graph.target))
        ctx.graph, ctx.each = graph, each
        ctx.save_for_backward(shares)
        return shares

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        (shares,) = ctx.saved_tensors
        moved = shares * grads[0]
        together = _sums(moved, ctx.each, ctx.graph.starts).index_select(0, ctx.graph.target)
        return moved.addcmul_(shares, together, value=-1), None  # y (g - sum of y g)


class _WeightedSum(Function):
    @staticmethod
    def forward(ctx: Any, nodes: Tensor, weights: Tensor, graph: Neighbours) -> Tensor:
        ctx.graph = graph
        ctx.save_for_backward(nodes, weights)
        return _weighted(nodes, graph.source, graph.starts, weights)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        nodes, weights = ctx.saved_tensors
        graph, grad = ctx.graph, grads[0].contiguous()
        of_nodes = of_weights = None
        if ctx.needs_input_grad[0]:
            order, starts = graph.by_source
            of_nodes = _weighted(grad, graph.target[order], starts, weights[order])
        if ctx.needs_input_grad[1]:
            pieces = zip(graph.source.split(AT_ONCE), graph.target.split(AT_ONCE))
            products = [(nodes.index_select(0, s) * grad.index_select(0, t)).sum(-1) for s, t in pieces]
            of_weights = torch.cat(products) if products else torch.zeros_like(weights)
        return of_nodes, of_weights, None
