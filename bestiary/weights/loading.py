"""A network gets the weights of a file: all of them or none, by name and shape, under whichever names it knows."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from bestiary.errors import InputError, nearest
from bestiary.weights.files import WeightsFile, open_weights
from bestiary.weights.maps import OWN, NameMap, Pair, fits, own_names, pairs
from bestiary.weights.translation import Shape, expected, inward, outward

SHOWN = 4  # names of a message, of each sort
COUNTED = "num_batches_tracked"  # of batch norm: files of old have none, and nothing is computed from it


@dataclass(frozen=True)
class Loaded:
    """What a network was given.

    Attributes:
        file: the path.
        names: of which library they were, or "bestiary".
        tensors: how many of ours were set.
        fresh: those that were left as they were, because a new last part was asked for.
    """

    file: Path
    names: str
    tensors: int
    fresh: tuple[str, ...]


def maps_of(network: nn.Module | type[nn.Module]) -> tuple[NameMap, ...]:
    """The maps beside an architecture that are meant for its class."""
    kind = network if inspect.isclass(network) else type(network)
    found = getattr(importlib.import_module(kind.__module__), "PUBLISHED", ())
    return tuple(known for known in cast("tuple[NameMap, ...]", found) if kind.__name__ in known.networks)


def load_weights(network: nn.Module, path: str | Path, *, head: str = "", new_head: bool = False) -> Loaded:
    """Gives a network the weights of a file, or leaves it as it was.

    Args:
        network: of the file's size.
        path: of safetensors or a PyTorch file, under our names or published ones; or a folder with such a file.
        head: how our names of the last part begin, such as "output."; "" for a network without one.
        new_head: the last part keeps its own weights, whatever the file has for it; everything else must come from it.

    Raises:
        InputError: when the file cannot be read, or a tensor is missing, unknown, or of another shape, by name.
    """
    return load_file(network, open_weights(path), head=head, new_head=new_head)


@torch.no_grad()
def load_file(network: nn.Module, file: WeightsFile, *, head: str = "", new_head: bool = False) -> Loaded:
    """The same of a file that is open; see `load_weights`."""
    ours = tensors_of(network)
    taken = [name for name in ours if not (new_head and head and name.startswith(head))]
    reading = _reading(network, ours, taken, file)
    shapes = {name: tuple(tensor.shape) for name, tensor in ours.items()}
    _check(type(network).__name__, reading, shapes, file, head)
    found: dict[str, Tensor] = {}
    for pair in reading.pairs:
        if all(name in reading.where for name in pair.theirs):
            found |= inward(pair, lambda name: file.read(reading.where[name]), shapes)
    for name, tensor in found.items():
        found[name] = _converted(tensor, ours[name], name, file.path)
    _check_copies(reading, found, file)
    for name, tensor in found.items():
        ours[name].copy_(tensor)
    left = tuple(name for name in ours if name not in taken)
    return Loaded(file.path, reading.names, len(found), left)


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Name -> tensor of everything that is saved of a network; one with two names under the first of them."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    parameters = dict(network.named_parameters(remove_duplicate=False))
    buffers = dict(network.named_buffers(remove_duplicate=False))
    for name in network.state_dict():
        tensor = parameters.get(name, buffers.get(name))
        if tensor is not None and id(tensor) not in seen:
            seen.add(id(tensor))
            found[name] = tensor.detach()
    return found


def exported(network: nn.Module, names: str = OWN) -> dict[str, Tensor]:
    """The weights of a network under the names of a library.

    Args:
        network: any.
        names: "bestiary", or a library that a map beside the architecture names.

    Raises:
        InputError: when there is no map to it, or it has no name for a tensor of this network.

    Example:
        >>> from bestiary.architectures.convolution.lenet import LeNet5
        >>> network = LeNet5(channels=1, image_size=(28, 28), outputs=10)
        >>> list(exported(network, "pytorch"))[:2]
        ['conv1.weight', 'conv1.bias']
    """
    ours = tensors_of(network)
    if names == OWN:
        return {name: tensor.contiguous() for name, tensor in ours.items()}
    maps = {known.library: known for known in maps_of(network)}
    if names not in maps:
        have = ", ".join([OWN, *maps])
        raise InputError(
            f"{type(network).__name__} is known under the names of {have}; received {names!r}{nearest(names, maps)}"
        )
    found, without = pairs(ours, maps[names])
    if without:
        raise InputError(f"{maps[names].of} has no name for {_listed(without)}; export with --to {OWN}")
    wide = [pair.theirs[0] for pair in found if len({ours[name].shape[1:] for name in pair.ours}) > 1]
    if wide:
        raise InputError(f"{maps[names].of} has no {_listed(wide)} of parts that differ; export with --to {OWN}")
    made = outward(found, ours)
    return made | {theirs: ours[mine].clone() for mine, theirs in maps[names].copies}


# ------------------------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True)
class Reading:
    """A file read by one map.

    Attributes:
        names: of which library.
        pairs: of the names that are taken.
        where: the map's name -> the file's.
        spare: the map's names that may be in the file and are not taken.
        copies: (ours, theirs) that must be equal where the file has them.
    """

    names: str
    pairs: Sequence[Pair]
    where: Mapping[str, str]
    spare: frozenset[str]
    copies: Sequence[tuple[str, str]] = ()

    @property
    def known(self) -> int:
        """How many tensors of the file it knows."""
        wanted = {name for pair in self.pairs for name in pair.theirs} | self.spare
        return sum(name in wanted for name in self.where)


def _reading(network: nn.Module, ours: Iterable[str], taken: Sequence[str], file: WeightsFile) -> Reading:
    """By the map that knows most of the file's names; our own where none knows more."""
    everything = list(ours)
    rest = [name for name in everything if name not in set(taken)]
    best = Reading(OWN, own_names(taken), {name: name for name in file.shapes}, frozenset(rest))
    for known in maps_of(network):
        found, without = pairs(taken, known)
        if without:
            continue
        plain = known.plain(file.shapes)
        ignored = {name for name in plain.values() if any(fits(p, name) is not None for p in known.ignored)}
        spare = {name for pair in pairs(rest, known)[0] for name in pair.theirs}
        copies = {theirs for _, theirs in known.copies}
        where = {theirs: name for name, theirs in plain.items()}
        one = Reading(known.library, found, where, frozenset(ignored | spare | copies), known.copies)
        best = max(best, one, key=lambda reading: reading.known)
    return best


