"""Hostile copies of the files that the program reads back: field by field, and whole."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bestiary.cli.main import main

CANARY = "canary_of_the_tests"
"""A module that can be imported; whoever imports it or calls what is in it leaves a mark."""
Steps = tuple[str | int, ...]

VALUES: dict[str, Any] = {
    "another module": f"{CANARY}:run",
    "a path that climbs": "../../../outside/loot",
    "a list": [],
    "words": {"a": 1},
    "nothing": None,
    "a huge number": 10**30,
    "a number with a point": 7.5,
    "less than nothing": -1,
    "a truth": True,
}


def fields(found: Any, place: Steps = ()) -> Iterator[Steps]:
    """Every field of a file; of a list the first item and the list itself, as the others are alike."""
    if place:
        yield place
    if isinstance(found, dict):
        for word, value in found.items():
            yield from fields(value, (*place, word))
    elif isinstance(found, list) and found:
        yield from fields(found[0], (*place, 0))


def put(found: Any, place: Steps, value: Any) -> Any:
    """A copy with one field changed."""
    changed = copy.deepcopy(found)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def get(found: Any, place: Steps) -> Any:
    """A field."""
    for step in place:
        found = found[step]
    return found


def whole(outside: Path) -> dict[str, Callable[[Path], object]]:
    """What may stand in the place of a file."""

    def link(path: Path) -> None:
        (outside / path.name).write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(outside / path.name)

    def replaced(make: Callable[[Path], object]) -> Callable[[Path], object]:
        return lambda path: (path.unlink(), make(path))

    return {
        "a link out of the folder": link,
        "a link to itself": replaced(lambda path: path.symlink_to(path)),
        "a folder": replaced(lambda path: path.mkdir()),
        "a pipe": replaced(lambda path: os.mkfifo(path)),
        "nothing in it": lambda path: path.write_bytes(b""),
        "no text": lambda path: path.write_bytes(b"\xff\xfe\x00" * 99),
        "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        "a list": lambda path: path.write_text("[]"),
        "a word": lambda path: path.write_text('"word"'),
        "a tower": lambda path: path.write_text("[" * 200_000),
        "a number of many digits": lambda path: path.write_text("9" * 10_000),
        "no number": lambda path: path.write_text('{"format": NaN}'),
    }


@dataclass
class Trial:
    """Runs the command line in this process, and watches that nothing runs or changes that should not.

    Attributes:
        outside: a folder that nobody may touch.
        runs, refused, taken: how many commands were run, refused in one line, and carried out.
    """

    outside: Path
    capsys: pytest.CaptureFixture[str]
    runs: int = 0
    refused: int = 0
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = digests(self.outside)

    def run(self, words: list[str], about: str) -> int:
        """One command; it ends well, or with one clear line and exit code 2."""
        self.runs += 1
        code = main(words)
        err = self.capsys.readouterr().err
        told = f"{about}: {' '.join(words[:2])} ended with {code}: {err}"
        assert code in (0, 2), told
        assert CANARY not in sys.modules, told
        assert digests(self.outside) == self.before, told
        if code == 2:
            last = err.strip().splitlines()
            assert len(last) == 1 and last[0].startswith("error: "), told
            assert "Traceback" not in err and "fault of bestiary itself" not in err and len(last[0]) < 700, told
            self.refused += 1
        else:
            self.taken.append(about)
        return code


def digests(folder: Path) -> dict[str, str]:
    """Of every file of a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def plant_canary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the module that must never be imported, for this process and those that it starts; returns its mark."""
    mark = folder / "it-ran"
    (folder / f"{CANARY}.py").write_text(
        f"import pathlib\nMARK = pathlib.Path({str(mark)!r})\nMARK.write_text('imported')\n"
        "def run(*words, **more):\n    MARK.write_text('run')\nclass World:\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
    return mark


def again(file: Path, words: Any) -> None:
    """Writes JSON, with the digits of numbers as they are."""
    file.write_text(json.dumps(words))
