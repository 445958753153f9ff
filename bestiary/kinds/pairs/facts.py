"""The facts of pairs of sequences in files; see `rows.facts`."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from bestiary.rows.facts import Facts, Text, Token


class UnitFacts(TypedDict):
    """Of an alphabet; see `alphabets`."""

    unit: Literal["characters", "words", "bpe"]
    known: NotRequired[list[Text]]
    merges: NotRequired[list[tuple[Token, Token]]]


class PairFacts(Facts):
    """Of pairs of sequences."""

    source: Text
    units: tuple[UnitFacts, UnitFacts]
