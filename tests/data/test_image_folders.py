"""Folders of images: which are splits, which are classes, and what is passed over."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.kinds.image.folders import place
from bestiary.rows.split_names import split_of

CLASSES = ("cats", "dogs")


def lie(*parents: str, classes: tuple[str, ...] = CLASSES) -> list[tuple[str, ...]]:
    """Folders of two images of each class, below these."""
    return [(*parents, name) for name in classes for _ in range(2)]


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (5, 5), value).save(path)


def fill(folder: Path, count: int = 3) -> None:
    """Images of different grey in a folder."""
    for number in range(count):
        picture(folder / f"{number}.png", abs(hash((folder.as_posix(), number))) % 256)


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", "train Train TRAIN training training_set training-set trainingset trainset TrainSet seg_train"),
        ("train", "train_images train-data train2017 trainImages images_train train_dataset 01_train trn"),
        ("validation", "val valid validation Validation_Set dev devset val2017 valid_images evaluation"),
        ("test", "test testing test_set test-set TestSet seg_test test1 test_images testimages hold_out holdout"),
        ("unlabelled", "unlabeled unlabelled Unlabeled_Images unsup"),
    ],
)
def test_names_of_splits(split: str, names: str):
    assert {name: split_of(name) for name in names.split()} == dict.fromkeys(names.split(), split)


@pytest.mark.parametrize(
    "name", ["trainer", "trains", "steam_train", "tester", "contest", "vale", "1", "", "set", "evil"]
)
def test_names_of_no_split(name: str):
    assert split_of(name) is None


@pytest.mark.parametrize("train", ["train", "Training-Set", "seg_train", "train_images", "TRAINSET"])
@pytest.mark.parametrize("test", ["test", "testing_set", "seg_test", "validation"])
@pytest.mark.parametrize("around", [(), ("data",), ("archive", "pets")])
@pytest.mark.parametrize("twice", [False, True])
def test_folders_of_splits_hold_folders_of_classes(train: str, test: str, around: tuple[str, ...], twice: bool):
    folders = [*lie(*around, train, *([train] if twice else [])), *lie(*around, test, *([test] if twice else []))]
    placed = place(folders)
    assert placed.classes == ["cats", "cats", "dogs", "dogs"] * 2
    assert placed.splits == ["train"] * 4 + ["validation" if test == "validation" else "test"] * 4
    assert any(train in note and test in note and "folders=class" in note for note in placed.notes)


def test_single_folders_around_the_classes_are_looked_into():
    for around in [("flowers",), ("archive", "flowers"), ("train",)]:
        placed = place(lie(*around))
        assert placed.classes == ["cats", "cats", "dogs", "dogs"] and placed.splits == [None] * 4
        assert "/".join(around) in placed.notes[0]
    placed = place([*lie("train", "flowers"), *lie("test", "flowers", classes=("cats",))])
    assert set(placed.classes) == set(CLASSES) and set(placed.splits) == {"train", "test"}
    images = place([*lie("train", "images"), *lie("test", "images")])
    assert set(images.classes) == set(CLASSES)


def test_a_class_may_have_a_name_of_splits():
    vehicles = place([("train",), ("bus",), ("car",), ("train", "old"), ("bus", "old")])
    assert vehicles.classes == ["train", "bus", "car", "train", "bus"] and set(vehicles.splits) == {None}
    years = place([("cats", "2019"), ("cats", "2020"), ("dogs", "2019")])
    assert years.classes == ["cats", "cats", "dogs"] and "*/class" in years.notes[0]
    inner = place([*lie("train"), *lie("test", classes=("cats",)), ("test", "cats", "2020")])
    assert inner.classes[-1] == "cats"


def test_folders_of_classes_hold_folders_of_splits():
    placed = place([(name, split) for name in CLASSES for split in ("Train", "test_set")])
    assert placed.classes == ["cats", "cats", "dogs", "dogs"]
    assert placed.splits == ["train", "test", "train", "test"]


def test_what_has_no_class_is_passed_over_and_said():
    placed = place([*lie("seg_train", "seg_train"), *lie("seg_test", "seg_test"), ("seg_pred", "seg_pred")])
    assert placed.classes[-1] is None and placed.classes[:8] == ["cats", "cats", "dogs", "dogs"] * 2
    assert any("passed over" in note and "seg_pred" in note for note in placed.notes)
    beside = place([*lie(), ("unlabeled",), ("Unlabelled_Images",)])
    assert beside.classes[-2:] == [None, None] and any("Unlabelled_Images" in note for note in beside.notes)
    within = place([*lie("train"), ("train", "unsup"), *lie("test")])
    assert within.classes[4] is None
    two = place([("labeled",), ("unlabeled",)])
    assert two.classes == ["labeled", "unlabeled"]  # a question of its own
    plain = place([*lie("train"), ("test", "unknown"), ("test", "unknown")])  # to answer
    assert plain.classes[-2:] == [None, None] and any("test" in note for note in plain.notes if "passed over" in note)


def test_classes_are_spelled_as_in_training():
    placed = place([*lie("train", classes=("Cats", "Dogs")), *lie("test", classes=("cats", "DOGS"))])
    assert placed.classes == ["Cats", "Cats", "Dogs", "Dogs"] * 2


def test_splits_without_classes_are_refused_and_not_learned():
    with pytest.raises(InputError, match="splits by their names, and no folders of classes"):
        place([("train",), ("test",)])
    assert place([("train",), ("test",)], "class").classes == ["train", "test"]


def test_a_layout_is_followed_or_refused():
    folders = [("a", "train", "x"), ("b", "test", "y"), ("c",)]
    assert place(folders, "class").classes == ["a", "b", "c"]
    placed = place(folders, "*/split/class")
    assert placed.classes == ["x", "y", None] and placed.splits == ["train", "test", None]
    assert place(folders, "class/split").classes == ["a", "b", None]
    for wrong in ("", "split", "class/class", "klass", "split/split/class"):
        with pytest.raises(InputError, match="such as class, split/class"):
            place(folders, wrong)
    with pytest.raises(InputError, match="received a, b"):
        place(folders, "split/class")
    with pytest.raises(InputError, match="5 folders deep"):
        place(folders, "*/*/*/*/class")


def test_splits_of_folders_are_held(tmp_path: Path):
    for split, count in (("training_set", 6), ("test_set", 3)):
        for name in CLASSES:
            fill(tmp_path / split / name, count)
    source = read(tmp_path)
    assert source.kind == "image" and source.target.classes == CLASSES
    assert source.held is not None and np.bincount(source.held + 1).tolist() == [12, 0, 0, 6]
    assert read(tmp_path, folders="class").target.classes == ("test_set", "training_set")
    with pytest.raises(InputError, match="folders='class' says how a folder"):
        read(np.zeros((3, 4, 4), np.uint8), kind="image", folders="class", labels=False)


def test_folders_named_like_missing_marks_are_classes(tmp_path: Path):
    names = ("NA", "None", "null", "nan", "N_A", "01", "1", "1e1", "10")
    for name in names:
        fill(tmp_path / name)
    source = read(tmp_path)
    assert set(source.target.classes) == set(names) and len(source) == 3 * len(names)
    assert np.bincount(source.target.values).tolist() == [3] * len(names)
