"""`read`: the kind is guessed with a reason, options are checked, arrays and names are understood."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from bestiary.data import load_encoder, read
from bestiary.data.reading import guess
from bestiary.errors import InputError
from bestiary.rows.given import Given

SENTENCES = [f"here is sentence number {i} of this file" for i in range(40)]


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"a": [1.5, 2.5, 3.0], "b": ["x", "y", "x"]}, "table"),
        ({"body": SENTENCES, "a": range(40)}, "text"),
        ({"body": SENTENCES, **{f"a{i}": np.arange(40) ** 2 + 0.5 for i in "abcd"}}, "table"),
        ({"picture": ["a/1.png", "b/2.JPG", "c.jpeg"]}, "image"),
        ({f"t{i}": [0.5, 1.5] for i in range(24)}, "series"),
        ({f"{i}": [0.5, 1.5] for i in range(24)}, "table"),
        ({f"x{i}": [0.5, 1.5] for i in range(24)}, "table"),
        ({f"pixel_{i}": [0.5, 1.5] for i in range(24)}, "table"),
        ({f"t{i}": [0.5, 1.5] for i in range(8)}, "table"),
    ],
)
def test_kinds_of_frames(columns, kind):
    rows = len(next(iter(columns.values())))
    found, reason = guess(Given({**{n: list(v) for n, v in columns.items()}, "y": ["p"] * rows}, {"target": "y"}))
    assert found == kind and reason


def test_kinds_of_arrays_and_paths(tmp_path):
    def kind(source: object) -> str:
        return guess(Given(source, {}))[0]

    assert kind(np.zeros((5, 3))) == "table"
    assert kind(np.zeros((5, 8, 8), np.uint8)) == "image"
    assert kind(np.zeros((5, 8, 8))) == "series"
    assert kind(np.zeros((5, 8, 8, 3))) == "image"
    assert kind(tmp_path) == "image"
    (tmp_path / "x.ts").write_text("@data\n")
    (tmp_path / "x.csv").write_text("a\n1\n")
    assert kind(tmp_path / "x.ts") == "series" and kind(tmp_path / "x.csv") == "table"


def test_arrays_are_tables_with_numbered_columns():
    rng = np.random.default_rng(0)
    source = read((rng.normal(size=(60, 3)), rng.integers(0, 2, 60)))
    assert source.rows.features == ("x0", "x1", "x2") and source.target.name == "target"
    with pytest.raises(InputError, match="one target for each of 60 rows"):
        read((np.zeros((60, 3)), np.zeros(59)))
    with pytest.raises(InputError, match=r"pair \(X, y\)"):
        read((np.zeros((60, 3)),))
    with pytest.raises(InputError, match="already"):
        read((pd.DataFrame({"target": [1, 2, 3]}), [0, 1, 0]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"kind": "taable"}, "did you mean 'table'"),
        ({"target": "spices"}, "did you mean 'species'"),
        ({}, "name the column to predict"),
        ({"target": "species", "group": "nothing"}, "no column is named 'nothing'"),
        ({"target": "species", "group": "species"}, "different columns"),
        ({"target": "species", "image_size": 8}, "table data take the options"),
        ({"target": "species", "separatr": ";"}, "table data take the options"),
        ({"target": "species", "problem": "ranking"}, "task must be one of anomaly, classification"),
        ({"target": "species", "time": "name"}, "date or number in every row"),
    ],
)
def test_options_are_checked(words, message):
    frame = pd.DataFrame({"width": [1.5, 2.5] * 10, "name": ["a", "b"] * 10, "species": ["x", "y"] * 10})
    with pytest.raises(InputError, match=message) as refusal:
        read(frame, **words)
    assert "\n" not in str(refusal.value)


def test_unknown_names_suggest_files_and_data_sets(tmp_path):
    (tmp_path / "houses.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"did you mean 'houses.csv'"):
        read(tmp_path / "house.csv", "b")
    with pytest.raises(InputError, match="did you mean 'digits'"):
        read("digit")
    with pytest.raises(InputError, match="NoneType"):
        read(None, "y")


def test_load_encoder_refuses_other_folders(tmp_path):
    with pytest.raises(InputError, match=r"expected a file at .*encoder.json"):
        load_encoder(tmp_path)
    (tmp_path / "encoder.json").write_text("{")
    with pytest.raises(InputError, match=r"expected JSON in .*encoder.json"):
        load_encoder(tmp_path)
    with pytest.raises(InputError, match="no file"):
        load_encoder(tmp_path / "nothing")


def test_importing_the_package_imports_nothing_heavy():
    look = "import sys, bestiary.data; print(sorted({'pandas', 'torch', 'sklearn', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", look], text=True).strip() == "[]"


def test_read_is_the_function_whatever_was_imported_first():
    look = "import bestiary.data.reading; import bestiary; print(callable(bestiary.data.read))"
    assert subprocess.check_output([sys.executable, "-c", look], text=True).strip() == "True"


def test_kinds_of_array_files_and_folders(tmp_path):
    kinds = {}
    for name, shape, kind in (
        ("wide", (6, 9), np.float32), ("photos", (6, 9, 9), np.uint8), ("grey", (6, 9, 9), np.float32),
        ("colour", (6, 9, 9, 3), np.float32), ("named", (6, 9), np.float32),
    ):  # fmt: skip
        entrance = "other" if name == "named" else "x_train"
        np.savez(tmp_path / f"{name}.npz", **{"y_train": np.arange(6), entrance: np.zeros(shape, kind)})
        kinds[name] = guess(Given(tmp_path / f"{name}.npz", {}))[0]
    assert kinds == {"wide": "series", "photos": "image", "grey": "series", "colour": "image", "named": "image"}
    (tmp_path / "two.npz").write_bytes(b"PK\x03\x04 no archive")
    assert guess(Given(tmp_path / "two.npz", {}))[0] == "image"
    (tmp_path / "Some_TRAIN.ts").write_text("@data\n")
    assert guess(Given(tmp_path, {}))[0] == "series"


def test_images_in_memory_take_the_words_of_images():
    rng = np.random.default_rng(0)
    pixels, answers = rng.integers(0, 255, (60, 9, 9), dtype=np.uint8), np.arange(60) % 3
    held = rng.integers(0, 255, (20, 9, 9), dtype=np.uint8), np.arange(20) % 3
    source = read((pixels, answers), test=held, image_size=5)
    assert (len(source), int((source.held == 2).sum()), source.image_size) == (80, 20, (5, 5))


def test_separator_and_encoding_of_tables_of_images_and_series(tmp_path):
    from PIL import Image

    for number in range(6):
        Image.new("L", (4, 4), 40 * number).save(tmp_path / f"é;{number}.png")
    lines = [f"é;{number}.png|{'ab'[number % 2]}" for number in range(6)]
    (tmp_path / "photos.csv").write_text("\n".join(["file|label", *lines]), encoding="latin-1")
    source = read(tmp_path / "photos.csv", kind="image", separator="|", encoding="latin-1")
    assert source.names[0] == "é;0.png" and source.target.classes == ("a", "b")
    steps = [f"{row}~{step}~{step * row}~{'ä' if row % 2 else 'ö'}" for row in range(6) for step in range(4)]
    (tmp_path / "long.csv").write_text("\n".join(["id~time~v~label", *steps]), encoding="utf-16-le")
    words = {"separator": "~", "encoding": "utf-16-le", "kind": "series", "target": "label"}
    assert read(tmp_path / "long.csv", **words).target.classes == ("ä", "ö")


@pytest.mark.parametrize(("kind", "told"), [(None, "built-in"), ("image", "asked"), ("table", "asked")])
def test_a_built_in_set_says_its_kind_and_takes_another(kind: str | None, told: str) -> None:
    source = read("digits", kind=kind)
    assert source.kind == (kind or "image")
    assert told in source.reason
    assert len(source) == 1797
