"""A baseline searches its settings within the core-seconds that it is given, and leaves its best model behind."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bestiary import tasks
from bestiary.baselines.baseline import Arrays, Baseline, Fitted, Setting, count, fit, take
from bestiary.contracts import Predictions, Spec
from bestiary.data.opening import data_of
from bestiary.rows.store import read_array, read_spec, read_truth
from bestiary.tasks.predictions import answers, write_predictions
from bestiary.tasks.registry import task_for

PROBE = 250  # rows that the first fit is timed on
FEW_ROUNDS = 2  # of boosting, or trees of a forest, that tell how long one takes
GROWTH = 1.15  # cost grows as rows to this power
ASKED = 0.7  # of drawn settings make small what the metric asks for; the others may be the better all the same
MOST_TRIED, MOST_SKIPPED = 300, 50  # settings, and those that are drawn and would take too long
MOST_VALUES = 100_000_000  # numbers in the training matrix of a baseline: 400 MB


Rows = tuple[Arrays, NDArray[np.generic], NDArray[np.generic]]  # what is known of them, their target, their numbers


@dataclass
class BaselineResult:
    """What a search left behind.

    Attributes:
        name, title: of the baseline.
        setting: the best.
        tried: each setting with its validation loss (log loss, or squared error of the standardised target).
        loss: of the best.
        rows: training rows that the best was fitted on: fewer than there are where all would not fit the time.
        train_seconds: core-seconds of the whole search.
        predict_seconds: core-seconds for 1,000 rows.
        parameters: numbers fitted.
        limit: the most training rows that a fit was given.
        bytes: of the saved model, 0 when it was not saved.
    """

    name: str
    title: str
    setting: Setting
    tried: list[dict[str, object]]
    loss: float
    rows: int
    train_seconds: float
    predict_seconds: float
    parameters: int
    limit: int
    bytes: int = 0


@dataclass(frozen=True)
class Part:
    """Training rows, and the validation rows that judge them."""

    arrays: Arrays
    target: NDArray[np.generic]
    judged: Arrays
    truth: NDArray[np.generic]
    row: NDArray[np.generic]


def search(
    baseline: Baseline,
    data: Path,
    out: Path,
    *,
    seconds: float,
    seed: int = 0,
    folds: Sequence[Path] | None = None,
    written: Mapping[str, Any] | None = None,
    metric: str = "",
    before: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Searches the settings of a baseline; writes `model.skops` and `validation.parquet`.

    The first setting is always fitted, in fewer rounds or on fewer rows if need be; a further one only if its cost,
    judged by those before, fits the seconds that are left. With folds a setting is judged on all of them, and the best
    is fitted again on the training rows of `data`.

    Args:
        baseline: whose settings.
        data: folder of encoded training and validation rows.
        out: folder to write to.
        seconds: core-seconds for everything.
        seed: of random numbers.
        folds: folders of encoded rows like `data`, one a fold; the folders `fold*` in `data` unless given.
        written: what an earlier search came to, `settings` and `limit`: they are followed, whatever the clock says.
        metric: that decides which setting is best; the loss unless given.
        before: the result of an earlier search in the same folder, which is carried on: what it left stays where no
            further setting is better.

    Returns:
        `BaselineResult` as a dict of plain words and numbers.
    """
    spec, facts = read_spec(data)
    where = sorted(data.glob("fold*")) if folds is None else folds
    parts = [_part(folder) for folder in where or [data]]
    whole = _read(data, "train") if where else None
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Search(baseline, spec, facts, seconds, seed, metric)
        if before is not None:
            model = found.carry_on(parts, whole, before)
            if model is None:
                kept = {name: before[name] for name in BaselineResult.__dataclass_fields__}
                return {**kept, "tried": found.tried, "train_seconds": found.spent + before["train_seconds"]}
        else:
            model = found.follow(parts, whole, written) if written else found.run(parts, whole)
        size = model.save(out / "model.skops")
        write_predictions(out / "validation.parquet", found.predictions)
    return asdict(found.result(model, size))


def _part(folder: Path) -> Part:
    arrays, target, _ = _read(folder, "train")
    return Part(arrays, target, *_read(folder, "validation"))


def _read(folder: Path, split: str) -> Rows:
    names = sorted(path.name.split(".")[1] for path in folder.glob(f"{split}.*.npy"))
    arrays = {name: read_array(folder, split, name) for name in names}
    target = read_truth(folder, split)
    arrays.pop("target", None)
    return arrays, target, arrays.pop("row", np.arange(len(target)))


