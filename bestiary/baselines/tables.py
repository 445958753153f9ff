"""Baselines on a matrix of features: constant, linear, gradient-boosted trees, random forest.

They are the models of scikit-learn, with the settings that matter most for each. Other kinds of data use them through
views that turn a row into features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bestiary.baselines.baseline import Arrays, Baseline, Inputs, Setting, count
from bestiary.contracts import Spec

TREES = 200  # of a forest
FEW_SAMPLES = (
    5_000  # rows that each tree of a forest sees at first, where there are more: all rows are seen by some tree
)
ROWS_A_BIN = 8
MOST_TREES = 2_000  # of boosting: each iteration grows one a class
MOST_SAMPLES = 20_000  # and later: a saved forest stays within some tens of megabytes


def features(arrays: Arrays, spec: Spec) -> Inputs:
    """The encoded columns of a table, [N F]."""
    return arrays["features"]


def nothing(arrays: Arrays, spec: Spec) -> Inputs:
    """No features at all, [N 1]: a constant needs none."""
    return np.zeros((count(arrays), 1), dtype=np.float32)


def constant(target: str, setting: Setting, seed: int) -> Pipeline:
    """The class frequencies of the training rows, or their mean."""
    return make_pipeline(DummyClassifier(strategy="prior") if target == "classes" else DummyRegressor())


def linear(target: str, setting: Setting, seed: int) -> Pipeline:
    """Logistic or ridge regression on standardised features; `penalty` is the weight of the squared coefficients."""
    if target == "classes":
        model: Any = LogisticRegression(C=1 / setting["penalty"], max_iter=300, tol=1e-3)
    else:
        model = Ridge(alpha=setting["penalty"], random_state=seed)
    return make_pipeline(StandardScaler(), model)


def linear_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """From little to much shrinkage, the usual first."""
    return [{"penalty": penalty} for penalty in (1.0, 10.0, 100.0, 0.1, 1000.0, 0.01)]


def boosting(target: str, setting: Setting, seed: int) -> Pipeline:
    """Histogram gradient boosting."""
    model: Any = HistGradientBoostingClassifier if target == "classes" else HistGradientBoostingRegressor
    return make_pipeline(model(early_stopping=False, random_state=seed, **setting))


def boosting_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A quick one, so that more rows fit a short time; then large trees and small ones, fast and slow.

    Few rows need few bins, and the cost of a node of few rows and many features is that of its bins.
    """
    most = max(5, MOST_TREES // outputs)
    leaf = 20 if rows >= 500 else 5
    tried = (
        (0.2, 40, 31, 0.0),
        (0.1, 100, 31, 0.0),
        (0.1, 100, 7, 0.0),
        (0.05, 300, 15, 1.0),
        (0.03, 600, 31, 1.0),
        (0.1, 300, 4, 0.0),
    )
    return [
        {
            "learning_rate": rate,
            "max_iter": min(iterations, most),
            "max_leaf_nodes": leaves,
            "min_samples_leaf": leaf,
            "l2_regularization": shrink,
            "max_bins": int(np.clip(rows // ROWS_A_BIN, 31, 255)),
        }
        for rate, iterations, leaves, shrink in tried
    ]


def forest(target: str, setting: Setting, seed: int) -> Pipeline:
    """A random forest."""
    model = RandomForestClassifier if target == "classes" else RandomForestRegressor
    return make_pipeline(model(random_state=seed, n_jobs=1, **setting))


def forest_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """Deep and shallow trees, few and many features a split."""
    shares = ("sqrt", 0.33, 1.0) if target == "classes" else (0.33, 1.0, "sqrt")
    tried = [(shares[0], 1), (shares[0], 3), (shares[1], 1), (shares[1], 5), (shares[2], 5)]
    settings = [{"n_estimators": TREES, "max_features": share, "min_samples_leaf": leaf} for share, leaf in tried]
    if rows <= FEW_SAMPLES:
        return settings
    samples = {"max_samples": MOST_SAMPLES} if rows > MOST_SAMPLES else {}
    first = {**settings[0], "n_estimators": TREES // 2, "max_samples": FEW_SAMPLES}
    return [first, *({**setting, **samples} for setting in settings)]


def _boosting_effort(setting: Setting) -> float:
    return setting["max_iter"] * (5 + setting["max_leaf_nodes"]) / 3600


def _forest_effort(setting: Setting) -> float:
    width = {"sqrt": 1.0, 0.33: 3.0, 1.0: 8.0}[setting["max_features"]] / setting["min_samples_leaf"] ** 0.3
    return width * setting["n_estimators"] * setting.get("max_samples", MOST_SAMPLES) / TREES / MOST_SAMPLES


def _trees(setting: Setting) -> int:
    return setting["n_estimators"]


BASELINES: tuple[Baseline, ...] = (
    Baseline("constant", "always the same answer", nothing, constant),
    Baseline("linear", "linear model", features, linear, linear_settings),
    Baseline("boosting", "gradient-boosted trees", features, boosting, boosting_settings, _boosting_effort),
    Baseline("forest", "random forest", features, forest, forest_settings, _forest_effort, _trees),
)


def on(view: Callable[[Arrays, Spec], Inputs], suffix: str, *names: str) -> tuple[Baseline, ...]:
    """The same models on another view of a row.

    Args:
        view: encoded arrays and spec -> matrix [N F].
        suffix: says so in the title, as in "random forest on pixels".
        names: of those wanted.
    """
    return tuple(replace(b, view=view, title=f"{b.title} {suffix}") for b in BASELINES if b.name in names)
