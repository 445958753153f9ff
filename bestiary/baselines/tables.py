"""Baselines on a matrix of features: constant, linear, neighbours, gradient-boosted trees, random forest, extra trees.

They are the models of scikit-learn, with the settings that matter most for each. Other kinds of data use them through
views that turn a row into features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import HuberRegressor, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bestiary.baselines.baseline import Arrays, Baseline, Inputs, Setting, count
from bestiary.baselines.spaces import Random, near, pick
from bestiary.contracts import Spec, TableSpec

TREES = 200  # of a forest
FEW_SAMPLES = (
    5_000  # rows that each tree of a forest sees at first, where there are more: all rows are seen by some tree
)
ROWS_A_BIN = 8
MOST_NEIGHBOURS = 20_000  # training rows that are searched for neighbours: every row is compared with each of them
MOST_TREES = 2_000  # of boosting: each iteration grows one a class
MOST_SAMPLES = 20_000  # and later: a saved forest stays within some tens of megabytes


def features(arrays: Arrays, spec: Spec) -> Inputs:
    """The encoded columns of a table, [N F]."""
    return arrays["features"]


def straight(arrays: Arrays, spec: Spec) -> Inputs:
    """The same with numbers that are not bent in their tails, [N F]."""
    matrix = np.array(arrays["features"], dtype=np.float64)
    matrix[:, : arrays["numbers"].shape[1]] = arrays["numbers"]
    return matrix


def wordless(arrays: Arrays, spec: Spec) -> Inputs:
    """The same without text, which may tell nothing."""
    return straight(arrays, spec)[:, : _plain(arrays, cast("TableSpec", spec))]


def worded(arrays: Arrays, spec: Spec) -> Inputs:
    """The columns of a table, with every n-gram of its text as a column of its own in the place of their summary.

    Each text's n-grams together have length 1. Sparse, [N, F + X V].
    """
    return _with_words(np.asarray(arrays["features"], dtype=np.float64), arrays, cast("TableSpec", spec))


def straight_worded(arrays: Arrays, spec: Spec) -> Inputs:
    """Likewise, with numbers that are not bent."""
    return _with_words(straight(arrays, spec), arrays, cast("TableSpec", spec))


def _with_words(matrix: NDArray[np.float64], arrays: Arrays, spec: TableSpec) -> sparse.csr_matrix:
    words = np.asarray(arrays["words"], dtype=np.int64)
    rows, columns, places = np.nonzero(words)
    found = (words > 0).sum(-1)
    values = 1 / np.sqrt(found[rows, columns])
    where = words[rows, columns, places] - 1 + columns * (spec.vocabulary - 1)
    shape = (len(words), spec.texts * (spec.vocabulary - 1))
    bag = sparse.csr_matrix((values, (rows, where)), shape=shape)
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(matrix[:, : _plain(arrays, spec)]), bag]))


def _plain(arrays: Arrays, spec: TableSpec) -> int:
    """Features of numbers and categories; those of text come after them."""
    return arrays["numbers"].shape[1] + sum(size - 1 for size in spec.categories)


def nothing(arrays: Arrays, spec: Spec) -> Inputs:
    """No features at all, [N 1]: a constant needs none."""
    return np.zeros((count(arrays), 1), dtype=np.float32)


LINEAR_VIEWS = {"straight": straight, "wordless": wordless, "worded": worded, "straight worded": straight_worded}


def constant(target: str, setting: Setting, seed: int) -> Pipeline:
    """The class frequencies of the training rows, or their mean."""
    return make_pipeline(DummyClassifier(strategy="prior") if target == "classes" else DummyRegressor())


def linear(target: str, setting: Setting, seed: int) -> Pipeline:
    """Logistic or ridge regression, or Huber's where errors are to count by their size; `penalty` weighs coefficients.

    Features are standardised, unless every n-gram is one: numbers are on one scale already, and rare words small.
    """
    if target == "classes":
        model: Any = LogisticRegression(C=1 / setting["penalty"], max_iter=300, tol=1e-3)
    elif setting.get("robust"):
        model = HuberRegressor(alpha=setting["penalty"] / 100, max_iter=300, tol=1e-4)
    else:
        model = Ridge(alpha=setting["penalty"], random_state=seed)
    if "worded" in setting.get("view", ""):
        return make_pipeline(model)
    return make_pipeline(StandardScaler(), model)


def linear_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """From little to much shrinkage, the usual first; numbers bent in their tails and as they are."""
    penalties = (1.0, 10.0, 100.0, 0.1, 1000.0, 0.01, 0.0001)
    return [{"penalty": p, **({"view": view} if view else {})} for p in penalties for view in ("", *LINEAR_VIEWS)]


def _linear_suits(setting: Setting, spec: Spec) -> bool:
    """Whether there are numbers that are not bent, or text, for the setting's view."""
    view = setting.get("view", "")
    if not view:
        return True
    if not isinstance(spec, TableSpec) or not (spec.numbers or spec.texts):
        return False
    return ("straight" not in view or bool(spec.numbers)) and ("word" not in view or bool(spec.texts))


def neighbours(target: str, setting: Setting, seed: int) -> Pipeline:
    """The nearest training rows answer, the nearer ones more."""
    return make_pipeline(StandardScaler(), nearest(target, setting["neighbours"], setting["weights"]))


def nearest(target: str, number: int, weights: str) -> Any:
    """So many of the nearest training rows, every one of which is compared."""
    model = KNeighborsClassifier if target == "classes" else KNeighborsRegressor
    return model(n_neighbors=number, weights=weights, algorithm="brute", n_jobs=1)


