"""Tables whose rows are steps of series, and tables that only look like it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from bestiary.data.reading import guess, read
from bestiary.errors import InputError
from bestiary.kinds.series.long import find
from bestiary.kinds.series.reader import SeriesSource
from bestiary.kinds.series.tables import _Same
from bestiary.rows.frames import open_frame
from bestiary.rows.given import Given

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
RANDOM = np.random.default_rng(3)


def kind_of(frame: pd.DataFrame, target: str = "kind", **words: object) -> str:
    return guess(Given(frame, {"target": target, **words}))[0]


def series(count: int = 20, steps: int = 6, **columns: str) -> pd.DataFrame:
    """A long table: unit, step, value, kind."""
    rows = [(f"u{u}", s, RANDOM.normal(), "ab"[u % 2]) for u in range(count) for s in range(steps)]
    return pd.DataFrame(rows, columns=["unit", "step", "value", "kind"]).rename(columns=columns)


def mixed(frame: pd.DataFrame) -> pd.DataFrame:
    """Its rows and columns in another order."""
    return frame.sample(frac=1, random_state=4).reindex(columns=list(RANDOM.permutation(frame.columns)))


def test_a_long_file_is_read_as_series_in_any_order_of_rows_and_columns():
    frame = pd.read_csv(CASES / "long_series.csv")
    source, other = read(CASES / "long_series.csv", "state"), read(mixed(frame), "state")
    assert isinstance(source, SeriesSource) and isinstance(other, SeriesSource) and len(source) == len(other) == 90
    assert all(word in source.reason for word in ("'sensor'", "'second'", "90 series of 24 steps", "--kind table"))
    assert sorted(source.keys()) == sorted(other.keys()) and {len(one) for one in source.values} == {24}
    place = source.names.index("m007")
    assert source.values[place][:, 0].tolist() == frame[frame.sensor == "m007"].reading.tolist()
    waves = np.abs(np.fft.rfft([one[:, 0] for one in other.values]))
    scores = cross_val_score(LogisticRegression(max_iter=1000), waves, np.asarray(other.target.values))
    assert scores.mean() > 0.95  # which scrambled steps do not allow


def test_the_kind_overrides_what_was_found():
    assert read(CASES / "long_series.csv", "state", kind="table").kind == "table"
    named = read(mixed(pd.read_csv(CASES / "long_series.csv")), "state", kind="series", id="sensor")
    assert isinstance(named, SeriesSource) and named.reading.time == "second"


@pytest.mark.parametrize(
    "steps",
    [
        pd.Series(pd.date_range("2024-01-31", periods=6, freq="D")),
        pd.Series(["03/12/2023", "04/12/2023", "13/12/2023", "14/12/2023", "02/01/2024", "05/01/2024"]),
        pd.Series([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        pd.Series([7, 9, 11, 13, 15, 17]),
    ],
    ids=["dates", "days first", "tenths", "numbers"],
)
def test_steps_are_dates_or_evenly_spaced_under_any_name(steps: pd.Series):
    frame = series().assign(k=np.tile(steps.to_numpy(), 20)).drop(columns="step")
    found = find(open_frame(mixed(frame)), "kind")
    assert found is not None and (found.id, found.time, found.series, found.rows) == ("unit", "k", 20, 120)


@pytest.mark.parametrize("name", ["m{}", "{:03}", "unit {}", "2024-{}", "{}-a"])
def test_names_are_words_or_numbers_of_any_form(name: str):
    frame = series().assign(unit=lambda f: f.unit.str[1:].astype(int).map(name.format))
    found = find(open_frame(mixed(frame)), "kind")
    assert found is not None and (found.id, found.time) == ("unit", "step")


def test_a_number_for_each_series_is_a_target_too():
    frame = series(count=40).assign(kind=lambda f: f.unit.map(dict(zip(f.unit.unique(), RANDOM.normal(size=40)))))
    source = read(mixed(frame), "kind")
    assert isinstance(source, SeriesSource) and len(source) == 40 and source.target.problem == "regression"


def test_steps_with_gaps_need_a_name_of_time():
    frame = series(steps=9)
    gaps = frame.iloc[np.flatnonzero(RANDOM.random(len(frame)) < 0.7)]
    assert kind_of(gaps) == "series" and kind_of(gaps.rename(columns={"step": "cycle_no"})) == "series"
    assert kind_of(gaps.rename(columns={"step": "size"})) == "table"


def test_series_named_like_missing_marks_are_series():
    names = ["None", "NA", "null", "?", "nan", "n/a"]
    frame = series().replace({"unit": {f"u{number}": name for number, name in enumerate(names)}})
    source = read(mixed(frame), "kind")
    assert isinstance(source, SeriesSource) and len(source) == 20 and set(names) < set(source.names)


def test_patients_are_told_apart_and_not_their_visits():
    frame = series(count=40, steps=5).rename(columns={"unit": "visit_code"})
    patients = frame.visit_code.str[1:].astype(int) // 4
    frame = frame.assign(patient=patients, kind=np.where(patients % 2, "a", "b"), day=frame.step)
    frame["day"] += 5 * (frame.visit_code.str[1:].astype(int) % 4)
    found = find(open_frame(frame.drop(columns="step")), "kind")
    assert found is not None and found.id == "patient"


def test_tables_stay_tables():
    frame = series()
    turned = frame.assign(kind=np.where(frame.step == 3, "c", frame.kind))  # a target of its own in each row
    twice = pd.concat([frame, frame.assign(value=0.5)])  # a step that comes twice
    alias = series(count=12).assign(kind=lambda f: "k" + f.unit)  # the id is another name of the target
    few = series(count=6)
    once = series(count=120, steps=1)
    still = frame.assign(value=frame.groupby("unit").value.transform("first"))  # nothing moves within a series
    counter = frame.drop(columns="step").assign(row=range(len(frame)))
    crossed = frame.rename(columns={"unit": "question", "step": "person_id"})  # everyone answers all of them
    for table in (crossed, turned, twice, alias, few, once, still, counter, frame.drop(columns="step")):
        assert kind_of(mixed(table)) == "table"
    assert kind_of(frame, group="unit") == "table"


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_known_tables_stay_tables(name: str):
    assert read(name).kind == "table"


def test_ids_that_do_not_repeat_make_a_table_split_by_time():
    source = read(CASES / "orders.csv", "late", id="order_id", time="date")
    assert source.kind == "table" and len(source) == 400 and source.times is not None
    assert "'order_id' does not repeat" in source.reason and "kind='series' overrides" in source.reason
    assert any("'order_id' is not learned from" in note for note in source.notes)
    again = read(CASES / "orders.csv", "late", id="order_id", time="date", kind="series")
    assert again.kind == "series" and len(again) == 400


def test_a_target_that_changes_within_named_ids_makes_a_table():
    frame = series(steps=8)
    rows = frame.assign(kind=RANDOM.permutation(frame.kind.to_numpy()))
    kind, reason = guess(Given(rows, {"target": "kind", "id": "unit", "time": "step"}))
    assert kind == "table" and "'kind' changes within 'unit'" in reason
    slip = frame.assign(kind=np.where(frame.index == 3, "b", frame.kind))  # one wrong row of 160 is named
    with pytest.raises(InputError, match="must be the same in all rows of a series; series 'u0'"):
        read(slip, "kind", id="unit", time="step")


def test_a_mark_of_missing_cells_is_the_value_of_a_series_that_has_no_other():
    frame = series()
    kinds = frame.kind.where(frame.step % 3 > 0, "NA").to_numpy().copy()
    kinds[frame.unit.isin(["u1", "u3"])] = "None"
    same = _Same("target", "kind")
    frame = frame.assign(kind=kinds)
    names = {name: number for number, name in enumerate(frame.unit.unique())}
    for part in np.array_split(np.arange(len(frame)), 7):
        same.add(pa.chunked_array([frame.kind[part]]), frame.unit[part].map(names).to_numpy(), names)
    assert same.given(20).tolist() == ["None" if u in (1, 3) else "ab"[u % 2] for u in range(20)]
