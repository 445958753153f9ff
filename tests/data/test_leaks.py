"""A column that gives the answer away is named; honest, strong and identifying columns are not."""

import numpy as np
import pandas as pd
import pytest

from bestiary.data import read

COUNT = 600


@pytest.fixture
def honest() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    strong = rng.normal(size=COUNT)
    return pd.DataFrame({
        "strong": strong,
        "weak": rng.normal(size=COUNT),
        "code": [f"k{i}" for i in rng.permutation(COUNT)],
        "town": rng.choice(["a", "b", "c"], COUNT),
        "amount": 3 * strong + rng.normal(0, 0.5, COUNT),
        "label": np.where(strong + rng.normal(0, 0.2, COUNT) > 0, "yes", "no"),
    })  # fmt: skip


@pytest.mark.parametrize("target", ["label", "amount"])
def test_honest_columns_are_not_suspected(honest, target):
    frame = honest.drop(columns="amount" if target == "label" else "label")
    assert read(frame, target).suspects == []


@pytest.mark.parametrize(
    "leak",
    [
        lambda f: f["label"],
        lambda f: f["label"].map({"yes": "contract ended", "no": "active"}),
        lambda f: (f["label"] == "yes").astype(int),
        lambda f: np.where(f["label"] == "yes", np.random.default_rng(1).uniform(5, 9, COUNT), 0.0),
        lambda f: np.where(np.arange(COUNT) == 3, "no", f["label"]),
    ],
)
def test_leaking_labels_are_named(honest, leak):
    source = read(honest.drop(columns="amount").assign(ended=leak), "label")
    assert source.suspects == ["ended"]
    assert any("'ended' equals or almost determines the target 'label'" in note for note in source.notes)


@pytest.mark.parametrize("leak", [lambda a: a, lambda a: -2 * a + 7, lambda a: a.round(2), lambda a: a**3])
def test_leaking_amounts_are_named(honest, leak):
    frame = honest.drop(columns="label").assign(total=leak(honest["amount"]))
    assert read(frame, "amount").suspects == ["total"]


def test_an_unbalanced_target_needs_more_than_its_share():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=1_000), "b": rng.choice(["u", "v"], 1_000), "y": np.arange(1_000) < 4})
    frame["y"] = rng.permutation(frame["y"])
    assert read(frame, "y").suspects == []


def test_a_leak_is_found_among_many_columns(honest):
    rng = np.random.default_rng(2)
    noise = pd.DataFrame(rng.normal(size=(COUNT, 500)), columns=[f"n{i}" for i in range(500)])
    frame = pd.concat([honest.drop(columns="amount"), noise], axis=1).assign(ended=honest["label"] == "yes")
    assert read(frame, "label").suspects == ["ended"]
