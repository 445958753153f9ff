"""The last part of a network, which turns features into answers: where it is, how to leave it out, what stands before.

Networks name it `head`, `output`, `classify`, `readout`, `read_out`, `last` or `layer`; a graph convolution is the last
of its `layers`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from bestiary.errors import InputError

NAMES = ("head", "output", "classify", "readout", "read_out", "score", "last", "layer")
SEVERAL = "readouts"  # where every layer has one of its own
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
    if inside is None or SEVERAL in children:
        raise InputError(f"{type(network).__name__} has no last part of its own; its features are what its parts give")
    return head_of(inside)


def without_head(network: nn.Module) -> nn.Module:
    """The same network, its last part left out: forward gives features. It is changed in place."""
    place, name = head_of(network)
    place.add_module(name, First())
    return network


def body_of(network: nn.Module) -> list[nn.Module]:
    """The parts of a network before its last one, in the order in which they are built, lists taken apart.

    Parameters that belong to no such part are handed out as one more, at the beginning.

    Raises:
        InputError: for a network that has no part of its own for answers.

    Example:
        >>> from bestiary.architectures.convolution.lenet import LeNet5
        >>> len(body_of(LeNet5(channels=1, image_size=(28, 28), outputs=10)))
        4
    """
    place, name = head_of(network)
    head = place.get_submodule(name)
    parts = [part for part in _opened(network, head) if part is not head and any(True for _ in part.parameters())]
    known = {id(p) for part in (*parts, head) for p in part.parameters()}
    loose = [p for p in network.parameters() if id(p) not in known]
    return [nn.ParameterList(loose), *parts] if loose else parts


def _opened(part: nn.Module, head: nn.Module) -> list[nn.Module]:
    """A part taken apart as long as it is a list, or holds the last part."""
    if part is not head and (isinstance(part, nn.ModuleList | nn.Sequential) or any(m is head for m in part.modules())):
        return [inner for child in part.children() for inner in _opened(child, head)]
    return [part]
