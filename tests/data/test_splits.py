"""Splits depend on content alone, keep together what belongs together, and move little when rows are added."""

from types import SimpleNamespace

import numpy as np
import pytest

from bestiary.errors import InputError
from bestiary.rows.source import Target
from bestiary.rows.splits import assign, duplicates, folds, mixed, unit_keys


def source(n=None, keys=None, values=None, problem="regression", groups=None, times=None, held=None):
    keys = mixed(np.arange(n, dtype=np.uint64), "rows") if keys is None else np.asarray(keys, np.uint64)
    values = np.zeros(len(keys)) if values is None else np.asarray(values)
    classes = tuple(map(str, np.unique(values))) if problem == "classification" else ()

    class Rows(SimpleNamespace):
        def __len__(self):
            return len(keys)

        def keys(self):
            return keys

    return Rows(target=Target("y", problem, "", classes, values), groups=groups, times=times, held=held)


def shares(splits):
    return np.bincount(splits, minlength=3) / len(splits)


@pytest.mark.parametrize("n", [50, 1_000, 20_001])
def test_shares_are_exact_to_a_row(n):
    assert np.abs(shares(assign(source(n))) - [0.64, 0.16, 0.2]).max() <= 1.0 / n


def test_order_of_rows_changes_nothing():
    keys = mixed(np.arange(3_000, dtype=np.uint64), "rows")
    labels = (keys % np.uint64(3)).astype(np.int64)
    order = np.random.default_rng(0).permutation(3_000)
    there = assign(source(keys=keys, values=labels, problem="classification"))
    back = assign(source(keys=keys[order], values=labels[order], problem="classification"))
    assert np.array_equal(there[order], back)


def test_adding_rows_moves_few_others():
    before, after = assign(source(10_000)), assign(source(11_000))
    moved = (before != after[:10_000]).mean()
    assert moved < 0.02  # a fresh draw would move about half


def test_another_key_is_another_split():
    rows = source(5_000)
    changed = (assign(rows) != assign(rows, seed_key="another")).mean()
    assert 0.45 < changed < 0.60  # independent draws agree on 0.64^2 + 0.16^2 + 0.2^2 = 0.475 of the rows


def test_equal_rows_stay_together_and_are_told():
    keys = np.repeat(mixed(np.arange(500, dtype=np.uint64), "rows"), 3)
    rows = source(keys=keys)
    splits = assign(rows)
    assert (splits.reshape(500, 3) == splits.reshape(500, 3)[:, :1]).all()
    assert duplicates(rows) == ["1,000 rows repeat the content of another row; they stay in one split"]


def test_one_equal_row_is_told_in_the_singular():
    keys = mixed(np.append(np.arange(500, dtype=np.uint64), np.uint64(7)), "rows")
    assert duplicates(source(keys=keys)) == ["1 row repeats the content of another row; they stay in one split"]


def test_groups_stay_together():
    groups = np.random.default_rng(0).integers(0, 60, 2_000)
    splits = assign(source(2_000, groups=np.array([f"patient {g}" for g in groups])))
    for group in range(60):
        assert len(set(splits[groups == group])) == 1
    assert np.abs(shares(splits) - [0.64, 0.16, 0.2]).max() < 0.03


def test_the_latest_rows_are_sealed():
    times = np.random.default_rng(0).permutation(1_000).astype(float)
    splits = assign(source(1_000, times=times))
    assert times[splits == 0].max() < times[splits == 1].min() < times[splits == 1].max() < times[splits == 2].min()
    assert np.abs(shares(splits) - [0.64, 0.16, 0.2]).max() <= 0.001


def test_one_moment_is_in_one_split():
    times = np.repeat(np.arange(50.0), 20)
    splits = assign(source(1_000, times=times)).reshape(50, 20)
    assert (splits == splits[:, :1]).all()


def test_rare_classes_are_in_every_split():
    values = np.r_[np.zeros(980, int), np.ones(20, int)]
    splits = assign(source(1_000, values=values, problem="classification"))
    assert [int(((splits == s) & (values == 1)).sum()) for s in range(3)] == [13, 3, 4]


@pytest.mark.parametrize("n", [6, 9, 12, 30])
def test_tiny_data_fill_every_split_and_train_on_every_class(n):
    for start in range(20):
        keys = mixed(np.arange(start * 100, start * 100 + n, dtype=np.uint64), "rows")
        values = np.arange(n) % 3
        splits = assign(source(keys=keys, values=values, problem="classification"))
        assert set(splits) == {0, 1, 2}
        assert set(values[splits == 0]) == {0, 1, 2}


def test_too_few_different_rows_are_refused():
    with pytest.raises(InputError, match="three different rows or more"):
        assign(source(keys=[1, 1, 2, 2]))
    with pytest.raises(InputError, match="three groups or more"):
        assign(source(100, groups=np.arange(100) % 2))


def test_a_held_out_file_is_the_test_split():
    held = np.r_[np.full(800, -1), np.full(200, 2)].astype(np.int8)
    rows = source(1_000, held=held)
    splits = assign(rows)
    assert np.array_equal(splits == 2, held == 2)
    assert (splits[:800] == 1).sum() == 160


def test_held_out_rows_that_are_trained_on_are_told():
    held = np.array([-1, -1, -1, 2, 2], np.int8)
    notes = duplicates(source(keys=[1, 2, 3, 3, 4], held=held))
    assert notes[-1] == "1 row of the held-out file equals one that is trained on"


def test_folds_part_open_rows_evenly_and_keep_units_together():
    keys = np.repeat(mixed(np.arange(250, dtype=np.uint64), "rows"), 2)
    rows = source(keys=keys)
    splits = assign(rows)
    number = folds(unit_keys(rows), 5, splits)
    assert (number[splits == 2] == -1).all()
    counts = np.bincount(number[splits < 2])
    assert len(counts) == 5 and np.ptp(counts) <= 2
    assert (number.reshape(250, 2) == number.reshape(250, 2)[:, :1]).all()
    with pytest.raises(InputError, match="folds must be between 2"):
        folds(unit_keys(rows), 1, splits)


def test_a_table_of_few_categories_is_spread_all_the_same():
    keys = mixed(np.arange(4, dtype=np.uint64), "rows")[np.random.default_rng(0).integers(0, 4, 4_000)]
    rows = source(keys=keys)
    splits = assign(rows)
    assert np.abs(shares(splits) - [0.64, 0.16, 0.2]).max() < 0.001
    assert all(set(splits[keys == key]) == {0, 1, 2} for key in np.unique(keys))
    assert "spread over splits" in duplicates(rows)[0]


@pytest.mark.parametrize(("copies", "together"), [(9, True), (11, True), (49, True), (60, False)])
def test_contents_that_a_twentieth_of_all_rows_share_are_spread(copies, together):
    """1,000 rows: up to 50 copies of one content are held together, more are the nature of the table."""
    keys = mixed(np.arange(1_000, dtype=np.uint64), "rows")
    keys[:copies] = keys[0]
    split = assign(source(keys=keys))[:copies]
    assert (len(set(split.tolist())) == 1) == together
    assert ("spread over splits" in duplicates(source(keys=keys))[0]) == (not together)


def test_ten_equal_rows_of_a_small_table_are_held_together():
    keys = mixed(np.arange(60, dtype=np.uint64), "rows")
    keys[:10] = keys[0]
    assert len(set(assign(source(keys=keys))[:10].tolist())) == 1
