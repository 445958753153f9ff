"""Errors for people: one line that says what was expected, what came and what to do, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

from bestiary.cli.output import remark
from bestiary.cli.words import as_options
from bestiary.errors import InputError
from bestiary.printable import one_line, printable

FAULT, INPUT, STOPPED = 1, 2, 130
LONGEST = 600  # characters of a line

_ADVICE = {
    errno.ENOSPC: "free some space or name a folder on another disk",
    errno.EDQUOT: "free some space or name a folder on another disk",
    errno.EACCES: "name a place that you may read and write, or change its permissions",
    errno.EPERM: "name a place that you may read and write, or change its permissions",
    errno.EROFS: "name a folder that can be written to",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path; a part of it is a file",
    errno.EISDIR: "name a file, not a folder",
    errno.EEXIST: "name a path that is not taken",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.ELOOP: "links lead in a circle; name the file itself",
    errno.EMFILE: "raise the limit of open files (ulimit -n) or lower --workers",
    errno.ENOMEM: "close other programs or lower --workers",
}


def end(error: BaseException) -> int:
    """Says on standard error what went wrong, and returns the exit code.

    Args:
        error: an `InputError`, a mistake in an option, an error of the operating system, Ctrl-C, or a fault.

    Returns:
        2 for what the person can put right, 130 for Ctrl-C, 1 for a fault of the program (its traceback is written to a
        file that the message names; with `BESTIARY_DEBUG=1` it is shown).
    """
    if os.environ.get("BESTIARY_DEBUG"):
        sys.stderr.write(printable("".join(traceback.format_exception(error))))
    line, code = explain(error)
    sys.stdout.flush()
    remark(f"error: {line}")
    return code


def explain(error: BaseException) -> tuple[str, int]:
    """The line and the exit code of an error.

    Example:
        >>> explain(FileNotFoundError(2, "No such file or directory", "data.csv"))
        ('data.csv: No such file or directory; check the path', 2)
    """
    if isinstance(error, InputError):
        return as_options(_one_line(str(error))), INPUT
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return "stopped", STOPPED
    if (mistake := getattr(error, "format_message", None)) is not None:  # of the parser of options
        where = getattr(getattr(error, "ctx", None), "command_path", "bestiary")
        return _one_line(f"{mistake().rstrip('.')}; see {where} --help"), INPUT
    if isinstance(error, MemoryError):
        return "memory is exhausted; give fewer rows, smaller images, or lower --workers", INPUT
    if isinstance(error, OSError) and error.errno is not None:
        where = f"{error.filename}: " if error.filename else ""
        advice = _ADVICE.get(error.errno, "try again, or name another path")
        return _one_line(f"{where}{error.strerror}; {advice}"), INPUT
    return f"{type(error).__name__}: {_one_line(str(error))[:300]}; a fault of bestiary itself{_written(error)}", FAULT


def _one_line(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


def _written(error: BaseException) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix="bestiary-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "; run again with BESTIARY_DEBUG=1 to see where"
    return f"; where it happened is in {Path(name)}"
