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
from bestiary.planning.chosen import chosen_size, tuned_recipe
from bestiary.planning.contenders import Candidate, candidates
from bestiary.planning.entry import chosen
from bestiary.planning.plan import Plan
from bestiary.planning.sizing import fair_share
from bestiary.planning.views import begun_with, seen, size_of
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
            raise InputError(f"--pretrained takes NAME=FILE, such as resnet18=resnet18.pth; received {word!r}")
        found[name.strip()] = file
    return found


def placed(weights: Mapping[str, str | Path]) -> dict[str, str]:
    """The same with whole paths, so that they are found from anywhere; names of published weights stay."""
    return {name: str(Path(file).resolve() if Path(file).exists() else file) for name, file in weights.items()}


def check_weights(weights: Mapping[str, str | Path]) -> None:
    """Refuses what no architecture is called, and files that are not there, before anything is read."""
    for name, given in weights.items():
        catalogue.find(name.partition("/")[0])
        know(given, size_of(name))


def pretrained(candidate: Candidate, name: str, given: str | Path, folder: Path, plan: Plan) -> Candidate:
    """A candidate that begins with the weights of a file, which is copied into the run in our names.

    Args:
        candidate: with its sizes from large to small; the largest that the file fits is taken.
        name: by which the person named it.
        given: the file, the folder of a model or run, or the name of published weights.
        folder: of the run.
        plan: of the data.

    Raises:
        InputError: when no size fits the file, or the data are of a kind to which weights of other data mean nothing.
    """
    kind = kinds.find(plan.kind)
    if not kind.carry:
        raise InputError(
            f"weights trained on other data do not fit {plan.kind} data with other columns; leave --pretrained out"
        )
    known = know(given, size_of(name))
    spec, _ = read_spec(folder / "data")
    size, network, told = _fitting(candidate, known, Path(given), spec, folder, plan)
    file = _kept(network, folder)
    head = head_name(network)
    fresh = f"its last part ({head.rstrip('.')}) is newly initialised"
    made = replace(candidate, sizes=(size,), weights=f"{PLACE}/{file.name}", knows=known.seen)
    label = f"{candidate.row.name}/{size.name}{made.ending}"
    note = f"{label} starts from weights that have seen {known.seen}; {f'{told}; ' if told else ''}{fresh}"
    return replace(made, note=note)


def knowing(candidate: Candidate, folder: Path, plan: Plan) -> Candidate:
    """A candidate as it races: one that reads the data by published weights, or begins with them, says what it knows.

    Args:
        candidate: from the catalogue.
        folder: of the run.
        plan: of the data.
    """
    size = candidate.sizes[0]
    if not size.known:
        return candidate
    name = f"{candidate.row.name}/{size.name}"
    if size.begins:
        settings = tuple(dict(setting) for setting in size.settings) or candidate.row.settings
        recipe = tuned_recipe(candidate.row, candidate.recipe)
        tuned = replace(candidate, row=replace(candidate.row, settings=settings), recipe=recipe)
        given = begun_with(size)
        assert given is not None  # else it would not be a candidate
        return pretrained(tuned, name, given, folder, plan)
    what = seen(size)
    note = f"{name} learns a linear layer on what a frozen network says, whose weights have seen {what}"
    parameters = catalogue.size(size.known).parameters or 0
    return replace(candidate, knows=what, frozen=(parameters, plan.view_seconds), note=note)


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


def entrants(folder: Path, plan: Plan) -> list[Candidate]:
    """Everyone who may race on the data of a run, those with weights included; the plan says who is left out."""
    spec = read_spec(folder / "data")[0]
    found, left_out = candidates(
        plan.kind, plan.problem, spec, plan.rows["train"], plan.contenders or None, plan.exclude or None
    )
    plan.left_out.update(left_out)
    usual = [one for one in found if f"{one.row.name}/{one.sizes[0].name}" not in plan.weights]
    if not plan.contenders:
        usual = _with_time(usual, plan, spec)
    return [*(knowing(one, folder, plan) for one in usual), *entering(plan.weights, folder, plan)]


def _with_time(found: list[Candidate], plan: Plan, spec: Spec) -> list[Candidate]:
    """Everyone, or those for whom there is time; those who begin with published weights have a rule of their own."""
    rivals = len(plan.rivals)
    names = list(dict.fromkeys(one.row.name for one in found if not one.begins))
    features = spec.sizes().get("features", 0)
    data = plan.kind, plan.problem, plan.rows["train"], features if isinstance(features, int) else 0
    entered, out = chosen(names, data, lambda count: fair_share(plan.budget, plan.workers, count, rivals))
    plan.left_out.update(out)
    plan.candidates = len(names) if out else 0
    return [one for one in found if one.begins or one.row.name in entered]


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
