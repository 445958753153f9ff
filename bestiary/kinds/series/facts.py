"""The facts of series in files; see `rows.facts`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from bestiary.rows.facts import Facts, Finite, Positive, Text


class ReadingFacts(TypedDict):
    """The fields of `series_tables.Reading`."""

    layout: Literal["", "long", "wide", "ts", "array"]
    target: Text | None
    id: Text | None
    time: Text | None
    group: Text | None
    channels: list[Text]
    steps: list[Text]
    bare: bool
    separator: Annotated[str, Meta(max_length=4)] | None
    encoding: Annotated[str, Meta(max_length=40)] | None
    dates: NotRequired[Literal["day first", "month first"] | None]


class SeriesFacts(Facts):
    """Of series; see `series_encoder.SeriesEncoder`."""

    channels: list[Text]
    reading: ReadingFacts
    pool: Annotated[int, Meta(ge=1, le=10**9)]
    value_mean: list[Finite]
    value_scale: list[Positive]
    low: list[Finite]
    high: list[Finite]
    gaps: bool
