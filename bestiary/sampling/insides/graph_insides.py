"""What is inside a network on graphs: where it puts nodes or graphs, and whom its heads listen to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import GraphInputs, GraphsInputs
from bestiary.layers.neighbours import Neighbours, received
from bestiary.sampling.insides import curves
from bestiary.sampling.insides.maps import plane, scatter
from bestiary.sampling.looking import evaluating
from bestiary.sampling.pictures import Picture

FEWEST = 3  # neighbours, itself included, that a node needs for its choice among them to mean anything
CURVE = 101  # points of a curve


def inspect(network: nn.Module, data: Any, spec: Any, facts: Mapping[str, Any]) -> list[Picture]:
    """A map of what was not learned from, and for attention how many neighbours count.

    Args:
        network: of the family, trained.
        data: with a validation split.
        spec: of the data.
        facts: of the data.
    """
    heads: dict[str, Tensor] = {}
    attentions: list[tuple[str, Any]] = [
        one for one in network.named_modules() if hasattr(one[1], "scores") or hasattr(one[1], "shares")
    ]
    hooks = [
        part.register_forward_pre_hook(lambda part, given, name=name: heads.update({name: listened(part, *given)}))
        for name, part in attentions
    ]
    try:
        with evaluating(network):
            batch = next(data.batches("validation"))
            outputs = network(*batch.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    pictures = [_heads(heads)] if heads else []
    if isinstance(batch.inputs, (GraphInputs, GraphsInputs)):  # pairs of nodes lie nowhere
        logits = outputs[batch.inputs.where] if isinstance(batch.inputs, GraphInputs) else outputs
        caption = (
            "Logits of validation rows in the plane in which they vary most, in the colour of their own class: what "
            "lies together is taken for the same."
        )
        drawn = scatter(plane(logits.log_softmax(-1)), batch.truth, list(facts["classes"]))
        pictures.insert(0, Picture("Where the network puts them", caption, svg=drawn))
    return pictures


def listened(attention: Any, nodes: Float[Tensor, "N F"], graph: Neighbours) -> Float[Tensor, "M H"]:
    """`effective` of the attention that a layer pays, an `EdgeAttention` of GAT or GATv2."""
    return effective(attention.shares(nodes, attention.values(nodes), graph), graph)


def effective(shares: Float[Tensor, "E H"], graph: Neighbours) -> Float[Tensor, "M H"]:
    """The share of its neighbours that a node listens to: the exponential of the entropy of its attention, over their
    number; for nodes with three neighbours or more, themselves included.

    Example:
        >>> graph = Neighbours.of(torch.tensor([[0, 1, 2, 3], [0, 0, 0, 0]]), 4)
        >>> effective(torch.tensor([[0.25, 1.0], [0.25, 0.0], [0.25, 0.0], [0.25, 0.0]]), graph).tolist()
        [[1.0, 0.25]]
    """
    entropy = received(-torch.xlogy(shares, shares), graph)
    counts = graph.starts.diff()
    enough = counts >= FEWEST
    return entropy[enough].exp() / counts[enough, None]


def _heads(heads: Mapping[str, Tensor]) -> Picture:
    across = torch.linspace(0, 1, CURVE)
    lines = [
        curves.Curve(f"layer {layer}", across.tolist(), torch.quantile(shares[:, head], across).tolist())
        for layer, shares in enumerate(heads.values(), 1)
        if len(shares)
        for head in range(shares.shape[1])
    ]
    caption = (
        "For every head, nodes in rising order: which share of its neighbours a node listens to. At 1 all count the "
        "same, as in a plain average; the lower, the more the head chooses."
    )
    drawn = curves.draw(lines, "share of nodes", "share of neighbours that count")
    return Picture("Whom the heads listen to", caption, svg=drawn)
