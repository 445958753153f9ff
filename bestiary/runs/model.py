"""Saved models: a folder that needs nothing else. Weights as safetensors, words as JSON; nothing in it is executed."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
from torch import nn

from bestiary import kinds
from bestiary.architectures.build import create
from bestiary.contracts import Spec
from bestiary.errors import InputError
from bestiary.rows.frames import as_trained
from bestiary.rows.limits import called, guarded
from bestiary.runs import description
from bestiary.runs.building import built
from bestiary.runs.description import BASELINE, ENCODER, MODEL, WEIGHTS
from bestiary.runs.saving import copy_encoder
from bestiary.tasks.mixture import Mixture
from bestiary.tasks.registry import task_for

ENSEMBLE = "ensemble"

if TYPE_CHECKING:
    import pandas as pd

    from bestiary.rows.source import Encoded, Encoder


def save_network(
    folder: Path,
    network: nn.Module,
    *,
    encoder: Path,
    architecture: str,
    target: str,
    keywords: Mapping[str, object],
    spec: Spec,
    facts: Mapping[str, object],
    card: str = "",
) -> None:
    """Writes a network: `model.safetensors` (shared storage once), `encoder/`, `model.json`, `README.md`.

    Args:
        folder: made if missing.
        network: trained.
        encoder: folder of the fitted preprocessing, which is copied.
        architecture: name of its row in the catalogue.
        target: "module:Class" of the network; it must be one that the row names.
        keywords: all words of its constructor that the spec does not give.
        spec: of the data.
        facts: as in `spec.json`.
        card: the model card.
    """
    from safetensors.torch import save_model

    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{WEIGHTS}"
    save_model(network, str(temporary))
    temporary.replace(folder / WEIGHTS)
    words = {"architecture": architecture, "network": target, "keywords": dict(keywords)}
    copy_encoder(encoder, folder, spec, [words])
    description.write(folder, words, spec, facts, card)


def save_baseline(
    folder: Path,
    model: Path,
    *,
    encoder: Path,
    name: str,
    spec: Spec,
    facts: Mapping[str, object],
    card: str = "",
) -> None:
    """Writes a fitted baseline, saved as `model` by `baselines`, in the same form."""
    folder.mkdir(parents=True, exist_ok=True)
    if model.resolve() != (folder / BASELINE).resolve():
        shutil.copyfile(model, folder / BASELINE)
    copy_encoder(encoder, folder, spec, [])
    description.write(folder, {"baseline": name}, spec, facts, card)


_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")


class Model:
    """A saved model with its preprocessing: predicts from a person's own rows.

    Attributes:
        name: "resnet", "baseline/forest" or "ensemble".
        spec, facts: of the data that it was trained on.
        answer: what computes: a network in evaluation mode, a fitted baseline, or a `Mixture` of them.
        encoder: the fitted preprocessing.
        rule: weights by which probabilities of classes are multiplied before the largest is answered; None: all alike.
        temperature: above 1 the probabilities that people get are less sure than those computed; None: as computed.
        reading: `separator`, `encoding` and `sheet` of the file that it was trained on, where the person gave them:
            new files are read so too.
    """

    def __init__(
        self,
        name: str,
        spec: Spec,
        facts: Mapping[str, object],
        answer: Any,
        encoder: Encoder,
        rule: list[float] | None = None,
        reading: Mapping[str, str] | None = None,
        temperature: float | None = None,
    ) -> None:
        self.name, self.spec, self.facts, self.encoder = name, spec, facts, encoder
        self.answer = answer.eval() if isinstance(answer, nn.Module) else answer
        self.rule, self.reading, self.temperature = rule, dict(reading or {}), temperature
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        return f"<Model {self.name}: {self.spec.kind}, predicts {self.facts.get('target')!r}>"

    @property
    def network(self) -> nn.Module:
        """The trained network, in evaluation mode, to be looked at, exported or trained on.

        Raises:
            InputError: for a baseline, which is none.
        """
        found = getattr(self.answer, "network", self.answer)
        if isinstance(found, Mixture):
            raise InputError("an ensemble is not a single network; model.answer.parts has its weights and models")
        if not isinstance(found, nn.Module):
            raise InputError(f"{self.name} is not a network; its estimator is model.answer; train an architecture")
        return found

    def features(self, source: object) -> Any:
        """What the network knows of new rows before it answers: the input of its last part, or its code.

        Args:
            source: as `predict` takes it.

        Returns:
            float32 array [N, D], a line for each row that can be read; of sequences [N, T, D].

        Raises:
            InputError: for a baseline, a network without such a part, or when nothing of the source can be used.
        """
        import torch

        from bestiary.architectures.heads import features
        from bestiary.data.opening import data_of

        network, encoded = self.network, self._encoded(source)
        self.warnings = encoded.warnings
        place = next(iter([*network.parameters(), *network.buffers()])).device
        batches = data_of(self.spec, self.facts, {"test": encoded.arrays}).batches("test")
        return torch.cat(
            [features(network, *batch.to(place).arguments(network)).float().cpu() for batch in batches]
        ).numpy()

    def predict(self, source: object, **words: Any) -> pd.DataFrame:
        """Predictions for new rows, one a row, in order.

        Args:
            source: a path, frame, arrays or the name of a built-in data set, as `bestiary.data.read` takes them; the
                target is not needed.
            **words: of the task: `beams` and `penalty` of one that writes sequences.

        Returns:
            `row`; `name`, where rows have names (the file of an image, the id of a series); `prediction`, which is a
            list where rows have several labels; of several targets `prediction_<target>`; for classes and labels
            `probability_<class>`. A row that cannot be read keeps its place, with nothing in it. What was odd about the
            rows is left in `self.warnings`. It has the index of a frame that was given. Classes that are whole numbers
            come as numbers, those of rows in memory that are true and false as such.

        Raises:
            InputError: when nothing of the source can be used, for a word that the task does not know, or a penalty
                without beams.
        """
        import pandas as pd

        asked = inspect.signature(task_for(self.facts).table).parameters.values()
        known = [one.name for one in asked if one.kind is one.KEYWORD_ONLY]
        for word in words:
            if word not in known:
                raise InputError(f"{self.name} ({self.facts['problem']}) has no option {word}; leave it out")
        if "penalty" in words and words.get("beams", 1) == 1:
            raise InputError(
                f"a penalty of length chooses between finished beams, and one beam has no choice; received "
                f"penalty={words['penalty']!r}; give beams=5 too"
            )
        with guarded(called(source)):
            encoded = self._encoded(source)
        self.warnings = encoded.warnings
        columns = self._computed(encoded.arrays, words)
        answers = pd.DataFrame({"row": encoded.rows, **columns})
        if not encoded.names:
            if isinstance(source, pd.DataFrame | pd.Series) and len(source) == len(answers):
                answers.index = source.index
            return self._typed(answers, memory=not isinstance(source, str | Path))
        given = pd.DataFrame({"row": range(len(encoded.names)), "name": encoded.names})
        return given.merge(answers, how="left", on="row")

    def _typed(self, answers: pd.DataFrame, memory: bool) -> pd.DataFrame:
        """Names of classes as the numbers or truths that they are."""
        classes = [str(name) for name in cast("Sequence[str]", self.facts.get("classes") or ())]
        if "prediction" not in answers or not classes or task_for(self.facts).lists:
            return answers
        if not set(answers["prediction"]) <= set(classes):
            return answers
        if all(_WHOLE.fullmatch(name) for name in classes):
            answers["prediction"] = answers["prediction"].astype("int64")
        elif memory and set(classes) == {"false", "true"}:
            answers["prediction"] = answers["prediction"] == "true"
        return answers

    def _encoded(self, source: object) -> Encoded:
        with as_trained(self.reading):
            return self.encoder.encode(opened(source))

    def _computed(self, arrays: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
        """What the model answers to encoded rows: equally long columns for people.

        A description may have words that a network can be built with, and yet not be asked: that is known only here.
        """
        from bestiary.data.opening import data_of

        try:
            data = data_of(self.spec, self.facts, {"test": arrays})
            way = {"rule": self.rule, "temperature": self.temperature}
            facts = {**self.facts, **{word: found for word, found in way.items() if found is not None}}
            columns = task_for(facts).table(self.answer, data, "test", **words)
        except (InputError, MemoryError, OSError, KeyboardInterrupt):
            raise
        except Exception as reason:
            first = (str(reason).strip().splitlines() or [""])[0][:200]
            raise InputError(
                f"{self.name} cannot answer these rows ({type(reason).__name__}: {first}): its folder was altered, or "
                "this is a fault of bestiary; train again"
            ) from reason
        plain = {name: column if isinstance(column, np.ndarray) else list(column) for name, column in columns.items()}
        return {name: column for name, column in plain.items() if name != "row"}


def opened(source: object) -> object:
    """The rows of a built-in data set by its name; anything else as it is."""
    from bestiary.data import builtin
    from bestiary.rows.paths import there

    if not isinstance(source, str) or there(source) or not builtin.known(source):
        return source
    rows = builtin.load(source)[0]
    return rows[0] if isinstance(rows, tuple) else rows


@overload
def load(folder: str | Path) -> Model: ...


@overload
def load(folder: str, *, weights: str | Path) -> nn.Module: ...


def load(folder: str | Path, *, weights: str | Path | None = None) -> Model | nn.Module:
    """A saved model; or a network of the catalogue with published weights.

    Args:
        folder: a model folder, or the folder of a race (its `winner/` is taken). With `weights`, the name of a size.
        weights: a file of safetensors or of torch.save; see `bestiary.create`.

    Returns:
        The model with its preprocessing; with `weights` the network alone, in evaluation mode.

    Raises:
        InputError: when it is not a model folder, was altered, or names something that is not in the catalogue; when
            the weights do not fit.
    """
    if weights is not None:
        return create(str(folder), weights=weights).eval()
    from bestiary.data import load_encoder

    path = Path(folder)
    if not (path / MODEL).is_file() and (path / "winner" / MODEL).is_file():
        path = path / "winner"
    words, spec = description.read(path)
    facts = words["facts"]
    if "members" in words:
        name = ENSEMBLE
        parts = [(one["weight"], _answer(one, path / one["file"], spec, facts)[1]) for one in words["members"]]
        total = sum(weight for weight, _ in parts)
        answer: Any = Mixture([(weight / total, one) for weight, one in parts])
    else:
        name, answer = _answer(words, path / (WEIGHTS if "network" in words else BASELINE), spec, facts)
    encoder = load_encoder(path / ENCODER)
    if kinds.find(spec.kind).views:
        kinds.find(spec.kind).part("views").attach(encoder, path / ENCODER)
    if (encoder.spec, dict(encoder.facts)) != (spec, facts):
        raise InputError(f"{path / ENCODER} is of another model: its sizes or facts are not those of {MODEL}")
    return Model(name, spec, facts, answer, encoder, words.get("rule"), words.get("reading"), words.get("temperature"))


def _answer(words: Mapping[str, Any], file: Path, spec: Spec, facts: Mapping[str, Any]) -> tuple[str, Any]:
    """The name and what computes, of one fitted model."""
    if "network" in words:
        name = words["architecture"]
        return name, built(words["network"], words["keywords"], spec, file, name)
    return f"baseline/{words['baseline']}", _baseline(file, words["baseline"], spec, facts)


def _baseline(file: Path, name: str, spec: Spec, facts: Mapping[str, Any]) -> Any:
    from bestiary.baselines import load_baseline

    return load_baseline(file, spec.kind, facts["problem"], name, spec)
