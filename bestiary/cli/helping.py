"""The help of a verb, in words for people: what is to be written after an option, and no types of Python."""

from __future__ import annotations

import functools
from typing import Any

from typer.core import TyperCommand

SHOWN = {"int": "NUMBER", "float": "NUMBER", "bool": "", "path": "PATH", "file": "PATH", "directory": "PATH"}
"""A type as typer names it -> what the help says is to be written: nothing for what is only switched on."""


class Command(TyperCommand):
    """A verb whose help says what is to be written."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All options and arguments, `--help` included."""
        params = super().get_params(ctx)
        for param in params:
            param.display_type = functools.partial(shown, param)  # type: ignore[attr-defined]
        return params


def shown(param: Any, ctx: Any) -> str:
    """What a value of an option or argument is: TEXT, NUMBER, PATH, with dots where it may be given several times."""
    known = str(type(param).display_type(param, ctx)).strip("<>")
    one = SHOWN.get(known.removeprefix("list[").removesuffix("]"), "TEXT")
    return f"{one} ..." if known.startswith("list[") else one
