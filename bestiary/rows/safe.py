"""Fitted scikit-learn parts on disk, without pickle: skops files that may hold nothing but what is named here."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

from bestiary.errors import InputError
from bestiary.files import replacing
from bestiary.rows.skops_io import skops_io

LARGEST = 4 << 30  # bytes of a file when unpacked


def save(thing: object, path: Path) -> None:
    """Writes a fitted part, whole or not at all."""
    with replacing(path) as temporary:
        skops_io().dump(thing, temporary)


def load(path: Path, allowed: Iterable[str]) -> object:
    """Reads a fitted part back.

    Args:
        path: what `save` wrote.
        allowed: "module.Class" of everything that may be inside.

    Raises:
        InputError: when the file is damaged, or holds anything else; nothing of it is loaded then.
    """
    known = set(allowed)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST:
                raise InputError(f"{path.name} unpacks to more than {LARGEST >> 30} GB; it is not loaded")
            found = names_in(json.loads(archive.read("schema.json")))
        foreign = sorted(found - known)
        if foreign:
            raise InputError(f"{path.name} holds {foreign[0]}, which a saved encoder never does; it is not loaded")
        io = skops_io()
        untrusted = io.get_untrusted_types(file=path)
        return io.load(path, trusted=[name for name in untrusted if name in known])
    except InputError:
        raise
    except Exception as reason:  # a damaged file breaks inside skops in many ways
        text = " ".join(str(reason).split())[:160]
        raise InputError(
            f"{path.name} is damaged or not of this version ({type(reason).__name__}: {text}); save it again"
        ) from None


def names_in(node: object) -> set[str]:
    """Every "module.Class" of a skops schema, functions included."""
    if isinstance(node, list):
        return {name for child in node for name in names_in(child)}
    if not isinstance(node, dict):
        return set()
    here = {f"{node['__module__']}.{node['__class__']}"} if "__class__" in node and "__module__" in node else set()
    return here | {name for child in node.values() for name in names_in(child)}
