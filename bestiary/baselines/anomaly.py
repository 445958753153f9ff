"""Anomalies without a network: what principal components leave over, isolation by random cuts, thinly sown places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from bestiary.baselines.reconstruct import Components, code_size, flat_rows
from bestiary.baselines.rivals import Rival, Setting
from bestiary.baselines.saved import array, fits
from bestiary.errors import InputError

MOST = 20_000
MOST_NEIGHBOURS = 5_000  # training rows that are searched for neighbours: every row is compared with each of them


class Residual(Components):
    """Scores a row by its squared distance from the span of a few components."""

    def anomaly(self, inputs: Tensor) -> Tensor:
        """Higher where a row is stranger, [N]."""
        return (self.reconstruct(inputs) - inputs).square().flatten(1).mean(1)


class Estimated:
    """Scores a row by a fitted outlier detector of scikit-learn.

    Args:
        estimator: an `IsolationForest`, or a `LocalOutlierFactor` that scores new rows.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def anomaly(self, inputs: Tensor) -> Tensor:
        """Higher where a row is stranger, [N]."""
        return torch.from_numpy(-self.estimator.score_samples(inputs.flatten(1).double().cpu().numpy()))

    def state(self) -> dict[str, Any]:
        """What it consists of."""
        return {"estimator": self.estimator}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        from sklearn.ensemble import IsolationForest
        from sklearn.neighbors import LocalOutlierFactor

        estimator = state.get("estimator")
        if not isinstance(estimator, IsolationForest | LocalOutlierFactor):
            raise InputError("expected a fitted outlier detector; received another estimator; train again")
        estimator.set_params(n_jobs=None)
        if isinstance(estimator, LocalOutlierFactor):
            rows = array(vars(estimator), "_fit_X", "f", 2)
            count = estimator.n_neighbors_
            fits(type(count) is int and 0 < count < max(2, len(rows)), "neighbours and rows")
            estimator.set_params(n_neighbors=count, algorithm="brute", metric="minkowski", p=2, metric_params=None)
        return cls(estimator)


def residual(data: Any, setting: Setting, seed: int, seconds: float) -> Residual:
    """As many components as the setting says; the data's own code size by itself."""
    from sklearn.decomposition import PCA

    rows = flat_rows(data, MOST)
    most = max(1, min(rows.shape[1] - 1, len(rows) - 1))
    fitted = PCA(min(most, int(setting.get("components", 0)) or code_size(data)), random_state=seed).fit(rows)
    return Residual(np.asarray(fitted.mean_), np.asarray(fitted.components_))


def numbers_of_components(data: Any) -> Sequence[Setting]:
    """The data's own code size, and fewer and more."""
    usual = code_size(data)
    return tuple({"components": count} for count in dict.fromkeys((usual, max(1, usual // 4), 2 * usual)))


def isolation(data: Any, setting: Setting, seed: int, seconds: float) -> Estimated:
    """Trees of random cuts: what is alone after few of them is strange (Liu, Ting, Zhou 2008)."""
    from sklearn.ensemble import IsolationForest

    rows = flat_rows(data, MOST)
    return Estimated(IsolationForest(n_estimators=int(setting["trees"]), random_state=seed).fit(rows))


def neighbours(data: Any, setting: Setting, seed: int, seconds: float) -> Estimated:
    """How much thinner it is around a row than around its neighbours (Breunig, Kriegel, Ng, Sander 2000)."""
    from sklearn.neighbors import LocalOutlierFactor

    rows = flat_rows(data, MOST_NEIGHBOURS)
    count = max(1, min(int(setting["neighbours"]), len(rows) - 1))
    return Estimated(LocalOutlierFactor(count, novelty=True, algorithm="brute").fit(rows))


_TASK, _KINDS = ("anomaly",), ("table", "image")
_TREES, _NEIGHBOURS = ({"trees": 100}, {"trees": 300}), ({"neighbours": 20}, {"neighbours": 5}, {"neighbours": 50})
_HELD = f"training rows as they were encoded, up to {MOST_NEIGHBOURS:,} of them"
RIVALS: tuple[Rival, ...] = (
    Rival("pca_residual", "distance from components", _TASK, _KINDS, Residual, residual, numbers_of_components),
    Rival("isolation_forest", "isolation forest", _TASK, _KINDS, Estimated, isolation, lambda data: _TREES),
    Rival(
        "neighbours",
        "local outlier factor",
        _TASK,
        _KINDS,
        Estimated,
        neighbours,
        lambda data: _NEIGHBOURS,
        holds=_HELD,
    ),
)
