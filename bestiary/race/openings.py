"""How often the test rows of a data set have been opened on this machine: every opening makes them less of a test."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bestiary.errors import InputError
from bestiary.files import open_plain, write_text

PATIENCE = 5.0  # seconds; counting takes some thousandths

_WORDS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ledger() -> Path:
    """Where openings are counted: `openings.json` in the person's own data folder."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home())
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "bestiary" / "openings.json"


def count_opening(digest: str) -> int:
    """Notes one more opening of the data with this digest; returns how many there have been.

    Races that end at the same moment wait for each other. Where the person's data folder cannot be written, this one is
    still counted, but not remembered. A ledger that cannot be read is kept beside the new one.
    """
    path = ledger()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_suffix(".lock")):
            counts = _read(path)
            known = _number(counts.get(digest))
            write_text(path, json.dumps({**counts, digest: known + 1}, indent=1))
    except OSError:
        known = _number(_read(path).get(digest))
    return known + 1


def _read(path: Path) -> dict[str, object]:
    try:
        counts = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(counts, dict):
            return counts
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        pass
    with contextlib.suppress(OSError):
        path.replace(path.with_suffix(".damaged.json"))
    return {}


def _number(count: object) -> int:
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**31 else 0


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; whoever has waited `PATIENCE` seconds goes on all the same."""
    try:
        handle = open_plain(path, os.O_RDWR)
    except InputError as reason:  # a link in its place: nothing is written there
        raise OSError(str(reason)) from reason
    try:
        until = time.monotonic() + PATIENCE
        while not _taken(handle) and time.monotonic() < until:
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ordinal(number: int) -> str:
    """A number as people say it.

    Example:
        >>> ordinal(3), ordinal(21)
        ('third', '21st')
    """
    if number < len(_WORDS):
        return _WORDS[number]
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
