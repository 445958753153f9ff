"""Model folders made of files that lie in a run already: one fitted model, or several that answer together."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bestiary import kinds
from bestiary.architectures.build import resolve
from bestiary.contracts import Spec
from bestiary.runs import description
from bestiary.runs.description import BASELINE, ENCODER, MEMBERS, WEIGHTS


@dataclass(frozen=True)
class Saved:
    """A fitted model in a file.

    Attributes:
        file: of safetensors, or of a baseline.
        words: `architecture`, `network` and `keywords` of a network, or `baseline`.
        weight: its share in an ensemble.
    """

    file: Path
    words: Mapping[str, object]
    weight: float = 1.0


@dataclass(frozen=True)
class Way:
    """How computed probabilities become answers.

    Attributes:
        rule: weights of classes by which their probabilities are multiplied before the largest is answered.
        temperature: above 1 people get probabilities that are less sure than those computed.
    """

    rule: Sequence[float] | None = None
    temperature: float | None = None


AS_COMPUTED = Way()


def save_models(
    folder: Path,
    models: Sequence[Saved],
    *,
    encoder: Path,
    spec: Spec,
    facts: Mapping[str, object],
    way: Way = AS_COMPUTED,
    reading: Mapping[str, str] | None = None,
    card: str = "",
) -> None:
    """Writes a model folder: `model.json`, the fitted model or `members/`, `encoder/`, `README.md`.

    Args:
        folder: made if missing.
        models: one, or several whose weighted mean is the answer.
        encoder: folder of the fitted preprocessing, which is copied.
        spec: of the data.
        facts: as in `spec.json`.
        way: how its probabilities become answers.
        reading: `separator`, `encoding` and `sheet` of the file that it was trained on, where the person gave them.
        card: the model card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy_encoder(encoder, folder, spec, [one.words for one in models])
    if len(models) == 1:
        words: dict[str, object] = dict(models[0].words)
        shutil.copyfile(models[0].file, folder / (BASELINE if "baseline" in words else WEIGHTS))
    else:
        (folder / MEMBERS).mkdir(exist_ok=True)
        members = []
        for number, one in enumerate(models):
            name = f"{MEMBERS}/{number}{one.file.suffix}"
            shutil.copyfile(one.file, folder / name)
            members.append({**one.words, "file": name, "weight": one.weight})
        words = {"members": members}
    if way.rule is not None:
        words["rule"] = list(way.rule)
    if way.temperature is not None:
        words["temperature"] = way.temperature
    if reading:
        words["reading"] = dict(reading)
    description.write(folder, words, spec, facts, card)


def copy_encoder(encoder: Path, folder: Path, spec: Spec, models: Sequence[Mapping[str, object]]) -> None:
    """The fitted preprocessing into a model folder; what a pre-trained network reads by only where one of these does.

    Args:
        encoder: its folder.
        folder: of the model.
        spec: of the data.
        models: `network` of each that is one.
    """
    where, views = folder / ENCODER, kinds.find(spec.kind).views
    files: Mapping[str, Sequence[str]] = kinds.find(spec.kind).part("views").FILES if views else {}
    takes = {getattr(resolve(str(one["network"])), "takes", "arguments") for one in models if "network" in one}
    needed = {name for word in takes for name in files.get(word, ())}
    spare = {name for names in files.values() for name in names} - needed
    if encoder.resolve() != where.resolve():
        shutil.copytree(encoder, where, dirs_exist_ok=True, ignore=lambda place, names: spare & set(names))
