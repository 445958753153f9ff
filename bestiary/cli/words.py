"""Words of the command line turned into values, and values into words: `--set`, lists, durations, counts, bytes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from bestiary.errors import InputError

OTHERWISE = {"problem": "task"}
"""Word of a call -> the one that its option has."""


def settings(given: Iterable[str], option: str = "--set") -> dict[str, object]:
    """The values of `--set name=value`; a value is a literal (a number, tuple, list, True, None) or plain text.

    Raises:
        InputError: when something is not of the form name=value.

    Example:
        >>> settings(["width=256", "widths=(64, 64)", "dropout=0.1", "pooling=mean"])
        {'width': 256, 'widths': (64, 64), 'dropout': 0.1, 'pooling': 'mean'}
    """
    words: dict[str, object] = {}
    for item in given:
        name, equals, value = item.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier() or not value:
            raise InputError(f"{option} takes name=value, such as width=256; received {item!r}")
        if name in words:
            raise InputError(f"{option} gives {name} twice; give it once")
        words[name] = literal(value)
    return words


def literal(text: str) -> object:
    """A Python literal, never evaluated as code; anything else is plain text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if not text.replace("_", "").replace("-", "").replace(".", "").isalnum():
            raise InputError(f"expected a number, a tuple or a plain word; received {text!r}") from None
        return text


def as_options(line: str) -> str:
    """Words of Python calls as the options that they are on the command line.

    Example:
        >>> as_options("name the column to predict (target=); `problem=regression` overrides")
        'name the column to predict (--target); `--task regression` overrides'
    """
    line = re.sub(r"`([a-z_]+)=([\w.-]+)`", lambda m: f"`{_option(m[1])} {m[2]}`", line)
    return re.sub(r"(?<![\w-])([a-z]+(?:_[a-z]+)?)=(?=[\s,;)]|$)", lambda m: _option(m[1]), line)


def _option(word: str) -> str:
    return f"--{OTHERWISE.get(word, word).replace('_', '-')}"


def clock(seconds: float | None) -> str:
    """Seconds as minutes and seconds.

    Example:
        >>> clock(83.4), clock(4000), clock(None)
        ('1:23', '1:06:40', '-')
    """
    if seconds is None or seconds != seconds:
        return "-"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def short(count: float) -> str:
    """A count in three digits.

    Example:
        >>> short(25_557_032), short(61_706), short(650), short(4.1e9)
        ('25.6M', '61.7k', '650', '4.1G')
    """
    return _scaled(count, 1000, ("", "k", "M", "G", "T", "P"), "")


def size(count: float) -> str:
    """Bytes in decimal units.

    Example:
        >>> size(14e9), size(2600)
        ('14 GB', '2.6 kB')
    """
    return _scaled(count, 1000, ("B", "kB", "MB", "GB", "TB", "PB"), " ")


def _scaled(count: float, base: int, units: tuple[str, ...], space: str) -> str:
    power = 0
    while abs(count) >= base * 0.9995 and power < len(units) - 1:
        count, power = count / base, power + 1
    figure = f"{count:.0f}" if power == 0 or abs(count) >= 100 else f"{count:.1f}".removesuffix(".0")
    return f"{figure}{space}{units[power]}"


def seconds(given: float) -> str:
    """A duration in the unit that suits it.

    Example:
        >>> seconds(0.0000123), seconds(0.034), seconds(2.5)
        ('12.3 us', '34 ms', '2.5 s')
    """
    if given >= 1:
        return f"{given:.3g} s"
    return f"{given * 1e3:.3g} ms" if given >= 1e-3 else f"{given * 1e6:.3g} us"
