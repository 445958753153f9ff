"""Baselines of several numbers or labels: each learns all of them, follows weights, and is the same when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from bestiary.baselines import baseline as baselines
from bestiary.baselines.baseline import Arrays, Baseline, Setting
from bestiary.baselines.boosters import ALL
from bestiary.baselines.several import parts
from bestiary.baselines.tables import BASELINES
from bestiary.contracts import TableSpec

ROWS, TASKS = 240, ("multitarget", "multilabel")
EVERY = {one.name: one for one in (*BASELINES, *(one for _, one in ALL)) if one.name != "constant"}


def known(name: str) -> Baseline:
    """A baseline whose package is installed."""
    package = {one.name: package for package, one in ALL}.get(name)
    if package:
        pytest.importorskip(package)
    return EVERY[name]


def rows(task: str) -> tuple[Arrays, np.ndarray]:
    """Three features, and two targets that depend on different ones, or are 0 and 1."""
    inputs = np.random.default_rng(1).normal(size=(ROWS, 3)).astype(np.float32)
    values = np.stack([100 + 10 * inputs[:, 0], 1e-3 * (inputs[:, 1] - inputs[:, 2])], axis=1)
    target = values if task == "multitarget" else (values > [100, 0]).astype(np.int8)
    return {"features": inputs, "numbers": inputs}, target


def first(one: Baseline, task: str) -> Setting:
    return one.settings("value" if task == "multitarget" else "classes", ROWS, 2)[0]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", EVERY)
def test_each_target_is_learned_and_the_saved_model_answers_the_same(name: str, task: str, tmp_path: Path) -> None:
    one, (arrays, target), spec = known(name), rows(task), TableSpec(3, 2)
    fitted = baselines.fit(one, arrays, target, spec, task, first(one, task), 0)
    fitted.save(tmp_path / "model.skops")
    given = fitted.predict(arrays)
    again = one.load(tmp_path / "model.skops", "table", task, spec).predict(arrays)
    assert given.shape == (ROWS, 2) and np.allclose(given, again, rtol=1e-9, atol=0)
    assert all(np.corrcoef(given[:, k], target[:, k])[0, 1] > 0.7 for k in range(2))
    assert fitted.parameters > 0


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", EVERY)
def test_only_rows_with_weight_are_learned_from(name: str, task: str) -> None:
    """In the rows without weight the targets are the other way round."""
    one, (arrays, target) = known(name), rows(task)
    weight = (np.arange(ROWS) % 2).astype(float)
    turned = 2 * target.mean(0) - target if task == "multitarget" else 1 - target
    told = np.where(weight[:, None] > 0, target, turned)
    weighted = {**arrays, "weight": weight}
    given = baselines.fit(one, weighted, told, TableSpec(3, 2), task, first(one, task), 0).predict(arrays)
    assert all(np.corrcoef(given[:, k], target[:, k])[0, 1] > 0.6 for k in range(2))


@pytest.mark.parametrize(
    "name,task,model",
    [
        ("linear", "multilabel", LogisticRegression),
        ("boosting", "multilabel", HistGradientBoostingClassifier),
        ("boosting", "multitarget", HistGradientBoostingRegressor),
    ],
)
def test_weights_are_what_scikit_learn_calls_sample_weight(name: str, task: str, model: type) -> None:
    """A model for each target, as it would be fitted on that target alone."""
    one, (arrays, target) = known(name), rows(task)
    weight = np.random.default_rng(2).uniform(0.1, 3.0, ROWS)
    fitted = baselines.fit(one, {**arrays, "weight": weight}, target, TableSpec(3, 2), task, first(one, task), 0)
    steps, inputs = fitted.estimator, np.asarray(arrays["features"])
    for _, step in steps.steps[:-1]:
        inputs = step.transform(inputs)
    wanted = (target - target.mean(0)) / target.std(0) if task == "multitarget" else target
    answer = "predict" if task == "multitarget" else "decision_function"
    for number, part in enumerate(parts(steps)):
        assert type(part) is model
        each = weight / weight.mean()
        alone: Any = cast("Any", clone(part)).fit(inputs, wanted[:, number], sample_weight=each)
        plain: Any = cast("Any", clone(part)).fit(inputs, wanted[:, number])
        given = getattr(part, answer)(inputs)
        assert np.abs(given - getattr(alone, answer)(inputs)).max() < 1e-4  # rounding of targets
        assert np.abs(given - getattr(plain, answer)(inputs)).max() > 1e-2


def test_a_label_that_no_row_of_a_fold_has_is_answered_with_0() -> None:
    arrays, target = rows("multilabel")
    weight = np.random.default_rng(2).uniform(0.1, 3.0, ROWS)
    target[:, 1] = 0
    one = EVERY["linear"]
    fitted = baselines.fit(
        one, {**arrays, "weight": weight}, target, TableSpec(3, 2), "multilabel", first(one, "multilabel"), 0
    )
    assert not fitted.predict(arrays)[:, 1].any()
