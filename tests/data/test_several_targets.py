"""Several numbers or several labels of a row: what is read as what, what is left out, and what is refused."""

import re

import numpy as np
import pandas as pd
import pytest
import torch

from bestiary.data.overview import overview
from bestiary.data.reading import load_encoder, read
from bestiary.errors import InputError
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_spec

ROWS = 120


@pytest.fixture
def frame() -> pd.DataFrame:
    """Three columns to learn from; numbers, 0 and 1, yes and no, words and lists to predict."""
    draw = np.random.default_rng(0)
    one, two, three = draw.normal(size=(3, ROWS))
    noise = draw.normal(size=(3, ROWS))
    lists = [[tag for tag, value in zip("abc", row) if value > 0] for row in (np.stack([one, two, three]) + noise).T]
    return pd.DataFrame(
        {
            "one": one,
            "two": two,
            "three": three,
            "height": 170 + 10 * (one + noise[0]),
            "weight": 70 + 3 * (two + noise[1]),
            "even": ((one + noise[2]) > 0).astype(int),
            "loop": np.where((two + noise[0]) > 0, "yes", "no"),
            "sort": draw.choice(["oak", "elm", "ash"], ROWS),
            "tags": lists,
        }
    )


def labels(frame: pd.DataFrame) -> np.ndarray:
    return np.array([[tag in row for tag in "abc"] for row in frame["tags"]], dtype=int)


def test_several_columns_of_numbers_are_numbers(frame: pd.DataFrame) -> None:
    source = read(frame.drop(columns="tags"), "height, weight")
    target = source.target
    assert (target.problem, target.columns, target.name) == ("multitarget", ("height", "weight"), "height, weight")
    assert np.array_equal(target.values, frame[["height", "weight"]].to_numpy())
    assert read(frame, ["height", "weight"]).target.columns == ("height", "weight")


def test_columns_of_two_words_are_labels(frame: pd.DataFrame) -> None:
    target = read(frame, "even,loop").target
    assert (target.problem, target.classes) == ("multilabel", ("even", "loop"))
    assert np.array_equal(target.values, np.stack([frame["even"], frame["loop"] == "yes"], 1))


def test_a_name_with_a_comma_is_one_column(frame: pd.DataFrame) -> None:
    assert read(frame.rename(columns={"sort": "height,weight"}), "height,weight").target.problem == "classification"


@pytest.mark.parametrize("form", ["memory", "parquet", "jsonl", "json cells", "python cells", "semicolons", "bars"])
def test_lists_are_labels_however_they_are_written(frame: pd.DataFrame, form: str, tmp_path) -> None:
    given: object = frame
    plain = frame.copy()
    if form == "parquet":
        given = str(tmp_path / "rows.parquet")
        frame.to_parquet(given)
    elif form == "jsonl":
        given = str(tmp_path / "rows.jsonl")
        frame.to_json(given, orient="records", lines=True)
    elif form != "memory":
        write = {
            "json cells": lambda row: str(row).replace("'", '"'),
            "python cells": str,
            "semicolons": "; ".join,
            "bars": "|".join,
        }[form]
        plain["tags"] = [write(row) for row in frame["tags"]]
        given = str(tmp_path / "rows.csv")
        plain.to_csv(given, index=False)
    source = read(given, "tags")
    assert (source.target.problem, source.target.classes) == ("multilabel", ("a", "b", "c"))
    assert np.array_equal(source.target.values, labels(frame))
    none = int((labels(frame).sum(1) == 0).sum())
    assert f"{none} rows have none of the labels of 'tags'; they are kept as rows without labels" in source.notes


def test_lists_that_nobody_asked_for_are_left_out_and_said(frame: pd.DataFrame) -> None:
    source = read(frame, "sort")
    assert "column 'tags' is left out: its cells hold lists, objects or bytes" in source.notes


@pytest.mark.parametrize(
    "cells",
    [
        ["a;b", "c;d", "a;d", "c;b"],  # a class of two parts: always two
        ["1;2", "3", "1", "2;3"],  # numbers
        ["oak;left by the river in the spring of the year 1978", "elm"],  # sentences
    ],
)
def test_cells_with_separators_are_classes_unless_they_are_lists_beyond_doubt(cells: list[str]) -> None:
    rows = pd.DataFrame({"x": np.random.default_rng(0).normal(size=80), "y": (cells * 80)[:80]})
    assert read(rows, "y").target.problem == "classification"


def test_labels_by_commas_where_they_are_asked_for() -> None:
    rows = pd.DataFrame({"x": np.arange(40.0) % 7, "y": ["red, round", "red", "round", "red, round"] * 10})
    assert read(rows, "y").target.problem == "classification"
    target = read(rows, "y", task="multilabel").target
    assert target.classes == ("red", "round") and target.values.sum(0).tolist() == [30, 30]


def test_rare_and_universal_labels_are_left_out_and_said() -> None:
    rows = pd.DataFrame({"x": np.arange(40.0) % 7, "y": ["[]"] * 40})
    rows["y"] = [f'["all", "{"ab"[k % 2]}"{", " + chr(34) + "once" + chr(34) if k == 3 else ""}]' for k in range(40)]
    source = read(rows, "y")
    assert source.target.classes == ("a", "b")
    assert "labels with fewer than 3 rows are left out: 'once'" in source.notes
    assert "labels that every row has are left out: 'all'" in source.notes


