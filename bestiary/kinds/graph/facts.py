"""The facts of graphs in files; see `rows.facts`."""

from __future__ import annotations

from typing import Literal, NotRequired

from bestiary.rows.facts import Facts, Text, Words


class GraphFacts(Facts):
    """Of graphs."""

    directed: bool
    inductive: NotRequired[bool]
    features: NotRequired[Literal["columns", "identity", "projection", "structure"]]
    id: NotRequired[Text | None]


class GraphWords(Words):
    """Of graphs."""

    way: Literal["columns", "identity", "projection", "structure"]
    ids: list[Text]
