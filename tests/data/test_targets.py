"""Which problem a target is, and what is refused."""

import numpy as np
import pyarrow as pa
import pytest

from bestiary.errors import InputError
from bestiary.rows.targets import CLASSES, TargetReader, column_named, named_target


def read(values, problem=None, pieces=1):
    reader = TargetReader("y", problem)
    for part in np.array_split(np.arange(len(values)), pieces):
        reader.add(pa.chunked_array([pa.array([values[i] for i in part], from_pandas=True)]))
    return reader.finish()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["cat", "dog", "cat"], "classification"),
        ([0, 1] * 10, "classification"),
        ([True, False, True], "classification"),
        (["3", "4", "5"] * 5, "classification"),
        (["1", "2", "x"] * 5, "classification"),
        ([0.5, 1.5], "classification"),
        (list(range(10)), "regression"),
        ([1.5, 2.0, 3.0, 4.5], "regression"),
        (list(range(30)) * 4, "regression"),
    ],
)
def test_the_problem_is_told_from_the_values(values, problem):
    target, _, _ = read(values)
    assert target.problem == problem
    assert "'y'" in target.reason


def test_the_person_has_the_last_word():
    assert read([1, 2, 3] * 9, "regression")[0].values.tolist() == [1.0, 2.0, 3.0] * 9
    assert read([1, 2, 3], "classification")[0].classes == ("1", "2", "3")
    with pytest.raises(InputError, match="did you mean 'regression'"):
        TargetReader("y", "regressio")


def test_classes_are_sorted_as_numbers_and_equal_numbers_are_one_class():
    target, _, _ = read(["10", "9", "1.0", "1", "9"] * 4)
    assert target.classes == ("1.0", "9", "10")
    assert target.values[:5].tolist() == [2, 1, 0, 0, 1]


def test_missing_targets_are_dropped_and_counted():
    target, kept, notes = read(["a", "", "b", "NA", None, "a"])
    assert kept.tolist() == [True, False, True, False, False, True]
    assert target.values.tolist() == [0, 1, 0]
    assert notes == ["3 rows are dropped: their target 'y' is missing; the first is row 1 (counted from 0)"]


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_pieces_do_not_matter(pieces):
    values = ["b", "a", "c", "b", None, "a", "d"]
    target, kept, _ = read(values, pieces=pieces)
    assert target.classes == ("a", "b", "c", "d")
    assert target.values.tolist() == [1, 0, 2, 1, 0, 3]
    assert kept.sum() == 6


@pytest.mark.parametrize(
    ("values", "problem", "message"),
    [
        (["a"] * 9, None, "two classes or more"),
        ([5] * 9, None, "two classes or more"),
        ([5.0] * 9, "regression", "constant"),
        (["", None, "NA"], None, "missing in every row"),
        (["a", "b"], "regression", "expected numbers"),
        ([f"c{i}" for i in range(5_000)], None, f"at most {CLASSES:,} classes"),
        ([f"c{i}" for i in range(50_000)], None, f"at most {CLASSES:,} classes"),
        ([float("inf"), float("-inf"), 1.0], "regression", "constant"),
    ],
)
def test_hopeless_targets_are_refused(values, problem, message):
    with pytest.raises(InputError, match=message):
        read(values, problem)


def test_infinite_targets_count_as_missing():
    target, kept, _ = read([1.5, float("inf"), 2.5, 4.0])
    assert target.values.tolist() == [1.5, 2.5, 4.0]
    assert kept.tolist() == [True, False, True, True]


def test_unknown_columns_name_the_nearest():
    with pytest.raises(InputError, match="did you mean 'price'"):
        column_named(("price", "rooms"), "pirce")
    with pytest.raises(InputError, match="price, rooms"):
        named_target(("price", "rooms"), None)
