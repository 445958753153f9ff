"""The weights of GPT under the names and in the shapes of transformers' GPT2LMHeadModel, there and back.

That code keeps the released weights as they were trained, in layers called Conv1D: a matrix is [inputs, outputs], the
transpose of a linear layer's, and one matrix holds the projections of queries, keys and values side by side. A square
matrix that is not transposed loads without complaint and computes nonsense, so the table says which are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from bestiary.errors import InputError

# ours, theirs, whether the matrix is transposed; {} is the number of the layer
TABLE: tuple[tuple[str, str, bool], ...] = (
    ("embed.weight", "wte.weight", False),
    ("positions.table", "wpe.weight", False),
    ("layers.{}.attention_norm.weight", "h.{}.ln_1.weight", False),
    ("layers.{}.attention_norm.bias", "h.{}.ln_1.bias", False),
    ("layers.{}.attention.output.weight", "h.{}.attn.c_proj.weight", True),
    ("layers.{}.attention.output.bias", "h.{}.attn.c_proj.bias", False),
    ("layers.{}.feedforward_norm.weight", "h.{}.ln_2.weight", False),
    ("layers.{}.feedforward_norm.bias", "h.{}.ln_2.bias", False),
    ("layers.{}.feedforward.widen.weight", "h.{}.mlp.c_fc.weight", True),
    ("layers.{}.feedforward.widen.bias", "h.{}.mlp.c_fc.bias", False),
    ("layers.{}.feedforward.narrow.weight", "h.{}.mlp.c_proj.weight", True),
    ("layers.{}.feedforward.narrow.bias", "h.{}.mlp.c_proj.bias", False),
    ("norm.weight", "ln_f.weight", False),
    ("norm.bias", "ln_f.bias", False),
)
# ours, three matrices below each other; theirs, one with three blocks of columns
JOINED: tuple[tuple[str, str, bool], ...] = (
    ("layers.{}.attention.{}.weight", "h.{}.attn.c_attn.weight", True),
    ("layers.{}.attention.{}.bias", "h.{}.attn.c_attn.bias", False),
)
_PARTS = ("query", "key", "value")
_PREFIX = "transformer."
_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that older files carry


def to_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our weights as GPT2LMHeadModel's `state_dict` has them, the tied matrix under both of its names.

    Args:
        weights: the `state_dict` of a `GPT`.

    Example:
        >>> from bestiary.architectures.attention.gpt import GPT
        >>> network = GPT(vocabulary=9, length=4, width=6, depth=1, heads=2)
        >>> to_transformers(network.state_dict())["transformer.h.0.attn.c_attn.weight"].shape
        torch.Size([6, 18])
    """
    found: dict[str, Tensor] = {}
    for layer in range(_depth(weights, "layers.")):
        for ours, theirs, turned in JOINED:
            whole = torch.cat([weights[ours.format(layer, part)] for part in _PARTS])
            found[_PREFIX + theirs.format(layer)] = whole.T.contiguous() if turned else whole
    for ours, theirs, turned in _lines(_depth(weights, "layers.")):
        found[_PREFIX + theirs] = weights[ours].T.contiguous() if turned else weights[ours]
    return found | {"lm_head.weight": weights["embed.weight"]}


def from_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The way back: a `state_dict` of a `GPT`.

    Args:
        weights: of GPT2LMHeadModel or GPT2Model; names with or without "transformer.", with or without the tied
            `lm_head.weight` and the masks of older files.

    Raises:
        InputError: when a weight is missing, or one is there that a GPT-2 does not have.
    """
    theirs = {name.removeprefix(_PREFIX): tensor for name, tensor in weights.items()}
    theirs = {name: tensor for name, tensor in theirs.items() if not name.endswith(_BUFFERS)}
    head = theirs.pop("lm_head.weight", None)
    depth = _depth(theirs, "h.")
    joined = [(ours, other.format(n), turned, n) for n in range(depth) for ours, other, turned in JOINED]
    known = {other for _, other, _ in _lines(depth)} | {other for _, other, _, _ in joined}
    for name in sorted(known ^ theirs.keys()):
        what = "lacks" if name in known else "has, unlike GPT-2,"
        raise InputError(f"expected the weights of a GPT-2; the file {what} {name!r}; is it another architecture?")
    if head is not None and not torch.equal(head, theirs["wte.weight"]):
        raise InputError("expected a GPT-2 whose head is its embedding; lm_head.weight differs from wte.weight")
    found = {ours: theirs[other].T.contiguous() if turned else theirs[other] for ours, other, turned in _lines(depth)}
    for ours, other, turned, layer in joined:
        whole = theirs[other].T if turned else theirs[other]
        found |= {ours.format(layer, part): block.contiguous() for part, block in zip(_PARTS, whole.chunk(3))}
    return found


def load_gpt2(network: nn.Module, path: str | Path) -> None:
    """Gives a `GPT` the weights of a safetensors file of transformers' GPT-2.

    Args:
        network: of the file's size, as `bestiary.create("gpt2")` makes it.
        path: of `model.safetensors`.

    Raises:
        InputError: when the file is no such model, or is one of another size.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = from_transformers(load_file(path))
    except (OSError, SafetensorError) as reason:
        raise InputError(f"expected a safetensors file at {path}; it cannot be read ({reason})") from None
    for name, tensor in network.state_dict().items():
        if name not in weights or weights[name].shape != tensor.shape:
            shape = tuple(weights[name].shape) if name in weights else "nothing"
            raise InputError(f"{name} of the network is {tuple(tensor.shape)}; the file has {shape}; build its size")
    if weights.keys() != network.state_dict().keys():
        raise InputError(f"the file has {_depth(weights, 'layers.')} layers, more than the network; build its size")
    network.load_state_dict(weights)


def _lines(depth: int) -> list[tuple[str, str, bool]]:
    """The table with its layers numbered."""
    return [
        (ours.format(layer), theirs.format(layer), turned)
        for ours, theirs, turned in TABLE
        for layer in (range(depth) if "{}" in ours else [0])
    ]


def _depth(weights: Mapping[str, Tensor], prefix: str) -> int:
    numbers = [name.removeprefix(prefix).partition(".")[0] for name in weights if name.startswith(prefix)]
    return 1 + max((int(number) for number in numbers if number.isdecimal() and len(number) < 5), default=-1)
