"""The facts of `spec.json`, `encoder.json` and `model.json`, checked: what encoded data say beside their sizes.

Kinds of data may have further facts than those that stand here; what stands here has these types and fits the sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from bestiary.batches import GraphSpec, GraphsSpec, ImageSpec, SeriesSpec, Spec
from bestiary.data.tasks import KIND_OF, SUPERVISED, UNLABELLED, check_task
from bestiary.errors import InputError
from bestiary.records import door

CLASSED = ("classification", "nodes", "links", "graphs")
"""Tasks that answer with classes: as many as the network has outputs."""
ADVICE = "save the model again"
Text = Annotated[str, Meta(max_length=1_000_000)]
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
Positive = Annotated[float, Meta(gt=0, le=1e300)]
Side = Annotated[int, Meta(ge=1, le=100_000)]
Token = Annotated[int, Meta(ge=0, le=10_000_000)]


class Facts(TypedDict):
    """Of all kinds."""

    target: Text
    problem: Text
    classes: list[Text]
    mean: NotRequired[Finite]
    scale: NotRequired[Positive]


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


class TableFacts(Facts):
    """Of tables."""

    columns: NotRequired[list[ColumnFacts]]


class ImageFacts(Facts):
    """Of images; see `image_encoder.ImageEncoder`."""

    deep: bool
    step: Annotated[int, Meta(ge=1, le=2**24)]
    mixed: NotRequired[bool]
    file_sizes: tuple[tuple[Side, Side], tuple[Side, Side]]
    pixel_mean: NotRequired[list[Finite]]
    pixel_scale: NotRequired[list[Positive]]
    pixel_range: NotRequired[tuple[Finite, Finite]]


class TextFacts(Facts):
    """Of texts."""

    text: Text


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


class UnitFacts(TypedDict):
    """Of an alphabet; see `alphabets`."""

    unit: Literal["characters", "words", "bpe"]
    known: NotRequired[list[Text]]
    merges: NotRequired[list[tuple[Token, Token]]]


class PairFacts(Facts):
    """Of pairs of sequences."""

    source: Text
    units: tuple[UnitFacts, UnitFacts]


class CorpusFacts(Facts):
    """Of running text."""

    units: Literal["bytes", "bpe"]
    merges: list[tuple[Token, Token]]


class GraphFacts(Facts):
    """Of graphs."""

    directed: bool
    inductive: NotRequired[bool]
    features: NotRequired[Literal["columns", "identity", "projection", "structure"]]
    id: NotRequired[Text | None]


SHAPES: Mapping[str, type] = {
    "table": TableFacts,
    "image": ImageFacts,
    "text": TextFacts,
    "series": SeriesFacts,
    "pairs": PairFacts,
    "corpus": CorpusFacts,
    "graph": GraphFacts,
    "graphs": GraphFacts,
    "environment": Facts,
}


def check_facts(facts: Mapping[str, Any], spec: Spec, name: str) -> None:
    """Refuses facts that no encoder would have written.

    Args:
        facts: of a file.
        spec: the sizes beside them.
        name: of the file, for messages.

    Raises:
        InputError: for wrong types, an unknown task, and what does not fit the sizes.
    """
    known = door.typed(facts, SHAPES[spec.kind], f"facts of {name}", ADVICE)
    problem = check_task(known["problem"])
    kinds = {*SUPERVISED, *UNLABELLED} if spec.kind not in KIND_OF.values() else set()
    allowed = kinds | {task for task, kind in KIND_OF.items() if kind == spec.kind}
    _check(problem in allowed, name, f"{spec.kind} data are not for the task {problem}")
    if problem in CLASSED:
        count = len(known["classes"])
        _check(count == spec.outputs, name, f"it has {count} classes and {spec.outputs} outputs")
    if problem == "regression":
        _check({"mean", "scale"} <= set(known), name, "the mean or the scale of its answers is missing")
        _check(spec.outputs == 1 or isinstance(spec, GraphSpec | GraphsSpec), name, "a value has one output")
    for word in _each_channel(spec):
        if word in known:
            _check(len(known[word]) == _channels(spec), name, f"{word} is not one number for each channel")


def _each_channel(spec: Spec) -> tuple[str, ...]:
    if isinstance(spec, ImageSpec):
        return ("pixel_mean", "pixel_scale")
    return ("channels", "value_mean", "value_scale", "low", "high") if isinstance(spec, SeriesSpec) else ()


def _channels(spec: Spec) -> int:
    return spec.channels if isinstance(spec, ImageSpec | SeriesSpec) else 0


def _check(sound: bool, name: str, fault: str) -> None:
    if not sound:
        raise InputError(f"{name} does not fit its own sizes: {fault}; {ADVICE}")
