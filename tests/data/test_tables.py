"""Tables: what becomes of each column, that no test row reaches training, and that memory stays bounded."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler, StandardScaler
from skops import io

from bestiary.data import load_encoder, read
from bestiary.errors import InputError
from bestiary.kinds.table.encoder import TableEncoder
from bestiary.kinds.table.onehot import OneHot
from bestiary.kinds.table.scaling import MANY, Scaling, squash
from bestiary.rows.columns import describe
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_array

COUNT = 400


@pytest.fixture
def mixed() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "customer_id": rng.permutation(COUNT) + 1_000,
        "age": rng.integers(18, 80, COUNT).astype(float),
        "income": rng.lognormal(10, 1, COUNT).round(2),
        "city": rng.choice(["Rome", "Oslo", "Bern"], COUNT),
        "member": rng.choice(["yes", "no"], COUNT),
        "joined": pd.date_range("2015-01-01", periods=COUNT, freq="53h").strftime("%Y-%m-%d %H:%M"),
        "country": "IT",
        "remark": [f"the customer called about order number {i}" for i in range(COUNT)],
        "token": [f"k{i:05d}" for i in range(COUNT)],
    })  # fmt: skip
    frame.loc[rng.choice(COUNT, 40, replace=False), "age"] = np.nan
    frame.loc[rng.choice(COUNT, 25, replace=False), "city"] = None
    frame["left"] = np.where(frame["age"].fillna(40) + rng.normal(0, 10, COUNT) > 50, "stayed", "left")
    return frame


def role(values, name="x", rows=None):
    column = pa.chunked_array([pa.array(values, from_pandas=True)])
    return describe(name, column, np.arange(len(values)) * 3 + 7 if rows is None else rows)


@pytest.mark.parametrize(
    ("values", "expected", "form"),
    [
        (["1", "2.5", "-3e4", ""], "number", "plain"),
        (["1,5", "2,25", "1.234,5"], "number", "decimal comma"),
        (["1,234", "12,345.5", "$3"], "number", "thousands"),
        (["3.5%", "7.5 %"], "number", "signs"),
        (["0,123", "0,456"], "number", "decimal comma"),
        ([True, False, None], "boolean", "plain"),
        (["Yes", "no", "NO"], "boolean", "plain"),
        (["2020-01-02", "2021-03-04 12:30", None], "date", "plain"),
        (["12/31/2020", "01/02/2021"], "date", "plain"),
        (["31/12/2020", "01/02/2021"], "date", "day first"),
        (["a", "b", "?"], "category", "plain"),
        (["1", "2", "a", "b"], "category", "plain"),
        (["x"] * 9, "left out", "plain"),
        ([None, None], "left out", "plain"),
        ([f"item{i}" for i in range(30)], "left out", "plain"),
        ([f"a sentence of words with number {i}" for i in range(30)], "text", "plain"),
    ],
)
def test_roles(values, expected, form):
    found = role(values)
    assert (found.role, found.form) == (expected, form)


def test_identifiers_and_row_counters_are_told_from_measurements():
    assert "counts the rows" in role(list(range(5, 25)), rows=np.arange(20)).reason
    assert "number of the row" in role(list(range(50, 90, 2)), "customer_id").reason
    assert role(list(range(50, 90, 2)), "year").role == "number"


def test_infinities_and_stray_words_are_missing_and_said():
    found = role([1.0, np.inf, 2.0, 1e200, 5.0])
    assert (found.role, found.low, found.high, found.gaps) == ("number", 1.0, 5.0, True)
    assert "2 infinite values" in found.reason
    many = [str(i / 3) for i in range(200)] + ["broken"]
    assert role(many).role == "number" and "1 cells ('broken') count as missing" in role(many).reason


def test_squash_is_straight_inside_and_keeps_order():
    inside = np.linspace(-3, 3, 101)
    assert np.array_equal(squash(inside), inside)
    wide = np.r_[-np.logspace(99, 0, 500), np.logspace(0, 99, 500)]
    assert (np.diff(squash(wide)) > 0).all() and np.abs(squash(wide)).max() < 300


@pytest.mark.parametrize("columns,gaps", [(3, True), (3, False), (MANY, False)])
def test_numbers_are_scaled_as_scikit_learn_does_to_the_last_bit(columns: int, gaps: bool) -> None:
    draw = np.random.default_rng(0)
    values = draw.lognormal(0, 2, (200, columns)) * np.logspace(-6, 6, columns)
    values[:, 0] = np.round(values[:, 0] * 1e6) % 3  # of which the quartiles may be one number
    if gaps:
        values[draw.random(values.shape) < 0.1] = np.nan
    squashed = FunctionTransformer(squash)
    theirs = make_pipeline(
        RobustScaler(unit_variance=True), squashed, SimpleImputer(strategy="median"), StandardScaler()
    )
    ours = Scaling.fit(values[:150])
    expected = theirs.fit(values[:150]).transform(values)
    assert np.array_equal(ours.transform(values), expected) and ours.sound(columns)
    back = np.where(np.isnan(values), np.nan, ours.inverse(expected))
    assert np.allclose(back, values, rtol=1e-9, atol=1e-12, equal_nan=True)


def test_words_have_places_as_scikit_learn_gives_them() -> None:
    known = [["ash", "elm", "oak"], ["red", "blue"]]
    words = np.array([["elm", "blue"], ["fir", "red"], ["ash", "green"]], dtype=object)
    theirs = OneHotEncoder(categories=known, handle_unknown="ignore", sparse_output=False, dtype=np.float32)  # pyright: ignore[reportArgumentType]
    assert np.array_equal(OneHot(known).transform(words), theirs.fit(words[:1]).transform(words))


def test_a_mixed_table_end_to_end(tmp_path, mixed):
    mixed.to_csv(tmp_path / "people.csv", index=False)
    source = read(tmp_path / "people.csv", "left")
    assert (source.kind, source.target.problem) == ("table", "classification")
    assert source.target.classes == ("left", "stayed")
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "run" / "data", 0)
    gone = {note.split("'")[1] for note in source.notes if "left out" in note}
    assert gone == {"customer_id", "country", "token"}
    # age, income, member, 5 parts of a date; a gap in age; 3 cities and a gap; 16 directions of the remark
    assert encoder.spec.features == 3 + 5 + 1 + 4 + 16
    assert (encoder.spec.numbers, encoder.spec.categories, encoder.spec.texts) == (3 + 5 + 1, (5,), 1)
    data = StoredData(tmp_path / "run" / "data", sealed=tmp_path / "run" / "sealed")
    train = data.take("train", slice(None)).inputs.features.numpy()
    assert np.abs(train[:, :8].mean(0)).max() < 1e-5 and np.abs(train[:, :8].std(0) - 1).max() < 1e-4
    assert set(np.unique(train[:, 8:13])) == {0.0, 1.0} and (train[:, 9:13].sum(1) == 1).all()
    for number, split in enumerate(("train", "validation", "test")):
        assert np.array_equal(data.arrays(split)["row"].numpy(), np.flatnonzero(splits == number))
    again = load_encoder(tmp_path / "run" / "data" / "encoder")
    new = again.encode(mixed.drop(columns="left"))
    assert new.warnings == []
    assert np.array_equal(new.arrays["features"][splits == 0], train)
    assert set(new.arrays) == {"features", "numbers", "categories", "words"}
    for name in ("numbers", "categories", "words"):
        assert np.array_equal(new.arrays[name][splits == 0], data.arrays("train")[name].numpy())
    assert np.array_equal(again.encode(tmp_path / "people.csv").arrays["features"], new.arrays["features"])


def test_a_linear_model_learns_from_the_encoded_rows(tmp_path):
    source = read("breast_cancer")
    source.encode(assign(source), tmp_path / "data", 0)
    data = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    train, test = data.take("train", slice(None)), data.take("test", slice(None))
    model = LogisticRegression(max_iter=500).fit(train.inputs.features.numpy(), train.truth.numpy())
    assert model.score(test.inputs.features.numpy(), test.truth.numpy()) > 0.94


def test_test_rows_change_nothing_in_training(tmp_path, mixed):
    splits = assign(read(mixed, "left"))
    changed = mixed.copy()
    held = splits == 2
    changed.loc[held, "age"] = 1e9
    changed.loc[held, "income"] = -1.0
    changed["city"] = changed["city"].astype(object)
    changed.loc[held, "city"] = "Atlantis"
    changed.loc[held, "joined"] = "1700-01-01 00:00"
    changed.loc[held, "country"] = "XX"
    changed.loc[held, "token"] = "same"
    written = []
    for name, frame in (("one", mixed), ("two", changed)):
        folder = tmp_path / name / "data"
        read(frame, "left").encode(splits, folder, 0)
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".skops")
        written.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
        arrays = []
        for path in sorted((folder / "encoder").glob("parts.*")):
            with zipfile.ZipFile(path) as archive:
                arrays += [archive.read(name) for name in archive.namelist() if name.endswith(".npy")]
        written[-1]["parts"] = b"".join(sorted(arrays))  # skops names them as it likes
        assert written[-1]["parts"]
    assert written[0] == written[1]
    sealed = [read_array(tmp_path / name / "sealed", "test", "features") for name in ("one", "two")]
    assert not np.array_equal(*sealed)


def test_no_seed_is_involved(tmp_path, mixed):
    source = read(mixed, "left")
    assert np.array_equal(assign(source), assign(read(mixed.copy(), "left")))
    folders = [tmp_path / str(seed) / "data" for seed in (0, 1)]
    for seed, folder in enumerate(folders):
        read(mixed, "left").encode(assign(source), folder, seed)
    for split in ("train", "validation"):
        first, second = (read_array(folder, split, "features") for folder in folders)
        assert np.array_equal(first, second)


def test_row_counters_do_not_part_equal_rows():
    frame = pd.DataFrame({"a": [1.5, 2.5, 3.5] * 20, "b": ["x", "y", "z"] * 20, "y": [1, 0, 1] * 20})
    frame.insert(0, "row", np.arange(60))
    assert len(np.unique(read(frame, "y").keys())) == 3


def test_rows_without_a_target_keep_their_row_numbers(tmp_path, mixed):
    mixed.loc[[0, 5, 7], "left"] = None
    source = read(mixed, "left")
    assert len(source) == COUNT - 3
    source.encode(assign(source), tmp_path / "data", 0)
    parts = [("data", "train"), ("data", "validation"), ("sealed", "test")]
    rows = np.concatenate([read_array(tmp_path / place, split, "row") for place, split in parts])
    assert sorted(rows) == sorted(set(range(COUNT)) - {0, 5, 7})


def test_regression_facts_are_those_of_training_rows(tmp_path):
    source = read("diabetes")
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "data", 0)
    train = source.target.values[splits == 0]
    assert encoder.facts["mean"] == pytest.approx(train.mean()) and encoder.facts["scale"] == pytest.approx(train.std())
    stored = read_array(tmp_path / "data", "train", "target")
    assert stored.dtype == np.float64 and np.array_equal(stored, train)  # float32 cannot tell epochs apart
    targets = StoredData(tmp_path / "data").take("train", slice(None)).truth
    assert abs(float(targets.mean())) < 1e-5 and abs(float(targets.std()) - 1) < 0.01


def test_a_held_out_file_is_sealed_and_counted_on(tmp_path, mixed):
    mixed[:300].to_csv(tmp_path / "train.csv", index=False)
    mixed[300:].assign(extra=1).to_csv(tmp_path / "test.csv", index=False)
    source = read(tmp_path / "train.csv", "left", test=tmp_path / "test.csv")
    splits = assign(source)
    source.encode(splits, tmp_path / "data", 0)
    assert np.array_equal(read_array(tmp_path / "sealed", "test", "row"), np.arange(300, 400))
    with pytest.raises(InputError, match="lacks column 'age'"):
        read(mixed[:300], "left", test=mixed[300:].drop(columns="age"))


def test_groups_and_times_are_kept_out_of_the_features(mixed):
    source = read(mixed, "left", group="city")
    assert any("'city' is not learned from" in note for note in source.notes)
    by_time = read(mixed, "left", time="joined")
    splits, when = assign(by_time), pd.to_datetime(mixed["joined"])
    assert when[splits == 0].max() < when[splits == 1].min() < when[splits == 2].min()
    with pytest.raises(InputError, match="by group or by time"):
        read(mixed, "left", group="city", time="joined")


def test_an_altered_encoder_is_not_loaded(tmp_path, mixed):
    source = read(mixed, "left")
    source.encode(assign(source), tmp_path / "data", 0)
    folder = tmp_path / "data" / "encoder"
    foreign = folder / "parts.skops"
    kept = foreign.read_bytes() if foreign.exists() else None
    io.dump({"text": LogisticRegression()}, foreign)
    with pytest.raises(InputError, match="LogisticRegression"):
        load_encoder(folder)
    foreign.unlink() if kept is None else foreign.write_bytes(kept)
    parts = folder / "parts.npz"
    good, arrays = parts.read_bytes(), dict(np.load(parts))
    for content in (good[:-200], b"\x80\x04cposix\nsystem\n"):
        parts.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            load_encoder(folder)
    for name, other, says in (
        ("centre", arrays["centre"][:-1], "scales other numbers"),
        ("spread", arrays["spread"] * 0, "scales other numbers"),
        ("fill", arrays["fill"] * np.nan, "scales other numbers"),
        ("mean", arrays["mean"].astype(object), "objects are never unpickled"),
        ("scaled", arrays["scaled"] - 1, "places of numbers"),
        ("gaps", arrays["gaps"].astype(float) + 0.5, "places of numbers"),
    ):
        np.savez(parts, **{**arrays, name: other})
        with pytest.raises(InputError, match=says):
            load_encoder(folder)
    np.savez(parts, **{name: array for name, array in arrays.items() if name != "deviation"})
    with pytest.raises(InputError, match="does not scale its numbers"):
        load_encoder(folder)
    parts.write_bytes(good)
    words = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**words, "kind": "sound"}))
    with pytest.raises(InputError, match="kind must be"):
        load_encoder(folder)


MEASURE = """
import resource, sys
from pathlib import Path
from bestiary.data import read
from bestiary.rows.splits import assign
def encode(path, folder):
    source = read(path, "y")
    source.encode(assign(source), folder, 0)
    return source
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024
folder = Path(sys.argv[2])
encode(folder / "small.csv", folder / "small" / "data")
before = peak()
encode(Path(sys.argv[1]), folder / "large" / "data")
print(before, peak())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize(("ending", "rows"), [("csv", 500_000), ("parquet", 400_000)])
def test_peak_memory_stays_within_twice_the_encoded_matrix(tmp_path, ending, rows):
    columns = 40
    rng = np.random.default_rng(0)
    table = {f"c{i}": rng.integers(0, 1_000, rows, dtype=np.int32) for i in range(columns)}
    table["y"] = (rng.random(rows) > 0.5).astype(np.int32)
    large = tmp_path / f"large.{ending}"
    if ending == "csv":
        pa.csv.write_csv(pa.table(table), large)
    else:
        pa.parquet.write_table(pa.table(table), large)
    pd.DataFrame({name: values[:2_000] for name, values in table.items()}).to_csv(tmp_path / "small.csv", index=False)
    done = subprocess.run([sys.executable, "-c", MEASURE, large, tmp_path], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    features = read_array(tmp_path / "large" / "data", "train", "features")
    assert features.shape == (round(rows * 0.64), columns)
    assert after - before < 2 * features.nbytes, f"{(after - before) / features.nbytes:.2f} times"


def returned(frame: pd.DataFrame, folder: Path, target: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All rows of a frame through an encoder that was saved and loaded, and back; and what went in."""
    source = read(frame, kind="table", target=target)
    source.encode(assign(source), folder / "data", seed=0)
    encoder = TableEncoder.load(folder / "data" / "encoder")
    return encoder.decode(encoder.encode(frame).arrays["features"]), frame


def test_rows_come_back_from_their_features(mixed: pd.DataFrame, tmp_path: Path) -> None:
    mixed["member"] = mixed["member"].str.title()
    mixed["born"] = pd.date_range("1950-03-01", periods=COUNT, freq="9D")
    mixed["visits"] = np.arange(COUNT) % 9
    mixed.loc[mixed["age"].isna(), "income"] = np.nan  # two columns with one pattern of gaps: one feature tells of both
    back, given = returned(mixed, tmp_path, target="left")
    assert list(back) == [name for name in given if name != "left"]
    assert back["age"].astype("Float64").equals(given["age"].astype("Float64"))
    assert back["visits"].dtype == "int64" and back["visits"].equals(given["visits"].astype("int64"))
    middle = given["income"].between(*given["income"].quantile([0.05, 0.95]))
    assert np.array_equal(back["income"].isna(), given["income"].isna())
    assert np.abs(back["income"] / given["income"] - 1)[middle].max() < 2e-6  # seven digits of float32
    assert back["city"].fillna("").tolist() == given["city"].fillna("").tolist()
    assert back["member"].tolist() == given["member"].tolist()
    assert back["born"].tolist() == given["born"].dt.strftime("%Y-%m-%d").tolist()
    apart = pd.to_datetime(back["joined"]) - pd.to_datetime(given["joined"])
    assert apart.abs().max() <= pd.Timedelta(minutes=1)
    assert set(back["country"]) == {"IT"}  # constant
    assert back[["customer_id", "remark", "token"]].isna().all(axis=None)  # nothing to learn from


def test_a_measured_table_comes_back(tmp_path: Path) -> None:
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame
    back, given = returned(frame, tmp_path, target="target")
    source = read(frame, kind="table", target="target")
    train = np.flatnonzero(assign(source) == 0)  # beyond the range of training rows lies the edge
    lost = (back - given[back.columns]).iloc[train].abs() / given[back.columns].iloc[train].std()
    assert lost.max(axis=None) < 1e-5  # of a standard deviation
    assert back["mean area"].iloc[train].equals(given["mean area"].iloc[train])  # one decimal
    low, high = given.iloc[train].min(), given.iloc[train].max()
    assert all(back[name].between(low[name], high[name]).all() for name in back)


def test_made_features_become_rows_that_could_be(mixed: pd.DataFrame, tmp_path: Path) -> None:
    mixed["city"] = np.where(np.arange(COUNT) % 50 == 0, [f"village {i}" for i in range(COUNT)], mixed["city"])
    source = read(mixed, kind="table", target="left")
    source.encode(assign(source), tmp_path / "data", seed=0)
    encoder = TableEncoder.load(tmp_path / "data" / "encoder")
    wild = np.random.default_rng(0).normal(0, 30, (500, encoder.spec.features)).astype(np.float32)
    rows = encoder.decode(wild)
    assert rows["age"].dropna().between(18, 80).all() and str(rows["age"].dtype) == "Int64"
    assert rows["age"].isna().any() and rows["city"].isna().any()
    assert set(rows["city"].dropna()) == {"Rome", "Oslo", "Bern", "other"}
    assert set(rows["member"]) == {"yes", "no"}
    assert pd.to_datetime(rows["joined"]).between("2014-12-31", "2017-06-03").all()
    again = encoder.decode(encoder.encode(rows).arrays["features"])
    assert np.abs(again["income"] / rows["income"] - 1).max() < 1e-4
    with pytest.raises(InputError, match="features"):
        encoder.decode(wild[:, 1:])
