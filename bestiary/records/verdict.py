"""How a verdict stands in `verdict.json`: strict JSON, in which null is a bound or a score that is not finite."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from bestiary.records.shapes import Count, Few, Id, Line, Name, Place, Seconds, Seed, Setting, Steps

NAME_OR_NONE = r"^([A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99})?)?\Z"
"""Where no model gave finite answers none was chosen."""
Scores = dict[str, float | None]


class Interval(TypedDict):
    """A figure with its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None


class Standing(TypedDict):
    """One line of the leaderboard; the fields of `race.evidence.Standing`."""

    name: Name
    title: Line
    family: Id
    network: bool
    status: Literal["finalist", "eliminated", "unfinished", "failed", "baseline", "ensemble"]
    reason: Line
    rung: Few
    settings: Setting
    parameters: Count
    bytes: Count
    steps: Steps
    train_seconds: Seconds
    predict_seconds: Seconds
    memory: Count
    selection: Scores
    test: dict[str, Interval]
    difference: Interval | None
    tied: bool
    seeds: list[Seed]
    learned: float | None
    folder: Place


class Verdict(TypedDict):
    """The outcome of a race; the fields of `race.evidence.Verdict`."""

    sentence: Line
    problem: Id
    kind: Id
    target: Line
    classes: list[Line]
    metric: Id
    metric_reason: Line
    higher: bool
    crowned: Name | None
    reason: Line
    chosen: Annotated[str, Meta(pattern=NAME_OR_NONE)]
    worth_it: Interval | None
    worth_sentence: Line
    networks_best: Line
    baseline_best: Line
    standings: list[Standing]
    rows: dict[str, Count]
    openings: Count
    notes: list[Line]
    constant: Scores
    seconds: dict[str, Seconds]
    trained: Seconds
    available: Seconds
    versions: NotRequired[dict[str, Line]]
    cheapest: NotRequired[Line]
    prefer: NotRequired[Literal["best", "small", "fast"]]
    shipped: NotRequired[Line]
    searched: NotRequired[Line]
    preferred: NotRequired[Line]
    answer: NotRequired[Literal["yes", "no", "needless", "not shown", "open", "few"]]
