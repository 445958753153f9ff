"""Baselines of the tasks that scikit-learn has no estimator for: a fitted one answers like a network of that task does.

What `Rival.fit` returns, an answer, is given to the task's `predict` in the place of a network, and says what it
consists of (`state`), so that it can be saved by skops and restored without executing anything.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypedDict

import numpy as np
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from bestiary.baselines import saved
from bestiary.baselines.baseline import parameters
from bestiary.contracts import Spec
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.records import door
from bestiary.records.shapes import Id
from bestiary.rows.store import truth_of
from bestiary.tasks.predictions import write_predictions
from bestiary.tasks.registry import task_for

Setting = dict[str, Any]


class Answer(Protocol):
    """A fitted baseline: offers what the networks of its task offer, and can be put into words."""

    def state(self) -> dict[str, Any]:
        """Numpy arrays, scikit-learn estimators and plain words that it consists of."""
        ...

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        ...


@dataclass(frozen=True)
class Rival:
    """A competitor that is not a neural network; implements `baselines.Competitor`.

    Attributes:
        name: unique among the baselines of a task; "baseline/<name>" on the leaderboard.
        title: for people.
        answer: the class of what `fit` returns.
        fit: (data, setting, seed, seconds) -> answer, from the training rows alone.
        settings: data -> what is tried, the first first; the best on validation rows stays.
        holds: which training rows lie in a fitted one, for people; empty where it keeps numbers about them alone.
    """

    name: str
    title: str
    answer: type[Any]
    fit: Callable[[Any, Setting, int, float], Any]
    settings: Callable[[Any], Sequence[Setting]] = lambda data: ({},)
    holds: str = ""

    def search(
        self,
        data: Path,
        out: Path,
        *,
        seconds: float,
        seed: int = 0,
        folds: Sequence[Path] | None = None,
        written: Mapping[str, Any] | None = None,
    ) -> dict[str, object]:
        """Tries the settings while its time lasts; writes `model.skops` and `validation.parquet`.

        The first setting is always tried; a further one only where the slowest so far would fit the seconds that are
        left. It is chosen on the validation rows alone, so folds play no part.

        Args:
            data: folder of encoded training and validation rows.
            out: folder to write to.
            seconds: core-seconds for everything.
            seed: of random numbers.
            folds: not looked at.
            written: what an earlier search came to, `settings`: they are followed, whatever the clock says.

        Returns:
            The words of `search.BaselineResult`.
        """
        began = time.monotonic()
        opened = open_data(data, seed=seed)
        task, problem = task_for(opened.facts), str(opened.facts["problem"])
        settings = list(written["settings"]) if written else list(self.settings(opened))
        tried: list[dict[str, object]] = []
        best: tuple[float, Setting, Any, Any] | None = None
        slowest = predicting = 0.0
        with threadpool_limits(1):
            for setting in settings:
                start = time.monotonic()
                if tried and not written and start - began + slowest > seconds:
                    break
                left = math.inf if written else max(0.1, seconds - (start - began))
                answer = self.fit(opened, setting, seed, left)
                looking = time.monotonic()
                predictions = task.predict(answer, opened, "validation")
                predicting = 1000 * (time.monotonic() - looking) / max(1, len(predictions))
                loss = float(np.mean(task.losses(predictions, truth_of(opened, "validation"))))
                tried.append({"setting": setting, "loss": loss})
                slowest = max(slowest, time.monotonic() - start)
                if best is None or loss < best[0]:
                    best = (loss, setting, answer, predictions)
        assert best is not None
        write_predictions(out / "validation.parquet", best[3])
        size = save_rival(out / "model.skops", self, opened.spec.kind, problem, best[1], best[2])
        rows = opened.rows("train")
        return {
            "name": self.name,
            "title": self.title,
            "setting": best[1],
            "tried": tried,
            "loss": best[0],
            "rows": rows,
            "train_seconds": time.monotonic() - began,
            "predict_seconds": predicting,
            "parameters": sum(_numbers(part) for part in best[2].state().values()),
            "limit": rows,
            "bytes": size,
        }

    def load(self, path: Path, kind: str, problem: str, spec: Spec | None = None) -> Any:
        """What `save_rival` wrote: an answer. Nothing in the file is executed.

        Args:
            path: of the skops file.
            kind, problem: what it must be of.
            spec: not looked at; the answer meets its data when it is asked.

        Raises:
            InputError: when it is not such a baseline, or holds anything else.
        """
        with saved.reading(path) as content:
            words = door.shaped(json.loads(content["words"]), Words, str(path), "train again")
            if (words["rival"], words["kind"], words["problem"]) != (self.name, kind, problem):
                raise InputError(f"expected {self.title} for {problem} in {path}; it holds {words['rival']!r}")
            return self.answer.restore(content["state"])


def _numbers(part: Any) -> int:
    """How many numbers a part of a fitted baseline holds."""
    if isinstance(part, np.ndarray):
        return int(np.size(part))
    if isinstance(part, list | tuple):
        return sum(_numbers(one) for one in part)
    return parameters(part[-1] if isinstance(part, Pipeline) else part) if hasattr(part, "get_params") else 0


def save_rival(path: Path, rival: Rival, kind: str, problem: str, setting: Setting, answer: Answer) -> int:
    """Writes one skops file, whole or not at all; returns its size in bytes."""
    words = {"rival": rival.name, "kind": kind, "problem": problem, "setting": setting}
    return saved.write(path, {"words": json.dumps(words), "state": answer.state()})


class Words(TypedDict):
    """What a file says of the baseline in it."""

    rival: Id
    kind: Id
    problem: Id
    setting: dict[str, Any]
