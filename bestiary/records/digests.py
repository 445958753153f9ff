"""Checksums of what a race writes and reads again, so that a flipped bit is met with words and not with other figures.

XXH3 finds accidents, at the speed of memory; it is no defence against someone who changes a file and its digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xxhash

from bestiary.errors import InputError
from bestiary.files import TEMPORARY, write_text
from bestiary.records import door

NAME, RESULT = "digests.json", "result.json"
PARTS = ("data", "sealed")
_AT_ONCE = 1 << 22  # bytes


def digest(path: Path) -> str:
    """XXH3 of a file, 128 bits in hexadecimal."""
    found, buffer = xxhash.xxh3_128(), memoryview(bytearray(_AT_ONCE))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            found.update(buffer[:count])
    return found.hexdigest()


# ------------------------------------------------------------------------------------------------------- data


def write_digests(folder: Path) -> None:
    """Writes `digests.json` over everything in `data/` and `sealed/` of a run."""
    found = {path.relative_to(folder).as_posix(): digest(path) for path in _files(folder, PARTS)}
    write_text(folder / NAME, json.dumps({"format": 1, "xxh3_128": found}, indent=1))


def check_data(folder: Path, parts: Sequence[str] = PARTS) -> str:
    """Refuses encoded data that are not as they were written.

    Args:
        folder: of the run.
        parts: which of `data` and `sealed`.

    Returns:
        What a person should know: that a run of an older version has no digests; else "".

    Raises:
        InputError: naming the first file that is missing, has been changed, or was put beside them.
    """
    path = folder / NAME
    if not path.exists():
        return "the encoded data of this run have no digests, so changes to them cannot be detected"
    try:
        written = {str(name): value for name, value in json.loads(path.read_text(encoding="utf-8"))["xxh3_128"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as reason:
        raise InputError(f"expected the digests of the data in {path}; it cannot be read; {_AFRESH}") from reason
    present = {p.relative_to(folder).as_posix(): p for p in _files(folder, parts)}
    for name in sorted(name for name in written if name.partition("/")[0] in parts):
        if name not in present:
            raise InputError(f"expected {name} in {folder}; it is missing; {_AFRESH}")
        if digest(present[name]) != written[name]:
            raise InputError(f"expected {folder / name} as it was written; it has been changed since; {_AFRESH}")
    added = sorted(name for name in present if name not in written and name.endswith(".npy"))
    if added:
        raise InputError(f"expected in {folder} what the race wrote; {added[0]} was put there since; remove it")
    return ""


_AFRESH = "restore it from a copy, or start the race again with `bestiary race --plan` and the data"


def _files(folder: Path, parts: Sequence[str]) -> list[Path]:
    found = (path for part in parts for path in (folder / part).rglob("*"))
    return [path for path in found if path.is_file() and not TEMPORARY.fullmatch(path.name)]


# ---------------------------------------------------------------------------------------- results of trainings


def write_result(folder: Path, words: Mapping[str, Any], files: Sequence[str]) -> None:
    """Writes `result.json` of a training or a baseline, with digests of its files and of itself.

    Args:
        folder: of the training.
        words: what it came to.
        files: names of those that the words tell of.
    """
    plain = json.loads(json.dumps(dict(words), default=str))
    plain["files"] = {name: digest(folder / name) for name in files}
    write_text(folder / RESULT, json.dumps({**plain, "digest": _of_words(plain)}))


def read_words(folder: Path) -> dict[str, Any] | None:
    """The words of a training or a baseline as they were written; None where there are none, or they are damaged.

    Raises:
        InputError: for a link that leads out of the folder.
    """
    path = folder / RESULT
    if not path.exists() and not path.is_symlink():
        return None
    door.own_file(path, folder)
    try:
        words = door.words(path, inside=folder)
    except InputError:
        return None
    return words if isinstance(words, dict) and words.pop("digest", None) == _of_words(words) else None


def _of_words(words: Mapping[str, Any]) -> str:
    return xxhash.xxh3_128_hexdigest(json.dumps(words, sort_keys=True).encode())


def check_result(folder: Path) -> None:
    """Refuses what a training left behind where any of its files is not as it was written.

    Raises:
        InputError: naming the file.
    """
    found = read_words(folder)
    if found is None:
        raise InputError(f"expected {folder / RESULT} as the training wrote it; it is missing or damaged; {_TRAIN}")
    for name, written in found["files"].items():
        path = folder / Path(name).name
        if not path.is_file() or digest(path) != written:
            raise InputError(f"expected {path} as the training wrote it; it is missing or damaged; {_TRAIN}")


_TRAIN = "it is made again by `bestiary race --resume RUN`, with --add where the race has been judged"
