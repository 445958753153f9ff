"""Standard output and standard error that end no work: a reader may leave, a disk be full, a letter be unknown."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

_INSTEAD = str.maketrans({
    "♦": "*", "·": "-", "•": "*", "…": ".", "–": "-", "—": "-", "−": "-", "×": "x", "±": "~", "²": "2",
    "━": "=", "─": "-", "│": "|", "█": "#", "╸": "=", "╺": "-", "└": "`", "├": "|", "┌": ",", "▸": ">", "◂": "<",
    "’": "'", "‘": "'", "“": '"', "”": '"', "ʼ": "'", "¦": "|", "→": ">", "←": "<", "≥": ">", "≤": "<",
    "\N{NO-BREAK SPACE}": " ",
})  # fmt: skip
"""Letters of our own -> what stands for them, as wide, where an encoding lacks them."""


class Outlet(io.TextIOBase):
    """A text stream in front of another one. What cannot be written is lost, and nothing else is.

    Args:
        stream: that is written to; None for one that was closed before the program began.

    Attributes:
        failure: the first error of writing; from then on nothing more is written.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.failure: OSError | None = None

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the stream, read only
        return getattr(self.stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return getattr(self.stream, "errors", None) or "strict"

    @property
    def closed(self) -> bool:
        return False

    @property
    def lost(self) -> bool:
        """Whether there is nobody to write to."""
        return self.stream is None

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.stream is not None and self.failure is None and self.stream.isatty()

    def fileno(self) -> int:
        if self.stream is None:
            raise io.UnsupportedOperation("fileno")
        return self.stream.fileno()

    def write(self, text: str) -> int:
        if self.stream is not None and self.failure is None:
            try:
                self.stream.write(encodable(text, self.encoding, self.errors))
            except OSError as reason:
                self._give_up(reason)
        return len(text)

    def flush(self) -> None:
        if self.stream is not None and self.failure is None:
            try:
                self.stream.flush()
            except OSError as reason:
                self._give_up(reason)

    def _give_up(self, reason: OSError) -> None:
        """What still waits in the stream goes nowhere, so that the end of the process does not fail on it."""
        self.failure = reason
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)

    @property
    def left(self) -> bool:
        """Whether the reader went away (`bestiary list | head -1`)."""
        return self.failure is not None and self.failure.errno in (errno.EPIPE, errno.ESHUTDOWN)


def encodable(text: str, encoding: str, errors: str = "strict") -> str:
    """A text with ASCII in the place of what an encoding lacks; "?" where nothing is like it.

    Args:
        text: to be written.
        encoding: of the stream.
        errors: how the stream itself treats what it lacks.

    Example:
        >>> encodable("♦ Zürich", "ascii"), encodable("♦ Zürich", "latin-1")
        ('* Z?rich', '* Zürich')
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = "".join(c if _known(c, encoding) else c.translate(_INSTEAD) for c in text)
        return text if errors != "strict" else text.encode(encoding, "replace").decode(encoding)
    except LookupError:
        pass
    return text


def _known(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@contextlib.contextmanager
def outlets() -> Iterator[Outlet]:
    """Both streams of the process as outlets, while it is entered; gives that of standard output."""
    _hold_places()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, _ = Outlet(sys.stdout), Outlet(sys.stderr)
    try:
        yield out
    finally:
        out.flush()
        sys.stdout, sys.stderr = before


def _hold_places() -> None:
    """Opens what was closed: else the first file that is written would be standard output to every child process."""
    for place in range(3):
        try:
            os.fstat(place)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