def _check(network: str, reading: Reading, shapes: Mapping[str, Shape], file: WeightsFile, head: str) -> None:
    """One line for everything that does not fit."""
    wanted = {name: shape for pair in reading.pairs for name, shape in expected(pair, shapes).items()}
    if not reading.known:
        raise InputError(
            f"expected the weights of {network} in {file.path}; its names are of something else: "
            f"{_listed(file.shapes)}; build the network that it is of"
        )
    missing = [name for name in wanted if name not in reading.where and not name.endswith(COUNTED)]
    unknown = [name for name in reading.where if name not in wanted and name not in reading.spare]
    sized = {name: file.shapes[reading.where[name]] for name in wanted if name in reading.where}
    other = [name for name, shape in sized.items() if shape != wanted[name]]
    if not missing and not unknown and not other:
        return
    shown = [f"{name} {sized[name]} for {wanted[name]}" for name in other]
    told = [
        f"{len(names)} {what}: {_listed(names)}"
        for names, what in ((missing, "missing"), (unknown, "too many"), (shown, "of another shape"))
        if names
    ]
    faulty = {name for pair in reading.pairs if {*missing, *other} & {*pair.theirs} for name in pair.ours}
    remedy = "build the size that the file is of"
    if head and not unknown and all(name.startswith(head) for name in faulty):
        remedy = "only the last part differs: new_head=True starts it anew, or build it with the sizes in the file"
    raise InputError(
        f"expected the weights of {network} in {file.path} ({reading.names}'s names); received {'; '.join(told)}; "
        f"{remedy}"
    )


def _converted(tensor: Tensor, ours: Tensor, name: str, path: Path) -> Tensor:
    """In our precision, where that loses nothing but digits."""
    if tensor.is_complex() or tensor.is_floating_point() != ours.is_floating_point():
        told = str(tensor.dtype).removeprefix("torch.")
        raise InputError(f"{name} is {ours.dtype} here and {told} in {path}; save it as float32, not quantised")
    made = tensor.to(ours.dtype)
    if made.is_floating_point() and not bool(made.isfinite().all()):
        raise InputError(f"{name} in {path} holds values that are not finite numbers; get the file again")
    return made


def _check_copies(reading: Reading, found: Mapping[str, Tensor], file: WeightsFile) -> None:
    for ours, theirs in reading.copies:
        if theirs not in reading.where or ours not in found:
            continue
        copy, path = file.read(reading.where[theirs]), file.path
        if copy.shape != found[ours].shape or not torch.equal(copy.to(found[ours].dtype), found[ours]):
            raise InputError(f"expected {theirs} in {path} to be the same as {ours}, to which it is tied; it differs")


def _listed(names: Iterable[str]) -> str:
    listed = [name[:120] for name in names]
    more = f" and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more
