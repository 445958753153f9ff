"""The facts of graphs in files; see `rows.facts`."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from bestiary.rows.facts import Facts, Text, Words


class ColumnFacts(TypedDict):
    """The fields of `columns.Columns`."""

    id: Text | None
    source: Text | None
    target: Text | None


class GraphFacts(Facts):
    """Of graphs."""

    directed: bool
    inductive: NotRequired[bool]
    features: NotRequired[Literal["columns", "identity", "projection", "structure"]]
    columns: NotRequired[ColumnFacts]


class GraphWords(Words):
    """Of graphs."""

    way: Literal["columns", "identity", "projection", "structure"]
    ids: list[Text]
