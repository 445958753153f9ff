"""Which network and settings a name and further words mean, for one architecture that is named."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, Union, cast, get_args, get_origin, get_type_hints

import torch

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.catalogue import Contender, Row
from bestiary.errors import InputError, nearest
from bestiary.planning.contenders import Candidate, candidates, recipe_for
from bestiary.planning.plan import Plan
from bestiary.rows.store import read_spec


def chosen_size(
    name: str, row: Row, plan: Plan, folder: Path, words: dict[str, object], *, tuned: bool = False
) -> Candidate:
    """The network and settings that a name and further words mean.

    Args:
        name: "lstm", "resnet/small" or "resnet50".
        row: that it is of.
        plan: of the data.
        folder: of the run.
        words: of the network or its recipe, which replace the usual ones.
        tuned: whether it begins with weights, and so learns by fine-tuning.

    Raises:
        InputError: when the architecture does not take such data, or a word is unknown.
    """
    spec = read_spec(folder / "data")[0]
    if "/" in name or name == row.name:
        sizes = candidates(plan.kind, plan.problem, spec, plan.rows["train"], [name])[0][0].sizes
    else:
        size = catalogue.size(name)
        if size.kind and size.kind != plan.kind:
            raise InputError(
                f"{name} takes {size.kind} data; these are {plan.kind}; try `bestiary list --kind {plan.kind}`"
            )
        if recipe_for(row, plan.problem) is None:
            raise InputError(f"{row.name} has no recipe for {plan.problem}; it learns {', '.join(row.recipes)}")
        decided = {**spec.sizes(), "channels": 0, "features": 0}
        keywords = {word: value for word, value in size.keywords.items() if word not in decided}
        sizes = (Contender(size.name, size.network, keywords),)
    recipe = cast("tuple[str, str]", recipe_for(row, plan.problem))[1]
    if tuned:
        recipe = tuned_recipe(row, recipe)
    of_recipe, of_network = _sorted_words(words, recipe, sizes[0].network)
    changed = tuple(replace(s, keywords={**s.keywords, **of_network}) for s in sizes)
    if of_network:
        changed = changed[:1]
    known = inspect.signature(resolve(recipe)).parameters
    usual = (changed[-1].settings if tuned else ()) or row.settings
    settings = {**{word: value for word, value in usual[0].items() if word in known}, **of_recipe}
    with torch.device("meta"):  # costs nothing, and refuses words in one line before anything is started
        network = build(changed[-1].network, changed[-1].keywords, spec)
        resolve(recipe)(network, spec, **settings)
    return Candidate(replace(row, settings=(settings,)), changed, recipe)


def tuned_recipe(row: Row, recipe: str) -> str:
    """The recipe by which an architecture learns on from weights.

    Raises:
        InputError: for one that learns otherwise than by cross-entropy or errors of values alone.
    """
    if recipe not in catalogue.FINE_TUNING:
        raise InputError(
            f"{row.name} learns by {recipe.rpartition('.')[2]}, which cannot begin with weights; leave them out"
        )
    return catalogue.FINE_TUNING[recipe]


def _sorted_words(words: dict[str, object], recipe: str, network: str) -> tuple[dict[str, object], dict[str, object]]:
    """Words of the recipe, and words of the network."""
    former = getattr(resolve(recipe), "former", {})
    words = {former.get(word, word): value for word, value in words.items()}
    of_recipe = [n for n, p in inspect.signature(resolve(recipe)).parameters.items() if p.kind is p.KEYWORD_ONLY]
    of_network = list(inspect.signature(resolve(network)).parameters)
    for word in words:
        if word not in of_recipe and word not in of_network:
            known = [*of_network, *of_recipe]
            raise InputError(f"expected one of {', '.join(known)}; received {word!r}{nearest(word, known)}")
    return (
        {word: typed(word, value, resolve(recipe)) for word, value in words.items() if word in of_recipe},
        {word: typed(word, value, resolve(network)) for word, value in words.items() if word not in of_recipe},
    )


SHOWN = {int: "a whole number", float: "a number", bool: "True or False", str: "a word", NoneType: "None"}


def typed(word: str, value: object, taker: Callable[..., object]) -> object:
    """A value of the type that a network or recipe declares for it; one number may stand for a tuple of one.

    Raises:
        InputError: for a value of another type.

    Example:
        >>> from bestiary.architectures.feedforward.mlp import MLP
        >>> typed("widths", 64, MLP)
        (64,)
    """
    declared = get_type_hints(taker.__init__ if inspect.isclass(taker) else taker).get(word, object)
    for one in get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,):
        parts = get_args(one)
        if get_origin(one) is Literal:
            if value in parts:
                return value
        elif get_origin(one) in (tuple, list, Sequence):
            values = tuple(value) if isinstance(value, tuple | list) else (value,)
            if all(_fits(v, parts[0]) for v in values):
                return values
        elif _fits(value, one):
            return value
    raise InputError(f"{word} must be {_shown(declared)}; received {value!r}")


def _fits(value: object, kind: object) -> bool:
    if kind in (int, float):
        return isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    return not isinstance(kind, type) or isinstance(value, kind)


def _shown(declared: object) -> str:
    origin, parts = get_origin(declared), get_args(declared)
    if origin in (Union, UnionType):
        return " or ".join(map(_shown, parts))
    if origin is Literal:
        return ", ".join(map(repr, parts))
    if origin in (tuple, list, Sequence):
        return f"{SHOWN.get(parts[0], parts[0])} or several with commas, such as 64,32"
    return SHOWN.get(cast("type", declared), str(declared))
