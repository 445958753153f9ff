"""What is printed without a table: nothing that comes from a file can steer the terminal (`bestiary.printable`).

Nothing else in the program prints, beside the tables of `cli.console`, to which the same applies.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bestiary.cli.streams import Outlet
from bestiary.errors import InputError
from bestiary.printable import one_line, printable

if TYPE_CHECKING:
    import pandas as pd


def say(text: str, end: str = "\n") -> None:
    """Prints a text on standard output at once."""
    sys.stdout.write(printable(text) + end)
    sys.stdout.flush()


def remark(text: str) -> None:
    """Prints one line on standard error."""
    sys.stderr.write(one_line(text) + "\n")
    sys.stderr.flush()


def rows(frame: pd.DataFrame) -> None:
    """Prints a frame as CSV on standard output: as it is for programs, without what steers a terminal on one.

    Raises:
        InputError: when standard output is closed, or cannot hold a letter of the frame; nothing is printed then.
    """
    out = sys.stdout
    if isinstance(out, Outlet) and out.lost:
        raise InputError("standard output is closed; name a file with --out")
    text = frame.to_csv(index=False, lineterminator="\n")
    if out.isatty():
        say(text, end="")
        return
    encoding, errors = out.encoding or "utf-8", out.errors or "strict"
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError as reason:
        letter = reason.object[reason.start]
        raise InputError(
            f"{letter!a} cannot be written in {encoding}, the encoding of standard output; "
            "name a file with --out, or set PYTHONIOENCODING=utf-8"
        ) from None
    out.write(text)
    out.flush()
