"""Whether what a command is given is there, before seconds go into imports."""

from __future__ import annotations

from pathlib import Path

from bestiary.errors import InputError
from bestiary.rows.paths import checked_path, there


def check_data(given: str | None) -> None:
    """Refuses data that can only be a file, where there is none of this name.

    Args:
        given: a file, a folder, or a name: of a built-in data set, of an environment ("CartPole-v1", "module:Class").

    Raises:
        InputError: with the nearest name.

    Example:
        >>> check_data("digits")
        >>> check_data("no_such_table.csv")
        Traceback (most recent call last):
        bestiary.errors.InputError: no file 'no_such_table.csv'
    """
    if given is not None and ":" not in given and ("/" in given or "." in given) and not there(given):
        checked_path(given)


def check_run(given: Path, of: str = "a race, a training or a model") -> None:
    """Refuses the folder of a run or model that is not there.

    Args:
        given: the folder.
        of: what the command takes the folder of, for the message.

    Raises:
        InputError: with the nearest name.
    """
    if not there(given):
        raise InputError(f"no folder {str(given)!r}; give the folder of {of}")
