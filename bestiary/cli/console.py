"""The one place where rich is set up: wide enough when nobody watches, plain when it is not a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from bestiary.printable import printable

UNWATCHED = 120  # columns, when the output goes to a file or another program


class Screen(Console):
    """A console of rich on which every text is printable. Only rich itself moves the cursor."""

    def render_str(self, text: str, **words: Any) -> Text:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().render_str(printable(text), **words)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        if isinstance(renderable, Text) and (plain := printable(renderable.plain)) != renderable.plain:
            renderable = renderable.copy()
            renderable.plain = plain  # as long as before: styles stay where they are
        return super().render(renderable, options)


def console(stderr: bool = False) -> Console:
    """A console on standard output (or standard error) as it is now."""
    stream = sys.stderr if stderr else sys.stdout
    watched = stream.isatty()
    width = None if watched or os.environ.get("COLUMNS") else UNWATCHED
    return Screen(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)
