"""Model folders made of files that lie in a run already: one fitted model, or several that answer together."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        reading: `separator` and `encoding` of the file that it was trained on, where the person gave them.
        card: the model card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(encoder, folder / ENCODER, dirs_exist_ok=True)
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
