"""Decoding of single files, and the search for them."""

import os
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bestiary.errors import InputError
from bestiary.kinds.image.files import FORMATS, BrokenImageError, check_side, decode, find_images, in_threads

RANDOM = np.random.default_rng(0)


def as_file(image: Image.Image, kind: str = "PNG", **words: object) -> bytes:
    memory = BytesIO()
    image.save(memory, kind, **words)
    return memory.getvalue()


def test_every_mode_comes_out_as_grey_or_colour():
    colour = RANDOM.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    grey = colour[:, :, 0]
    same = decode(as_file(Image.fromarray(colour)))
    assert (same.pixels == colour).all() and same.size == (6, 9) and not same.deep
    assert (decode(as_file(Image.fromarray(grey))).pixels[:, :, 0] == grey).all()
    for mode in ("1", "P", "LA", "RGBA"):
        assert decode(as_file(Image.fromarray(colour).convert(mode))).pixels.shape[2] in (1, 3), mode
    assert decode(as_file(Image.fromarray(colour).convert("1"))).pixels.max() == 255
    cmyk = decode(as_file(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG")).pixels
    assert cmyk[0, 0, 0] > 200 and cmyk[0, 0, 1] < 60  # magenta and yellow are red


def test_sixteen_bits_stay():
    deep = (np.arange(48, dtype=np.uint16) * 1300).reshape(6, 8)
    for kind in ("PNG", "TIFF"):
        picture = decode(as_file(Image.fromarray(deep), kind))
        assert picture.deep and picture.step == 257
        assert (picture.pixels[:, :, 0] == deep).all()


def test_a_colour_image_of_greys_is_grey():
    grey = RANDOM.integers(0, 256, (5, 5), dtype=np.uint8)
    assert decode(as_file(Image.fromarray(np.stack([grey] * 3, axis=-1)))).pixels.shape == (5, 5, 1)


def test_transparency_lies_over_white():
    clear = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    clear.putpixel((1, 0), (255, 0, 0, 0))
    assert decode(as_file(clear)).pixels[0].tolist() == [[255, 0, 0], [255, 255, 255]]
    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([0, 0, 255, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    assert decode(as_file(palette, transparency=1)).pixels[0].tolist() == [[0, 0, 255], [255, 255, 255]]


def test_exif_rotation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    wide = np.zeros((10, 30), dtype=np.uint8)
    wide[:, :15] = 255
    picture = decode(as_file(Image.fromarray(wide), "JPEG", exif=exif))
    assert picture.size == (30, 10) and picture.pixels.shape == (30, 10, 1)
    assert picture.pixels[:10].mean() > 250 and picture.pixels[-10:].mean() < 5


def test_a_large_jpeg_is_decoded_smaller_but_not_too_small():
    photo = Image.effect_noise((1600, 1200), 50)
    picture = decode(as_file(photo, "JPEG"), side=128)
    assert picture.size == (1200, 1600)
    assert 128 <= min(picture.pixels.shape[:2]) < 1200


def test_the_first_frame_of_an_animation():
    frames = [Image.new("L", (4, 4), value) for value in (10, 200, 90)]
    assert (decode(as_file(frames[0], "GIF", save_all=True, append_images=frames[1:])).pixels == 10).all()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is `side` pixels high and wide."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [10_000, 50_000, 2**31 - 1])
def test_bombs_are_refused_by_their_header(side: int):
    with pytest.raises(BrokenImageError, match=r"pixels|large|Invalid|size"):
        next(in_threads(lambda _: decode(bomb(side)), 1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_truncated_files_are_broken(kind: str):
    whole = as_file(Image.fromarray(RANDOM.integers(0, 256, (40, 40, 3), dtype=np.uint8)), kind)
    with pytest.raises(BrokenImageError):
        decode(whole[: len(whole) // 2])


def test_what_is_no_image_says_so(tmp_path):
    empty, pipe, text = tmp_path / "empty.png", tmp_path / "pipe.png", tmp_path / "text.png"
    empty.touch()
    os.mkfifo(pipe)
    text.write_text("this is no image")
    for path, why in (
        (empty, "empty"),
        (pipe, "regular"),
        (text, "known format"),
        (tmp_path / "none.png", "not found"),
    ):
        with pytest.raises(BrokenImageError, match=why):
            decode(path)
    with pytest.raises(BrokenImageError):  # a format that would start a program
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FORMATS), st.data())
def test_any_bytes_decode_or_are_broken(kind: str, data: st.DataObject):
    whole = bytearray(as_file(Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)), kind))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        picture = next(in_threads(lambda _: decode(bytes(whole[:cut] if cut % 2 else whole)), 1))
    except BrokenImageError as reason:
        assert "\n" not in str(reason) and str(reason)
    else:
        assert picture.pixels.ndim == 3 and picture.pixels.shape[2] in (1, 3)


def test_links_hidden_files_and_others_are_passed_over(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "photos"
    (folder / "a" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".hidden").mkdir()
    outside.mkdir()
    for path in (
        outside / "x.png",
        folder / "a" / "1.png",
        folder / "a" / "deep" / "2.PNG",
        folder / ".hidden" / "3.png",
    ):
        Image.new("L", (2, 2)).save(path, "PNG")
    (folder / "a" / "._1.png").touch()
    (folder / "a" / "notes.txt").touch()
    (folder / "a" / "inside.png").symlink_to(folder / "a" / "1.png")
    (folder / "a" / "out.png").symlink_to(outside / "x.png")
    (folder / "a" / "circle.png").symlink_to(folder / "a" / "circle.png")
    (folder / "a" / "up").symlink_to(folder)
    found = find_images(folder)
    assert [path.name for path in found.files] == ["1.png", "2.PNG", "inside.png"]
    assert (found.links, found.others, found.empty) == (3, 1, ["empty"])
    assert any("3 links" in note for note in found.notes())


def test_threads_keep_the_order_and_pass_errors_on():
    assert list(in_threads(lambda number: number**2, 300)) == [number**2 for number in range(300)]
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda number: 1 // (number - 70), 100))


@pytest.mark.parametrize("size", [0, -3, (3,), (4, 5, 6), (4.0, 2), 5000, "64"])
def test_wrong_sizes_are_refused(size: object):
    with pytest.raises(InputError, match="image_size"):
        check_side(size)  # pyright: ignore[reportArgumentType]
