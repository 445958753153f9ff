"""Weights for texts under another vocabulary: a token keeps its vector, wherever it stands in the new list.

Source: Howard & Ruder 2018, Universal language model fine-tuning for text classification, whose code matches words so;
tokens that the old vocabulary does not have begin with the vectors that they were given here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from bestiary.errors import InputError
from bestiary.kinds.text.reader import TextEncoder


def carry(
    network: nn.Module,
    shapes: Mapping[str, tuple[int, ...]],
    read: Callable[[str], Tensor],
    before: Path | None,
    now: Path,
) -> tuple[dict[str, Tensor], str]:
    """Embeddings and positions for the vocabulary and the length of these texts; see `kinds.kind.Kind.carry`.

    Raises:
        InputError: for weights without their vocabulary: nobody knows which token has which vector.
    """
    if getattr(network, "takes", "arguments") == "as_pieces":  # it cuts texts by the vocabulary of its own weights
        return {}, ""
    if before is None:
        raise InputError("weights for texts need their vocabulary; give the folder of the model, not a file alone")
    old, new = TextEncoder.load(before), TextEncoder.load(now)
    ids, known = new.tokenizer.get_vocab(), old.tokenizer.get_vocab()
    common = [(place, known[token]) for token, place in ids.items() if token in known]
    into, out_of = [place for place, _ in common], [place for _, place in common]
    made: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        there = shapes.get(name)
        if there is None or len(there) != 2 or tensor.ndim != 2 or there[1] != tensor.shape[1]:
            continue
        if (there[0], tensor.shape[0]) == (old.spec.vocabulary, new.spec.vocabulary) and _embeds(network, name):
            made[name] = tensor.clone()
            made[name][into] = read(name)[out_of].to(tensor.dtype)
        elif (there[0], tensor.shape[0]) == (old.spec.length, new.spec.length) and there[0] != tensor.shape[0]:
            rows = min(there[0], tensor.shape[0])
            made[name] = tensor.clone()
            made[name][:rows] = read(name)[:rows].to(tensor.dtype)
    return made, f"{len(common):,} of {len(ids):,} tokens are known to it, the others are newly initialised"


def _embeds(network: nn.Module, name: str) -> bool:
    """Whether a tensor is the table of an embedding."""
    place, _, word = name.rpartition(".")
    return word == "weight" and isinstance(network.get_submodule(place), nn.Embedding)
