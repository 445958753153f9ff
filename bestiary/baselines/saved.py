"""Fitted baselines on disk: one skops file each, written whole or not at all, read without executing anything.

A file may hold the types of `ALLOWED` and no others, even if skops would trust them; trees stand in it as plain arrays
(`trees`), which are checked. `array` is how the parts of other baselines are taken out of it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.baselines import trees
from bestiary.errors import InputError
from bestiary.files import replacing
from bestiary.records import door
from bestiary.rows.safe import names_in
from bestiary.rows.skops_io import skops_io

MOST_BYTES = 4_000_000_000  # of a file, unpacked
LARGEST = 512 << 20  # bytes of the description in it
ALLOWED = frozenset(
    {
        "bestiary.baselines.boosters.CatBoost",
        "bestiary.baselines.boosters.LightGBM",
        "bestiary.baselines.boosters.XGBoost",
        "bestiary.baselines.minirocket.MiniRocket",
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.float32",
        "numpy.float64",
        "numpy.int64",
        "numpy.ndarray",
        "numpy.random._generator.Generator",
        "numpy.uint64",
        "sklearn._loss._loss.CyAbsoluteError",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss._loss.CyHalfSquaredError",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.AbsoluteError",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn.decomposition._kernel_pca.KernelPCA",
        "sklearn.dummy.DummyClassifier",
        "sklearn.dummy.DummyRegressor",
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.ExtraTreesRegressor",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._forest.RandomForestRegressor",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
        "sklearn.ensemble._iforest.IsolationForest",
        "sklearn.feature_extraction.text.CountVectorizer",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "sklearn.linear_model._huber.HuberRegressor",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._ridge.Ridge",
        "sklearn.multiclass.OneVsRestClassifier",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.multioutput.MultiOutputRegressor",
        "sklearn.naive_bayes.ComplementNB",
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neighbors._lof.LocalOutlierFactor",
        "sklearn.neighbors._regression.KNeighborsRegressor",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.KernelCenterer",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.preprocessing._label.LabelEncoder",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.DecisionTreeRegressor",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "sklearn.tree._classes.ExtraTreeRegressor",
    }
)
"""What the baselines of every kind and task consist of; a test fits them all."""


def write(path: Path, content: dict[str, Any]) -> int:
    """Writes arrays, scikit-learn estimators and plain words: temporary name, sync, rename.

    Returns:
        The size of the file in bytes.
    """
    grown = trees.planted(content)
    held = [trees.taken_out(estimator) for estimator in grown]
    try:
        whole = {**content, "trees": [arrays for arrays, _ in held]}
        with replacing(path) as temporary:
            skops_io().dump(whole, temporary, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    finally:
        for estimator, (_, kept) in zip(grown, held, strict=True):
            trees.put_back(estimator, kept)
    return path.stat().st_size


@contextmanager
def reading(path: Path) -> Iterator[dict[str, Any]]:
    """What `write` wrote, to be understood inside of the `with`: whatever goes wrong there is told in one line.

    Args:
        path: of the file.

    Raises:
        InputError: when the file is not a saved baseline, is too large or holds a type that no baseline consists of.
    """
    door.own_file(path, path.parent, "train again")
    try:
        with zipfile.ZipFile(path) as file:
            size = sum(member.file_size for member in file.infolist())
            if size > MOST_BYTES or file.getinfo("schema.json").file_size > LARGEST:
                raise InputError(
                    f"expected a saved baseline of at most {MOST_BYTES:,} bytes; {path} unpacks to {size:,}"
                )
            foreign = sorted(names_in(json.loads(file.read("schema.json"))) - ALLOWED)
        if foreign:
            raise InputError(f"expected a saved baseline; {path} holds {foreign[0]}, which is not loaded")
        io = skops_io()
        untrusted = set(io.get_untrusted_types(file=path))
        content: Any = io.load(path, trusted=sorted(untrusted & ALLOWED))
        grown, arrays = trees.planted(content), content.pop("trees")
        for estimator, saved in zip(grown, arrays, strict=True):
            trees.grow(estimator, saved)
        yield content
    except InputError:
        raise
    except Exception as reason:  # skops and zipfile raise whatever a broken file leads them to
        raise InputError(f"expected a saved baseline; {path} cannot be read ({type(reason).__name__})") from reason


def array(state: Mapping[str, Any], name: str, kind: str, axes: int) -> NDArray[Any]:
    """An array of a saved baseline.

    Args:
        state: what the file holds.
        name: of the array.
        kind: of its numbers: "f" floats, "i" signed and "u" unsigned whole numbers; several are allowed.
        axes: how many it has.

    Raises:
        InputError: when it is missing, or anything else; also for numbers that are NaN or infinite.
    """
    found = state.get(name)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in kind or found.ndim != axes:
        raise InputError(f"expected an array {name} of {axes} axes in a saved baseline; received something else")
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise InputError(f"expected finite numbers in {name} of a saved baseline; received others; train again")
    return found


def fits(sound: bool, what: str) -> None:
    """Refuses a saved baseline whose parts do not fit each other.

    Raises:
        InputError: naming what does not fit.
    """
    if not sound:
        raise InputError(f"a saved baseline is damaged: {what} do not fit; train again")
