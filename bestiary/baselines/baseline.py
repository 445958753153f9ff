"""What a baseline is, and a fitted one: it predicts from encoded arrays, and is saved without pickle."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from bestiary import kinds, tasks
from bestiary.baselines import saved, several
from bestiary.baselines.several import alike, chances, for_several
from bestiary.contracts import Spec
from bestiary.errors import InputError
from bestiary.records import door
from bestiary.records.shapes import Id
from bestiary.rows.store import spec_from
from bestiary.rows.weights import drawn

Arrays = Mapping[str, NDArray[np.generic]]
Setting = dict[str, Any]
Inputs = Any  # what scikit-learn is given: a matrix [N F], which may be sparse, or a list of N texts
View = Callable[[Arrays, Spec], Inputs]

Unit = tuple[Any, Any]
"""Mean and deviation of the targets: two numbers, or two arrays [T]."""
AT_ONCE = 4096  # rows predicted at a time


@dataclass(frozen=True)
class Baseline:
    """A competitor that is a pipeline of scikit-learn's; implements `baselines.Competitor`.

    Attributes:
        name: unique among the baselines of a kind; "baseline/<name>" on the leaderboard.
        title: for people.
        view: encoded arrays and their spec -> what scikit-learn is given.
        build: target ("classes" or "value"), setting, seed -> an unfitted pipeline.
        settings: target, training rows, outputs -> what is tried, the first first.
        effort: setting -> its cost relative to other settings.
        votes: setting -> how many votes a probability is counted from, so that no class gets exactly zero.
        targets: that it can learn.
        holds: which training rows lie in a fitted one, for people; empty where it keeps numbers about them alone.
        views: other views, by the word `view` of a setting.
        suited: whether a setting is for data of a spec; the first setting must always be.
        most: training rows, at most, that it is fitted on.
        errors: what error to make small, where a metric asks for another than the square -> words of a setting for it.
        space: target, training rows, outputs, random numbers -> one more setting, for searches that have time left.
    """

    name: str
    title: str
    view: View
    build: Callable[[str, Setting, int], Pipeline]
    settings: Callable[[str, int, int], Sequence[Setting]] = lambda target, rows, outputs: ({},)
    effort: Callable[[Setting], float] = lambda setting: 1.0
    votes: Callable[[Setting], int] = lambda setting: 0
    targets: tuple[str, ...] = ("classes", "value")  # "values" and "labels" are built by `several`
    holds: str = ""
    views: Mapping[str, View] = field(default_factory=dict)
    suited: Callable[[Setting, Spec], bool] = lambda setting, spec: True
    most: int = sys.maxsize
    errors: Mapping[str, Setting] = field(default_factory=dict)
    space: Callable[[str, int, int, np.random.Generator], Setting] | None = None

    def built(self, problem: str, setting: Setting, seed: int) -> Pipeline:
        """The unfitted pipeline for a task."""
        task = tasks.find(problem)
        return for_several(self.build(task.each, setting, seed), task.target)

    def inputs(self, setting: Setting, arrays: Arrays, spec: Spec) -> Inputs:
        """What scikit-learn is given under a setting."""
        return self.views.get(setting.get("view", ""), self.view)(arrays, spec)

    def search(
        self,
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
        """Searches the settings; see `search.search`."""
        from bestiary.baselines.search import search

        return search(
            self,
            data,
            out,
            seconds=seconds,
            seed=seed,
            folds=folds,
            written=written,
            metric=metric,
            before=before,
        )

    def load(self, path: Path, kind: str, problem: str, spec: Spec | None = None) -> Fitted:
        """What `Fitted.save` wrote. Nothing in the file is executed, and only types of fitted baselines are built.

        Args:
            path: of the skops file.
            kind, problem: what it must be of, from the words beside it.
            spec: of the data that it must be for, where that is known.

        Raises:
            InputError: when it is not this baseline for such data, holds anything else, or cannot answer.
        """
        with saved.reading(path) as content:
            words = door.shaped(json.loads(content["words"]), Words, str(path), "train again")
            inside = spec_from(words["spec"], str(path))
            wanted = (self.name, kind, problem, spec or inside)
            if (words["baseline"], inside.kind, words["problem"], inside) != wanted:
                told = words["baseline"]
                raise InputError(f"{path} holds the baseline {told!r} for other data than its description says")
            estimator, setting = content["estimator"], words["setting"]
            expected = self.built(problem, setting, 0)
            _put_vocabularies(estimator, words["vocabularies"])
            if _types(estimator) not in (_types(expected), [DummyClassifier]) or not alike(estimator, expected):
                raise InputError(f"expected {self.title} in {path}; it holds another model; save it again")
            _reset(estimator, expected)
            unit = _unit(words.get("unit", [0.0, 1.0]), inside, tasks.find(problem).target)
            if unit is None:
                raise InputError(f"the unit of the answers in {path} is not valid: {words.get('unit')}; train again")
            fitted = Fitted(self, inside, problem, setting, estimator, unit)
            fitted.predict(
                kinds.find(kind).part("example").row(inside)
            )  # what does not fit is told now, not while answering
        return fitted


class Fitted:
    """A fitted baseline: turns encoded arrays into probabilities or values.

    Args:
        baseline: what it is.
        spec: of the data.
        problem: the task.
        setting: what it was built with.
        estimator: the fitted pipeline.
        unit: mean and deviation of the targets, in which the pipeline answers: (value - mean) / deviation; of several
            targets a number for each.
    """

    def __init__(
        self,
        baseline: Baseline,
        spec: Spec,
        problem: str,
        setting: Setting,
        estimator: Any,
        unit: Unit = (0.0, 1.0),
    ) -> None:
        self.baseline, self.spec, self.problem = baseline, spec, problem
        self.setting, self.estimator, self.unit = setting, estimator, unit
        self.classes, self.labels = tasks.find(problem).answers_classes, tasks.find(problem).target == "labels"

    def predict(self, arrays: Arrays) -> NDArray[np.floating]:
        """Probabilities [N, K] float32 of all classes or labels, those absent in training included, or values float64.

        Values are [N]; those of several targets [N, T].
        """
        rows = count(arrays)
        parts = [self._part(take(arrays, slice(start, start + AT_ONCE))) for start in range(0, rows, AT_ONCE)]
        single = not (self.classes or self.labels) and np.ndim(self.unit[0]) == 0
        empty = np.empty(0) if single else np.empty((0, self.spec.outputs), np.float32)
        return np.concatenate(parts) if parts else empty

    def _part(self, arrays: Arrays) -> NDArray[np.floating]:
        inputs = self.baseline.inputs(self.setting, arrays, self.spec)
        if not (self.classes or self.labels):
            return self.estimator.predict(inputs).astype(np.float64) * self.unit[1] + self.unit[0]
        if self.labels:
            table, even = chances(self.estimator, inputs), 0.5
        else:
            table, even = np.zeros((count(arrays), self.spec.outputs)), 1 / self.spec.outputs
            table[:, self.estimator.classes_] = self.estimator.predict_proba(inputs)
        votes = self.baseline.votes(self.setting)
        if votes:
            table = (votes * table + even) / (votes + 1)
        return table.astype(np.float32)

    @property
    def parameters(self) -> int:
        """Numbers that were fitted: coefficients, nodes of trees, stored rows."""
        last = self.estimator[-1] if isinstance(self.estimator, Pipeline) else self.estimator
        return sum(map(parameters, several.parts(last) or [last]))

    def save(self, path: Path) -> int:
        """Writes one skops file, whole or not at all; returns its size in bytes."""
        counters = _counters(self.estimator)
        vocabularies = [counter.vocabulary_ for counter in counters]
        words = {
            "baseline": self.baseline.name,
            "spec": self.spec.written(),
            "problem": self.problem,
            "setting": self.setting,
            "unit": [np.asarray(one).tolist() for one in self.unit],
            "vocabularies": [sorted(vocabulary, key=vocabulary.__getitem__) for vocabulary in vocabularies],
        }
        content = {"words": json.dumps(words), "estimator": self.estimator}
        try:
            for counter in counters:
                counter.vocabulary_ = {}  # skops would write a file for each of its words
            return saved.write(path, content)
        finally:
            for counter, vocabulary in zip(counters, vocabularies, strict=True):
                counter.vocabulary_ = vocabulary


class Words(TypedDict):
    """What a file says of the baseline in it."""

    baseline: Id
    spec: dict[str, Any]
    problem: Id
    setting: Setting
    unit: NotRequired[list[float | list[float]]]
    vocabularies: list[list[str]]


def _unit(written: Sequence[Any], spec: Spec, target: str) -> Unit | None:
    """Mean and deviation of the targets as a file has them; None where they cannot be."""
    if len(written) != 2:
        return None
    shape = (spec.outputs,) if target == "values" else ()
    mean, scale = (np.asarray(one, dtype=np.float64) for one in written)
    if mean.shape != shape or scale.shape != shape or not (np.isfinite(mean).all() and np.isfinite(scale).all()):
        return None
    if not (scale > 0).all():
        return None
    return (mean, scale) if shape else (float(mean), float(scale))


def _put_vocabularies(estimator: Any, vocabularies: Sequence[Sequence[str]]) -> None:
    for counter, known in zip(_counters(estimator), vocabularies, strict=True):
        counter.vocabulary_ = {word: place for place, word in enumerate(known)}


def _reset(estimator: Any, expected: Any) -> None:
    """What was decided before fitting comes from our own code again: patterns, numbers of threads, metrics."""
    if isinstance(estimator, Pipeline) and isinstance(expected, Pipeline):
        for (_, step), (_, wanted) in zip(estimator.steps, expected.steps, strict=True):
            _reset(step, wanted)
    elif isinstance(estimator, FeatureUnion):
        pairs = zip(estimator.transformer_list, expected.transformer_list, strict=True)
        for (_, part), (_, wanted) in pairs:
            _reset(part, wanted)
        estimator.set_params(n_jobs=None, transformer_weights=None, verbose=False)
    elif type(estimator) is type(expected):
        for part in several.parts(estimator):
            if type(part) is type(expected.estimator):
                part.set_params(**expected.estimator.get_params(deep=False))
        estimator.set_params(**expected.get_params(deep=False))


def _counters(estimator: Any) -> list[Any]:
    """The parts of a text pipeline that hold a vocabulary."""
    first = estimator[0] if isinstance(estimator, Pipeline) else estimator
    parts = [part for _, part in first.transformer_list] if isinstance(first, FeatureUnion) else [first]
    return [part for part in parts if hasattr(part, "vocabulary_")]


def _types(estimator: Any) -> list[type]:
    return [type(step) for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [type(estimator)]


def fit(
    baseline: Baseline, arrays: Arrays, target: Any, spec: Spec, problem: str, setting: Setting, seed: int
) -> Fitted:
    """Fits one setting on all rows that are given.

    Args:
        baseline: what to fit.
        arrays: of the training rows.
        target: class numbers or values, [N]; of several numbers or labels [N T].
        spec: of the data.
        problem: the task.
        setting: one of `baseline.settings`.
        seed: of its random numbers.
    """
    task = tasks.find(problem)
    numbers = task.each != "classes"
    alone = task.answers_classes and len(np.unique(target)) < 2
    estimator = DummyClassifier(strategy="prior") if alone else baseline.built(problem, setting, seed)
    wanted, unit = np.asarray(target).astype(np.float64 if numbers else np.int64), (0.0, 1.0)
    if numbers:  # packages keep targets as float32, which tells large values apart only near zero
        unit = _spread(wanted)
        wanted = (wanted - unit[0]) / unit[1]
    _fit(estimator, baseline.inputs(setting, arrays, spec), wanted, arrays.get("weight"), seed)
    return Fitted(baseline, spec, problem, setting, estimator, unit)


def _spread(wanted: NDArray[Any]) -> Unit:
    """Mean and deviation of targets [N], or of each of several [N T]; a deviation of 0 becomes 1."""
    if wanted.ndim == 1:
        return float(wanted.mean()), float(wanted.std()) or 1.0
    scale = wanted.std(0)
    return wanted.mean(0), np.where(scale > 0, scale, 1.0)


def _fit(estimator: Any, inputs: Any, wanted: NDArray[Any], weights: Any, seed: int) -> None:
    """Fits as weights say, their mean 1; an estimator that takes none is given rows as often as their weight says."""
    if weights is None:
        estimator.fit(inputs, wanted)
        return
    weights = np.asarray(weights, dtype=np.float64)
    each = weights / weights.mean()
    name, last = estimator.steps[-1] if isinstance(estimator, Pipeline) else ("", estimator)
    if isinstance(last, OneVsRestClassifier):
        before = estimator[:-1].fit_transform(inputs, wanted) if len(estimator.steps) > 1 else inputs
        if several.fit_labels(last, before, wanted, each):
            return
    elif several.takes_weights(last):
        estimator.fit(inputs, wanted, **{f"{name}__sample_weight".removeprefix("__"): each})
        return
    rows = drawn(weights, np.random.default_rng(seed).random(len(weights)))
    chosen = inputs[rows] if hasattr(inputs, "shape") else [inputs[row] for row in rows.tolist()]
    estimator.fit(chosen, wanted[rows])


def count(arrays: Arrays) -> int:
    """How many rows the arrays have."""
    return len(arrays["offsets"]) - 1 if "offsets" in arrays else len(next(iter(arrays.values())))


def take(arrays: Arrays, where: NDArray[np.int64] | slice) -> dict[str, NDArray[np.generic]]:
    """Some rows of encoded arrays; the pieces of raw text are cut out and joined.

    Example:
        >>> texts = {"bytes": np.frombuffer(b"onetwothree", np.uint8), "offsets": np.array([0, 3, 6, 11])}
        >>> part = take(texts, np.array([2, 0]))
        >>> part["bytes"].tobytes(), part["offsets"].tolist()
        (b'threeone', [0, 5, 8])
    """
    taken = {name: array[where] for name, array in arrays.items() if name not in ("bytes", "offsets")}
    if "offsets" not in arrays:
        return taken
    rows = np.arange(count(arrays))[where]
    offsets = np.asarray(arrays["offsets"], dtype=np.int64)
    starts, ends = offsets[:-1][rows], offsets[1:][rows]
    pieces = [arrays["bytes"][start:end] for start, end in zip(starts, ends, strict=True)]
    taken["bytes"] = np.concatenate(pieces) if pieces else arrays["bytes"][:0]
    taken["offsets"] = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
    return taken


def parameters(estimator: Any) -> int:
    """Numbers that a scikit-learn estimator was fitted with; 0 when unknown."""
    if hasattr(estimator, "count_"):
        return int(estimator.count_)
    if hasattr(estimator, "coef_"):
        return int(np.size(estimator.coef_) + np.size(estimator.intercept_))
    if hasattr(estimator, "estimators_"):
        return sum(int(tree.tree_.node_count) for tree in estimator.estimators_)
    if hasattr(estimator, "_predictors"):
        return sum(len(tree.nodes) for trees in estimator._predictors for tree in trees)
    for name in ("feature_log_prob_", "_fit_X", "class_prior_", "constant_"):
        if hasattr(estimator, name):
            held = getattr(estimator, name)  # of several labels an array for each
            return sum(map(np.size, held)) if isinstance(held, list) else int(np.size(held))
    return 0
