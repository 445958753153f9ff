"""`encoder.json`: written, and read back of the right kind, with the right types, and fitting its own sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bestiary import kinds
from bestiary.errors import InputError
from bestiary.files import write_text
from bestiary.records import door
from bestiary.rows.facts import Words, check_facts
from bestiary.rows.source import Encoder
from bestiary.rows.store import spec_from
from bestiary.specs import Spec

NAME, LARGEST = "encoder.json", 256 << 20
ADVICE = "save the model again"


def write_encoder(encoder: Encoder, folder: Path, **further: object) -> None:
    """Writes `encoder.json`: the kind, the sizes and the facts of an encoder.

    Args:
        encoder: fitted.
        folder: to write to.
        **further: what else its kind writes, as its `saved` says.
    """
    words = {"kind": encoder.kind, "spec": encoder.spec.written(), "facts": dict(encoder.facts), **further}
    write_text(folder / NAME, json.dumps(words))  # indented, 20,000 columns would take a minute


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
    door.typed(words, kinds.find(kind).part("saved"), str(file), ADVICE)
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
