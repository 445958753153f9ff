"""What reading may take: memory and disk of this machine, and its share of a budget of time.

Files come from strangers, and a few kilobytes can stand for more than any machine has: cells that repeat one long word,
zeros that pack a thousandfold, pictures of one colour. So a reader says what it would need before it takes it (`need`,
`need_disk`), or counts what it takes piece by piece (`Ration`), and a reading that does not fit is refused in one line.
`guarded` catches what no reader foresaw: the system then refuses memory to this process instead of ending it.

    memory    half of what is free: the other half is for networks. The least of the machine, its control groups, and
              the limits of this process (`ulimit -v`, `ulimit -d`)
    disk      nine tenths of what is free
    time      half of a budget, when there is one (`within`); readers say how far they are (`tick`)
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bestiary.errors import InputError
from bestiary.rows import machine

MEMORY, DISK, TIME = 0.5, 0.9, 0.5
"""Shares of free memory, of free disk and of a budget that reading may take."""
PATIENCE = 10.0  # seconds that reading may take of any budget: starting up on a busy machine is no fault of the data
SURE = 1.5  # times the allowed seconds that a reading must be reckoned to take before it is given up early
EARLY = 0.25  # share of the allowed seconds after which it is reckoned
BETWEEN = 3  # times the seconds so far that a reading is reckoned to take at most, where it was stopped between passes
_BUDGETS = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)  # seconds that people would type


def room() -> int:
    """Bytes of memory that one reading may take now."""
    return int(MEMORY * machine.free_memory())


@dataclass
class Ration:
    """Counts the bytes that a reading takes, and refuses more than its room, which is measured when it begins.

    Args:
        what: takes them, for the message: "the array x of a.npz".
        remedy: what a person can do.
        allowed: bytes; half of the free memory unless given.

    Example:
        >>> Ration("a.csv", "give fewer rows", allowed=100).take(200)
        Traceback (most recent call last):
        ...
        bestiary.errors.InputError: a.csv takes 200 bytes of memory; reading may take 100 bytes here; give fewer rows
    """

    what: str
    remedy: str
    allowed: int = field(default_factory=room)
    taken: int = 0

    def take(self, size: float) -> None:
        """Counts bytes that are about to be taken.

        Raises:
            InputError: when all together are more than is allowed.
        """
        more = "more than " if self.taken else ""
        self.taken += int(size)
        if self.taken > self.allowed:
            known = self.allowed if more else self.taken
            raise InputError(
                f"{self.what} takes {more}{shown(known)} of memory; reading may take {shown(self.allowed)} here; "
                f"{self.remedy}"
            )

    def give(self, size: float) -> None:
        """Bytes that were given back."""
        self.taken -= int(size)


class Turns:
    """Lets threads take memory together as long as it is no more than reading may take, else one after the other.

    What may be taken is measured whenever nobody holds anything.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._taken = self._allowed = 0

    @contextlib.contextmanager
    def take(self, size: float, what: str, remedy: str) -> Iterator[None]:
        """Holds bytes while it lasts; waits until there is room.

        Raises:
            InputError: for more than reading may take; see `Ration`.
        """
        with self._free:
            if not self._taken:
                self._allowed = room()
            Ration(what, remedy, self._allowed).take(size)
            self._free.wait_for(lambda: self._taken + size <= self._allowed or not self._taken)
            self._taken += int(size)
        try:
            yield
        finally:
            with self._free:
                self._taken -= int(size)
                self._free.notify_all()


def need(size: float, what: str, remedy: str) -> None:
    """Refuses memory that reading may not take; see `Ration`."""
    Ration(what, remedy).take(size)


def need_disk(folder: Path, size: float, what: str, remedy: str) -> None:
    """Refuses bytes that a folder's disk does not have: a memory map that outgrows its disk ends the process.

    Args:
        folder: that is written to; it need not exist yet.
        size: bytes.
        what: takes them.
        remedy: what a person can do.

    Raises:
        InputError: when it would take more than nine tenths of what is free.
    """
    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if size > DISK * free:
        raise InputError(f"{what} takes {shown(size)} on disk; {shown(free)} are free in {place}; {remedy}")


def need_temporary(size: float, what: str, remedy: str) -> None:
    """`need_disk` in the folder of temporary files."""
    need_disk(Path(tempfile.gettempdir()), size, what, f"{remedy}, or set TMPDIR to a larger disk")


