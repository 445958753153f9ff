"""Images that cannot be learned from: one clear message each."""

import os
import pickle
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy
from PIL import Image

from bestiary.errors import InputError
from bestiary.kinds.image.encoder import ImageEncoder
from bestiary.kinds.image.reader import read_arrays, read_images
from bestiary.rows.array_files import read_npz

PIXELS = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
LABELS = [0, 1] * 3


def refused(*args: object, **words: object) -> str:
    """The message of the refusal, which is one line."""
    with pytest.raises(InputError) as error:
        read_images(*args, **words)  # pyright: ignore
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for row in range(20):
        (tmp_path / "in" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), row).save(tmp_path / "in" / "ab"[row % 2] / f"{row}.png")
    return tmp_path / "in"


def test_folders(tmp_path: Path, photos: Path):
    assert "no such" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "holds none" in refused(tmp_path / "empty")
    assert "one folder per class" in refused(photos / "a")
    for file in (photos / "b").iterdir():
        file.unlink()
    assert "two classes" in refused(photos)
    assert "with labels come as a folder" in refused(photos / "a" / "0.png")


def test_a_folder_of_links_in_circles_and_out_of_it(tmp_path: Path):
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "a" / "self.png").symlink_to(tmp_path / "in" / "a" / "self.png")
    (tmp_path / "secret.png").touch()
    (tmp_path / "in" / "a" / "out.png").symlink_to(tmp_path / "secret.png")
    assert "3 links" in refused(tmp_path / "in")


def test_broken_files_are_named_and_counted(photos: Path):
    (photos / "a" / "text.png").write_text("no image")
    (photos / "b" / "zero.png").touch()
    source = read_images(photos)
    assert len(source) == 20
    assert any("a/text.png" in note for note in source.notes) and any(
        "b/zero.png: empty" in note for note in source.notes
    )
    os.mkfifo(photos / "b" / "pipe.png")
    (photos / "b" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    said = refused(photos)
    assert "4 of 24" in said and "a/text.png" in said and "10%" in said
    assert len(read_images(photos, limit_broken=0.2)) == 20
    assert "share" in refused(photos, limit_broken=-1)


def test_all_broken_whatever_the_limit(tmp_path: Path):
    for row in range(4):
        (tmp_path / "in" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "ab"[row % 2] / f"{row}.png").write_bytes(pickle.dumps([1, 2]))
    assert "4 of 4" in refused(tmp_path / "in", limit_broken=1.0)


def test_a_file_that_vanishes_before_it_is_encoded(photos: Path, tmp_path: Path):
    source = read_images(photos)
    (photos / "a" / "0.png").unlink()
    with pytest.raises(InputError, match=r"a/0\.png: could be read before"):
        source.encode(np.zeros(20, np.int8), tmp_path / "data", 0)


def test_tables_of_paths(tmp_path: Path, photos: Path):
    paths = [f"in/{'ab'[row % 2]}/{row}.png" for row in range(20)]
    frame = pd.DataFrame({"path": paths, "kind": list("ab") * 10, "size": range(20)})
    file = tmp_path / "t.csv"
    frame.to_csv(file, index=False)
    assert "which column is the target" in refused(file)
    assert "'kind'" in refused(file, target="kin")
    assert "group" in refused(file, target="kind", group="nowhere")
    assert "folder or array has none" in refused(photos, group="kind")
    assert "number or a date" in refused(file, target="size", time="kind")
    assert "by group or by time" in refused(file, target="kind", time="size", group="path")
    assert "same column 'kind'" in refused(file, target="kind", group="kind")
    frame.assign(path=[f"x{row}" for row in range(20)]).to_csv(file, index=False)
    assert "column of paths" in refused(file, target="kind")
    frame.assign(path=[f"gone/{row}.png" for row in range(20)]).to_csv(file, index=False)
    assert "not found" in refused(file, target="kind")
    frame.assign(kind="same").to_csv(file, index=False)
    assert "two classes" in refused(file, target="kind")
    file.write_text("")
    assert "empty" in refused(file, target="kind")
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:300])
    assert "Parquet" in refused(tmp_path / "t.parquet", target="kind")


