"""`tokenizer.json`, read back without giving a stranger's text to the library, which a foreign one can bring down.

Two lists of the file say everything: pieces, and which two pieces make a longer one. They are checked, a tokenizer is
built of them here, and the file must be what that one would write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypedDict

from msgspec import Meta
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from bestiary.errors import InputError
from bestiary.records import door
from bestiary.records.shapes import Line

NAME, LARGEST, MOST = "tokenizer.json", 64 << 20, 1_000_000
ADVICE = "save the model again"


class Merging(TypedDict):
    """The part of the file that differs from model to model."""

    vocab: dict[str, Annotated[int, Meta(ge=0, lt=MOST)]]
    merges: list[tuple[Line, Line]]


class Written(TypedDict):
    """The file."""

    model: Merging


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder.

    Raises:
        InputError: when the file is no byte-level byte-pair encoding of the form that `text.learn` gives.

    """
    file = folder / NAME
    words = door.words(file, inside=folder, advice=ADVICE, largest=LARGEST)
    model = door.typed(words, Written, str(file), ADVICE)["model"]
    pieces, merges = model["vocab"], model["merges"]
    if sorted(pieces.values()) != list(range(len(pieces))):
        raise InputError(f"{file}: tokens must be numbered from 0 without gaps; {ADVICE}")
    for first, second in merges:
        if first not in pieces or second not in pieces or first + second not in pieces:
            raise InputError(f"{file}: {first[:40]!r} and {second[:40]!r} make no piece of its vocabulary; {ADVICE}")
    tokenizer = made(Tokenizer(models.BPE(vocab=pieces, merges=merges)))
    if _plain(tokenizer) != words:
        raise InputError(f"{file} is not a tokenizer as bestiary writes them; {ADVICE}")
    return tokenizer


def made(tokenizer: Tokenizer) -> Tokenizer:
    """A byte-pair model with what surrounds it here: bytes in, bytes out, no normalisation."""
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    return tokenizer


def _plain(tokenizer: Tokenizer) -> Any:
    import json

    return json.loads(tokenizer.to_str())