def shown(size: float) -> str:
    """A number of bytes, for people.

    Example:
        >>> shown(512), shown(1.9e3), shown(6.4e9), shown(2.1e13)
        ('512 bytes', '1.9 kB', '6.4 GB', '21.0 TB')
    """
    for power, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= power:
            return f"{size / power:,.1f} {unit}"
    return f"{int(size)} bytes"


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """While it lasts, this process cannot take more memory than reading may; who asks for more is refused in one line.

    It stands behind the checks of the readers, for what they cannot foresee: a file whose header lies. Where the
    operating system knows no such limit, they stand alone.

    Args:
        what: is read.

    Raises:
        InputError: in place of the error of whoever was refused memory.
    """
    allowed = room()
    try:
        with machine.data_limit(allowed):
            yield
    except MemoryError as reason:  # that of Arrow is one too
        raise InputError(
            f"{what} takes more than {shown(allowed)} of memory, which is what reading may take here; "
            "give fewer rows, columns or pixels, or a machine with more free memory"
        ) from reason


def called(source: object) -> str:
    """What messages call data.

    Example:
        >>> called("runs/a.csv"), called([1, 2])
        ('a.csv', 'the data')
    """
    return Path(source).name if isinstance(source, str | Path) else "the data"


# ------------------------------------------------------------------------------------------------ time


class Watch(Protocol):
    """Who is told how far a reading has come."""

    def tick(self, share: float | None) -> None:
        """A share of all the work of reading is done, 0 to 1, as far as that can be told; None: as much as before."""
        ...


@dataclass
class Within:
    """Lets a reading take half of a budget.

    Args:
        budget: seconds.
        what: is read.
    """

    budget: float
    what: str = "the data"
    share: float = 0.0
    first: tuple[float, float, float] | None = None  # moments, as `_clocks`, and share of the first sign of progress

    @property
    def allowed(self) -> float:
        """Seconds that reading may take."""
        return max(PATIENCE, TIME * self.budget)

    def tick(self, share: float | None) -> None:
        """Gives up a reading that has taken too long, or that will take much too long at its pace so far.

        Raises:
            InputError: that names the budget in which it fits.
        """
        now, worked = _clocks()
        self.share = self.share if share is None else share
        self.first = self.first or (now, worked, self.share)  # what came before, imports above all, is not reading
        seconds = now - self.first[0]
        if seconds < self.budget:  # others that keep the machine busy are no fault of the data
            seconds = min(seconds, worked - self.first[1])
        reckoned = self._reckoned(seconds)
        if share is None:  # nobody knows how far it is between two passes
            reckoned = min(reckoned, BETWEEN * seconds)
        early = share is not None and seconds > max(EARLY * self.allowed, PATIENCE / 2)
        if seconds > self.allowed or (early and reckoned > SURE * self.allowed):
            raise self.refusal(max(reckoned, seconds))

    def _reckoned(self, seconds: float) -> float:
        """Seconds of the whole reading at its pace since the first sign of progress."""
        done = self.first[2] if self.first else 0.0
        if self.share > done:
            return seconds * (1 - done) / (self.share - done)
        return seconds / self.share if self.share > 0 and seconds > self.allowed else seconds

    def refusal(self, seconds: float) -> InputError:
        """One line for a reading that takes so many seconds."""
        return InputError(
            f"reading {self.what} takes about {_time(seconds)} here, more than half of the budget of "
            f"{_time(self.budget)}, which leaves too little to train; give --budget {fitting(1.1 * seconds / TIME)}, "
            "or fewer rows and columns"
        )


def _clocks() -> tuple[float, float]:
    """Seconds on the wall, and those that this process has worked."""
    return time.monotonic(), time.process_time()


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextlib.contextmanager
def within(watch: Watch) -> Iterator[None]:
    """While it lasts, readers tell this watch how far they are."""
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)


def tick(share: float | None = None) -> None:
    """Readers say that they are at work, and how far: a share of all their work, 0 to 1; see also `progress`."""
    watch = _WATCH.get()
    if watch is not None:
        watch.tick(share)


PARTS = {  # where each pass over the data begins and ends, as shares of all the work of reading; measured, not exact
    "scan": (0.0, 0.04),
    "gather": (0.04, 0.5),
    "sample": (0.5, 0.75),
    "write": (0.75, 1.0),
}


def progress(part: str, share: float) -> None:
    """A pass over the data is so far, 0 to 1."""
    begins, ends = PARTS[part]
    tick(begins + (ends - begins) * min(1.0, share))


def fitting(seconds: float) -> str:
    """The budget that people would type, from so many seconds on.

    Example:
        >>> fitting(45), fitting(170), fitting(4000)
        ('1m', '5m', '2h')
    """
    least = next((budget for budget in _BUDGETS if budget >= seconds), 86400 * math.ceil(seconds / 86400))
    if least < 60:
        return f"{least}s"
    return f"{least // 60}m" if least < 3600 else f"{least // 3600}h"


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
