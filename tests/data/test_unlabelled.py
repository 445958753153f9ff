"""Rows without a target, and rows whose labels only judge: readers, sizes of codes, anomalies, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bestiary.data import read
from bestiary.data.anomalies import spoil
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData


def encoded(source: Any, folder: Path) -> StoredData:
    source.encode(assign(source), folder / "data", 0)
    return open_data(folder / "data", sealed=folder / "sealed")


def table(rows: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    first = draw.normal(size=rows)
    return pd.DataFrame({"a": first, "b": first + 0.1 * draw.normal(size=rows), "c": draw.choice(list("xyz"), rows)})


def test_a_table_needs_no_target(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "plain.csv", index=False)
    source = read(tmp_path / "plain.csv", task="reconstruct")
    assert (source.target.classes, source.target.problem) == ((), "reconstruct")
    data = encoded(source, tmp_path)
    assert (data.spec.features, data.spec.outputs, data.spec.code) == (5, 1, 2)  # two numbers, three words
    assert sum(data.rows(split) for split in ("train", "validation", "test")) == 300


def test_a_target_is_left_out_of_what_is_learned(tmp_path: Path) -> None:
    frame = table()
    frame["kind"] = np.where(frame["a"] > 0, "up", "down")
    source = read(frame, target="kind", task="reconstruct")
    assert source.target.classes == ("down", "up")
    assert encoded(source, tmp_path).spec.sizes()["features"] == 5


@pytest.mark.parametrize("labelled", [False, True])
def test_a_folder_of_images_needs_no_class_folders(labelled: bool, tmp_path: Path) -> None:
    for number, pixels in enumerate(load_digits()["images"][:40].astype(np.uint8)):
        place = tmp_path / "images" / (str(number % 2) if labelled else "")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels * 15).save(place / f"{number}.png")
    source = read(tmp_path / "images", task="reconstruct")
    assert len(source) == 40
    assert source.target.classes == (("0", "1") if labelled else ())
    assert encoded(source, tmp_path).spec.sizes()["code"] == 16


def test_an_npz_needs_no_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "plain.npz", X=load_digits()["images"].astype(np.uint8))
    source = read(tmp_path / "plain.npz", task="reconstruct")
    assert (source.kind, len(source), source.target.classes) == ("image", 1797, ())


def test_arrays_need_no_labels() -> None:
    assert (
        read(np.zeros((20, 6, 6), np.uint8) + np.arange(20, dtype=np.uint8)[:, None, None], task="anomaly").kind
        == "image"
    )
    assert read(np.random.default_rng(0).normal(size=(50, 4)), task="reconstruct").kind == "table"


def test_without_the_task_labels_are_still_needed(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    with pytest.raises(InputError, match="class"):
        read(tmp_path)
    with pytest.raises(InputError, match="name the column to predict"):
        read(table())


# ------------------------------------------------------------------------------------------------ anomalies


@pytest.mark.parametrize("words", [{"anomaly": 8}, {"normal": (0, 1, 2, 3, 4, 5, 6, 7, 9)}])
def test_only_normal_rows_are_trained_on(words: dict[str, Any], tmp_path: Path) -> None:
    data = encoded(read("digits", task="anomaly", **words), tmp_path)
    _, labels = load_digits(return_X_y=True)
    seen = 0
    for split in ("train", "validation", "test"):
        arrays = data.arrays(split)
        assert ((labels[arrays["row"].numpy()] == 8) == (arrays["target"].numpy() == 1)).all()
        seen += int(arrays["target"].sum())
    assert int(data.arrays("train")["target"].sum()) == 0
    assert seen == (labels == 8).sum()  # none is lost
    assert int(data.arrays("test")["target"].sum()) > 50 < int(data.arrays("validation")["target"].sum())


def test_the_largest_class_is_normal_unless_said() -> None:
    source = read("breast_cancer", task="anomaly")
    assert "benign" in source.target.reason
    assert int(source.target.values.sum()) == 212


def test_without_labels_rows_that_judge_are_spoiled(tmp_path: Path) -> None:
    frame = table(900)
    plain = encoded(read(frame, task="reconstruct"), tmp_path / "plain")
    data = encoded(read(frame, task="anomaly"), tmp_path / "spoiled")
    assert bool((data.arrays("train")["target"] == 0).all())
    for split in ("validation", "test"):
        strange = data.arrays(split)["target"].bool()
        before, after = plain.arrays(split)["features"], data.arrays(split)["features"]
        assert 0.2 < float(strange.float().mean()) < 0.45
        assert bool((before[~strange] == after[~strange]).all())
        spoiled = after[strange]
        assert bool((spoiled[:, 2:].sum(1) == 1).all()), "a category stays one of its words"
        apart = (before[strange][:, 0] - before[strange][:, 1]).abs().mean()
        assert float((spoiled[:, 0] - spoiled[:, 1]).abs().mean()) > 5 * float(apart), "what belonged together does not"


def test_spoiling_takes_parts_at_their_place() -> None:
    images = np.arange(6)[:, None, None, None] * np.ones((6, 1, 4, 4), np.uint8)
    before = images.copy()
    halves = [(slice(None), slice(0, 2), slice(None)), (slice(None), slice(2, None), slice(None))]
    spoil(images, np.array([1, 3]), halves, np.random.default_rng(0))
    assert (images[[0, 2, 4, 5]] == before[[0, 2, 4, 5]]).all()
    assert all(len(np.unique(images[row, :, half])) == 1 for row in (1, 3) for half in (slice(0, 2), slice(2, None)))


# ------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("source", "words", "message"),
    [
        ("digits", {"task": "anomaly", "normal": 33}, "normal must be one of 0, 1, 2.*received '33'; did you mean '3'"),
        ("digits", {"task": "anomaly", "normal": 1, "anomaly": 2}, "received both; give one"),
        ("digits", {"task": "anomaly", "normal": tuple(range(10))}, "leaves no row on one side"),
        ("digits", {"task": "reconstruct", "normal": 1}, "the task is reconstruct; leave them out"),
        ("diabetes", {"task": "anomaly", "normal": 1}, "these rows have none|but these rows have"),
        ("digits", {"task": "reconstruct", "code": 0}, "code is a whole number from 1"),
        ("digits", {"task": "generate", "code": 4}, "code is a whole number from 1, for reconstruct and anomaly"),
        ("digits", {"task": "reconstruct", "cod": 4}, "received 'cod'"),
        ("digits", {"task": "reconstruct", "kind": "series"}, "takes tables and images; these are series data"),
    ],
)
def test_words_that_do_not_fit(source: str, words: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read(source, **words)
    assert "\n" not in str(refused.value)


def test_a_code_is_smaller_than_a_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="code must be smaller than a row, which has 64 features; received 64"):
        encoded(read("digits", task="reconstruct", code=64), tmp_path)


def test_too_few_anomalies(tmp_path: Path) -> None:
    frame = table(40)
    frame["kind"] = ["usual"] * 39 + ["strange"]
    with pytest.raises(InputError, match="anomalies enough for every split"):
        encoded(read(frame, target="kind", task="anomaly", normal="usual"), tmp_path)
