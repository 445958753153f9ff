"""`model.json`: what a model folder holds, in words, and the digest of every file of it that is read back.

Format 2. Format 1, of development versions, had a digest of the weights alone: its encoder could be changed unseen, so
it is refused, and so is any format of a later version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import torch
from msgspec import Meta

from bestiary import __version__, catalogue, tasks
from bestiary.errors import InputError
from bestiary.files import sha256_of
from bestiary.records import door, names
from bestiary.records.keywords import check_keywords
from bestiary.records.shapes import Digest, Id, Line, Setting, Target
from bestiary.rows.facts import check_facts
from bestiary.rows.store import spec_from, write_text
from bestiary.specs import Spec

MODEL, WEIGHTS, BASELINE, ENCODER = "model.json", "model.safetensors", "model.skops", "encoder"
MEMBERS, JUDGED = "members", "judged"
"""Folders of the models of an ensemble, and of the model as it was judged, where it was trained again on all rows."""
MOST = 64  # models of an ensemble
FORMAT = 2
LARGEST = 256 << 20  # bytes of a description: classes, merges and names of nodes are in it
ADVICE = "save the model again"


class MemberOf(TypedDict):
    """A model of an ensemble."""

    file: Annotated[str, Meta(pattern=r"^members/[0-9]{1,3}\.(safetensors|skops)\Z")]
    weight: Annotated[float, Meta(gt=0, le=1)]
    architecture: NotRequired[Id]
    network: NotRequired[Target]
    keywords: NotRequired[Setting]
    baseline: NotRequired[Id]


class Description(TypedDict):
    """The words of `model.json`."""

    format: int
    architecture: NotRequired[Id]
    network: NotRequired[Target]
    keywords: NotRequired[Setting]
    baseline: NotRequired[Id]
    reading: NotRequired[dict[Id, Annotated[str, Meta(max_length=40)]]]
    rule: NotRequired[list[Annotated[float, Meta(gt=0, le=1)]]]
    temperature: NotRequired[Annotated[float, Meta(ge=0.01, le=100)]]
    members: NotRequired[Annotated[list[MemberOf], Meta(min_length=2, max_length=MOST)]]
    spec: dict[str, Any]
    facts: dict[str, Any]
    files: dict[str, Digest]
    versions: dict[str, Line]
    licence: Line


def write(folder: Path, words: Mapping[str, object], spec: Spec, facts: Mapping[str, object], card: str) -> None:
    """Writes `model.json` and `README.md` beside the weights and the encoder, which are there already.

    Args:
        folder: of the model.
        words: which network or baseline it is.
        spec, facts: of the data.
        card: the model card; people may edit it, so that it has no digest.
    """
    content = {
        "format": FORMAT,
        **words,
        "spec": spec.written(),
        "facts": dict(facts),
        "files": {name: sha256_of(folder / name) for name in _files(folder)},
        "versions": {"bestiary": __version__, "torch": torch.__version__.split("+")[0]},
        "licence": "the weights belong to the owner of the data they were trained on",
    }
    write_text(folder / MODEL, json.dumps(content, indent=1, default=list))
    write_text(folder / "README.md", card or f"# {words.get('architecture') or words.get('baseline') or 'ensemble'}\n")


def read(folder: Path) -> tuple[Description, Spec]:
    """The description of a model folder, every file of which is as it was saved.

    Raises:
        InputError: one line, for whatever is wrong with the folder.
    """
    file = folder / MODEL
    if not file.is_file():
        told = f"expected a model folder or a finished race; {folder} has no {MODEL}"
        raise InputError(f"{told}; give the folder of a run")
    words = door.words(file, inside=folder, advice=ADVICE, largest=LARGEST)
    if not isinstance(words, dict):
        raise InputError(f"{file} is not the description of a model: expected words by name; {ADVICE}")
    _check_format(words.get("format"), file)
    found = door.shaped(words, Description, str(file), ADVICE)
    spec = spec_from(found["spec"], str(file))
    check_facts(found["facts"], spec, str(file))
    tasks.takes(found["facts"]["problem"], spec.kind)
    classes = found["facts"].get("classes", [])
    if "rule" in found and len(found["rule"]) != len(classes):
        raise InputError(f"{file}: expected a weight in rule for each of {len(classes)} classes; {ADVICE}")
    _check_code(found, file)
    _check_files(folder, found)
    return found, spec


def _files(folder: Path) -> list[str]:
    """What is read back of a model folder, relative to it."""
    weights = [name for name in (WEIGHTS, BASELINE) if (folder / name).exists()]
    places = (MEMBERS, JUDGED, ENCODER)
    found = [p for name in places for p in sorted((folder / name).rglob("*")) if not p.is_dir() or p.is_symlink()]
    return [*weights, *(path.relative_to(folder).as_posix() for path in found)]


def _check_format(written: object, file: Path) -> None:
    if written == FORMAT:
        return
    if written == 1:
        told = "format 1 of a development version, which has no digests of its encoder"
        raise InputError(f"{file} has {told}; this version reads format {FORMAT}; train the model again")
    told = f"{written!r:.40}" if written is not None else "none"
    raise InputError(f"expected format {FORMAT} in {file}; received {told}; use the version that wrote it")


def _check_code(words: Description, file: Path) -> None:
    """Only classes that the catalogue names, and words that are plain."""
    if "members" in words:
        if {"architecture", "network", "keywords", "baseline"} & set(words):
            raise InputError(f"{file} names members and a model beside them; {ADVICE}")
        total = sum(member["weight"] for member in words["members"])
        if abs(total - 1) > 1e-3:
            raise InputError(f"{file}: expected weights that add up to 1; received {total:.4g}; {ADVICE}")
        for member in words["members"]:
            _check_model(member, file)
        return
    _check_model(words, file)


def _check_model(words: Mapping[str, Any], file: Path) -> None:
    parts = {"architecture", "network", "keywords"} & set(words)
    if len(parts) != (0 if "baseline" in words else 3):
        raise InputError(f"{file} must name an architecture, its network and keywords, or a baseline; {ADVICE}")
    if "baseline" in words:
        return
    name = words.get("architecture", "")
    row = catalogue.find(name)
    if row.name != name:
        raise InputError(f"{file}: {name!r} is a size, not an architecture; {ADVICE}")
    names.check_network(words.get("network", ""), row.name)
    check_keywords(words.get("keywords", {}), row.name)


def _check_files(folder: Path, words: Description) -> None:
    alone = BASELINE if "baseline" in words else WEIGHTS
    weights = [member["file"] for member in words["members"]] if "members" in words else [alone]
    for name in (*weights, f"{ENCODER}/encoder.json"):
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}; {ADVICE}")
    door.closed(folder)
    there = _files(folder)
    for name in sorted({*there, *words["files"]}):
        if name not in words["files"]:
            raise InputError(f"{folder / name} was added: {MODEL} has no digest of it; {ADVICE}")
        if name not in there:
            raise InputError(f"{folder} has no {name[:200]}, which {MODEL} has a digest of; {ADVICE}")
        found, told = sha256_of(folder / name), words["files"][name]
        if found != told:
            raise InputError(f"{name} was altered: expected sha256 {told[:12]}..., found {found[:12]}...; {ADVICE}")
