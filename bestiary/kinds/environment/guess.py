"""Whether an environment was named."""

from __future__ import annotations

import re

from bestiary.rows.given import Given

_ENVIRONMENT = re.compile(r"(\w+/)?[\w-]+-v\d+")


def guess(given: Given) -> str | None:
    """A name in the form of gymnasium's that is no file.

    Example:
        >>> guess(Given("CartPole-v1", {})), guess(Given("digits", {}))
        ("'CartPole-v1' is called as gymnasium calls its environments", None)
    """
    name = given.source
    named = isinstance(name, str) and _ENVIRONMENT.fullmatch(name) and not given.there
    return f"{name!r} is called as gymnasium calls its environments" if named else None
