"""What is known of a file of weights: by its digest, whether it is a published one, and what it has seen.

Nothing is fetched. The name of published weights stands for a file that a person has put into the folder that
`BESTIARY_WEIGHTS` names, that torch.hub keeps, or that an installed package ships; its digest is checked before it is
read, and nothing of the package is executed.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bestiary.catalogue import Pretrained, Size
from bestiary.errors import InputError, nearest
from bestiary.files import sha256_of
from bestiary.weights.files import weights_file

FOLDER = "BESTIARY_WEIGHTS"
UNKNOWN = "data that are not recorded"
MODEL = "model.json"  # beside the weights of a model that was trained here


@dataclass(frozen=True)
class Known:
    """A file of weights before it is read.

    Attributes:
        file: the path.
        sha256: of the whole file.
        published: the record that it is, or None.
    """

    file: Path
    sha256: str
    published: Pretrained | None

    @property
    def seen(self) -> str:
        """What the network has seen, for people."""
        if self.published is not None:
            return self.published.seen
        model = self.file.parent
        run = model.parent if model.name == "winner" else model
        return f"the training rows of {run}" if (model / MODEL).is_file() else UNKNOWN


def know(given: str | Path, size: Size | None = None) -> Known:
    """The file that is meant, with what its digest says.

    Args:
        given: a path, or the name of published weights of the size.
        size: whose weights are meant.

    Raises:
        InputError: when there is no such file, or one under a published file's name has another digest.
    """
    records = size.weights if size else ()
    named = next((record for record in records if record.name == str(given)), None)
    file = _published_file(named, records) if named and not Path(given).exists() else _given_file(given, records)
    sha256 = sha256_of(file)
    published = next((record for record in records if sha256.startswith(record.sha256)), None)
    claimed = named or next((one for one in records if one.file == file.name and one.sha256[:8] in one.file), None)
    if claimed is not None and published is not claimed:
        raise InputError(
            f"{file} is not {claimed.file} as published ({claimed.source}): expected sha256 {claimed.sha256}, received "
            f"{sha256[: max(16, len(claimed.sha256))]}; get it again"
        )
    return Known(file, sha256, published)


def folders() -> list[Path]:
    """Where files of published weights are looked for."""
    own = os.environ.get(FOLDER)
    home = Path(os.environ.get("TORCH_HOME") or Path.home() / ".cache" / "torch")
    return [*([Path(own)] if own else []), home / "hub" / "checkpoints"]


def on_this_machine(record: Pretrained) -> Path | None:
    """The file of published weights, where it is on this machine; its content is not yet looked at."""
    places = [folder / record.file for folder in folders()]
    return next((place for place in [*places, *_shipped(record)] if place.is_file()), None)


def beside(record: Pretrained, file: Path, name: str) -> Path:
    """A file that belongs to published weights, in the same folder, as it was published.

    Args:
        record: of the weights.
        file: of them.
        name: of the file beside.

    Raises:
        InputError: when it is missing or another.
    """
    found = file.with_name(name)
    if not found.is_file() or sha256_of(found) != record.beside[name]:
        raise InputError(f"expected {name} of {record.source} at {found}; it is missing or another; get it again")
    return found


def _shipped(record: Pretrained) -> list[Path]:
    """Where a package that ships the weights has put them."""
    top, _, inside = record.place.partition("/")
    found = importlib.util.find_spec(top) if top else None
    return [Path(place) / inside for place in (found.submodule_search_locations or () if found else ())]


def _published_file(record: Pretrained, records: Sequence[Pretrained]) -> Path:
    there = on_this_machine(record)
    if there is None:
        places = " or ".join(str((folder / record.file).parent) for folder in folders())
        package = f", or pip install {record.package}" if record.package else ""
        raise InputError(
            f"expected {record.file} of {record.source} in {places}; found none; nothing is downloaded: put it there, "
            f"or give its path{package}"
        )
    return there


def _given_file(given: str | Path, records: Sequence[Pretrained]) -> Path:
    names = [record.name for record in records]
    text = str(given)
    if names and "/" not in text and "." not in text and not Path(given).exists():
        raise InputError(
            f"expected a file of weights, or one of {', '.join(names)}; received {text!r}{nearest(text, names)}"
        )
    return weights_file(Path(given))
