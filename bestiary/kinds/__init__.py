"""What data are, a folder each: how a kind is read, encoded, stored and shown.

`kind.py` of a folder holds its descriptor, `KIND`; kinds are found by listing the folders.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from pathlib import Path

from bestiary.errors import InputError, nearest
from bestiary.kinds.kind import Kind

__all__ = ["Kind", "every", "find", "names"]


@functools.cache
def every() -> Mapping[str, Kind]:
    """All kinds by name, those first that are looked for first."""
    found = [
        importlib.import_module(f"{__name__}.{path.parent.name}.kind").KIND
        for path in sorted(Path(__file__).parent.glob("*/kind.py"))
    ]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: (kind.precedence, kind.name))}


def names() -> tuple[str, ...]:
    """Names of all kinds.

    Example:
        >>> "table" in names()
        True
    """
    return tuple(every())


def find(name: str) -> Kind:
    """The kind of a name.

    Raises:
        InputError: when there is none, with the nearest.

    Example:
        >>> find("image").file
        'new_images/'
    """
    if name not in every():
        known = names()
        raise InputError(
            f"kind must be {', '.join(known[:-1])} or {known[-1]}; received {name!r}{nearest(name, known)}"
        )
    return every()[name]
