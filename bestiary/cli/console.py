"""The one place where rich is set up: wide enough when nobody watches, plain when it is not a terminal."""

from __future__ import annotations

import os
import sys

from rich.console import Console

UNWATCHED = 120  # columns, when the output goes to a file or another program


def console(stderr: bool = False) -> Console:
    """A console on standard output (or standard error) as it is now."""
    stream = sys.stderr if stderr else sys.stdout
    watched = stream.isatty()
    width = None if watched or os.environ.get("COLUMNS") else UNWATCHED
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)
