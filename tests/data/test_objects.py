"""What people hold in memory: pairs, sparse matrices, structured arrays, records, and columns of pandas's own types."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import bestiary
from bestiary.data.overview import overview
from bestiary.data.reading import read
from bestiary.errors import InputError

ROWS = 60
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(ROWS, 3))
Y = X[:, 0] > 0
FRAME = pd.DataFrame(X, columns=pd.Index(list("abc"))).assign(y=Y)


@pytest.mark.parametrize(
    ("source", "target", "name"),
    [
        (X, Y, "target"),
        (X.tolist(), Y, "target"),
        (X, Y[:, None], "target"),
        (FRAME[["a", "b"]], FRAME["y"], "y"),
        (scipy.sparse.csr_matrix(X), Y, "target"),
        ((scipy.sparse.coo_array(X), Y), None, "target"),
        (FRAME.rename(columns={"y": 3}), 3, "3"),
        (FRAME.to_dict("records"), "y", "y"),
        (FRAME.to_records(index=False), "y", "y"),
    ],
    ids=[
        "arrays",
        "lists",
        "one column",
        "frame and series",
        "sparse",
        "sparse pair",
        "number",
        "records",
        "structured",
    ],
)
def test_targets_and_rows_in_any_usual_form(source: object, target: object, name: str) -> None:
    found = read(source, target)
    assert found.target.name == name and found.target.classes == ("false", "true") and len(found) == ROWS
    assert (np.asarray(found.target.values) == Y).all()


@pytest.mark.parametrize("source", [{"a": 1, "b": 2}, {"a": [1, 2], "b": "word"}, {"a": None, "b": [1]}])
def test_single_values_are_no_columns(source: object) -> None:
    with pytest.raises(InputError, match=r"a mapping of columns, each a list of cells; received a single \w+ for "):
        read(source, "b")


def test_periods_spans_and_intervals_are_dates_numbers_and_words() -> None:
    frame = pd.DataFrame(
        {
            "month": pd.period_range("2020-01", periods=ROWS, freq="M"),
            "took": pd.to_timedelta(DRAW.permutation(ROWS), unit="h"),
            "band": pd.cut(X[:, 1], 3),
            "y": Y,
        }
    )
    columns = {one.name: one for one in overview(read(frame, "y")).columns}
    assert {name: one.role for name, one in columns.items()} == {"month": "date", "took": "number", "band": "category"}
    assert columns["month"].values.startswith("2020-01-01")


@pytest.mark.parametrize(("made", "kind"), [(Y, "b"), (Y.astype(int) * 5 - 3, "i"), (np.where(Y, "01", "1"), "O")])
def test_answers_have_the_type_and_the_index_of_what_was_given(made, kind: str, tmp_path) -> None:
    frame = pd.DataFrame(X, columns=pd.Index(list("abc"))).assign(y=made)
    outcome = bestiary.train("ann", frame, "y", budget="20s", out=tmp_path / "run", seed=1)
    shuffled = frame.sample(frac=1, random_state=3)
    answers = outcome.winner.predict(shuffled)
    assert answers.index.equals(shuffled.index)
    if kind == "O":
        assert set(answers["prediction"]) <= {"01", "1"}
    else:
        assert answers["prediction"].dtype.kind == kind and set(answers["prediction"]) <= set(made.tolist())
    assert (answers["prediction"] == shuffled["y"]).mean() > 0.6
