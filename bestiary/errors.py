"""The one error that a person sees: what was expected, what came, what to do. The command line exits with 2 on it."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something given from outside (a file, an option, a name) cannot be used.

    The message is one line: what was expected, what was received, what to do.
    """


class Diverged(RuntimeError):  # noqa: N818 - it tells what happened, not what went wrong here
    """Training produced a loss that is not finite."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A remark that names the known word closest to an unknown one.

    Args:
        word: what was given.
        known: what would have been understood.

    Returns:
        `"; did you mean 'lstm'?"`, or an empty string when nothing is close.

    Example:
        >>> nearest("lsmt", ["lstm", "gru"])
        "; did you mean 'lstm'?"
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
