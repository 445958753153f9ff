"""Which code a name in a file may stand for: what the catalogue names, and what the person at hand has named.

A plan, a job, a saved model or encoded data may have come from anyone. A name in them is compared with these lists
before `architectures.build.resolve` or `data.worlds.open_world` imports anything for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from bestiary import catalogue, tasks
from bestiary.errors import InputError, nearest

_WORLD = re.compile(r"([A-Za-z0-9_\-]{1,100}/)?[A-Za-z0-9_.\-]{1,100}")
_given: set[str] = set()


def give(names: Iterable[str]) -> None:
    """Lets files name code that the catalogue does not know, in this process and those that it starts.

    Args:
        names: "module:name" of networks, recipes and environments, from the person herself, never from a file.

    Example:
        >>> give(["my_worlds:Corridor"])
        >>> check_world("my_worlds:Corridor")
        'my_worlds:Corridor'
    """
    _given.update(names)


def given() -> tuple[str, ...]:
    """What `give` was told, for a process that is started."""
    return tuple(sorted(_given))


@cache
def networks(architecture: str | None = None) -> frozenset[str]:
    """Classes that the catalogue names: of one architecture, or of all."""
    rows = catalogue.ROWS if architecture is None else (catalogue.find(architecture),)
    sizes = {size.network for row in rows for size in row.sizes}
    return frozenset(sizes | {c.network for row in rows for contenders in row.races.values() for c in contenders})


@cache
def recipes(architecture: str | None = None) -> frozenset[str]:
    """Functions that the catalogue, or a task that lends them, names as ways of learning: of one row, or of all."""
    rows = catalogue.ROWS if architecture is None else (catalogue.find(architecture),)
    named = frozenset(recipe for row in rows for recipe in row.recipes.values())
    named |= {tuned for recipe, tuned in catalogue.FINE_TUNING.items() if recipe in named}
    return named | {own for task in tasks.every().values() for theirs, own in task.recipes.items() if theirs in named}


def check_network(name: str, architecture: str | None = None) -> str:
    """The name itself, when it is that of a network of the catalogue.

    Raises:
        InputError: for anything else; nothing is imported.

    Example:
        >>> check_network("bestiary.architectures.feedforward.mlp:MLP")
        'bestiary.architectures.feedforward.mlp:MLP'
    """
    return _check(name, networks(architecture), "network", architecture)


def check_recipe(name: str, architecture: str | None = None) -> str:
    """The name itself, when it is that of a recipe of the catalogue.

    Raises:
        InputError: for anything else; nothing is imported.
    """
    return _check(name, recipes(architecture), "recipe", architecture)


def check_world(name: str) -> str:
    """The name of an environment, when it is a plain id of gymnasium's, or the person has named it herself.

    Raises:
        InputError: for "module:Class" that only a file names; nothing is imported.

    Example:
        >>> check_world("CartPole-v1")
        'CartPole-v1'
    """
    if name in _given:
        return name
    if ":" in name:
        raise InputError(f"this folder acts in {name!r}, whose code would be run; to allow it: --environment {name}")
    if not _WORLD.fullmatch(name):
        raise InputError(f"expected the name of an environment; received {name[:100]!r}; try CartPole-v1")
    return name


def _check(name: str, known: frozenset[str], what: str, architecture: str | None) -> str:
    if name in known or name in _given:
        return name
    owner = architecture or "the catalogue"
    raise InputError(f"{owner} has no {what} {name[:200]!r}{nearest(name[:200], known)}; it is not imported")
