"""`encoder.json`, read back: of the right kind, with the right types, and fitting its own sizes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from bestiary.batches import Spec
from bestiary.data.facts import ColumnFacts, Text, check_facts
from bestiary.data.store import spec_from
from bestiary.errors import InputError
from bestiary.records import door

NAME, LARGEST = "encoder.json", 256 << 20
ADVICE = "save the model again"


class Words(TypedDict):
    """What every encoder writes."""

    kind: Text
    spec: dict[str, Any]
    facts: dict[str, Any]


class CellFacts(TypedDict):
    """How cells of a column are written; see `table_decoder.spelling`."""

    decimals: NotRequired[Annotated[int, Meta(ge=0, le=300)] | None]
    words: NotRequired[tuple[Text, Text]]
    always: NotRequired[Text]


class TableWords(Words):
    """Of a table."""

    columns: list[ColumnFacts]
    written: NotRequired[dict[str, CellFacts]]


class GraphWords(Words):
    """Of graphs."""

    way: Literal["columns", "identity", "projection", "structure"]
    ids: list[Text]


_SHAPES: Mapping[str, type] = {"table": TableWords, "graph": GraphWords, "graphs": GraphWords}


def read_encoder(folder: Path, kind: str) -> tuple[Spec, dict[str, Any]]:
    """The sizes and the words of an encoder.

    Args:
        folder: that it was saved to.
        kind: of data that it must be for.

    Raises:
        InputError: for whatever no encoder of this kind would have written.
    """
    file = folder / NAME
    words = door.words(file, inside=folder, advice=ADVICE, largest=LARGEST)
    door.typed(words, _SHAPES.get(kind, Words), str(file), ADVICE)
    assert isinstance(words, dict)
    spec = spec_from(words["spec"], str(file))
    if words["kind"] != kind or spec.kind != kind:
        raise InputError(f"expected an encoder of kind {kind} in {file}; received {words['kind']!r:.100}; {ADVICE}")
    check_facts(words["facts"], spec, str(file))
    return spec, words


def kind_of(folder: Path) -> str:
    """The kind of data that an encoder is for.

    Raises:
        InputError: when there is no encoder.
    """
    file = folder / NAME
    words = door.words(file, inside=folder, advice=ADVICE, largest=LARGEST)
    return door.typed(words, Words, str(file), ADVICE)["kind"]
