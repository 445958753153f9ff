"""What may come of a damaged file: it is used, or it is refused in one line. Nothing else, and not for ever."""

from __future__ import annotations

import signal
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from bestiary.errors import InputError

LONGEST = 60  # seconds, on a machine that has other work; the slowest takes about one


class TooLong(BaseException):
    """Not an `Exception`, so that nothing takes it for a damaged file."""


@contextmanager
def limited(seconds: int = LONGEST) -> Iterator[None]:
    """Ends what takes longer."""

    def ring(*_: object) -> None:
        raise TooLong(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fault(use: Callable[[], object]) -> str:
    """What is wrong with how a file was used; nothing where it was used, or refused as it should be."""
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            use()
    except InputError as refusal:
        return told_badly(str(refusal))
    except (Exception, TooLong) as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/bestiary/" in frame.filename][-1:]
        places = dict.fromkeys(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in [*ours, where])
        return f"{type(error).__name__}: {str(error)[:150]!r} at {', '.join(places)}"
    return ""


def told_badly(line: str) -> str:
    """Why a refusal is none that helps: several lines, none at all, or the words of an exception alone."""
    if not line.strip():
        return "refused without a word"
    if "\n" in line.strip():
        return f"refused in several lines: {line[:150]!r}"
    return f"refused at length: {len(line):,} characters" if len(line) > 2_000 else ""


def faults(cases: Iterable[tuple[str, Callable[[], object]]]) -> list[str]:
    """All that went wrong, each with what tells the case."""
    return [f"{name}: {wrong}" for name, use in cases if (wrong := fault(use))]
