"""Contenders that begin with weights, which are tried on, fitted to the data, and kept in the run by digest."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from bestiary import catalogue, kinds
from bestiary.architectures.build import build, head_name
from bestiary.catalogue import Contender
from bestiary.contracts import Spec
from bestiary.errors import InputError
from bestiary.files import replacing, sha256_of
from bestiary.planning.chosen import chosen_size
from bestiary.planning.contenders import PRETRAINED, Candidate
from bestiary.planning.plan import Plan
from bestiary.rows.store import read_spec
from bestiary.runs.beginning import DIGITS
from bestiary.weights.files import Changed, open_weights
from bestiary.weights.known import Known, know
from bestiary.weights.loading import load_file, tensors_of

PLACE = "weights"  # folder of the run


def split_weights(given: Sequence[str]) -> dict[str, str]:
    """Name -> file, of words such as resnet18=resnet18.pth.

    Raises:
        InputError: for a word without both.

    Example:
        >>> split_weights(["resnet18=weights/resnet18.pth"])
        {'resnet18': 'weights/resnet18.pth'}
    """
    found = {}
    for word in given:
        name, equals, file = word.partition("=")
        if not name or not equals or not file:
            raise InputError(f"--weights takes NAME=FILE, such as resnet18=resnet18.pth; received {word!r}")
        found[name.strip()] = file
    return found


def placed(weights: Mapping[str, str | Path]) -> dict[str, str]:
    """The same with whole paths, so that they are found from anywhere; names of published weights stay."""
    return {name: str(Path(file).resolve() if Path(file).exists() else file) for name, file in weights.items()}


def check_weights(weights: Mapping[str, str | Path]) -> None:
    """Refuses what no architecture is called, and files that are not there, before anything is read."""
    for name, given in weights.items():
        catalogue.find(name.partition("/")[0])
        know(given, None if "/" in name else catalogue.size(name))


def pretrained(candidate: Candidate, name: str, given: str | Path, folder: Path, plan: Plan) -> Candidate:
    """A candidate that begins with the weights of a file, which is copied into the run in our names.

    Args:
        candidate: with its sizes from large to small; the largest that the file fits is taken.
        name: by which the person named it.
        given: the file, the folder of a model or run, or the name of published weights.
        folder: of the run.
        plan: of the data; a note says what the weights have seen.

    Raises:
        InputError: when no size fits the file, or the data are of a kind to which weights of other data mean nothing.
    """
    kind = kinds.find(plan.kind)
    if not kind.carry:
        raise InputError(
            f"weights of other data mean nothing to {plan.kind} data, whose columns are others; leave --weights out"
        )
    known = know(given, None if "/" in name else catalogue.size(name))
    spec, _ = read_spec(folder / "data")
    size, network, told = _fitting(candidate, known, Path(given), spec, folder, plan)
    file = _kept(network, folder)
    head = head_name(network)
    fresh = f"its last part ({head.rstrip('.')}) begins fresh"
    label = f"{candidate.row.name}/{size.name}{PRETRAINED}"
    note = f"{label} begins with weights that have seen {known.seen}; {f'{told}; ' if told else ''}{fresh}"
    if note not in plan.notes:
        plan.notes.append(note)
    return replace(candidate, sizes=(size,), weights=f"{PLACE}/{file.name}", knows=known.seen)


def entering(weights: Mapping[str, str | Path], folder: Path, plan: Plan) -> list[Candidate]:
    """Candidates of a race that begin with weights, each beside the one of the same architecture that does not.

    Args:
        weights: name of an architecture or size -> file.
        folder: of the run.
        plan: of the data.
    """
    found = []
    for name, given in weights.items():
        row = catalogue.find(name.partition("/")[0])
        one = pretrained(chosen_size(name, row, plan, folder, {}, tuned=True), name, given, folder, plan)
        words = one.row.settings[0]
        settings = [{word: value for word, value in setting.items() if word in words} for setting in row.settings]
        found.append(replace(one, row=replace(one.row, settings=tuple(settings))))
    return found


def bring(plan: Plan, origin: Path, folder: Path) -> None:
    """Copies the weights of a plan that is followed again from its own run.

    Raises:
        InputError: when they are not there.
    """
    home = origin if origin.is_dir() else origin.parent
    for file in {entrant.weights for entrant in plan.entrants if entrant.weights}:
        there, here = home / file, folder / file
        if not there.is_file():
            raise InputError(f"expected the weights of the plan at {there}; found none; give the folder of its run")
        with replacing(here) as temporary:
            shutil.copyfile(there, temporary)


def _fitting(
    candidate: Candidate, known: Known, given: Path, spec: Spec, folder: Path, plan: Plan
) -> tuple[Contender, nn.Module, str]:
    """The largest size that the file fits, its network with the weights, and what is to be said of them."""
    before = next((place for place in (known.file.parent / "encoder",) if place.is_dir()), None)
    refused: InputError | None = None
    for size in candidate.sizes:
        network = build(size.network, size.keywords, spec, seed=plan.seed)
        file = open_weights(known.file)
        changed, told = kinds.find(plan.kind).part("carry")(
            network, file.shapes, file.read, before, folder / "data" / "encoder"
        )
        try:
            load_file(network, Changed(file, changed), head=head_name(network), new_head=True)
        except InputError as reason:
            refused = refused or reason
            continue
        return size, network, told
    assert refused is not None
    raise refused


def _kept(network: nn.Module, folder: Path) -> Path:
    """The weights of all but the last part as a file of the run, named by its digest."""
    from safetensors.torch import save_file

    head = head_name(network)
    body = {name: tensor.contiguous() for name, tensor in tensors_of(network).items() if not name.startswith(head)}
    place = folder / PLACE / "written.safetensors"
    with replacing(place) as temporary:
        save_file(body, temporary)
    named = place.with_name(f"{sha256_of(place)[:DIGITS]}.safetensors")
    place.replace(named)
    return named
