"""Columns of more words than have places: the average target of each is learned from, and no row sees its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.kinds.table.averages import Averages, keys_of, out_of_fold
from bestiary.kinds.table.encoder import TableEncoder
from bestiary.kinds.table.reader import TableSource
from bestiary.rows.splits import assign

ROWS, WORDS = 6_000, 800


@pytest.fixture
def shops() -> pd.DataFrame:
    """Sales that depend on the shop, of which there are 800."""
    draw = np.random.default_rng(0)
    shop, effect = draw.integers(0, WORDS, ROWS), 10 * draw.normal(size=WORDS)
    z = draw.normal(size=ROWS)
    return pd.DataFrame({"shop": [f"s{k}" for k in shop], "z": z, "y": effect[shop] + z + draw.normal(size=ROWS)})


def source_of(frame: pd.DataFrame, **words: str) -> TableSource:
    source = read(frame, target="y", **words)
    assert isinstance(source, TableSource)
    return source


def test_every_one_of_many_words_is_learned(shops: pd.DataFrame, tmp_path: Path) -> None:
    source = source_of(shops)
    splits = assign(source)
    source.encode(splits, tmp_path / "data", 0)
    features = {s: np.load(f) for s, f in (("train", tmp_path / "data" / "train.features.npy"),
                                           ("test", tmp_path / "sealed" / "test.features.npy"))}  # fmt: skip
    truth = np.asarray(source.target.values)
    model = Ridge().fit(features["train"], truth[splits == 0])
    error = np.sqrt(np.mean((model.predict(features["test"]) - truth[splits == 2]) ** 2))
    assert error < 2.0, "the noise is 1, the spread of shops 10"
    assert any(note.startswith("column 'shop':") and "and the average target of each" in note for note in source.notes)
    again = TableEncoder.load(tmp_path / "data" / "encoder")
    new = again.encode(shops.iloc[np.flatnonzero(splits == 2)])
    assert np.array_equal(new.arrays["features"], features["test"]) and not new.warnings
    column = next(column for column in again.columns if column.name == "shop")
    standing = again.standing()["shop"]
    assert column.averages == 1 and len(standing["features"]) == again.categories[0] and len(standing["numbers"]) == 1


def test_a_row_that_is_trained_on_does_not_see_its_own_target(shops: pd.DataFrame) -> None:
    keys, units = keys_of(pa.array(shops["shop"])), np.arange(ROWS, dtype=np.uint64)
    values = shops["y"].to_numpy()[:, None]
    other = values.copy()
    other[7] += 1_000_000
    assert out_of_fold(keys, values, units)[7] == out_of_fold(keys, other, units)[7]
    noise = np.random.default_rng(1).normal(size=(ROWS, 1))
    made = out_of_fold(keys, noise, units)
    assert np.ptp(made) == 0 or abs(np.corrcoef(made[:, 0], noise[:, 0])[0, 1]) < 0.05


def test_rows_of_one_group_see_nothing_of_each_other() -> None:
    keys = np.repeat(np.arange(50), 20)
    values = np.repeat(np.arange(50.0), 20)[:, None]
    made = out_of_fold(keys, values, keys.astype(np.uint64))
    assert np.ptp(made[:20]) == 0 and made.std() < 3, "shops that lie in one fold whole are as new as those to come"


def test_words_with_few_rows_are_drawn_to_the_mean() -> None:
    draw = np.random.default_rng(0)
    keys = np.concatenate([[0], np.repeat(np.arange(1, 50), 100)])
    values = (draw.normal(size=50)[keys] + 3 * draw.normal(size=len(keys)))[:, None]
    values[0] = 40.0
    found = Averages.fit(keys, values)
    assert found.of(np.array([0]))[0, 0] < 10
    assert abs(found.of(np.array([5]))[0, 0] - values[keys == 5].mean()) < 0.3
    assert found.of(np.array([999]))[0, 0] == found.overall[0]


def test_classes_have_an_average_each_and_one_word_names_are_left_out(shops: pd.DataFrame) -> None:
    shops["y"] = pd.cut(shops["y"], 3, labels=["low", "mid", "high"]).astype(str)
    shops["name"] = [f"n{k}" for k in range(ROWS)]
    source = source_of(shops)
    columns = {column.name: column for column in source.fit(assign(source)).columns}
    assert columns["shop"].averages == 3
    assert columns["name"].role == "left out"


def test_few_words_need_none(shops: pd.DataFrame) -> None:
    shops["shop"] = shops["shop"].str.slice(0, 2)
    source = source_of(shops)
    assert all(column.averages == 0 for column in source.fit(assign(source)).columns)


def test_averages_that_do_not_fit_are_refused(shops: pd.DataFrame, tmp_path: Path) -> None:
    source = source_of(shops)
    encoder = source.fit(assign(source))
    states = encoder.parts["averages"]
    assert isinstance(states, dict)
    for wrong in ({}, {"shop": states["shop"] | {"means": np.zeros((3, 1))}}):
        encoder.parts["averages"] = wrong
        encoder.save(tmp_path / "encoder")
        with pytest.raises(InputError, match="averages"):
            TableEncoder.load(tmp_path / "encoder")