def neighbours_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A few neighbours, or many."""
    tried = [(10, "distance"), (5, "distance"), (20, "distance"), (3, "uniform"), (50, "distance"), (1, "uniform")]
    return [{"neighbours": count, "weights": weights} for count, weights in tried if count <= max(1, rows // 2)] or [
        {"neighbours": 1, "weights": "uniform"}
    ]


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


def extra_trees(target: str, setting: Setting, seed: int) -> Pipeline:
    """Trees that cut at random places, the best of a few columns (Geurts, Ernst & Wehenkel 2006)."""
    model = ExtraTreesClassifier if target == "classes" else ExtraTreesRegressor
    bootstrap = {"bootstrap": True} if "max_samples" in setting else {}
    return make_pipeline(model(random_state=seed, n_jobs=1, **bootstrap, **setting))


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


def linear_space(target: str, rows: int, outputs: int, rng: Random) -> Setting:
    """Any shrinkage, on any view."""
    view = pick(rng, ("", *LINEAR_VIEWS))
    return {"penalty": near(rng, 1e-4, 1e4), **({"view": view} if view else {})}


def neighbours_space(target: str, rows: int, outputs: int, rng: Random) -> Setting:
    """One to a hundred neighbours."""
    return {"neighbours": int(near(rng, 1, max(2, min(100, rows // 3)))), "weights": pick(rng, ("distance", "uniform"))}


def boosting_space(target: str, rows: int, outputs: int, rng: Random) -> Setting:
    """Small and large trees, slow and fast, more and less shrunken, on all features or some at each split."""
    rate = near(rng, 0.02, 0.25)
    rounds = int(np.clip(near(rng, 3.0, 30.0) / rate, 20, max(20, MOST_TREES // outputs)))
    return {
        "learning_rate": rate,
        "max_iter": rounds,
        "max_leaf_nodes": pick(rng, (3, 4, 7, 15, 31, 63)),
        "min_samples_leaf": pick(rng, (2, 5, 10, 20, 40)),
        "l2_regularization": pick(rng, (0.0, 0.1, 1.0, 10.0)),
        "max_bins": int(np.clip(rows // ROWS_A_BIN, 31, 255)),
        "max_features": pick(rng, (0.3, 0.5, 0.8, 1.0)),
    }


def forest_space(target: str, rows: int, outputs: int, rng: Random) -> Setting:
    """Deep and shallow trees, few and many features a split."""
    samples = {"max_samples": MOST_SAMPLES} if rows > MOST_SAMPLES else {}
    words = {
        "n_estimators": pick(rng, (TREES, 2 * TREES)),
        "max_features": pick(rng, ("sqrt", 0.2, 0.33, 0.5, 0.7, 1.0)),
        "min_samples_leaf": pick(rng, (1, 2, 3, 5, 8, 12)),
    }
    if target == "classes":
        words["criterion"] = pick(rng, ("gini", "entropy"))
    return {**words, **samples}


def _boosting_effort(setting: Setting) -> float:
    return setting["max_iter"] * (5 + setting["max_leaf_nodes"]) / 3600


def _forest_effort(setting: Setting) -> float:
    share = setting["max_features"]
    width = (1.0 if share == "sqrt" else max(1.0, 8.0 * share)) / setting["min_samples_leaf"] ** 0.3
    return width * setting["n_estimators"] * setting.get("max_samples", MOST_SAMPLES) / TREES / MOST_SAMPLES


def _trees(setting: Setting) -> int:
    return setting["n_estimators"]


ANY = ("classes", "value", "values", "labels")
BASELINES: tuple[Baseline, ...] = (
    Baseline("constant", "always the same answer", nothing, constant, targets=ANY),
    Baseline(
        "linear",
        "linear model",
        features,
        linear,
        linear_settings,
        views=LINEAR_VIEWS,
        suited=_linear_suits,
        errors={"absolute": {"robust": True}},
        space=linear_space,
        targets=ANY,
    ),
    Baseline(
        "neighbours",
        "nearest neighbours",
        features,
        neighbours,
        neighbours_settings,
        votes=lambda setting: setting["neighbours"],
        holds=f"up to {MOST_NEIGHBOURS:,} training rows, their encoded columns with their target",
        most=MOST_NEIGHBOURS,
        space=neighbours_space,
        targets=ANY,
    ),
    Baseline(
        "boosting",
        "gradient-boosted trees",
        features,
        boosting,
        boosting_settings,
        _boosting_effort,
        errors={"absolute": {"loss": "absolute_error"}},
        space=boosting_space,
        targets=ANY,
    ),
    Baseline(
        "forest",
        "random forest",
        features,
        forest,
        forest_settings,
        _forest_effort,
        _trees,
        space=forest_space,
        targets=ANY,
    ),
    Baseline(
        "extra_trees",
        "extremely random trees",
        features,
        extra_trees,
        forest_settings,
        _forest_effort,
        _trees,
        space=forest_space,
        targets=ANY,
    ),
)


def on(view: Callable[[Arrays, Spec], Inputs], suffix: str, *names: str) -> tuple[Baseline, ...]:
    """The same models on another view of a row.

    Args:
        view: encoded arrays and spec -> matrix [N F].
        suffix: says so in the title, as in "random forest on pixels".
        names: of those wanted.
    """
    return tuple(replace(b, view=view, title=f"{b.title} {suffix}") for b in BASELINES if b.name in names)
