"""Saved models: a folder that needs nothing else. Weights as safetensors, words as JSON; nothing in it is executed."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from torch import nn

from bestiary import __version__, catalogue
from bestiary.architectures.build import build
from bestiary.contracts import Spec
from bestiary.data.tasks import NAMES, SUPERVISED
from bestiary.errors import InputError
from bestiary.rows.store import spec_from, write_text
from bestiary.tasks.registry import CLASSES, task_for

if TYPE_CHECKING:
    import pandas as pd

    from bestiary.rows.source import Encoder

MODEL, WEIGHTS, BASELINE = "model.json", "model.safetensors", "model.skops"


def save_network(
    folder: Path,
    network: nn.Module,
    *,
    architecture: str,
    target: str,
    keywords: Mapping[str, object],
    spec: Spec,
    facts: Mapping[str, object],
    card: str = "",
) -> None:
    """Writes a network: `model.safetensors` (shared storage once), `model.json`, `README.md`.

    Args:
        folder: made if missing; the encoder is saved beside it with `Encoder.save(folder / "encoder")`.
        network: trained.
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
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    temporary.replace(folder / WEIGHTS)
    words = {"architecture": architecture, "network": target, "keywords": dict(keywords)}
    _write_words(folder, words, spec, facts, digest, card)


def save_baseline(
    folder: Path, model: Path, *, name: str, spec: Spec, facts: Mapping[str, object], card: str = ""
) -> None:
    """Writes a fitted baseline, saved as `model` by `baselines`, in the same form."""
    folder.mkdir(parents=True, exist_ok=True)
    if model.resolve() != (folder / BASELINE).resolve():
        shutil.copyfile(model, folder / BASELINE)
    digest = hashlib.sha256((folder / BASELINE).read_bytes()).hexdigest()
    _write_words(folder, {"baseline": name}, spec, facts, digest, card)


def _write_words(
    folder: Path, words: dict[str, object], spec: Spec, facts: Mapping[str, object], digest: str, card: str
) -> None:
    sizes = {"kind": spec.kind, **{f: getattr(spec, f) for f in spec.__dataclass_fields__}}
    versions = {"bestiary": __version__, "torch": torch.__version__.split("+")[0]}
    content = {
        "format": 1,
        **words,
        "spec": sizes,
        "facts": dict(facts),
        "sha256": digest,
        "versions": versions,
        "licence": "the weights belong to whoever owns the data they were trained on",
    }
    write_text(folder / MODEL, json.dumps(content, indent=1, default=list))
    write_text(folder / "README.md", card or f"# {words.get('architecture') or words.get('baseline')}\n")


class Answers(Protocol):
    """Something that turns encoded arrays into outputs: a network behind `NetworkAnswers`, or a fitted baseline."""

    def predict(self, arrays: Mapping[str, Any]) -> Any:
        """Probabilities [N, K], or values [N] in the target's own unit."""
        ...


class NetworkAnswers:
    """A network as `Answers`: standardises as in training, evaluates in slices, in inference mode."""

    def __init__(self, network: nn.Module, spec: Spec, facts: Mapping[str, object]) -> None:
        self.network, self.spec, self.facts = network.eval(), spec, facts

    @torch.inference_mode()
    def predict(self, arrays: Mapping[str, Any]) -> Any:
        """Probabilities [N, K] float32, or values [N] float32."""
        from bestiary.rows.store import ArrayData

        data = ArrayData(self.spec, self.facts, {"test": arrays})
        outputs = [self.network(*batch.inputs).float() for batch in data.batches("test")]
        joined = torch.cat(outputs) if outputs else torch.empty(0, self.spec.outputs)
        if self.facts["problem"] == "classification":
            return joined.softmax(-1).numpy()
        mean, scale = cast("float", self.facts["mean"]), cast("float", self.facts["scale"])
        return (joined.squeeze(-1) * scale + mean).numpy()


class TaskAnswers:
    """A network or fitted baseline of a task whose answers are neither classes nor values, as `Answers`.

    Args:
        answer: what `task.predict` takes.
        spec, facts: of the data that it was trained on.
    """

    def __init__(self, answer: Any, spec: Spec, facts: Mapping[str, object]) -> None:
        self.answer = answer.eval() if isinstance(answer, nn.Module) else answer
        self.spec, self.facts = spec, facts

    def predict(self, arrays: Mapping[str, Any], **words: Any) -> Any:
        """Columns for people, by name; `row` counts the given rows unless the task names them itself.

        Args:
            arrays: encoded rows.
            **words: of the task's `table`.
        """
        from bestiary.data.opening import data_of

        data = data_of(self.spec, self.facts, {"test": arrays})
        with torch.no_grad():
            return task_for(self.facts).table(self.answer, data, "test", **words)

    def words(self) -> list[str]:
        """That `predict` takes: how the task answers."""
        asked = inspect.signature(task_for(self.facts).table).parameters.values()
        return [one.name for one in asked if one.kind is one.KEYWORD_ONLY]


