"""The last part of a network, which turns features into answers: to look at what it is given, or to leave it out.

Networks name it `head`, `output`, `classify`, `readout`, `read_out`, `last` or `layer`; a graph convolution is the last
of its `layers`. What stands before it is the network's features: a vector for each row, node, graph or token.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.errors import InputError

NAMES = ("head", "output", "classify", "readout", "read_out", "score", "last", "layer")
INSIDE = ("network", "nodes", "body")  # a network behind something that only prepares its input


class First(nn.Module):
    """Hands on the first thing that it is given: what stands in the place of a head that was left out."""

    def forward(self, features: Tensor, *others: Any) -> Tensor:
        return features


def head_of(network: nn.Module) -> tuple[nn.Module, str]:
    """Where the last part is: the module that holds it, and its name there.

    Raises:
        InputError: for a network that has no part of its own for answers.

    Example:
        >>> from bestiary.architectures.feedforward.ann import ANN
        >>> head_of(ANN(features=4, outputs=2))[1]
        'output'
    """
    children = dict(network.named_children())
    name = next((name for name in NAMES if name in children), None)
    if name is not None:
        inner = children[name]
        return head_of(inner) if "head" in dict(inner.named_children()) else (network, name)
    layers = children.get("layers")
    if isinstance(layers, nn.ModuleList) and set(children) <= {"layers", "dropout"}:
        return layers, str(len(layers) - 1)
    inside = next((children[name] for name in INSIDE if name in children), None)
    if inside is None:
        raise InputError(f"{type(network).__name__} has no last part of its own; its features are what its parts give")
    return head_of(inside)


def without_head(network: nn.Module) -> nn.Module:
    """The same network, its last part left out: forward gives features. It is changed in place."""
    place, name = head_of(network)
    place.add_module(name, First())
    return network


@torch.no_grad()
def features(network: nn.Module, *inputs: Tensor) -> Float[Tensor, ...]:
    """What the last part of a network is given: a vector for each row (node, graph, token).

    Args:
        network: in the mode that it is to work in, usually evaluation.
        *inputs: arguments of its forward.

    Returns:
        Features [B, D], or of each step [B, T, D]; of a network that makes codes, its code.

    Raises:
        InputError: for a network that has neither a last part nor a code.

    Example:
        >>> from bestiary.architectures.feedforward.ann import ANN
        >>> features(ANN(features=4, outputs=2, width=8), torch.zeros(3, 4)).shape
        torch.Size([3, 8])
    """
    for own in ("features", "encode"):
        method = getattr(type(network), own, None)
        if method is not None and (own == "features" or not _answers(network)):
            return method(network, *inputs)
    place, name = head_of(network)
    head, given = place.get_submodule(name), list[Tensor]()
    hook = head.register_forward_pre_hook(lambda part, arguments: given.append(arguments[0]))
    try:
        network(*inputs)
    finally:
        hook.remove()
    return given[-1]


def _answers(network: nn.Module) -> bool:
    try:
        head_of(network)
    except InputError:
        return False
    return not hasattr(network, "reconstruct") or hasattr(network, "readout")
