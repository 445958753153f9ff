"""A column of weights says how much rows count in training, for networks and baselines alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.baselines import baseline as baselines
from bestiary.baselines.tables import BASELINES
from bestiary.contracts import TableSpec
from bestiary.data.opening import open_data
from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.rows.weights import drawn

DRAW = np.random.default_rng(0)
ROWS = 200
TABLE = pd.DataFrame({"x": DRAW.normal(size=ROWS), "y": DRAW.normal(size=ROWS), "w": np.arange(ROWS) % 2})


def test_rows_are_drawn_as_often_as_their_weight_says() -> None:
    weights = np.array([0.0, 1.0, 2.5, 0.5] * 25)
    counts = np.bincount(drawn(weights, DRAW.random(100)), minlength=100)
    assert counts.sum() == 100 and not counts[weights == 0].any()
    assert np.abs(counts - weights).max() < 1.0 + 1e-9


def test_an_epoch_holds_no_row_without_weight_and_is_the_same_again(tmp_path: Path) -> None:
    source = read(TABLE, "y", weight="w")
    assert "w" not in source.target.name and any("scores count every row once" in note for note in source.notes)
    source.encode(np.where(np.arange(ROWS) < 150, 0, 1).astype(np.int8), tmp_path / "data", 0)
    data, again = (open_data(tmp_path / "data", batch=10, seed=3) for _ in range(2))
    assert data.spec.features == 1  # x alone: the weight is not learned from
    weights, target = data.arrays("train")["weight"], data.arrays("train")["target"]
    useless = set(target[weights == 0].tolist())
    mean, scale = data.facts["mean"], data.facts["scale"]
    for number in range(2 * data.epoch):
        seen = (data.batch("train", number).truth.double() * scale + mean).tolist()
        assert not [one for one in seen if min(abs(one - other) for other in useless) < 1e-6]
        assert (data.batch("train", number).truth == again.batch("train", number).truth).all()


@pytest.mark.parametrize("name", [one.name for one in BASELINES])
def test_baselines_learn_from_the_rows_that_count(name: str) -> None:
    """Half of the rows say 0, the others 10, and only these count."""
    one = next(b for b in BASELINES if b.name == name)
    inputs = DRAW.normal(size=(ROWS, 3)).astype("float32")
    target = np.where(TABLE["w"] > 0, 10.0, 0.0) + DRAW.normal(0, 0.01, ROWS)
    arrays = {"features": inputs, "numbers": inputs, "weight": TABLE["w"].to_numpy(dtype=float)}
    setting = one.settings("value", ROWS, 1)[0]
    for weight, says in ((arrays["weight"], 10.0), (1 - arrays["weight"], 0.0)):
        fitted = baselines.fit(one, {**arrays, "weight": weight}, target, TableSpec(3, 1), "regression", setting, 0)
        answer = fitted.predict(arrays)
        assert np.abs(np.asarray(answer).reshape(-1) - says).max() < 1.0


@pytest.mark.parametrize(
    "cells,says", [([-1.0, 1.0], "100 rows have none"), ([0, 0], "0 in every row"), (["a", 1], "100")]
)
def test_weights_are_numbers_from_0_on(cells: list[object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(TABLE.assign(w=cells * (ROWS // 2)), "y", weight="w")
