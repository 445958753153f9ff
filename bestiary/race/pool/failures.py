"""Why a process of a race ended, and when the race cannot go on."""

from __future__ import annotations

from pathlib import Path

from bestiary.errors import InputError
from bestiary.race.pool.worker import DISK, FAILURE, FILES
from bestiary.race.pool.workers import LOST
from bestiary.records import door
from bestiary.records.training import Failure


def refuse_machine(reason: str, code: int) -> None:
    """Ends a race that the machine cannot go on with, whoever's process has met it.

    Raises:
        InputError: when the disk is full or too many files are open.
    """
    if code == DISK:
        raise InputError(f"{reason}; make room or choose another folder with --out, then use race --resume")
    if code == FILES:
        raise InputError(f"{reason}; raise the limit of open files (ulimit -n), then use race --resume")


def failure(folder: Path, code: int) -> str:
    """Why a process ended: its own words, or the signal that killed it."""
    try:
        return door.read(folder / FAILURE, Failure, inside=folder)["reason"]
    except InputError:  # it was killed before it could say
        if code == LOST:
            return "lost: its parent process was killed"
        return f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}, without giving a reason"