@pytest.mark.parametrize(
    ("pixels", "labels", "words"),
    [
        (PIXELS.astype(str), LABELS, "numbers"),
        (PIXELS[0], LABELS, "shape"),
        (PIXELS[:, :0], LABELS, "shape"),
        (PIXELS.reshape(6, 2, 2, 4), LABELS, "channels"),
        (PIXELS, LABELS[:5], "6 labels"),
        (PIXELS, np.eye(6), "6 labels"),
        (PIXELS, [1] * 6, "two classes"),
        (PIXELS, [None] * 6, "missing"),
        (np.where(PIXELS > 90, np.nan, PIXELS), LABELS, "not finite"),
        (np.where(PIXELS > 90, np.inf, PIXELS), LABELS, "not finite"),
        (np.where(PIXELS > 90, 1e200, PIXELS), LABELS, "not finite"),
        (PIXELS.astype(object), LABELS, "numbers"),
        (PIXELS.astype(complex), LABELS, "numbers"),
    ],
)
def test_arrays(pixels: np.ndarray, labels: object, words: str):
    with pytest.raises(InputError, match=words):
        read_arrays(pixels, labels)


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_pickles_in_disguise_are_not_opened(tmp_path: Path):
    mark, file = tmp_path / "mark", tmp_path / "trap.npz"
    np.savez(file, x=np.array([Trap(mark)] * 6, dtype=object), y=LABELS)
    assert "never unpickled" in refused(file)
    file.write_bytes(pickle.dumps(Trap(mark)))
    assert "cannot be read" in refused(file)
    np.save(tmp_path / "trap.npy", np.array([Trap(mark)], dtype=object), allow_pickle=True)
    refused(tmp_path / "trap.npy")
    assert not mark.exists()


def header(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    memory = BytesIO()
    npy.write_array_header_1_0(memory, {"descr": kind, "fortran_order": False, "shape": shape})
    return memory.getvalue()


def test_archives(tmp_path: Path):
    file = tmp_path / "a.npz"
    np.savez(file, x=PIXELS)
    assert "labels" in refused(file)
    np.savez(file, first=PIXELS, y=LABELS)
    assert "rename" in refused(file)
    np.savez(file, x=PIXELS, y=LABELS)
    assert "not an array" in refused(file, target="z")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read" in refused(file)
    np.savez(file, x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:, :2], y_test=LABELS)
    assert "different shapes" in refused(file)
    np.savez(file, x_train=PIXELS, y_train=LABELS, x_test=PIXELS, y_test=LABELS)
    assert "given twice" in refused(file, test=file)


def test_archives_that_would_grow(tmp_path: Path):
    file = tmp_path / "a.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header((10**7,)) + bytes(10**7))
    assert file.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"takes 10\.0 MB of memory; reading may take 1\.0 MB"):
        read_npz(file, most=10**6)
    for shape in ((10**15,), (2**40, 2**40), (-1, 5)):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x.npy", header(shape) + bytes(100))
        with pytest.raises(InputError, match=r"announces|read"):
            read_npz(file)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_archive_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    memory = BytesIO()
    np.savez(memory, x=PIXELS, y=np.array(LABELS))
    whole = bytearray(memory.getvalue())
    for _ in range(data.draw(st.integers(0, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / f"any.{data.draw(st.sampled_from(['npz', 'npy']))}"
    file.write_bytes(data.draw(st.sampled_from([bytes(whole), data.draw(st.binary(max_size=200)), bytes(whole[:300])])))
    try:
        source = read_images(file)
    except InputError as reason:
        assert "\n" not in str(reason)
    else:
        assert len(source) == len(source.keys())


@settings(max_examples=60, deadline=None)
@given(contents=st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_any_files_in_a_folder_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]):
    folder = tmp_path_factory.mktemp("any")
    for row, content in enumerate(contents):
        (folder / "ab"[row % 2]).mkdir(exist_ok=True)
        magic = (b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"P5 2 2 255\n")[row % 4]
        (folder / "ab"[row % 2] / f"{row}.png").write_bytes(magic + content)
    try:
        read_images(folder, limit_broken=1.0)
    except InputError as reason:
        assert "\n" not in str(reason)


def test_new_images_that_cannot_be_encoded(photos: Path, tmp_path: Path):
    encoder = read_images(photos).encode(np.zeros(20, np.int8), tmp_path / "data", 0)
    (tmp_path / "bad.png").write_text("no image")
    for source, words in (
        (tmp_path / "nowhere", "no such"),
        (tmp_path / "bad.png", "none of the 1"),
        ([], "empty list"),
        (7, "received int"),
        (np.zeros((2, 4, 4, 5)), "shape"),
    ):
        with pytest.raises(InputError, match=words):
            encoder.encode(source)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"spec": {"kind": "table", "features": 3, "outputs": 1}, "facts": {}}', "null"]
)
def test_damaged_encoders(tmp_path: Path, text: str):
    (tmp_path / "encoder.json").write_text(text)
    with pytest.raises(InputError, match=r"encoder.json.*save the model again"):
        ImageEncoder.load(tmp_path)