class Search:
    """One search through the settings of a baseline.

    Args:
        baseline: whose settings are searched.
        spec: of the data.
        facts: of the data.
        seconds: core-seconds.
        seed: of random numbers.
        metric: that decides which setting is best; the loss where it is "".
    """

    def __init__(
        self,
        baseline: Baseline,
        spec: Spec,
        facts: Mapping[str, object],
        seconds: float,
        seed: int,
        metric: str = "",
    ) -> None:
        self.baseline, self.spec, self.facts, self.metric = baseline, spec, facts, metric
        self.problem, self.task = str(facts["problem"]), task_for(facts)
        self.seconds, self.seed = seconds, seed
        self.tried: list[dict[str, object]] = []
        self.loss, self.wanted, self.limit = np.inf, np.inf, sys.maxsize
        self.predictions = Predictions({})
        self._skipped = 0  # drawn settings that would have taken too long
        self.fitted = 0  # rows of the last fit
        self._best: tuple[Setting, Fitted] | None = None
        self._predicting = self._before = 0.0
        self._began = time.process_time()

    @property
    def spent(self) -> float:
        """Core-seconds so far."""
        return time.process_time() - self._began

    def run(self, parts: Sequence[Part], whole: Rows | None) -> Fitted:
        """Tries settings until the time is used; returns the best model, fitted on `whole` where given."""
        fits = len(parts) + (whole is not None)
        rows = max(len(part.target) for part in parts)
        settings = self._grid(rows)
        settings[0] = self._rounds_in_time(parts[0], settings[0], fits)
        self.limit = self._rows_in_time(parts[0], settings[0], fits)
        if self.limit >= len(parts[0].target):
            self.limit = sys.maxsize  # the last fit of a search with folds has more rows than each of them
        unit = 0.0
        for setting in settings:
            effort = self.baseline.effort(setting)
            again = unit if whole is not None else 0.0  # the last fit, on all rows, is still to come
            if unit and self.spent + effort * unit * len(parts) + effort * again > self.seconds:
                continue
            before = self.spent
            self._try(setting, parts, whole is not None)
            unit = max(unit, (self.spent - before) / len(parts) / effort)
        return self._answer(whole)

    def _grid(self, rows: int) -> list[Setting]:
        every = self.baseline.settings(tasks.find(self.problem).each, rows, self.spec.outputs)
        suited = [setting for setting in every if self.baseline.suited(setting, self.spec)]
        words = self._error_words()
        return [one for setting in suited for one in ({**setting, **words}, setting)] if words else suited

    def _error_words(self) -> Setting:
        """Of a setting that makes small what the metric asks for, where that is not the square."""
        if not self.metric:
            return {}
        return self.baseline.errors.get(tasks.metric_named(self.metric, self.problem).error, {})

    def carry_on(self, parts: Sequence[Part], whole: Rows | None, before: Mapping[str, Any]) -> Fitted | None:
        """Tries settings that an earlier search did not, then some of the baseline's space, until the time is used.

        Returns:
            The best model; None where the earlier search had a better one.
        """
        done: list[dict[str, Any]] = [dict(one) for one in before["tried"]]
        self.tried, self.limit = [*done], int(before["limit"])
        self.wanted = min(float(one.get("wanted", one["loss"])) for one in done)
        self._before = float(before["train_seconds"])
        known = [one["setting"] for one in done]
        rows = max(len(part.target) for part in parts)
        efforts = sum(self.baseline.effort(dict(setting)) for setting in known)
        unit = self._before / max(efforts, 1e-9) / len(parts)
        rng = np.random.default_rng([self.seed, len(known)])
        settings = [setting for setting in self._grid(rows) if setting not in known]
        while self.spent < self.seconds and len(self.tried) < MOST_TRIED:
            setting = settings.pop(0) if settings else self._drawn(rows, rng)
            if setting is None:
                break
            effort = self.baseline.effort(setting)
            if self.spent + effort * unit * (len(parts) + (whole is not None)) > self.seconds:
                if settings or self._skipped >= MOST_SKIPPED:
                    break
                self._skipped += 1
                continue
            before_it = self.spent
            self._try(setting, parts, whole is not None)
            unit = 0.5 * (unit + (self.spent - before_it) / len(parts) / effort)
        return None if self._best is None else self._answer(whole)

    def _drawn(self, rows: int, rng: np.random.Generator) -> Setting | None:
        """A setting of the space that was not tried yet; None where there is no space."""
        if self.baseline.space is None:
            return None
        known = [one["setting"] for one in self.tried]
        for _ in range(20):
            setting = self.baseline.space(tasks.find(self.problem).each, rows, self.spec.outputs, rng)
            if rng.random() < ASKED:
                setting = {**setting, **self._error_words()}
            if setting not in known and self.baseline.suited(setting, self.spec):
                return setting
        return None

    def follow(self, parts: Sequence[Part], whole: Rows | None, written: Mapping[str, Any]) -> Fitted:
        """Tries the settings that are written down, on as many rows; returns the best model as `run` does."""
        self.limit = written["limit"]
        for setting in written["settings"]:
            self._try(setting, parts, whole is not None)
        return self._answer(whole)

    def _answer(self, whole: Rows | None) -> Fitted:
        assert self._best is not None
        setting, model = self._best
        return model if whole is None else self._fit(setting, whole[0], whole[1])

    def _rounds_in_time(self, part: Part, setting: Setting, fits: int) -> Setting:
        """The first setting with fewer rounds or trees, where even a few rows take too long: those of many features."""
        word = _rounds(setting)
        allowed, rows = 0.8 * self.seconds / fits, min(PROBE, len(part.target))
        if word is None or setting[word] <= 2 * FEW_ROUNDS:
            return setting
        few = self._cost({**setting, word: FEW_ROUNDS}, part, rows)
        if few * setting[word] / FEW_ROUNDS <= allowed:
            return setting
        more = self._cost({**setting, word: 2 * FEW_ROUNDS}, part, rows)
        each = max(more - few, 0.1 * few) / FEW_ROUNDS
        start = max(0.0, few - FEW_ROUNDS * each)
        return {**setting, word: min(setting[word], max(FEW_ROUNDS, int((allowed - start) / each)))}

    def _rows_in_time(self, part: Part, setting: Setting, fits: int) -> int:
        """How many training rows the first setting can be fitted on in time, from the costs of small fits."""
        rows = min(len(part.target), self.baseline.most)
        if rows <= 2 * PROBE:
            return rows
        inputs = self.baseline.inputs(setting, take(part.arrays, slice(0, 1)), self.spec)
        most = MOST_VALUES // max(1, np.size(inputs)) if isinstance(inputs, np.ndarray) else rows
        probe, times = _short(setting)
        allowed = max(0.8 * self.seconds / fits, 1e-3)
        points = [(PROBE, times * self._cost(probe, part, PROBE))]
        while points[-1][0] * 4 < rows and points[-1][1] * 2 / times < 0.1 * self.seconds:
            size = points[-1][0] * 4
            points.append((size, times * self._cost(probe, part, size)))
        return max(PROBE, min(rows, most, _size_for(allowed, points)))

    def _cost(self, setting: Setting, part: Part, rows: int) -> float:
        before, self.limit = self.spent, rows
        self._fit(setting, part.arrays, part.target)
        return max(self.spent - before, 1e-5)

    def _fit(self, setting: Setting, arrays: Arrays, target: NDArray[np.generic]) -> Fitted:
        rows = count(arrays)
        where: NDArray[np.int64] | slice = slice(None)
        if rows > self.limit:
            where = np.sort(np.random.default_rng(self.seed).choice(rows, self.limit, replace=False))
            arrays = take(arrays, where)
        self.fitted = min(rows, self.limit)
        return fit(self.baseline, arrays, target[where], self.spec, self.problem, setting, self.seed)

    def _try(self, setting: Setting, parts: Sequence[Part], folded: bool) -> None:
        models = [self._fit(setting, part.arrays, part.target) for part in parts]
        before = self.spent
        given = [self._predict(model, part) for model, part in zip(models, parts, strict=True)]
        truth = np.concatenate([part.truth for part in parts])
        self._predicting = 1000 * (self.spent - before) / max(1, len(truth))
        predictions = Predictions({name: torch.cat([one.columns[name] for one in given]) for name in given[0].columns})
        loss = self.task.loss(predictions, truth) if len(truth) else np.inf
        if len(truth) and self.metric:
            loss = self.task.deciding(self.metric, loss, self.task.score(predictions, truth))
        chosen = self.metric and self.task.mixes and len(truth)
        wanted = self.task.wanting(self.metric, answers(predictions), truth) if chosen else loss
        self.tried.append({"setting": setting, "loss": loss, "wanted": wanted})
        if wanted < self.wanted or (self._best is None and not np.isfinite(self.wanted)):
            self.wanted, self.loss, self.predictions = wanted, loss, predictions
            self._best = (setting, models[0])

    def _predict(self, model: Fitted, part: Part) -> Predictions:
        judged = {**part.judged, "row": np.asarray(part.row, dtype=np.int64)}
        if part.truth.size:
            judged["target"] = part.truth
        return self.task.predict(model, data_of(self.spec, self.facts, {"validation": judged}), "validation")

    def result(self, model: Fitted, size: int) -> BaselineResult:
        """The words of the search."""
        return BaselineResult(
            name=self.baseline.name,
            title=self.baseline.title,
            setting=model.setting,
            tried=self.tried,
            loss=self.loss,
            rows=self.fitted,
            train_seconds=self.spent + self._before,
            predict_seconds=self._predicting,
            parameters=model.parameters,
            limit=self.limit,
            bytes=size,
        )


def _rounds(setting: Setting) -> str | None:
    """The word of a setting that counts its rounds or trees."""
    return next((word for word in ("max_iter", "n_estimators") if word in setting), None)


def _short(setting: Setting) -> tuple[Setting, float]:
    """A setting of ten rounds or trees, and how many times as long the whole takes."""
    word = _rounds(setting)
    if word is None or setting[word] <= 10:
        return setting, 1.0
    return {**setting, word: 10}, setting[word] / 10


def _size_for(seconds: float, points: Sequence[tuple[int, float]]) -> int:
    """Rows that can be fitted in the seconds: a power of the rows through one point, a line through the last two."""
    rows, cost = points[-1]
    if len(points) == 1 or cost <= points[-2][1]:
        return int(rows * (seconds / cost) ** (1 / GROWTH))
    slope = GROWTH * (cost - points[-2][1]) / (rows - points[-2][0])
    return int(rows + (seconds - cost) / slope)
