"""What a network is costed on: its own words told from those of the example, and the arguments of forward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from bestiary import kinds
from bestiary.architectures.build import build, inputs_for, resolve
from bestiary.catalogue import Row, Size
from bestiary.errors import InputError, nearest

Words = Mapping[str, object]
Example = Callable[[Words, int], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Costed:
    """A size with words changed.

    Attributes:
        row, size: of the catalogue.
        keywords: of the network's constructor, complete.
        example: words of the input that are none of the network's.
    """

    row: Row
    size: Size
    keywords: dict[str, object]
    example: dict[str, object]

    def network(self, device: str = "meta") -> nn.Module:
        """The network; on the meta device it takes no memory.

        Raises:
            InputError: for values that do not fit together.
        """
        try:
            with torch.device(device):
                return build(self.size.network, self.keywords, seed=None if device == "meta" else 0)
        except (TypeError, ValueError, RuntimeError) as reason:
            raise reason if isinstance(reason, InputError) else InputError(f"{self.size.name}: {reason}") from reason

    def arguments(self, batch: int, device: str = "meta") -> tuple[Tensor, ...]:
        """Arguments of forward: a batch of examples, of graphs as one graph that falls into parts."""
        words = {**self.keywords, **self.example}
        if not self.size.kind or self.size.kind in self.row.inputs:
            own = cast("Example", resolve(self.row.inputs.get(self.size.kind, "") or self.row.example))
            return tuple(argument.to(device) for argument in own(words, batch))
        return tuple(argument.to(device) for argument in inputs_for(self.size.kind, words, batch))


def costed(row: Row, size: Size, given: Words) -> Costed:
    """Words given by a person, told apart: those of the network change it, those of the example size its input.

    `length` is a word of both where a network has a longest one. It is the example's; the network is built longer only
    where it must be.

    Raises:
        InputError: for a word that neither knows, or a value that an example cannot have.
    """
    taken = inspect.signature(resolve(size.network)).parameters
    known = {**_usual(size, taken), **size.example}
    network, example = dict(size.keywords), dict(known)
    for word, value in given.items():
        if word in known:
            example[word] = _checked(size, word, value)
        if word in taken and not (word == "length" and _fits(value, size.keywords.get("length"))):
            network[word] = value
        if word not in taken and word not in known:
            both = [*taken, *(w for w in known if w not in taken)]
            beside = f", its example {', '.join(known)}" if known else ""
            takes = f"{size.name} takes {', '.join(taken) or 'no words'}"
            raise InputError(f"{takes}{beside}; received {word!r}{nearest(word, both)}")
    for word in list(example):
        if word in network and word not in given:
            example[word] = network[word]
    own = {word: value for word, value in example.items() if network.get(word) != value}
    return Costed(row, size, network, own)


def _usual(size: Size, taken: Mapping[str, object]) -> Words:
    """What the example of a kind is sized by; a flat network is given rows of `features` numbers, no images."""
    sized: Words = kinds.find(size.kind).part("example").SIZED if size.kind else {}
    return {} if "features" in taken and "image_size" in sized else sized


def _fits(value: object, longest: object) -> bool:
    return isinstance(value, int) and isinstance(longest, int) and value <= longest


def _checked(size: Size, word: str, value: object) -> object:
    """A value that an example can have."""
    if word == "image_size":
        sides = value if isinstance(value, tuple | list) else ()
        if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
            example = f"image_size of the example of {size.name}"
            raise InputError(f"{example} is height and width in pixels; received {value!r}; try (32, 32)")
        return tuple(sides)
    least = 0 if word == "edges" else 1
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{word} of the example of {size.name} must be {least} or more; received {value!r}; try 128")
    return value
