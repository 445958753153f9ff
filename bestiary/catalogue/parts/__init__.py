"""Parts and methods, one file each in this folder, found by listing it. Nothing here imports torch."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from bestiary.catalogue.part import Part
from bestiary.errors import InputError, nearest

SORTS = {"part": "what networks consist of", "method": "how they learn, draw and are planned"}
"""What stands for a family in lists."""


def _found() -> tuple[Part, ...]:
    """Parts, then methods; by year, then by name."""
    files = sorted(module.name for module in pkgutil.iter_modules(__path__))
    parts: list[Part] = [importlib.import_module(f"{__name__}.{name}").PART for name in files]
    parts.sort(key=lambda one: (list(SORTS).index(one.sort), one.year, one.name))
    return tuple(parts)


PARTS: tuple[Part, ...] = _found()
_NAMED = {name: one for one in PARTS for name in (*one.calls, *one.aliases, one.name)}


def named(name: str) -> Part | None:
    """The part or method that has this name, or one of whose calls or sizes has it; None where there is none."""
    return _NAMED.get(name)


def every_name() -> list[str]:
    """All names that `part` takes."""
    return list(_NAMED)


def part(name: str, /) -> Callable[..., Any]:
    """What is called for a part or a method: a class of torch modules, a class, or a function.

    Args:
        name: of a part or method ("layer_norm", "backpropagation"), or of one of its forms ("leaky_relu"). The name of
            a part with several forms stands for its first.

    Returns:
        The class or function, which says what it takes: `help(bestiary.part("layer_norm"))`.

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> part("layer_norm")(width=4)
        LayerNorm()
    """
    found = named(name)
    if found is None:
        near = nearest(name, _NAMED)
        raise InputError(f"no part or method is named {name!r}{near}; `bestiary list --family part` shows all parts")
    target = found.calls.get(name) or next(iter(found.calls.values()))
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
