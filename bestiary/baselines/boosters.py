"""Gradient boosting of packages that may be installed: LightGBM, XGBoost, CatBoost (`pip install bestiary[trees]`).

Each is wrapped so that a fitted one is a text and a few numbers: it is saved without pickle, and read without executing
anything. What is read passes `booster_files` before the package's own reader, which trusts what it reads, sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline

from bestiary.baselines import booster_files
from bestiary.baselines.baseline import Baseline, Setting
from bestiary.baselines.spaces import near, pick
from bestiary.baselines.tables import ANY, MOST_TREES, features
from bestiary.errors import InputError


class _Booster(BaseEstimator):
    """What the three have in common: an estimator that scikit-learn's pipelines take, and its state as text.

    Args:
        target: "classes" or "value".
        setting: words of the package.
        seed: of its random numbers.
    """

    package = ""

    def __init__(self, target: str, setting: Setting, seed: int) -> None:
        self.target, self.setting, self.seed = target, setting, seed  # as they are, so that scikit-learn can clone it
        self.classes_: NDArray[np.int64] = np.zeros(0, np.int64)
        self.count_ = self.features_ = 0
        self._model: Any = None

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def fit(self, inputs: NDArray[Any], target: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> Self:
        """Grows the trees.

        Args:
            inputs: [N F].
            target: class numbers or values, [N].
            sample_weight: how much each row counts, [N]; all the same unless given.
        """
        wanted: NDArray[Any] = target
        if self.target == "classes":
            self.classes_, wanted = np.unique(target, return_inverse=True)
        self._model = self._grow(inputs, wanted, sample_weight)
        self.count_, self.features_ = self._nodes(), inputs.shape[1]
        return self

    def predict(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Values [N]."""
        self._check_width(inputs)
        return np.asarray(self._answer(inputs))

    def predict_proba(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Probabilities [N K] of `classes_`."""
        self._check_width(inputs)
        answer = np.asarray(self._answer(inputs))
        return np.stack([1 - answer, answer], axis=1) if answer.ndim == 1 else answer

    def __getstate__(self) -> dict[str, Any]:
        written = None if self._model is None else self._write()
        kept = {"target": self.target, "setting": self.setting, "seed": self.seed, "count": self.count_}
        return {**kept, "classes": self.classes_, "written": written}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if find_spec(self.package) is None:
            raise InputError(f"this model needs {self.package}, which is not installed; pip install bestiary[trees]")
        written, classes, count = state["written"], state["classes"], state["count"]
        sound = isinstance(written, str | None) and type(count) is int
        booster_files.check(sound, "a model is a text and a few numbers")
        booster_files.check(isinstance(classes, np.ndarray) and classes.dtype == np.int64, "classes are numbers")
        self.target, self.setting, self.seed = state["target"], state["setting"], state["seed"]
        self.classes_, self.count_, self.features_, self._model = classes, count, 0, None
        if written is not None:  # as it is of the one that others were cloned from
            checked, self.features_ = self._sound(written)
            self._model = self._read(checked)

    def _check_width(self, inputs: NDArray[Any]) -> None:
        if inputs.ndim != 2 or inputs.shape[1] != self.features_:
            raise InputError(f"expected {self.features_:,} features for a saved booster; received {inputs.shape[1:]}")

    @staticmethod
    def _sound(written: str) -> tuple[str, int]:
        """The text of checked parts alone, and the number of features."""
        raise NotImplementedError

    def _grow(self, inputs: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None) -> Any:
        raise NotImplementedError

    def _answer(self, inputs: NDArray[Any]) -> Any:
        raise NotImplementedError

    def _nodes(self) -> int:
        raise NotImplementedError

    def _write(self) -> str:
        raise NotImplementedError

    def _read(self, written: str) -> Any:
        raise NotImplementedError


class LightGBM(_Booster):
    """Ke et al. 2017, LightGBM: a highly efficient gradient boosting decision tree."""

    package = "lightgbm"
    _sound = staticmethod(booster_files.light)

    def _grow(self, inputs: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None) -> Any:
        import lightgbm  # pyright: ignore[reportMissingImports]

        words = {"verbosity": -1, "num_threads": 1, "seed": self.seed, "deterministic": True, **self.setting}
        rounds, many = words.pop("n_estimators"), len(self.classes_)
        usual = "regression" if self.target == "value" else "binary" if many == 2 else "multiclass"
        words = {"objective": usual, **words}
        words |= {"num_class": many} if many > 2 else {}
        return lightgbm.train(words, lightgbm.Dataset(inputs, target, weight=weights), rounds)

    def _answer(self, inputs: NDArray[Any]) -> Any:
        return self._model.predict(inputs, num_threads=1)

    def _nodes(self) -> int:
        return sum(tree["num_leaves"] * 2 - 1 for tree in self._model.dump_model()["tree_info"])

    def _write(self) -> str:
        return self._model.model_to_string()

    def _read(self, written: str) -> Any:
        import lightgbm  # pyright: ignore[reportMissingImports]

        return lightgbm.Booster(model_str=written)


class XGBoost(_Booster):
    """Chen & Guestrin 2016, XGBoost: a scalable tree boosting system."""

    package = "xgboost"
    _sound = staticmethod(booster_files.extreme)

    def _grow(self, inputs: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None) -> Any:
        import xgboost  # pyright: ignore[reportMissingImports]

        words = {"verbosity": 0, "nthread": 1, "seed": self.seed, "tree_method": "hist", **self.setting}
        rounds, many = words.pop("n_estimators"), len(self.classes_)
        classes = "binary:logistic" if many == 2 else "multi:softprob"
        words = {"objective": "reg:squarederror" if self.target == "value" else classes, **words}
        words |= {"num_class": many} if many > 2 else {}
        return xgboost.train(words, xgboost.DMatrix(inputs, target, weight=weights), rounds)

    def _answer(self, inputs: NDArray[Any]) -> Any:
        import xgboost  # pyright: ignore[reportMissingImports]

        return self._model.predict(xgboost.DMatrix(inputs))

    def _nodes(self) -> int:
        return sum(tree.count("leaf=") * 2 - 1 for tree in self._model.get_dump())

    def _write(self) -> str:
        return bytes(self._model.save_raw("json")).decode()

    def _read(self, written: str) -> Any:
        import xgboost  # pyright: ignore[reportMissingImports]

        model = xgboost.Booster({"nthread": 1})
        model.load_model(bytearray(written.encode()))
        return model


class CatBoost(_Booster):
    """Prokhorenkova et al. 2018, CatBoost: unbiased boosting with categorical features."""

    package = "catboost"
    _sound = staticmethod(booster_files.cat)

    def _grow(self, inputs: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None) -> Any:
        import catboost  # pyright: ignore[reportMissingImports]

        fixed = {"verbose": False, "allow_writing_files": False, "thread_count": 1, "random_seed": self.seed}
        many = len(self.classes_)
        loss = "RMSE" if self.target == "value" else "Logloss" if many == 2 else "MultiClass"
        model = catboost.CatBoost({**fixed, "loss_function": loss, **self.setting})
        return model.fit(inputs, target, sample_weight=weights)

    def _answer(self, inputs: NDArray[Any]) -> Any:
        if self.target == "value":
            return self._model.predict(inputs, thread_count=1)
        return self._model.predict(inputs, prediction_type="Probability", thread_count=1)

    def _nodes(self) -> int:
        return int(np.sum(self._model.get_tree_leaf_counts())) * 2

    def _write(self) -> str:
        with TemporaryDirectory() as folder:
            self._model.save_model(str(Path(folder) / "model"), format="json")
            return (Path(folder) / "model").read_text(encoding="utf-8")

    def _read(self, written: str) -> Any:
        import catboost  # pyright: ignore[reportMissingImports]

        with TemporaryDirectory() as folder:
            (Path(folder) / "model").write_text(written, encoding="utf-8")
            return catboost.CatBoost().load_model(str(Path(folder) / "model"), format="json")


def _light(target: str, setting: Setting, seed: int) -> Pipeline:
    return make_pipeline(LightGBM(target, setting, seed))


def _extreme(target: str, setting: Setting, seed: int) -> Pipeline:
    return make_pipeline(XGBoost(target, setting, seed))


def _cat(target: str, setting: Setting, seed: int) -> Pipeline:
    return make_pipeline(CatBoost(target, setting, seed))


def _grown(tried: Sequence[Setting], outputs: int) -> Sequence[Setting]:
    most = max(5, MOST_TREES // outputs)
    return [{**setting, "n_estimators": min(setting["n_estimators"], most)} for setting in tried]


def _light_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A quick one first, then many small steps, with large and small trees."""
    leaf = 20 if rows >= 500 else 5
    tried = [(0.2, 40, 31, 1.0), (0.1, 100, 31, 1.0), (0.05, 300, 15, 0.8), (0.03, 600, 31, 0.8), (0.1, 200, 7, 0.8)]
    words = [
        {"learning_rate": rate, "n_estimators": rounds, "num_leaves": leaves, "feature_fraction": share}
        for rate, rounds, leaves, share in tried
    ]
    return _grown([{**setting, "min_data_in_leaf": leaf} for setting in words], outputs)


def _extreme_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A quick one first, then many small steps, with deep and shallow trees."""
    tried = [(0.3, 40, 6, 1.0), (0.1, 100, 6, 1.0), (0.05, 300, 4, 0.8), (0.03, 600, 6, 0.8), (0.1, 200, 3, 0.8)]
    words = [
        {"learning_rate": rate, "n_estimators": rounds, "max_depth": depth, "colsample_bytree": share}
        for rate, rounds, depth, share in tried
    ]
    return _grown(words, outputs)


def _cat_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A quick one first, then many small steps."""
    tried = [(0.2, 60, 6), (0.1, 200, 6), (0.05, 500, 6), (0.05, 500, 4), (0.1, 200, 8)]
    words = [{"learning_rate": rate, "n_estimators": rounds, "depth": depth} for rate, rounds, depth in tried]
    return _grown(words, outputs)


def _light_space(target: str, rows: int, outputs: int, rng: np.random.Generator) -> Setting:
    """Around what its authors advise for small steps."""
    rate = near(rng, 0.02, 0.2)
    words = {
        "learning_rate": rate,
        "n_estimators": int(near(rng, 4.0, 30.0) / rate),
        "num_leaves": pick(rng, (4, 7, 15, 31, 63)),
        "feature_fraction": pick(rng, (0.3, 0.5, 0.8, 1.0)),
        "min_data_in_leaf": pick(rng, (2, 5, 10, 20, 40)),
        "lambda_l2": pick(rng, (0.0, 0.1, 1.0, 10.0)),
    }
    return _grown([words], outputs)[0]


def _extreme_space(target: str, rows: int, outputs: int, rng: np.random.Generator) -> Setting:
    """Around what is usual."""
    rate = near(rng, 0.02, 0.3)
    words = {
        "learning_rate": rate,
        "n_estimators": int(near(rng, 4.0, 30.0) / rate),
        "max_depth": pick(rng, (2, 3, 4, 6, 8)),
        "colsample_bytree": pick(rng, (0.3, 0.5, 0.8, 1.0)),
        "subsample": pick(rng, (0.6, 0.8, 1.0)),
        "min_child_weight": pick(rng, (1, 3, 10)),
        "reg_lambda": pick(rng, (0.1, 1.0, 10.0)),
    }
    return _grown([words], outputs)[0]


def _cat_space(target: str, rows: int, outputs: int, rng: np.random.Generator) -> Setting:
    """Around what is usual."""
    rate = near(rng, 0.02, 0.2)
    words = {
        "learning_rate": rate,
        "n_estimators": int(near(rng, 5.0, 30.0) / rate),
        "depth": pick(rng, (3, 4, 5, 6, 8)),
        "l2_leaf_reg": pick(rng, (1.0, 3.0, 10.0)),
        "random_strength": pick(rng, (0.3, 1.0, 3.0)),
    }
    return _grown([words], outputs)[0]


def _effort(setting: Setting) -> float:
    leaves = setting.get("num_leaves") or 2 ** setting.get("max_depth", setting.get("depth", 5))
    return setting["n_estimators"] * (5 + min(leaves, 64)) / 3600


_LIGHT = Baseline(
    "lightgbm",
    "LightGBM",
    features,
    _light,
    _light_settings,
    _effort,
    errors={"absolute": {"objective": "l1"}},
    space=_light_space,
    targets=ANY,
)
_EXTREME = Baseline(
    "xgboost",
    "XGBoost",
    features,
    _extreme,
    _extreme_settings,
    _effort,
    errors={"absolute": {"objective": "reg:absoluteerror"}},
    space=_extreme_space,
    targets=ANY,
)
_CAT = Baseline(
    "catboost",
    "CatBoost",
    features,
    _cat,
    _cat_settings,
    _effort,
    errors={"absolute": {"loss_function": "MAE"}},
    space=_cat_space,
    targets=ANY,
)
ALL: tuple[tuple[str, Baseline], ...] = (("lightgbm", _LIGHT), ("xgboost", _EXTREME), ("catboost", _CAT))
"""The package that must be installed, and the baseline."""


def installed() -> tuple[Baseline, ...]:
    """Those whose package is there."""
    return tuple(baseline for package, baseline in ALL if find_spec(package) is not None)
