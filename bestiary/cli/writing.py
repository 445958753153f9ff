"""What several verbs ask of their options before any work is done: where to write, and with which seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bestiary.errors import InputError

TABLES = (".csv", ".tsv", ".parquet", ".jsonl")
SEEDS = 2**31  # numbers that every generator takes


def check_out(out: Path, endings: Sequence[str], usual: str, given: Path | None = None, word: str = "--out") -> None:
    """Refuses a file that could not be written, or that would take the place of the input.

    Args:
        out: of `--out`.
        endings: that fit what is written.
        usual: a name that would do.
        given: the input, where it is a file.
        word: how the command calls it.

    Raises:
        InputError: with what to do.
    """
    if out.is_dir():
        raise InputError(f"{word} must name a file; {out} is a folder; give {out / usual}")
    if out.suffix.lower() not in endings:
        raise InputError(f"{word} must end in {', '.join(endings)}; received {out.name!r}; name it {usual}")
    if not out.parent.is_dir():
        raise InputError(f"{word} must be in a folder that exists; there is no {out.parent}; make it first")
    if given is not None and out.exists() and given.exists() and out.samefile(given):
        raise InputError(f"{word} names the input itself, {given}; give another name")


def check_seed(seed: int, most: int = SEEDS - 1) -> None:
    """Refuses a seed that some generator would not take.

    Raises:
        InputError: for numbers below 0, or too large.

    Example:
        >>> check_seed(7)
    """
    if not 0 <= seed <= most:
        raise InputError(f"--seed must be a whole number from 0 to {most}; received {seed}; try 0")
