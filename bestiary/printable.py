"""Text that was written by others, made fit for a terminal or a page: it may say anything and steer nothing."""

from __future__ import annotations

import re

LOST = "\N{REPLACEMENT CHARACTER}"

_STEERING = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1: escape sequences begin with one of these
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of direction: what is read is not what is there
    "\ufff9-\ufffb"  # interlinear annotation
    "\ud800-\udfff"  # halves of characters, as file names of another encoding hold them
    "]"
)  # fmt: skip


def printable(text: str) -> str:
    r"""A text without what would steer a terminal, or show another text than it is: each such character is U+FFFD.

    Everything else stays as it is: letters of all scripts, combining marks, joiners, emoji, tabs and line feeds.

    Args:
        text: anything.

    Returns:
        As many characters as were given.

    Example:
        >>> printable("In the\x1b[31m beginning\n") == "In the\ufffd[31m beginning\n"
        True
    """
    return _STEERING.sub(LOST, text)


def one_line(text: str) -> str:
    r"""The same on one line: a name with a line feed in it cannot pass for a line of its own.

    Example:
        >>> one_line("a\nerror: b")
        'a error: b'
    """
    return re.sub(r"[ \t\n]+", " ", printable(text)).strip()
