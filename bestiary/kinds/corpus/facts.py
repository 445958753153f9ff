"""The facts of running text in files; see `rows.facts`."""

from __future__ import annotations

from typing import Literal

from bestiary.rows.facts import Facts, Token


class CorpusFacts(Facts):
    """Of running text."""

    units: Literal["bytes", "bpe"]
    merges: list[tuple[Token, Token]]
