"""New rows: what differs from training is told by column name, with counts."""

import numpy as np
import pandas as pd
import pytest

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows.splits import assign

COUNT = 300


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({
        "age": rng.integers(20, 80, COUNT),
        "city": rng.choice(["Rome", "Oslo"], COUNT),
        "member": rng.choice(["yes", "no"], COUNT),
        "since": pd.date_range("2020-01-01", periods=COUNT).astype(str),
        "y": rng.choice(["p", "q"], COUNT),
    })  # fmt: skip


@pytest.fixture
def encoder(people, tmp_path):
    source = read(people, "y")
    return source.encode(assign(source), tmp_path / "data", 0)


def test_rows_like_those_of_training_give_no_warning(encoder, people):
    assert encoder.encode(people).warnings == encoder.encode(people.drop(columns="y")).warnings == []


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (lambda f: f.drop(columns="age"), "is missing; its usual value is assumed in every row"),
        (lambda f: f.rename(columns={"age": "agee"}), "assumed in every row; did you mean 'agee'?"),
        (lambda f: f.assign(age="old"), "is of another type: not numbers in 300 of 300 rows"),
        (lambda f: f.assign(age=["x", *f["age"].astype(str)[1:]]), "is not numbers in 1 of 300 rows"),
        (lambda f: f.assign(age=f["age"].where(f.index > 4, 500)), "the training rows (20 to 79) in 5 of 300 rows"),
        (
            lambda f: f.assign(age=f["age"].where(f.index > 9)),
            ("is missing in 10 of 300 rows; it was never missing in training"),
        ),
        (lambda f: f.assign(extra=1), "'extra' was not there in training; it is ignored"),
        (lambda f: f.assign(city=f["city"].where(f.index > 2, "Bern")), "did not have ('Bern') in 3 of 300 rows"),
        (lambda f: f.assign(member="maybe"), "'member' is of another type: not no or yes in 300 of 300 rows"),
        (lambda f: f.assign(since="1650-01-01"), "'since' is far outside the range of the training rows (its dates)"),
    ],
)
def test_each_difference_is_told_by_name(encoder, people, change, warning):
    found = encoder.encode(change(people))
    assert [line for line in found.warnings if warning in line and line.startswith("column '")], found.warnings
    features = found.arrays["features"]
    assert features.shape == (COUNT, encoder.spec.features) and np.isfinite(features).all()


def test_a_missing_column_counts_as_its_median(encoder, people):
    features = encoder.encode(people.drop(columns="age")).arrays["features"]
    assert np.ptp(features[:, 0]) == 0 and abs(features[0, 0]) < 0.2


def test_an_unknown_word_is_no_known_word(encoder, people):
    known = encoder.encode(people).arrays["features"]
    new = encoder.encode(people.assign(city="Bern")).arrays["features"]
    assert (known[:, -2:].sum(1) == 1).all() and (new[:, -2:] == 0).all()


def test_nothing_usable_is_refused(encoder):
    with pytest.raises(InputError, match="received none of them, only other"):
        encoder.encode({"other": [1, 2]})
    with pytest.raises(InputError, match="expected 4 columns in the order of training; received 2"):
        encoder.encode(np.zeros((3, 2)))
    with pytest.raises(InputError, match="no rows"):
        encoder.encode(pd.DataFrame({"age": []}))
