"""The scale of pixels is kept between training and prediction, and one picture is one picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bestiary.errors import InputError
from bestiary.kinds.image.encoder import ImageEncoder
from bestiary.kinds.image.reader import read_arrays, read_images

DIGITS = load_digits()
BYTES = (DIGITS.images[:200] * 15.9).astype(np.uint8)
PLACES = np.zeros(200, np.int8)


def trained(pixels: np.ndarray, place: Path) -> ImageEncoder:
    return read_arrays(pixels, DIGITS.target[: len(pixels)]).encode(PLACES[: len(pixels)], place / "data", 0)


def files(pixels: np.ndarray, place: Path) -> Path:
    place.mkdir()
    for number, one in enumerate(pixels):
        Image.fromarray(one).save(place / f"{number:04d}.{'tif' if one.dtype == np.float32 else 'png'}")
    return place


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_fractions_meet_a_model_of_bytes(kind: type, tmp_path: Path):
    encoder = trained(BYTES, tmp_path)
    found = encoder.encode((BYTES / 255).astype(kind))
    assert (found.arrays["pixels"][:, 0] == BYTES).all()
    assert any("200 of 200 images have pixels on another scale; trained on 0 to 254" in w for w in found.warnings)
    assert (
        encoder.encode(files((BYTES[:9] / 255).astype(np.float32), tmp_path / "new")).arrays["pixels"][:, 0]
        == BYTES[:9]
    ).all()
    assert not encoder.encode(BYTES).warnings and not encoder.encode(BYTES.astype(kind)).warnings


def test_bytes_meet_a_model_of_fractions(tmp_path: Path):
    encoder = ImageEncoder.load(trained(BYTES / 255, tmp_path) and tmp_path / "data" / "encoder")
    same = encoder.encode(BYTES / 255)
    np.testing.assert_allclose(same.arrays["pixels"][:, 0], BYTES / 255, rtol=1e-6)
    assert not same.warnings
    for other in (BYTES, files(BYTES, tmp_path / "new"), BYTES.astype(np.float64)):
        found = encoder.encode(other)
        np.testing.assert_allclose(found.arrays["pixels"], same.arrays["pixels"], rtol=1e-5)
        assert any("another scale; trained on 0 to 0.996, they are brought to that" in w for w in found.warnings)


def test_a_model_of_files_with_fractions_meets_bytes(tmp_path: Path):
    place = files((BYTES / 255).astype(np.float32), tmp_path / "in")
    for number in range(200):
        (place / str(DIGITS.target[number])).mkdir(exist_ok=True)
        (place / f"{number:04d}.tif").rename(place / str(DIGITS.target[number]) / f"{number:04d}.tif")
    source = read_images(place)
    encoder = source.encode(PLACES, tmp_path / "data", 0)
    order = [int(Path(name).stem) for name in source.names]
    found = encoder.encode(BYTES[order])
    np.testing.assert_allclose(found.arrays["pixels"], np.load(tmp_path / "data" / "train.pixels.npy"), rtol=1e-5)


def test_pixels_on_no_known_scale_are_refused_or_left_as_they_are(tmp_path: Path):
    standard = (BYTES - 80.0) / 70
    for place, pixels in (("bytes", BYTES), ("fractions", BYTES / 255)):
        encoder = trained(pixels, tmp_path / place)
        with pytest.raises(InputError, match=r"has pixels from -1\.14 to .*, trained on 0 to .*; bring them to"):
            encoder.encode(standard)
    encoder = trained(standard, tmp_path / "standard")
    between = np.clip(standard[:5], 0, 1)
    np.testing.assert_allclose(encoder.encode(between).arrays["pixels"][:, 0], between, rtol=1e-6)


def test_black_and_white_in_fractions_keeps_its_scale(tmp_path: Path):
    pixels = (BYTES / 255).astype(np.float32)
    pixels[0], pixels[1] = 0, 1
    encoder = trained(pixels, tmp_path)
    np.testing.assert_allclose(encoder.encode(pixels).arrays["pixels"][:, 0], pixels)
    assert encoder.encode(np.stack([pixels[1], pixels[2]])).arrays["pixels"][0].max() == 1


def test_one_picture_is_one_picture(tmp_path: Path):
    colour = np.random.default_rng(5).integers(0, 256, (40, 12, 10, 3), dtype=np.uint8)
    encoder = read_arrays(colour, np.arange(40) % 2).encode(np.zeros(40, np.int8), tmp_path / "data", 0)
    known = encoder.encode(colour[:1]).arrays["pixels"]
    for one in (colour[0], colour[0].transpose(2, 0, 1)):
        found = encoder.encode(one)
        assert (found.arrays["pixels"] == known).all() and found.rows.tolist() == [0]
        assert any("read as one picture in colour" in warning for warning in found.warnings)
    np.save(tmp_path / "one.npy", colour[0])
    assert (encoder.encode(tmp_path / "one.npy").arrays["pixels"] == known).all()
    grey = trained(BYTES, tmp_path / "grey")
    assert (grey.encode(BYTES[3]).arrays["pixels"][0, 0] == BYTES[3]).all()  # [H, W]
    assert len(grey.encode(BYTES[:3]).rows) == 3  # three grey pictures, not one in colour
    narrow = read_arrays(BYTES[:, :, :3], DIGITS.target[:200]).encode(PLACES, tmp_path / "narrow", 0)
    assert len(narrow.encode(BYTES[:9, :, :3]).rows) == 9
