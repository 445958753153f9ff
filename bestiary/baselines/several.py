"""Baselines of scikit-learn's for several numbers or labels at once.

Models that answer several things by themselves do (ridge regression, neighbours, forests); of the others there is one
for each number or label: of labels, one that tells the rows with it from the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.multiclass import OneVsRestClassifier, _ConstantPredictor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

TOGETHER = (
    DummyClassifier,
    DummyRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    KNeighborsClassifier,
    KNeighborsRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    Ridge,
)
"""Models that take several targets, and lose nothing by it or little."""
EACH = (MultiOutputRegressor, OneVsRestClassifier)


def for_several(pipeline: Pipeline, target: str) -> Pipeline:
    """An unfitted pipeline of one number or class, for several numbers ("values") or labels ("labels").

    Args:
        pipeline: whose last step is a model.
        target: what the task asks for; others leave the pipeline as it is.
    """
    name, model = pipeline.steps[-1]
    if target not in ("values", "labels") or isinstance(model, TOGETHER):
        return pipeline
    wrapped: Any = MultiOutputRegressor(model) if target == "values" else OneVsRestClassifier(model)
    return Pipeline([*pipeline.steps[:-1], (name, wrapped)])


def takes_weights(model: Any) -> bool:
    """Whether a model, or each of those that it is made of, is fitted with `sample_weight`."""
    return has_fit_parameter(model.estimator if isinstance(model, EACH) else model, "sample_weight")


def fit_labels(model: OneVsRestClassifier, inputs: Any, wanted: NDArray[Any], weights: NDArray[Any]) -> bool:
    """Fits a model for each label on weighted rows; False where such a model takes no weights, and nothing is fitted.

    Args:
        model: unfitted.
        inputs: of N rows.
        wanted: which labels they have, [N L].
        weights: how much each row counts, [N].
    """
    if not takes_weights(model):
        return False
    with config_context(enable_metadata_routing=True):  # without it weights do not reach the models
        model.estimator.set_fit_request(sample_weight=True)
        model.fit(inputs, wanted, sample_weight=weights)
    for one in (model.estimator, *model.estimators_):
        vars(one).pop("_metadata_request", None)  # of no use to a fitted model, and nothing to save
    return True


def chances(estimator: Any, inputs: Any) -> NDArray[np.float64]:
    """The probability of each label, [N L], of a fitted pipeline.

    Models that answer together give the probabilities of both classes of each label, or of the only one that was there.
    """
    found = estimator.predict_proba(inputs)
    if isinstance(found, np.ndarray):
        return found
    known = estimator.classes_
    columns = [
        table[:, list(classes).index(1)] if 1 in classes else np.zeros(len(table))
        for table, classes in zip(found, known, strict=True)
    ]
    return np.stack(columns, axis=1)


def parts(estimator: Any) -> list[Any]:
    """The models of an estimator that has one for each target; none of any other."""
    model = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return list(getattr(model, "estimators_", ())) if isinstance(model, EACH) else []


def alike(estimator: Any, expected: Any) -> bool:
    """Whether each model of an estimator is of the type that was to be fitted, or a constant."""
    wanted = expected.steps[-1][1]
    kind = type(wanted.estimator) if isinstance(wanted, EACH) else None
    return all(type(one) in (kind, _ConstantPredictor) for one in parts(estimator))
