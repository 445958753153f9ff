"""The facts of tables in files; see `rows.facts`."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from bestiary.rows.facts import Facts, Text, Words


class ColumnFacts(TypedDict):
    """The fields of `data.columns.Column` that say what the cells are."""

    name: Text
    role: Text
    reason: Text
    form: Text
    low: float
    high: float
    known: list[Text]
    gaps: bool
    rare: bool
    averages: NotRequired[Annotated[int, Meta(ge=0, le=1_000)]]


class TableFacts(Facts):
    """Of tables."""

    columns: NotRequired[list[ColumnFacts]]


class CellFacts(TypedDict):
    """How cells of a column are written; see `table_decoder.spelling`."""

    decimals: NotRequired[Annotated[int, Meta(ge=0, le=300)] | None]
    words: NotRequired[tuple[Text, Text]]
    always: NotRequired[Text]


class TableWords(Words):
    """Of a table."""

    columns: list[ColumnFacts]
    written: NotRequired[dict[str, CellFacts]]