class Model:
    """A saved model with its preprocessing: predicts from a person's own rows.

    Attributes:
        name: "resnet" or "baseline/forest".
        spec, facts: of the data that it was trained on.
        answers: what computes.
        encoder: the fitted preprocessing.
    """

    def __init__(self, name: str, spec: Spec, facts: Mapping[str, object], answers: Answers, encoder: Encoder) -> None:
        self.name, self.spec, self.facts, self.answers, self.encoder = name, spec, facts, answers, encoder
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        return f"<Model {self.name}: {self.spec.kind}, predicts {self.facts.get('target')!r}>"

    @property
    def network(self) -> nn.Module:
        """The trained network, in evaluation mode, to be looked at, exported or trained on.

        Raises:
            InputError: for a baseline, which is none.
        """
        found = getattr(self.answers, "network", getattr(self.answers, "answer", None))
        if not isinstance(found, nn.Module):
            raise InputError(f"{self.name} is no network; its estimator is model.answers; train an architecture")
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
        from bestiary.architectures.heads import features
        from bestiary.data.opening import data_of

        network, encoded = self.network, self.encoder.encode(opened(source))
        self.warnings = encoded.warnings
        place = next(iter([*network.parameters(), *network.buffers()])).device
        batches = data_of(self.spec, self.facts, {"test": encoded.arrays}).batches("test")
        return torch.cat([features(network, *batch.to(place).inputs).float().cpu() for batch in batches]).numpy()

    def predict(self, source: object, **words: Any) -> pd.DataFrame:
        """Predictions for new rows, one a row, in order.

        Args:
            source: a path, frame, arrays or the name of a built-in data set, as `bestiary.data.read` takes them; the
                target is not needed.
            **words: of the task: `beams` and `penalty` of one that writes sequences.

        Returns:
            `row`; `name`, where rows have names (the file of an image, the id of a series); `prediction`; for classes
            `probability_<class>`. A row that cannot be read keeps its place, with nothing in it. What was odd about the
            rows is left in `self.warnings`.

        Raises:
            InputError: when nothing of the source can be used, for a word that the task does not know, or a penalty
                without beams.
        """
        import pandas as pd

        known = self.answers.words() if isinstance(self.answers, TaskAnswers) else []
        for word in words:
            if word not in known:
                raise InputError(f"{self.name} ({self.facts['problem']}) has no {word} to be set; leave it out")
        if "penalty" in words and words.get("beams", 1) == 1:
            raise InputError(
                f"a penalty of length chooses between finished beams, and one beam has no choice; received "
                f"penalty={words['penalty']!r}; give beams=5 too"
            )
        encoded = self.encoder.encode(opened(source))
        self.warnings = encoded.warnings
        answer = functools.partial(self.answers.predict, **words)  # pyright: ignore[reportCallIssue] - just checked
        outputs = answer(encoded.arrays)
        if isinstance(self.answers, TaskAnswers) and not encoded.names:
            return pd.DataFrame({"row": encoded.rows, **{k: list(v) for k, v in outputs.items() if k != "row"}})
        given = pd.DataFrame({"row": range(len(encoded.names) or len(encoded.rows))})
        if encoded.names:
            given["name"] = encoded.names
        return given.merge(self._answers(encoded.rows, outputs), how="left", on="row")

    def _answers(self, rows: Any, outputs: Any) -> pd.DataFrame:
        import pandas as pd

        if isinstance(self.answers, TaskAnswers):
            return pd.DataFrame({"row": rows, **{k: list(v) for k, v in outputs.items() if k != "row"}})
        if self.facts["problem"] == "regression":
            return pd.DataFrame({"row": rows, "prediction": outputs})
        classes = cast("list[str]", self.facts["classes"])
        best = outputs.argmax(1) if len(outputs) else []
        probabilities = {f"probability_{name}": outputs[:, k] for k, name in enumerate(classes)}
        return pd.DataFrame({"row": rows, "prediction": [classes[k] for k in best], **probabilities})


def opened(source: object) -> object:
    """The rows of a built-in data set by its name; anything else as it is."""
    from bestiary.data import builtin
    from bestiary.rows.paths import there

    if not isinstance(source, str) or there(source) or not builtin.known(source):
        return source
    rows = builtin.load(source)[0]
    return rows[0] if isinstance(rows, tuple) else rows


