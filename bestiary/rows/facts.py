"""The facts of `spec.json`, `encoder.json` and `model.json`, checked: what encoded data say beside their sizes.

Kinds of data may have further facts than those that stand here; what stands here has these types and fits the sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from bestiary import kinds, tasks
from bestiary.errors import InputError
from bestiary.records import door
from bestiary.specs import Spec

CHANNELWISE = ("channels", "pixel_mean", "pixel_scale", "value_mean", "value_scale", "low", "high")
"""Facts that hold one thing for each channel."""
ADVICE = "save the model again"
Text = Annotated[str, Meta(max_length=1_000_000)]
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
Positive = Annotated[float, Meta(gt=0, le=1e300)]
Token = Annotated[int, Meta(ge=0, le=10_000_000)]


class Facts(TypedDict):
    """Of all kinds."""

    target: Text
    problem: Text
    classes: list[Text]
    targets: NotRequired[list[Text]]
    mean: NotRequired[Finite | list[Finite]]
    scale: NotRequired[Positive | list[Positive]]


class Words(TypedDict):
    """What every encoder writes in `encoder.json`; kinds may write more."""

    kind: Text
    spec: dict[str, Any]
    facts: dict[str, Any]


def check_facts(facts: Mapping[str, Any], spec: Spec, name: str) -> None:
    """Refuses facts that no encoder would have written.

    Args:
        facts: of a file.
        spec: the sizes beside them.
        name: of the file, for messages.

    Raises:
        InputError: for wrong types, and what does not fit the sizes.
    """
    known: Mapping[str, Any] = door.typed(facts, kinds.find(spec.kind).part("facts"), f"facts of {name}", ADVICE)
    task = tasks.find(known["problem"])
    if task.answers_classes:
        count = len(known["classes"])
        _check(count == spec.outputs, name, f"it has {count} classes and {spec.outputs} outputs")
    if task.target == "value":
        _check({"mean", "scale"} <= set(known), name, "the mean or the scale of its answers is missing")
        _check(spec.outputs == 1, name, "a value has one output")
        _check(not isinstance(known["mean"], list) and not isinstance(known["scale"], list), name, "a value has a mean")
    if task.target == "values":
        _check({"mean", "scale", "targets"} <= set(known), name, "the targets, their mean or their scale are missing")
        sizes = {len(known[word]) if isinstance(known[word], list) else 1 for word in ("mean", "scale", "targets")}
        _check(sizes == {spec.outputs}, name, "each target has a mean, a scale and an output")
    if task.target == "labels":
        _check(len(known["classes"]) == spec.outputs, name, "each label has an output")
    channels = getattr(spec, "channels", 0)
    for word in set(CHANNELWISE) & set(known) if channels else ():
        _check(len(known[word]) == channels, name, f"{word} is not one for each channel")


def _check(sound: bool, name: str, fault: str) -> None:
    if not sound:
        raise InputError(f"{name} does not fit its own sizes: {fault}; {ADVICE}")
