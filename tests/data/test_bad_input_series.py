"""Series that cannot be learned from: one clear message each."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestiary.errors import InputError
from bestiary.kinds.series import reader
from bestiary.kinds.series.encoder import SeriesEncoder
from bestiary.kinds.series.reader import builtin_series, read_arrays, read_series

LONG = pd.DataFrame(
    {
        "id": np.repeat(np.arange(8), 5),
        "time": np.tile(np.arange(5), 8),
        "x": np.arange(40.0),
        "label": np.repeat(list("ab") * 4, 5),
    }
)
WIDE = pd.DataFrame(np.arange(24.0).reshape(6, 4), columns=list("pqrs")).assign(label=list("ab") * 3)


def refused(*args: object, **words: object) -> str:
    """The message of the refusal, which is one line."""
    with pytest.raises(InputError) as error:
        read_series(*args, **words)  # pyright: ignore
    assert "\n" not in str(error.value)
    return str(error.value)


def test_options():
    assert "layout must be long or wide" in refused(LONG, layout="tall")
    assert "'labl'" in refused(LONG, target="labl") and "did you mean 'label'" in refused(LONG, target="labl")
    assert "'nowhere'" in refused(LONG, id="nowhere")
    assert "'nowhere'" in refused(LONG, group="nowhere")
    assert "'nowhere'" in refused(WIDE, time="nowhere")
    assert "identifies the series" in refused(WIDE, layout="long")
    assert "which column is the target" in refused(WIDE.rename(columns={"label": "what"}))
    assert "task must be one of" in refused(WIDE, problem="clustering")
    assert "by group or by time" in refused(WIDE, time="p", group="q")
    assert "same column 'label'" in refused(LONG, target="label", group="label")
    assert "no table" in refused((np.ones((4, 3)), [0, 1, 0, 1]), group="x")
    assert "path, a frame" in refused(7)


def test_long_tables():
    assert "same in all rows" in refused(LONG.assign(label=["a", "b"] * 20))
    assert "two classes" in refused(LONG.assign(label="a"))
    assert "missing in every row" in refused(LONG.assign(label=None))
    assert "infinite" in refused(LONG.assign(x=np.where(LONG["x"] == 7, np.inf, LONG["x"])))
    assert "number or a date" in refused(LONG.assign(time=["?"] + ["1"] * 39), time="time")
    assert "columns of numbers" in refused(LONG.assign(x="word"))
    assert "is empty" in refused(LONG.assign(id=None), id="id")


def test_wide_tables(tmp_path: Path):
    assert "two or more columns" in refused(WIDE[["p", "label"]])
    assert "infinite" in refused(WIDE.assign(q=-np.inf))
    assert "no rows" in refused(WIDE.iloc[:0])
    (tmp_path / "w.csv").write_text("a,b,c,label\n1,2,3\n4,5,6,7,8\n")
    assert "columns of the first line" in refused(tmp_path / "w.csv")
    (tmp_path / "bare.csv").write_text("1,2,3,4\n2,3,4,5,6,7\n")
    refused(tmp_path / "bare.csv")
    (tmp_path / "w.csv").write_bytes(bytes(range(256)) * 4)
    refused(tmp_path / "w.csv")
    assert "no file" in refused(tmp_path / "nowhere.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    refused(tmp_path / "loop.csv")


@pytest.mark.parametrize(
    ("values", "labels", "words"),
    [
        (np.zeros((4, 3, 2, 1)), [0, 1, 0, 1], "series must be numbers"),
        (np.zeros(4), [0, 1, 0, 1], "series must be numbers"),
        (np.zeros((4, 0)), [0, 1, 0, 1], "series must be numbers"),
        (np.full((4, 3), "x"), [0, 1, 0, 1], "series must be numbers"),
        (np.full((4, 3), np.inf), [0, 1, 0, 1], "infinite"),
        (np.full((4, 3), -1e300), [0, 1, 0, 1], "infinite"),
        (np.ones((4, 3)), [0, 1, 0], "4 labels"),
        (np.ones((4, 3)), [0, 0, 0, 0], "two classes"),
        ([], [], "empty list"),
        ([[1, 2], []], [0, 1], "one step or more"),
        ([[1, 2], ["a", "b"]], [0, 1], "must be numbers"),
        ([np.ones((3, 2)), np.ones((3, 1))], [0, 1], "equally many channels"),
        ([[1, 2], [[1, 2], [3]]], [0, 1], "must be numbers"),
        ([[1, 2], None], [0, 1], "series 1"),
    ],
)
def test_arrays(values: object, labels: list[int], words: str):
    with pytest.raises(InputError, match=words):
        read_arrays(values, labels)  # pyright: ignore


def test_arrays_alone_have_no_labels(tmp_path: Path):
    assert "expected labels" in refused(np.ones((4, 3)))
    np.savez(tmp_path / "a.npz", x=np.ones((4, 3)))
    assert "expected labels" in refused(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x=np.array([[1], [1, 2]], dtype=object), y=[0, 1])
    assert "never unpickled" in refused(tmp_path / "a.npz")
    (tmp_path / "a.ts").write_text("@classLabel false\n@data\n1,2,3\n4,5,6\n")
    assert "expected labels" in refused(tmp_path / "a.ts")


def test_folders_and_pairs(tmp_path: Path):
    assert "NAME_TRAIN.ts" in refused(tmp_path)
    for name, channels in (("A_TRAIN", 1), ("B_TRAIN", 1), ("A_TEST", 2)):
        line = ":".join(["1,2,3"] * channels)
        (tmp_path / f"{name}.ts").write_text(f"@classLabel true a b\n@data\n{line}:a\n{line}:b\n")
    assert "A_TRAIN.ts, B_TRAIN.ts" in refused(tmp_path)
    assert "1 channels; received 2" in refused(tmp_path / "A_TRAIN.ts", test=tmp_path / "A_TEST.ts")
    assert "no file" in refused(tmp_path / "A_TRAIN.ts", test=tmp_path / "C_TEST.ts")


def test_padding_beyond_reason_is_refused_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "MOST_BYTES", 1000)
    source = read_arrays([np.ones(300), *np.ones((4, 2))], [0, 1, 0, 1, 0])
    with pytest.raises(InputError, match="padded"):
        source.encode(np.zeros(5, np.int8), tmp_path / "data", 0)
    assert not (tmp_path / "data").exists()


def test_no_training_rows(tmp_path: Path):
    with pytest.raises(InputError, match="training rows"):
        read_series(WIDE).encode(np.full(6, 2, np.int8), tmp_path / "data", 0)


def test_new_series_that_cannot_be_encoded(tmp_path: Path):
    wide = read_series(WIDE).encode(np.zeros(6, np.int8), tmp_path / "wide", 0)
    long = read_series(LONG).encode(np.zeros(8, np.int8), tmp_path / "long", 0)
    for encoder, source, words in (
        (wide, WIDE.rename(columns=str.upper), "expected the columns"),
        (long, LONG.drop(columns="id"), "'id'"),
        (long, LONG.rename(columns={"x": "z"}), "expected the columns 'x'"),
        (long, np.ones((3, 4, 2)), "1 channels; received 2"),
        (long, {}, "path, a frame"),
        (long, tmp_path / "nowhere.ts", "no file"),
    ):
        with pytest.raises(InputError, match=words):
            encoder.encode(source)


@pytest.mark.parametrize("change", ["", "null", "{}", "kind", "mean", "pool", "reading"])
def test_damaged_encoders(tmp_path: Path, change: str):
    read_series(WIDE).encode(np.zeros(6, np.int8), tmp_path / "data", 0)
    path = tmp_path / "data" / "encoder" / "encoder.json"
    written = json.loads(path.read_text())
    if change == "kind":
        written["spec"] = {"kind": "table", "features": 2, "outputs": 1}
    if change == "mean":
        written["facts"]["value_mean"] = [0.0] * 3
    if change == "pool":
        del written["facts"]["pool"]
    if change == "reading":
        written["facts"]["reading"] = {"run": "me"}
    path.write_text(json.dumps(written) if change.isalpha() and change != "null" else change)
    with pytest.raises(InputError, match=r"encoder.json.*save the model again"):
        SeriesEncoder.load(path.parent)


WORDS = [
    "1",
    "2.5",
    "",
    "?",
    "nan",
    "inf",
    "-1e300",
    "1e400",
    "a",
    "label",
    "time",
    '"',
    "1,5",
    "2024-01-01",
    "é",
    "\0",
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A long or wide table as CSV, up to four of whose cells are replaced."""
    long, rows = draw(st.booleans()), draw(st.integers(2, 6))
    number = st.sampled_from(["1", "2.5", "-3", ""])
    if long:
        table = [["id", "time", "x", "label"]]
        table += [[str(row), str(t), draw(number), "ab"[row % 2]] for row in range(rows) for t in range(3)]
    else:
        table = [["t0", "t1", "t2", "label"]]
        table += [[*draw(st.tuples(number, number, number)), "ab"[row % 2]] for row in range(rows)]
    for _ in range(draw(st.integers(0, 4))):
        table[draw(st.integers(0, len(table) - 1))][draw(st.integers(0, 3))] = draw(st.sampled_from(WORDS))
    return "\n".join(",".join(row) for row in table)


@settings(max_examples=150, deadline=None)
@given(damaged(), st.sampled_from([None, None, "long", "wide"]))
def test_any_table_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, layout: str | None):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "any.csv"
    path.write_text(text, encoding="utf-8")
    try:
        source = read_series(path, layout=layout)
        encoder = source.encode(np.zeros(len(source), np.int8), folder / "any" / "data", 0)
        assert np.isfinite(encoder.encode(path).arrays["values"]).all()
    except InputError as reason:
        assert "\n" not in str(reason)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["csv", "tsv", "ts", "npz", "npy", "parquet"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str):
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(content)
    try:
        read_series(path)
    except InputError as reason:
        assert "\n" not in str(reason)


@pytest.mark.skipif(not builtin_series(), reason="needs aeon or sktime, which ship series")
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path: Path):
    whole = builtin_series()["basic_motions"].read_bytes()
    for cut in np.random.default_rng(3).integers(0, len(whole), 20):
        (tmp_path / "cut.ts").write_bytes(whole[:cut])
        try:
            read_series(tmp_path / "cut.ts")
        except InputError as reason:
            assert "\n" not in str(reason)
