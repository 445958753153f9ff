"""The one door for files that are read back: the right type in every field, or one line that says what is wrong."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bestiary.errors import InputError

T = TypeVar("T")
ADVICE = "give the folder as bestiary wrote it"
LARGEST = 64 << 20  # bytes of a file of words
MOST = 2**63 - 1  # "as many as there are" is written so


def read(file: Path, shape: type[T], *, inside: Path, advice: str = "", largest: int = LARGEST) -> T:
    """What a JSON file holds, as the type that it must have.

    Args:
        file: to be read.
        shape: a dataclass or a TypedDict; its annotations say which type, and which bounds, each field has.
        inside: the folder that the file must lie in; a link that leads out of it is refused.
        advice: what to do about a file that cannot be used.
        largest: size in bytes.

    Raises:
        InputError: one line, for whatever is wrong with the file.
    """
    advice = advice or ADVICE
    return shaped(words(file, inside=inside, advice=advice, largest=largest), shape, str(file), advice)


def words(file: Path, *, inside: Path, advice: str = "", largest: int = LARGEST) -> object:
    """What a JSON file holds, with every number bounded.

    Raises:
        InputError: when it is missing, a link out of `inside`, no plain file, too large, or no JSON.
    """
    advice = advice or ADVICE
    text = content(file, inside=inside, advice=advice, largest=largest)
    try:
        found = json.loads(text.decode("utf-8"))
        _check_numbers(found)
    except (ValueError, RecursionError) as reason:
        told = "it is nested too deeply" if isinstance(reason, RecursionError) else str(reason)[:200]
        raise InputError(f"expected JSON in {file}; received something else ({told}); {advice}") from None
    return found


def content(file: Path, *, inside: Path, advice: str = "", largest: int = LARGEST) -> bytes:
    """The bytes of a file of a folder; for the arguments and errors see `words`."""
    own_file(file, inside, advice)
    try:
        size = file.stat().st_size
        if size > largest:
            raise InputError(f"expected at most {largest:,} bytes in {file}; received {size:,}; {advice}")
        return file.read_bytes()
    except OSError as reason:
        raise InputError(f"{file} cannot be read ({reason.strerror}); {advice}") from None


def own_file(file: Path, inside: Path, advice: str = "") -> Path:
    """The file itself, when it is a plain file that lies in a folder.

    Raises:
        InputError: when it is missing, leads out of the folder, or is a folder, a pipe or a device.
    """
    advice = advice or ADVICE
    try:
        real = file.resolve(strict=True)
        mode = real.stat().st_mode
        contained = real.is_relative_to(inside.resolve(strict=True))
    except (OSError, RuntimeError, ValueError) as reason:
        told = getattr(reason, "strerror", None) or "links lead in a circle"
        raise InputError(f"expected a file at {file}; {told}; {advice}") from None
    if not contained:
        raise InputError(f"{file} leads out of its folder, which must hold its own files; {advice}")
    if not stat.S_ISREG(mode):
        raise InputError(f"expected a file at {file}; it is a folder, a pipe or a device; {advice}")
    return file


def closed(folder: Path) -> Path:
    """A folder whose links all lead to places within it, and which holds nothing but files and folders.

    Raises:
        InputError: for the first link that leads out of it or nowhere, and for pipes, sockets and devices, which never
            end.
    """
    if not folder.is_dir():
        return folder
    home = folder.resolve()
    for where, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(where, name)
            if path.is_symlink():
                try:
                    leads = path.resolve(strict=True)
                except (OSError, RuntimeError):
                    raise InputError(f"{path} is a link that leads nowhere; remove it") from None
                if not leads.is_relative_to(home):
                    raise InputError(f"{path} leads out of its folder, which must hold its own files; remove the link")
            elif not stat.S_ISREG(mode := path.lstat().st_mode) and not stat.S_ISDIR(mode):
                raise InputError(f"{path} is a pipe, a socket or a device, which is never read; remove it")
    return folder


def shaped(found: object, shape: type[T], name: str, advice: str = "") -> T:
    """Plain words as the type that they must have.

    Args:
        found: of JSON.
        shape: a dataclass or a TypedDict.
        name: what they are, for the message.
        advice: what to do.

    Raises:
        InputError: for a field that is missing, of another type, out of its bounds, or unknown.
    """
    known = typed(found, shape, name, advice)
    if stranger := _stranger(found, msgspec.to_builtins(known)):
        raise InputError(f"{name} is not as it was written: {stranger!r} is not known; {advice or ADVICE}")
    return known


def typed(found: object, shape: type[T], name: str, advice: str = "") -> T:
    """As `shaped`, where further words than those of the type may stand beside them; these are left out.

    Raises:
        InputError: for a field that is missing, of another type, or out of its bounds.
    """
    try:
        return msgspec.convert(found, shape)
    except (msgspec.ValidationError, OverflowError, RecursionError) as reason:
        raise InputError(f"{name} is not as it was written: {_plain(str(reason))}; {advice or ADVICE}") from None


def _plain(reason: str) -> str:
    """A message of the library as one line in our words.

    Example:
        >>> _plain("Expected `int`, got `str` - at `$.seed`")
        'expected int, got str at seed'
    """
    text = re.sub(r"`str` matching regex '.*'", "a plain name", reason)
    text = text.replace(" - at `$.", " at ").replace(" - at `$", " at the top").replace("`", "")
    return text[:1].lower() + text[1:300]


def _stranger(found: object, known: object, place: str = "") -> str:
    """The first word that the type does not have; "" where there is none."""
    if isinstance(found, Mapping) and isinstance(known, Mapping):
        for word, value in found.items():
            here = f"{place}.{word}".strip(".")
            if word not in known:
                return here[:100]
            if deeper := _stranger(value, known[word], here):
                return deeper
    elif isinstance(found, list) and isinstance(known, list | tuple):
        for number, (one, other) in enumerate(zip(found, known)):
            if deeper := _stranger(one, other, f"{place}[{number}]"):
                return deeper
    return ""


def _check_numbers(found: object) -> None:
    """Refuses whole numbers that no count of ours comes near."""
    waiting: list[Any] = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int) and abs(one) > MOST:
            raise ValueError(f"the number {str(one)[:20]}... is too large")


def finite(value: object) -> bool:
    """Whether it is a number that is neither NaN nor infinite.

    Example:
        >>> finite(1), finite(float("nan")), finite(True), finite("1")
        (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