def test_rows_that_lack_a_target_are_dropped_and_said(frame: pd.DataFrame, tmp_path) -> None:
    frame.loc[[4, 9], "height"] = np.nan
    frame.loc[9, "weight"] = np.nan
    frame.drop(columns="tags").to_csv(tmp_path / "rows.csv", index=False)
    source = read(tmp_path / "rows.csv", "height,weight")
    assert len(source) == ROWS - 2
    assert "2 rows are dropped: a target is missing, 'height' in 2, 'weight' in 1; the first is line 6" in source.notes


@pytest.mark.parametrize(
    ("target", "words", "said"),
    [
        ("height,height", {}, "target names the column 'height' twice; name each column once"),
        ("height,weigh", {}, "no column is named 'weigh' (target); did you mean 'weight'?"),
        (
            "height,sort",
            {},
            "expected targets of one sort; received 'height' numbers, 'sort' classes; race them one by",
        ),
        ("height,even", {}, "received 'height' numbers, 'even' two classes; race them one by one, or ask for all as"),
        ("even,sort", {"task": "multilabel"}, "expected 0 or 1 (or yes and no, true and false) in every target of"),
        ("height,weight", {"task": "classification"}, "task classification has one target; received 2: 'height', "),
        ("height", {"task": "multitarget"}, "task multitarget has several targets; received one: 'height'"),
        ("sort", {"task": "multilabel"}, "expected several labels in cells of 'sort'"),
        ("even,loop", {"order": "even,loop"}, "order lists classes from lowest to highest; 'even, loop' has no such"),
        ("height,flat", {}, "target 'flat' is constant (3); there is nothing to predict; name another column"),
        ("height,weight", {"kind": "text", "text": "sort"}, "several targets are for table data; received"),
        ("even,loop,one,two,three,height,weight,sort,flat", {}, "has the target"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(frame: pd.DataFrame, target: str, words: dict, said: str) -> None:
    rows = frame.drop(columns="tags").assign(flat=3.0)
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        read(rows, target, **words)
    assert "\n" not in str(refused.value)


def test_a_number_and_a_class_are_numbers_where_that_is_asked_for(frame: pd.DataFrame) -> None:
    target = read(frame, "height,even", task="multitarget").target
    assert np.array_equal(target.values, frame[["height", "even"]].to_numpy())


def test_targets_come_as_arrays_frames_and_lists(frame: pd.DataFrame) -> None:
    features = frame[["one", "two", "three"]]
    arrays = read(features.to_numpy(), frame[["height", "weight"]].to_numpy())
    assert arrays.target.columns == ("target0", "target1")
    assert read(features, frame[["height", "weight"]]).target.columns == ("height", "weight")
    assert read(features, frame["tags"].tolist()).target.classes == ("a", "b", "c")
    assert read(features, labels(frame)).target.problem == "multilabel"
    with pytest.raises(InputError, match="expected one target for each of 120 rows"):
        read(features, frame[["height", "weight"]].to_numpy()[:7])


def test_each_target_is_standardised_by_itself_and_labels_are_bytes(frame: pd.DataFrame, tmp_path) -> None:
    rows = frame.drop(columns="tags")
    source = read(rows, "height,weight")
    encoder = source.encode(assign(source), tmp_path / "numbers", 0)
    _, facts = read_spec(tmp_path / "numbers")
    data = StoredData(tmp_path / "numbers", batch=10_000)
    assert encoder.spec.outputs == 2 and facts["targets"] == ["height", "weight"]
    batch = data.batch("train", 0).truth
    assert batch.mean(0).abs().max() < 1e-5 and (batch.std(0, correction=0) - 1).abs().max() < 1e-5
    assert load_encoder(tmp_path / "numbers" / "encoder").encode(rows).warnings == []
    source = read(frame, "tags")
    source.encode(assign(source), tmp_path / "labels", 0)
    stored = StoredData(tmp_path / "labels").arrays("train")["target"]
    assert stored.dtype == torch.int8 and stored.shape[1] == 3


def test_every_split_has_rows_of_every_label(frame: pd.DataFrame) -> None:
    rows = pd.DataFrame(
        {"x": np.arange(300.0), "common": [k % 2 for k in range(300)], "rare": [k % 20 == 0 for k in range(300)]}
    )
    source = read(rows, "common,rare")
    splits = assign(source)
    shares = [source.target.values[splits == split].mean(0) for split in range(3)]
    assert min(share[1] for share in shares) > 0.02 and np.ptp([share[0] for share in shares]) < 0.1


def test_data_shows_every_target(frame: pd.DataFrame) -> None:
    assert overview(read(frame, "height,weight")).answers.startswith("height ")
    counts = labels(frame).sum(0)
    shown = overview(read(frame, "tags")).answers
    assert all(f"{tag} {count}" in shown for tag, count in zip("abc", counts))
