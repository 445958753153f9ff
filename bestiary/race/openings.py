"""How often the test rows of a data set have been opened on this machine: every opening makes them less of a test."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from bestiary.rows.store import write_text

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

    Where the person's data folder cannot be written, this one is still counted, but not remembered.
    """
    path = ledger()
    try:
        counts = json.loads(path.read_text(encoding="utf-8"))
        known = int(counts.get(digest, 0))
    except (OSError, ValueError, TypeError, AttributeError):
        counts, known = {}, 0
    with contextlib.suppress(OSError):
        write_text(path, json.dumps({**counts, digest: known + 1}, indent=1))
    return known + 1


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
