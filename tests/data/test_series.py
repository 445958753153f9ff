"""Series from tables, files and arrays to batches."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.contracts import SeriesSpec
from bestiary.kinds.series.encoder import MOST_STEPS, SeriesEncoder, averaged, filled
from bestiary.kinds.series.reader import builtin_series, held_beside, read_arrays, read_series
from bestiary.rows.store import StoredData

RANDOM = np.random.default_rng(2)


def shares(rows: int) -> np.ndarray:
    """Of five rows three for training, one for validation, one for the test."""
    return np.array([0, 0, 0, 1, 2], dtype=np.int8)[np.arange(rows) % 5]


def walks(rows: int = 30, steps: int = 12, channels: int = 2) -> np.ndarray:
    return RANDOM.normal(size=(rows, steps, channels)).cumsum(axis=1).round(4) + [100, -3][:channels]


def long_frame(values: list[np.ndarray], labels: list[str]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"id": f"s{row}", "time": range(len(one)), "temp": one[:, 0], "wind": one[:, 1], "label": labels[row]}
        )
        for row, one in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_wide_table_becomes_batches(tmp_path: Path):
    values = walks(channels=1)[:, :, 0]
    frame = pd.DataFrame(values, columns=[f"t{step}" for step in range(12)]).assign(name="x", label=list("ab") * 15)
    frame.to_csv(tmp_path / "w.csv", index=False)
    source = read_series(tmp_path / "w.csv")
    assert len(source) == 30 and source.target.classes == ("a", "b") and any("'name'" in note for note in source.notes)
    splits = shares(30)
    encoder = source.encode(splits, tmp_path / "data", 0)
    assert encoder.spec == SeriesSpec(channels=1, length=12, outputs=2)
    data = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    batch = data.take("train", slice(0, 18))
    train = values[splits == 0]
    np.testing.assert_allclose(batch.inputs[0][:, :, 0], (train - train.mean()) / train.std(), atol=1e-5)
    assert batch.inputs[1].tolist() == [12] * 18
    assert data.arrays("test")["row"].tolist() == np.flatnonzero(splits == 2).tolist()
    facts = json.loads((tmp_path / "data/spec.json").read_text())["facts"]
    assert facts["value_mean"] == pytest.approx([train.mean()]) and facts["value_scale"] == pytest.approx([train.std()])


def test_long_wide_arrays_and_ts_agree(tmp_path: Path):
    values, labels = walks(channels=1), ["up", "down"] * 15
    arrays = read_arrays(values, labels)
    wide = read_series(pd.DataFrame(values[:, :, 0]).rename(columns=str).assign(label=labels))
    frame = long_frame([np.repeat(one, 2, axis=1) for one in values], labels).drop(columns="wind")
    long = read_series(frame.sample(frac=1, random_state=0).sort_values("id", key=lambda c: c.str[1:].astype(int)))
    lines = [",".join(map(repr, one[:, 0].tolist())) + f":{label}" for one, label in zip(values, labels)]
    (tmp_path / "a.ts").write_text("\n".join(["@classLabel true up down", "@data", *lines]))
    ts = read_series(tmp_path / "a.ts")
    np.savez(tmp_path / "a.npz", x=values, y=labels)
    for other in (wide, long, ts, read_series(tmp_path / "a.npz"), read_series((values, labels))):
        assert (other.keys() == arrays.keys()).all() and other.target.classes == ("down", "up")
        assert (other.target.values == arrays.target.values).all()


def test_a_long_table_with_gaps_and_unequal_lengths(tmp_path: Path):
    values = [one[: 5 + row % 8] for row, one in enumerate(walks())]
    frame = long_frame(values, ["a", "b", "c"] * 10)
    frame.loc[frame.index[3::7], "wind"] = np.nan
    frame.sample(frac=1, random_state=1).to_csv(tmp_path / "l.csv", index=False)  # rows in any order
    source = read_series(tmp_path / "l.csv", target="label")
    assert source.reading.layout == "long" and source.reading.channels == ("temp", "wind")
    assert any("missing" in note for note in source.notes) and any("5 to 12 steps" in note for note in source.notes)
    place = source.names.index("s11")
    np.testing.assert_allclose(source.values[place][:, 0], values[11][:, 0])
    source.encode(np.zeros(30, np.int8), tmp_path / "data", 0)
    batch = StoredData(tmp_path / "data", batch=30).take("train", slice(0, 30))
    assert batch.inputs[1][place] == len(values[11]) and not batch.inputs[0].isnan().any()
    assert (batch.inputs[0][place, len(values[11]) :] == 0).all()


def test_gaps_are_interpolated_and_unknown_channels_are_the_mean(tmp_path: Path):
    nan = np.nan
    series = np.array([[nan, 1.0], [2.0, nan], [nan, nan], [8.0, 4.0], [nan, nan]])
    np.testing.assert_allclose(filled(series), [[2, 1], [2, 2], [5, 3], [8, 4], [8, 4]])
    values = walks(10, 6)
    values[4, :, 1] = nan
    encoder = read_arrays(values, [0, 1] * 5).encode(np.zeros(10, np.int8), tmp_path / "data", 0)
    stored = np.load(tmp_path / "data/train.values.npy")
    assert (stored[4, :, 1] == 0).all() and stored[4, :, 0].any()
    assert encoder.facts["value_mean"] == pytest.approx(np.nanmean(values, axis=(0, 1)))


def test_long_series_are_averaged_down(tmp_path: Path):
    assert averaged(np.arange(7.0)[:, None], 3)[:, 0].tolist() == [1, 4, 6]
    values = RANDOM.normal(size=(6, 2 * MOST_STEPS + 7))
    source = read_arrays(values, [0, 1] * 3)
    encoder = source.encode(np.zeros(6, np.int8), tmp_path / "data", 0)
    assert encoder.pool == 3 and encoder.spec.length == -(-values.shape[1] // 3) <= MOST_STEPS
    assert any("averaged" in note for note in source.notes)
    stored = np.load(tmp_path / "data/train.values.npy")[:, :, 0]
    mean, scale = (np.array(encoder.facts[word]) for word in ("value_mean", "value_scale"))
    np.testing.assert_allclose(stored[2, 10] * scale + mean, values[2, 30:33].mean(), rtol=1e-4)


def test_changing_test_rows_changes_nothing_in_training(tmp_path: Path):
    values, splits = walks(), shares(30)
    other = [row if split < 2 else RANDOM.normal(size=(500, 2)) * 1e6 for row, split in zip(values, splits)]
    other[4][3] = np.nan
    for name, series in (("one", values), ("two", other)):
        read_arrays(series, list("abc") * 10).encode(splits, tmp_path / name / "data", 0)
    files = ("train.values.npy", "train.lengths.npy", "validation.values.npy", "spec.json", "encoder/encoder.json")
    for file in files:
        assert (tmp_path / "one/data" / file).read_bytes() == (tmp_path / "two/data" / file).read_bytes(), file
    assert not (tmp_path / "one/data/test.values.npy").exists()


def test_regression_scales_its_target(tmp_path: Path):
    targets = RANDOM.normal(size=40) * 7 + 1000
    source = read_arrays(walks(40), targets, target="load")
    assert source.target.problem == "regression" and source.target.name == "load"
    source.encode(shares(40), tmp_path / "data", 0)
    data = StoredData(tmp_path / "data", batch=24)
    assert data.spec.outputs == 1 and abs(float(data.batch("train", 0).truth.mean())) < 1e-3
    np.testing.assert_allclose(data.arrays("train")["target"], targets[shares(40) == 0], rtol=1e-6)


def test_the_encoder_gives_new_series_what_training_gave(tmp_path: Path):
    frame = long_frame(list(walks()), ["a", "b"] * 15)
    source = read_series(frame)
    source.encode(shares(30), tmp_path / "data", 0)
    encoder = SeriesEncoder.load(tmp_path / "data" / "encoder")
    rows, stored = np.load(tmp_path / "sealed/test.row.npy"), np.load(tmp_path / "sealed/test.values.npy")
    new = encoder.encode(frame)
    assert not new.warnings and new.names == source.names and (new.arrays["values"][rows] == stored).all()
    frame[["id", "time", "wind", "temp"]].to_csv(tmp_path / "n.csv", index=False)  # no label, other order
    again = encoder.encode(tmp_path / "n.csv")
    assert not again.warnings and (again.arrays["values"][rows] == stored).all()


def test_strange_new_series_are_warned_of_by_name(tmp_path: Path):
    frame = long_frame(list(walks()), ["a", "b"] * 15)
    encoder = read_series(frame).encode(np.zeros(30, np.int8), tmp_path / "data", 0)
    longer = long_frame([np.concatenate([one, one + 900]) for one in walks(3)], ["a"] * 3)
    said = " ".join(encoder.encode(longer.rename(columns={"wind": "gust"})).warnings)
    assert "missing, filled in: 'wind'" in said and "left out: 'gust'" in said
    assert "longer than the 12 steps" in said and "'temp' is far outside" in said
    longer.loc[4, "temp"] = np.nan
    assert "missing values" in " ".join(encoder.encode(longer).warnings)
    wild = encoder.encode(longer.assign(temp=1e99)).arrays["values"]
    assert np.isfinite(wild).all() and wild.max() == 1e6
    short = encoder.encode(long_frame([one[:1] for one in walks(3)], ["a"] * 3))
    assert short.arrays["lengths"].tolist() == [1, 1, 1] and not short.warnings


def test_time_is_the_last_of_a_series_unless_it_only_counts_steps():
    values = walks(20)
    frame = long_frame(list(values), ["a", "b"] * 10)
    counted = read_series(frame, time="time")
    assert counted.times is None and any("cuts no split" in note for note in counted.notes)
    frame["time"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        frame["time"] + 24 * frame["id"].str[1:].astype(int), "h"
    )
    dated = read_series(frame, time="time")
    assert dated.times is not None and (np.diff(dated.times) > 0).all()
    assert dated.times[1] - dated.times[0] == pytest.approx(1.0)  # in days


def test_groups_and_a_held_out_table(tmp_path: Path):
    frame = long_frame(list(walks(20)), ["a", "b"] * 10)
    frame["site"] = frame["id"].str[-1]
    test = long_frame(list(walks(6)), ["b", "a"] * 3).assign(site="z")
    source = read_series(frame, group="site", test=test)
    assert source.held is not None and source.groups is not None
    assert (
        source.held.tolist() == [-1] * 20 + [2] * 6
        and len(set(source.groups[20:].tolist())) == 1
        and len(set(source.groups.tolist())) == 11
    )


def test_files_of_the_archive_without_a_line_of_names(tmp_path: Path):
    rows = ["1\t0.5\t0.25\t0.125\t1.5", "2\t3\t2\t1\tNaN", "1\t0.4\t0.2\t0.5\t0.7", "2\t3.5\t2\t1\t0.5"]
    (tmp_path / "Old_TRAIN.tsv").write_text("\n".join(rows))
    source = read_series(tmp_path / "Old_TRAIN.tsv")
    assert source.target.classes == ("1", "2") and [len(series) for series in source.values] == [4, 3, 4, 4]
    encoder = source.encode(np.zeros(4, np.int8), tmp_path / "data", 0)
    stored = np.load(tmp_path / "data/train.values.npy")
    assert (encoder.encode(tmp_path / "Old_TRAIN.tsv").arrays["values"] == stored).all()
    (tmp_path / "bare.tsv").write_text("\n".join(row.partition("\t")[2] for row in rows))
    assert (encoder.encode(tmp_path / "bare.tsv").arrays["values"] == stored).all()


def test_equal_series_have_equal_keys():
    keys = read_arrays([[0.0, 1, np.nan, 2], [-0.0, 1, np.nan, 2], [0.0, 1, 2], [0.0, 1, 2, 2]], [0, 1, 0, 1]).keys()
    assert keys[0] == keys[1] and len(set(keys.tolist())) == 3


@pytest.mark.skipif(not builtin_series(), reason="needs aeon or sktime, which ship series")
@pytest.mark.parametrize("name", ["arrow_head", "basic_motions", "japanese_vowels", "cardano_sentiment"])
def test_series_of_the_archives(name: str, tmp_path: Path):
    train = builtin_series()[name]
    test = held_beside(train)
    assert test is not None
    assert any("is not used" in note for note in read_series(train).notes)
    source = read_series(train, test=test)
    assert source.held is not None
    splits = np.where(source.held == 2, 2, 0).astype(np.int8)
    encoder = source.encode(splits, tmp_path / "data", 0)
    data = StoredData(tmp_path / "data", batch=10**6, sealed=tmp_path / "sealed")
    values, lengths = data.batch("train", 0).inputs
    steps = values[np.arange(values.shape[1]) < lengths.numpy()[:, None]]
    np.testing.assert_allclose(steps.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(steps.std(0), 1, atol=2e-2)
    new = encoder.encode(test)
    assert (new.arrays["values"] == data.arrays("test")["values"].numpy()).all()


@pytest.mark.skipif(not builtin_series(), reason="needs aeon or sktime, which ship series")
def test_a_folder_with_a_pair_of_files():
    source = read_series(builtin_series()["arrow_head"].parent)
    assert source.held is not None and source.held.tolist() == [-1] * 36 + [2] * 175
