"""A trained network or baseline, taken from wherever it lies: a model folder, a training, any contender of a race."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from bestiary import catalogue, tasks
from bestiary.architectures.build import build, resolve
from bestiary.catalogue import Row
from bestiary.contracts import Spec
from bestiary.errors import InputError, nearest
from bestiary.records import door
from bestiary.records.training import own_data, read_job, result_loss
from bestiary.records.verdict import Verdict
from bestiary.rows.store import read_spec
from bestiary.runs.beginning import begin_with
from bestiary.runs.model import BASELINE, MODEL, built, load

if TYPE_CHECKING:
    from bestiary.sampling.samples import Samples

LEFT = ("answer.safetensors", BASELINE)
"""Files that a contender which has learned leaves in its folder."""
_APART = re.compile(r"\.(fold\d+|all)$")
"""The ends of the names of trainings whose losses are of other rows, so that they cannot be compared."""


@dataclass
class Trained:
    """What was trained, with what it needs to be used.

    Attributes:
        name: "ddpm/small", or "baseline/gaussian".
        answer: the network, in evaluation mode, or the fitted baseline.
        row: of the catalogue; None for baselines.
        spec, facts: of the data that it was trained on.
        run: folder of the race or training with its data, None where a model folder came alone.
        job: words of its training, empty where there are none.
        encoder: the folder of the fitted preprocessing.
        watch: is told (steps made, steps that will be) while it samples, where that takes many.
    """

    name: str
    answer: Any
    row: Row | None
    spec: Spec
    facts: Mapping[str, Any]
    run: Path | None
    job: Mapping[str, Any]
    encoder: Path
    watch: Callable[[int, int], None] | None = None

    @property
    def sort(self) -> str:
        """What it is, for messages.

        Example:
            >>> Trained("ensemble/all", None, None, *[None] * 5).sort
            'an ensemble'
        """
        return "a network" if self.row else "an ensemble" if self.name.startswith("ensemble/") else "a baseline"

    def sample(self, count: int = 16, seed: int = 0, **words: Any) -> Samples:
        """New data: images, texts, or rows of a table in the columns of the training file.

        Args:
            count: how many.
            seed: another one gives others.
            **words: of its sampler: `temperature`, `steps`, `prompt`, ...

        Raises:
            InputError: when it makes nothing, or its sampler has no such word.
        """
        from bestiary.sampling.samples import Samples

        make = self.sampler()
        taken = [n for n, p in inspect.signature(make).parameters.items() if p.kind is p.KEYWORD_ONLY]
        known = [name for name in taken if name not in ("count", "seed", "watch")]
        for word in words:
            if word not in known:
                told = f"{self.name} samples with the words: {', '.join(known) or 'none'}"
                raise InputError(f"{told}; received {word!r}{nearest(word, known)}")
        if "watch" in taken:
            words["watch"] = self.watch
        samples = make(self.answer, self.spec, self.facts, count=count, seed=seed, **words)
        if samples.table is None:
            return samples
        from bestiary.data import load_encoder

        encoder: Any = load_encoder(self.encoder)
        if not hasattr(encoder, "decode"):
            return samples
        rows = encoder.decode(np.stack([np.asarray(column) for column in samples.table.values()], 1))
        return Samples(table=dict(rows.items()))

    def sampler(self) -> Any:
        """What samples it: of a network by its row, of a baseline by what it offers.

        Raises:
            InputError: when it makes nothing, with what does.
        """
        from bestiary.sampling.baselines import sampler

        make = sampler(self.answer) if self.row is None else None
        return make or self.verb("sample")

    def verb(self, name: str) -> Any:
        """The function that does `name` with this network.

        Raises:
            InputError: when it has none, with the architectures that do.
        """
        if self.row is None or name not in self.row.verbs:
            able = [row for row in catalogue.ROWS if name in row.verbs]
            here = [row for row in able if self.facts.get("problem") in row.recipes]
            what = f"{self.name} cannot {name}" if self.row else f"{self.name} is {self.sort}, which cannot {name}"
            way = "name another contender of the race with --contender" if self._raced else "train one of them"
            if name == "sample" and not here:
                raise InputError(f"{what}; {_instead(str(self.facts['problem']))}")
            names = [*(row.name for row in here or able), *(self._baselines() if name == "sample" else ())]
            raise InputError(f"{what}; {', '.join(names)} can; {way}")
        return resolve(self.row.verbs[name])

    def _baselines(self) -> list[str]:
        """Those that can be sampled."""
        from bestiary.baselines import competitors
        from bestiary.sampling.baselines import sampler

        found = competitors(self.spec.kind, str(self.facts["problem"]))
        return [f"baseline/{one.name}" for one in found if sampler(getattr(one, "answer", None))]

    @property
    def _raced(self) -> bool:
        """Whether others took part, whom `--contender` can name."""
        folders = (self.run / "contenders").glob("*") if self.run else ()
        return len({_name(folder) for folder in folders}) > 1


def trained(folder: str | Path, contender: str | None = None) -> Trained:
    """What lies in a folder.

    Args:
        folder: of a model, a training or a race.
        contender: of a race: another one than the winner, by its name on the leaderboard.

    Raises:
        InputError: when there is no model, or no contender of that name left an answer.
    """
    path = Path(folder)
    whole = (path / "plan.json").is_file()
    if whole:
        door.closed(path)
    if contender is not None:
        if not whole:
            raise InputError(f"--contender names one of a race; {path} is not a race; give the folder of one")
        return _contender(path, contender)
    model = load(path)
    answer = model.answer
    row = catalogue.find(model.name) if isinstance(answer, nn.Module) else None
    words = _winner_words(path) if whole else {}
    home = path if (path / MODEL).is_file() else path / "winner"
    return Trained(model.name, answer, row, model.spec, model.facts, path if whole else None, words, home / "encoder")


def _contender(run: Path, name: str) -> Trained:
    spec, facts = read_spec(run / "data")
    folders = [file.parent for left in LEFT for file in sorted((run / "contenders").glob(f"*/{left}"))]
    names = {folder: _name(folder) for folder in folders}
    found = [folder for folder in folders if name in (names[folder], names[folder].partition("/")[0])]
    if not found or name == "baseline":
        known = sorted(set(names.values()))
        raise InputError(
            f"no contender {name!r} left a trained model in {run}{nearest(name, known)}; {', '.join(known)} did"
        )
    here = min(found, key=lambda folder: (bool(_APART.search(folder.name)), result_loss(folder)))
    encoder = run / "data" / "encoder"
    if (here / BASELINE).is_file():
        return Trained(names[here], _baseline(here, spec, facts), None, spec, facts, run, {}, encoder)
    job, row = read_job(here), catalogue.find(names[here].partition("/")[0])
    network = built(job["network"], job["keywords"], spec, here / "answer.safetensors", row.name)
    return Trained(names[here], network.eval(), row, spec, facts, run, {**job, "folder": str(here)}, encoder)


def _baseline(folder: Path, spec: Spec, facts: Mapping[str, Any]) -> Any:
    from bestiary.baselines import load_baseline

    name = _name(folder).partition("/")[2]
    return load_baseline(folder / BASELINE, spec.kind, str(facts["problem"]), name, spec)


def _instead(problem: str) -> str:
    """What a model of a task, which makes nothing, is used for, and by which command."""
    task = tasks.find(problem)
    command = task.following.split()[1]
    return f"it {'answers what it is given' if task.predicts else task.verb}; use bestiary {command}"


def _name(folder: Path) -> str:
    """The contender whose training a folder holds: "ddpm.small.0.rung3" is of "ddpm/small"."""
    row, _, rest = folder.name.partition(".")
    return f"{row}/{rest.partition('.')[0]}"


def _winner_words(run: Path) -> dict[str, Any]:
    """The words of the training that the winner of a run came from."""
    verdict = run / "verdict.json"
    if not verdict.is_file():
        return {}
    words = door.read(verdict, Verdict, inside=run)
    folder = next((s["folder"] for s in words["standings"] if s["name"] == words["chosen"]), "")
    if not folder or words["chosen"].startswith("baseline/") or not (run / folder / "job.json").is_file():
        return {}
    return {**read_job(run / folder), "folder": str(run / folder)}


@torch.no_grad()
def untouched(found: Trained) -> nn.Module | None:
    """The network as it was before it learned anything; None where its seed is not known."""
    if not found.job or not isinstance(found.answer, nn.Module) or "network" not in found.job:
        return None
    network = build(found.job["network"], found.job["keywords"], found.spec, seed=found.job["seed"])
    if found.job.get("weights"):
        begin_with(network, own_data(found.job["weights"], Path(found.job["folder"])))
    return network
