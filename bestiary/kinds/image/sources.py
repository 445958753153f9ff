"""Where images come from: class folders, tables of paths, lists of files, `.npz` files, arrays; all become pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PureWindowsPath
from typing import Protocol, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.image.files import (
    LARGEST,
    SUFFIXES,
    BrokenImageError,
    Found,
    Picture,
    decode,
    find_images,
    fractions,
    without_colour,
)
from bestiary.kinds.image.folders import place
from bestiary.rows.array_files import check_labels, held_rows, labelled_parts, read_npz, undecided
from bestiary.rows.frames import Frame, open_frame, whole
from bestiary.rows.labels import group_keys, stamps
from bestiary.rows.limits import need
from bestiary.rows.paths import unicode_of
from bestiary.rows.source import SPLITS
from bestiary.rows.targets import column_named

_BLOCK = 1024  # pictures of an array that are looked at together
_PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "img")
_TARGET_COLUMNS = ("label", "class", "target", "category", "y")


class Pictures(Protocol):
    """Images by number, decoded when asked for."""

    names: list[str]

    def __len__(self) -> int: ...

    def picture(self, number: int, side: int | None = None) -> Picture:
        """Image `number`; raises `BrokenImageError`. For `side` see `decode`."""
        ...


class FilePictures:
    """Images in files; `names` are what messages call them."""

    def __init__(self, files: Sequence[Path], names: Sequence[str]) -> None:
        self.files, self.names = list(files), [unicode_of(name) for name in names]

    def __len__(self) -> int:
        return len(self.files)

    def picture(self, number: int, side: int | None = None) -> Picture:
        return decode(self.files[number], side)


class ArrayPictures:
    """Images in an array [N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3 channels.

    Whole numbers from 0 to 255 are pixels of 8 bits, whatever their type; anything else is kept as float32. Where all
    lie from 0 to 1 and some are between, they are 8 bits divided by 255.

    Raises:
        InputError: for other shapes and for values that are not finite numbers.
    """

    def __init__(self, pixels: NDArray[np.generic]) -> None:
        self.array, self.axes = _channels_last(np.asarray(pixels)), np.ndim(pixels)
        self.divided = _divided(self.array)
        self.names = [str(number) for number in range(len(self.array))]

    def __len__(self) -> int:
        return len(self.array)

    def picture(self, number: int, side: int | None = None) -> Picture:
        del side
        raw = self.array[number]
        if raw.dtype == np.bool_:
            raw = raw.astype(np.uint8) * np.uint8(255)
        if raw.dtype != np.uint8:
            if not (np.abs(raw) < LARGEST).all():
                raise BrokenImageError("has pixels that are not finite, or beyond 1e30")
            small = not self.divided and ((raw >= 0) & (raw <= 255)).all() and (raw == np.round(raw)).all()
            raw = raw.astype(np.uint8 if small else np.float32)
        return Picture(without_colour(raw), (raw.shape[0], raw.shape[1]), 1 / 255 if self.divided else 1)

    def whole(self) -> ArrayPictures:
        """The numbers of an array of three axes as one picture: [H, W, 3] or [3, H, W]."""
        return ArrayPictures(self.array[None, ..., 0])


def _divided(array: NDArray[np.generic]) -> bool:
    """As `fractions`, of a large array; pictures with numbers that are not finite do not count."""
    if array.dtype.kind != "f":
        return False
    between = False
    for start in range(0, len(array), _BLOCK):
        block = cast("NDArray[np.float64]", array[start : start + _BLOCK])
        some = block[np.isfinite(block).reshape(len(block), -1).all(1)]
        if ((some < 0) | (some > 1)).any():
            return False
        between = between or fractions(some)
    return between


def _channels_last(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    if pixels.dtype.kind not in "biuf":
        raise InputError(f"pixels must be numbers; received an array of {pixels.dtype}; give uint8 or float32")
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    elif pixels.ndim == 4 and pixels.shape[-1] not in (1, 3) and pixels.shape[1] in (1, 3):
        pixels = np.moveaxis(pixels, 1, -1)
    if pixels.ndim != 4 or pixels.shape[-1] not in (1, 3) or 0 in pixels.shape:
        raise InputError(
            "pixels must be [N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3 channels; received the shape "
            f"{list(pixels.shape)}; reshape the array, or give image files"
        )
    return pixels


@dataclass
class Gathered:
    """Images with what is known about them, before any is decoded.

    Attributes:
        pictures: the images.
        labels: one a row as they were written, or None where there are none.
        name: of the target.
        columns: further columns of a table, such as a group.
        held: split of each row where names tell, -1 where not.
        notes: what was passed over, for people.
    """

    pictures: Pictures
    labels: NDArray[np.generic] | None
    name: str = "label"
    columns: pa.Table | None = None
    held: NDArray[np.int8] | None = None
    notes: list[str] = field(default_factory=list)

    def column(self, word: str, name: str) -> NDArray[np.generic]:
        """Groups or times of the rows, from a further column, for the option `word` ("group" or "time")."""
        if self.columns is None:
            raise InputError(f"{word}={name!r} needs a table of paths with such a column; a folder or array has none")
        column = self.columns[column_named(tuple(self.columns.column_names), name, word)]
        return group_keys(column) if word == "group" else stamps(column, name)


def gather(
    source: object,
    target: str | None = None,
    labels: bool = True,
    separator: str | None = None,
    encoding: str | None = None,
    folders: str | None = None,
) -> Gathered:
    """Images of anything that holds images.

    Args:
        source: a folder, a table of paths (CSV, TSV, Parquet or a frame), an image file, a list of files, a `.npz` or
            `.npy` file, or an array of pixels.
        target: column of the labels, in a table.
        labels: whether labels are needed.
        separator: of a CSV file; detected unless given.
        encoding: of a CSV file; detected unless given.
        folders: what the folders above an image are, such as "split/class"; guessed unless given.

    Raises:
        InputError: when it holds no images, or no labels where they are needed.
    """
    if folders is not None and not (isinstance(source, (str, os.PathLike)) and Path(source).is_dir()):
        raise InputError(f"folders={folders!r} says how a folder of images is read; none was given; leave it out")
    if isinstance(source, np.ndarray):
        return Gathered(ArrayPictures(source[None] if source.ndim == 2 else source), None)
    if isinstance(source, pd.DataFrame):
        return _from_table(open_frame(source), Path(), target, labels)
    if isinstance(source, (list, tuple)):
        return _from_files([Path(file) for file in source])
    path = Path(os.fspath(source)) if isinstance(source, (str, os.PathLike)) else None
    if path is None:
        raise InputError(
            f"images come as a path, a frame, a list of files or an array; received {type(source).__name__}"
        )
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder; check the path")
    if path.is_dir():
        return _from_folder(path, folders) if labels else _from_any_folder(path)
    if path.suffix.lower() in (".npz", ".npy"):
        return _from_arrays(path, target, labels)
    if path.suffix.lower() not in SUFFIXES:
        return _from_table(open_frame(path, separator, encoding), path.parent, target, labels)
    if labels:
        raise InputError(
            f"{path.name}: images with labels come as a folder with one folder per class, a CSV of path and label, or "
            "an .npz file; give one of these"
        )
    return _from_files([path])


# ------------------------------------------------------------------------------------------------ files and folders


def _from_files(files: list[Path]) -> Gathered:
    if not files:
        raise InputError("expected image files; received an empty list")
    return Gathered(FilePictures(files, [file.name for file in files]), None)


def _from_any_folder(folder: Path) -> Gathered:
    found, root = _find(folder)
    names = [file.relative_to(root).as_posix() for file in found.files]
    return Gathered(FilePictures(found.files, names), None, notes=found.notes())


def _find(folder: Path) -> tuple[Found, Path]:
    found = find_images(folder)
    if not found.files:
        passed = f" ({'; '.join(found.notes())})" if found.notes() else ""
        endings = ", ".join(sorted(SUFFIXES)[:6])
        raise InputError(f"{folder}: expected image files ({endings}, ...); it holds none{passed}; check the folder")
    return found, Path(os.path.realpath(folder))


def _from_folder(folder: Path, layout: str | None) -> Gathered:
    found, root = _find(folder)
    inner = [file.relative_to(root).parts for file in found.files]
    placed = place([names[:-1] for names in inner], layout)
    keep = [row for row, name in enumerate(placed.classes) if name is not None]
    if not keep:
        raise InputError(
            f"{folder}: expected one folder per class; its {len(inner):,} images lie in no class folder; "
            "move them into folders, or give a CSV of path and label"
        )
    notes = [*found.notes(), *placed.notes]
    if len(keep) < len(inner):
        notes.append(f"passed over: {len(inner) - len(keep):,} images that are in no class folder")
    files = FilePictures([found.files[row] for row in keep], ["/".join(inner[row]) for row in keep])
    labels = np.array([unicode_of(placed.classes[row] or "") for row in keep])
    splits = [placed.splits[row] for row in keep]
    held = None
    if any(splits):
        held = undecided(np.array([SPLITS.index(name or "train") for name in splits], dtype=np.int8))
    return Gathered(files, labels, "folder", None, held, notes)


# ------------------------------------------------------------------------------------------------ tables and arrays


def _from_table(table: Frame, base: Path, target: str | None, labels: bool) -> Gathered:
    rows = whole(table, weight=8)  # text takes much more as Python's words
    frame = rows.to_pandas()
    where = _path_column(frame, table.name, target)
    raw, name = None, target or ""
    if labels:
        name = target or _target_column(frame, table.name, where)
        raw = frame[column_named(table.columns, name)].to_numpy()
    texts = [str(text).strip() for text in frame[where].fillna("")]
    pictures = FilePictures([_path(base, text) for text in texts], texts)
    return Gathered(pictures, raw, name, rows, None, [*table.notes, f"paths of images are in the column {where!r}"])


def _path(base: Path, text: str) -> Path:
    r"""The file that a cell names; a path of Windows, such as `cats\1.png`, is found on other systems too."""
    given = base / text
    return given if "\\" not in text or given.exists() else base / PureWindowsPath(text).as_posix()


def _path_column(frame: pd.DataFrame, file: str, target: str | None) -> str:
    texts = [c for c in frame.columns if c != target and not pd.api.types.is_numeric_dtype(frame[c])]

    def share(column: str) -> float:
        values = frame[column].head(1000).astype(str)
        return sum(PurePath(value.strip()).suffix.lower() in SUFFIXES for value in values) / len(values)

    best = max(texts, key=lambda c: (share(c), str(c).lower() in _PATH_COLUMNS), default=None)
    if best is None or share(best) < 0.5:
        raise InputError(
            f"{file}: expected a column of paths of images (ending in .png, .jpg, ...); its columns are "
            f"{', '.join(map(str, list(frame.columns)[:8]))}; add one, relative to the file"
        )
    return best


def _target_column(frame: pd.DataFrame, file: str, where: str) -> str:
    others = [str(column) for column in frame.columns if column != where]
    named = [column for column in others if column.lower() in _TARGET_COLUMNS]
    if len(others) == 1 or named:
        return named[0] if named else others[0]
    raise InputError(
        f"{file}: which column is the target? its columns are {', '.join(others[:8])}; say so with target="
    )


def _from_arrays(path: Path, target: str | None, labels: bool) -> Gathered:
    found = labelled_parts(read_npz(path), path.name, target, labels)
    shapes = {inputs.shape[1:] for inputs, _ in found.values()}
    if len(shapes) > 1:
        raise InputError(f"{path.name}: its arrays of images have different shapes {sorted(shapes)}; make them equal")
    arrays = [inputs for inputs, _ in found.values()]
    if len(arrays) > 1:
        need(sum(array.nbytes for array in arrays), f"putting the arrays of {path.name} together", "save them as one")
    pictures = ArrayPictures(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))
    if not labels:
        return Gathered(pictures, None)
    raw = [check_labels(label, len(inputs), path.name) for inputs, label in found.values()]
    return Gathered(pictures, np.concatenate(raw), target or "label", None, held_rows(found))
