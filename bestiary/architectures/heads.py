"""What a network knows before it answers: a vector for each row, node, graph or token, which its last part is given."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.errors import InputError
from bestiary.layers.last import head_of


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