def load(folder: str | Path) -> Model:
    """A saved model.

    Args:
        folder: a model folder, or the folder of a race (its `winner/` is taken).

    Raises:
        InputError: when it is not a model folder, was altered, or names something that is not in the catalogue.
    """
    from bestiary.data import load_encoder

    path = Path(folder)
    if not (path / MODEL).is_file() and (path / "winner" / MODEL).is_file():
        path = path / "winner"
    words = _read_words(path)
    spec = spec_from(words["spec"])
    facts = words["facts"]
    file = path / (WEIGHTS if "network" in words else BASELINE)
    _check(file, path, words["sha256"])
    if "network" in words:
        answer = _network(words, spec, file)
        _load_weights(answer, file)
        name = words["architecture"]
    else:
        name, answer = f"baseline/{words['baseline']}", _baseline(file, words, spec)
    answers: Answers
    if facts["problem"] not in SUPERVISED:
        answers = TaskAnswers(answer, spec, facts)
    else:
        answers = NetworkAnswers(answer, spec, facts) if isinstance(answer, nn.Module) else answer
    return Model(name, spec, facts, answers, load_encoder(path / "encoder"))


def _baseline(file: Path, words: Mapping[str, Any], spec: Spec) -> Any:
    from bestiary.baselines import load_fitted, load_rival

    problem = words["facts"]["problem"]
    return load_fitted(file) if problem in SUPERVISED else load_rival(file, spec.kind, problem, words["baseline"])


def _read_words(path: Path) -> dict[str, Any]:
    file = path / MODEL
    if not file.is_file():
        raise InputError(f"expected a model folder or a finished race; {path} has no {MODEL}; give the folder of a run")
    if file.stat().st_size > 16_000_000:
        raise InputError(f"{file} is larger than a description can be (16 MB); the folder is not one of ours")
    try:
        words = json.loads(file.read_text(encoding="utf-8"))
        needed = {"spec", "facts", "sha256"} | (
            {"architecture", "network", "keywords"} if "network" in words else {"baseline"}
        )
        missing = sorted(needed - set(words))
    except (ValueError, TypeError) as reason:
        raise InputError(f"{file} is not the description of a model ({reason}); save the model again") from reason
    if not missing and not _whole(words["facts"], words["spec"]):
        missing = ["the classes or the scale of its answers"]
    if missing:
        raise InputError(f"{file} lacks {', '.join(missing)}; save the model again")
    return words


def _whole(facts: Any, spec: Any) -> bool:
    """Whether what turns outputs into answers is there."""
    if not isinstance(facts, dict) or not isinstance(spec, dict):
        return False
    if facts.get("problem") == "regression":
        return all(isinstance(facts.get(word), (int, float)) for word in ("mean", "scale"))
    classes, problem = facts.get("classes"), facts.get("problem")
    if problem in NAMES and problem not in CLASSES:
        return True
    return problem in CLASSES and isinstance(classes, list) and len(classes) == spec.get("outputs")


def _check(file: Path, folder: Path, digest: str) -> None:
    if not file.is_file():
        raise InputError(f"{folder} has no {file.name}; save the model again")
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{file} leads out of its folder; a model folder must hold its own files")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != digest:
        raise InputError(
            f"{file.name} was altered: expected sha256 {digest[:12]}..., found {found[:12]}...; save the model again"
        )


def _network(words: Mapping[str, Any], spec: Spec, file: Path) -> nn.Module:
    """Only classes that the catalogue names are built."""
    row = catalogue.find(words["architecture"])
    named = {size.network for size in row.sizes} | {c.network for cs in row.races.values() for c in cs}
    if words["network"] not in named:
        raise InputError(f"{row.name} has no network {words['network']!r}; expected one of {', '.join(sorted(named))}")
    try:
        with torch.device("meta"):  # before any memory is taken: a description may ask for more than the file holds
            asked = sum(
                p.numel() * p.element_size() for p in build(words["network"], words["keywords"], spec).parameters()
            )
        if asked <= file.stat().st_size:
            return build(words["network"], words["keywords"], spec, seed=0)
    except (TypeError, ValueError, RuntimeError, OverflowError) as reason:
        raise InputError(
            f"{row.name} cannot be built from its description ({reason}); save the model again"
        ) from reason
    raise InputError(f"{file.name} has {file.stat().st_size:,} bytes; its description asks for {asked:,}")


def _load_weights(network: nn.Module, file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    try:
        load_model(network, str(file), strict=True)
    except (SafetensorError, RuntimeError) as reason:
        first = str(reason).splitlines()[0]
        raise InputError(f"{file.name} does not fit its description ({first}); save the model again") from reason
