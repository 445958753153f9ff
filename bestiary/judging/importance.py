"""What a model's answers rest on: how much worse they get when a column of held-out rows is shuffled.

Source: Breiman (2001), "Random forests", section 10 (permutation importance). Shuffled are the encoded values of a
column, all together, so that other columns stay as they are; intervals resample the rows, as those of a verdict do.

A column counts for what the model cannot find elsewhere: of two that say the same neither may seem to matter.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.contracts import Predictions
from bestiary.files import write_text
from bestiary.judging.evidence import Verdict
from bestiary.judging.statistics import Resampling
from bestiary.records import door
from bestiary.rows.store import read_array
from bestiary.runs.description import JUDGED

if TYPE_CHECKING:
    from bestiary.runs.model import Model

NAME = "importance.json"
ROWS, SHUFFLES = 1_000, 3
SECONDS, SHARE = 2.0, 0.02  # of the time that is kept for the report, and of the budget, at most


class Weight(TypedDict):
    """How much worse the ranking metric gets without a column, with a 95 % interval; null for no bound."""

    column: str
    value: float
    low: float | None
    high: float | None


class Importance(TypedDict):
    """The weights of columns, the heaviest first, of a model by its name; `columns` says how many there are in all."""

    model: str
    metric: str
    rows: int
    columns: int
    weights: list[Weight]


def measure(run: Path, verdict: Verdict, seconds: float = SECONDS) -> None:
    """Writes `importance.json` for the model that was judged and ships; nothing for kinds and tasks without columns.

    Args:
        run: folder of a race with its `winner/`.
        verdict: of the race.
        seconds: after which no further column is begun.
    """
    from bestiary.runs.model import load

    folder = run / "winner" / JUDGED
    folder = folder if folder.is_dir() else run / "winner"
    if not tasks.find(verdict.problem).told or not folder.is_dir():
        return
    model = load(folder)
    where = getattr(model.encoder, "standing", None)
    if where is None or verdict.chosen == "":
        return
    arrays = _rows(run / "sealed")
    columns, began = where(), time.monotonic()
    judge = _Judge(model, verdict, arrays)
    weights = []
    for column, standing in columns.items():
        if weights and time.monotonic() - began > seconds:
            break
        weights.append(judge.without(column, standing))
    weights.sort(key=lambda weight: -weight["value"])
    found: Importance = {
        "model": verdict.chosen,
        "metric": verdict.metric,
        "rows": len(arrays["row"]),
        "columns": len(columns),
        "weights": weights,
    }
    write_text(run / NAME, json.dumps(found, indent=1, allow_nan=False))


def read(run: Path) -> Importance | None:
    """What `measure` wrote; None where it wrote nothing.

    Raises:
        InputError: for anything else in its place.
    """
    return door.read(run / NAME, Importance, inside=run) if (run / NAME).is_file() else None


def _rows(sealed: Path) -> dict[str, NDArray[np.generic]]:
    """Up to `ROWS` of the test rows, drawn by lot, the same ones each time."""
    names = sorted(path.name.split(".")[1] for path in sealed.glob("test.*.npy"))
    whole = {name: read_array(sealed, "test", name) for name in names}
    count = len(whole["target"])
    drawn = np.sort(np.random.default_rng(0).permutation(count)[:ROWS])
    return {name: np.asarray(array[drawn]) for name, array in whole.items()}


class _Judge:
    """A model before rows of which a column is shuffled."""

    def __init__(self, model: Model, verdict: Verdict, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        from bestiary.tasks.registry import task_for

        self._model, self._arrays, self._problem = model, dict(arrays), verdict.problem
        self._scoring, self._metric = task_for(model.facts), verdict.metric
        self._sign = 1 if verdict.higher else -1
        self._truth = np.asarray(arrays["target"])
        groups = arrays.get("group", arrays.get("block"))
        self._resampling = Resampling(len(self._truth), None if groups is None else np.asarray(groups))
        self._draw = np.random.default_rng(0)
        self._whole = self._resampling.score([self._answered(self._arrays)], self._truth, self._problem)[self._metric]

    def without(self, column: str, standing: Mapping[str, list[int]]) -> Weight:
        """How much worse the answers are with this column shuffled."""
        answers = []
        for _ in range(SHUFFLES):
            order = self._draw.permutation(len(self._truth))
            shuffled = dict(self._arrays)
            for name, places in standing.items():
                if name in shuffled and places:
                    shuffled[name] = shuffled[name].copy()
                    shuffled[name][:, places] = self._arrays[name][order][:, places]
            answers.append(self._answered(shuffled))
        left = self._resampling.score(answers, self._truth, self._problem)[self._metric]
        lost = self._whole - left if self._sign > 0 else left - self._whole
        interval = lost.interval()
        low, high = (self._plain(bound) if np.isfinite(bound) else None for bound in (interval.low, interval.high))
        return {"column": column, "value": self._plain(interval.value), "low": low, "high": high}

    def _plain(self, figure: float) -> float:
        """Without what rounding leaves where nothing changed."""
        return float(figure) if abs(figure) > 1e-9 * (1 + abs(self._whole.value)) else 0.0

    def _answered(self, arrays: Mapping[str, NDArray[np.generic]]) -> Predictions:
        from bestiary.data.opening import data_of

        data = data_of(self._model.spec, self._model.facts, {"test": arrays})
        given = self._scoring.predict(self._model.answer, data, "test")
        return self._scoring.decided(given, self._model.rule, self._model.temperature)
