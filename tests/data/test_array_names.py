"""Arrays of `.npz` files under the names that people give to splits."""

from pathlib import Path

import numpy as np
import pytest

from bestiary.data.reading import guess, read
from bestiary.rows.array_files import labelled_parts, usual_name
from bestiary.rows.given import Given

RANDOM = np.random.default_rng(6)


def saved(place: Path, names: list[tuple[str, str]], sizes: tuple[int, ...] = (20, 8, 6)) -> Path:
    arrays = {}
    for (x, y), size in zip(names, sizes):
        arrays[x] = RANDOM.integers(0, 256, (size, 6, 6), dtype=np.uint8)
        arrays[y] = np.arange(size) % 2
    np.savez(place / "a.npz", **arrays)
    return place / "a.npz"


@pytest.mark.parametrize(
    "names",
    [
        [("x_train", "y_train"), ("x_valid", "y_valid"), ("x_test", "y_test")],
        [("X_train", "y_train"), ("X_dev", "y_dev"), ("X_test", "y_test")],
        [("trainX", "trainY"), ("valX", "valY"), ("testX", "testY")],
        [("images_train", "labels_train"), ("images_validation", "labels_validation"), ("images_test", "labels_test")],
        [("Xtrain", "ytrain"), ("Xval", "yval"), ("Xtest", "ytest")],
        [("training_images", "training_labels"), ("val_images", "val_labels"), ("testing_images", "testing_labels")],
    ],
)
def test_splits_are_known_by_any_of_their_names(names: list[tuple[str, str]], tmp_path: Path):
    path = saved(tmp_path, names)
    assert guess(Given(path, {}))[0] == "image"
    source = read(path)
    assert source.held is not None and np.bincount(source.held).tolist() == [20, 8, 6]


def test_rows_beside_test_rows_are_for_training(tmp_path: Path):
    source = read(saved(tmp_path, [("x", "y"), ("x_test", "y_test")], (20, 8)))
    assert len(source) == 28 and source.held is not None and int((source.held == 2).sum()) == 8


def test_other_names_are_left_alone():
    for name in ("x", "y", "weights", "train", "contest_x", "latest", "xylophone", "index_train"):
        assert usual_name(name) == name
    arrays = {
        "x_val": np.zeros(3),
        "y_val": np.zeros(3),
        "x_valid": np.ones(2),
        "x_train": np.ones(4),
        "y_train": np.ones(4),
    }
    assert len(labelled_parts(arrays, "a.npz", None, labels=True)["validation"][0]) == 3
