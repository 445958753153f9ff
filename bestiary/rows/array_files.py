"""Arrays from `.npz` and `.npy` files, with bounds: nothing is unpickled, nothing grows beyond what it announced."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Container, Mapping
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.limits import Ration
from bestiary.rows.source import SPLITS
from bestiary.rows.split_names import split_of

MOST = 64  # arrays of a file
ENTRANCES = {  # names that people give to one split's (inputs, labels); "" stands for all rows
    "": (("x", "images", "pixels", "X", "values", "series", "data"), ("y", "labels", "target", "label", "Y")),
    "train": (("x_train", "train_images", "X_train"), ("y_train", "train_labels")),
    "validation": (("x_val", "val_images", "X_val"), ("y_val", "val_labels")),
    "test": (("x_test", "test_images", "X_test"), ("y_test", "test_labels")),
}


def read_npz(path: Path, most: int | None = None) -> dict[str, NDArray[np.generic]]:
    """All arrays of a `.npz` file, or that of a `.npy` file under the name "x".

    Args:
        path: of the file.
        most: bytes that it may unpack to; what reading may take here unless given.

    Raises:
        InputError: when it is damaged, holds objects (pickles), or is larger than `most`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez_compressed(f"{folder}/a.npz", x=np.arange(3))
        ...     read_npz(Path(folder, "a.npz"))["x"].tolist()
        [0, 1, 2]
    """
    ration = (
        Ration(f"{path.name}, unpacked,", "split it up") if most is None else Ration(path.name, "split it up", most)
    )
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".npy":
                size = path.stat().st_size
                ration.take(size)
                return {"x": _read(cast("BinaryIO", file), "x", size)}
            with zipfile.ZipFile(file) as archive:
                infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
                if len(infos) > MOST:
                    raise InputError(f"{path.name}: expected at most {MOST} arrays; it has {len(infos)}; split it up")
                ration.take(sum(info.file_size for info in infos))
                arrays = {}
                for info in infos:
                    with archive.open(info) as entry:
                        name = info.filename[: -len(".npy")]
                        arrays[name] = _read(cast("BinaryIO", entry), name, info.file_size)
                return arrays
    except MemoryError:
        raise  # said by whoever guards the reading
    except InputError as reason:
        raise reason if str(reason).startswith(path.name) else InputError(f"{path.name}: {reason}") from None
    except Exception as reason:  # damaged archives raise nearly anything: BadZipFile, zlib.error, SyntaxError ...
        said = " ".join(str(reason).split())[:120] or type(reason).__name__
        raise InputError(
            f"{path.name}: expected arrays saved by numpy.savez; it cannot be read ({said}); save it again"
        ) from None


def inputs_announced(path: Path) -> tuple[tuple[int, ...], np.dtype[np.generic]] | None:
    """Shape and type of the inputs in a `.npz` file, from the header of the array: its numbers are not read.

    Returns:
        None where no array has a name that is known for inputs, or the file is damaged: reading it says what is wrong.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/a.npz", x_train=np.zeros((5, 8, 8), np.uint8), y_train=np.arange(5))
        ...     inputs_announced(Path(folder, "a.npz"))
        ((5, 8, 8), dtype('uint8'))
    """
    known = [f"{name}.npy" for inputs, _ in ENTRANCES.values() for name in inputs]
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {f"{usual_name(name.removesuffix('.npy'), ())}.npy": name for name in reversed(archive.namelist())}
            name = next((inside[name] for name in known if name in inside), None)
            if name is None:
                return None
            with archive.open(name) as entry:
                shape, _, dtype = _header(cast("BinaryIO", entry), name)
                return shape, dtype
    except Exception:  # as in `read_npz`
        return None


def _header(file: BinaryIO, name: str) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise InputError(f"array {name!r} has an unknown format {version}; save it with numpy.savez")
    return (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)


def _read(file: BinaryIO, name: str, size: int) -> NDArray[np.generic]:
    shape, fortran, dtype = _header(file, name)
    if dtype.hasobject or dtype.names or dtype.kind not in "biufUS":
        raise InputError(
            f"array {name!r} must hold numbers or text; it holds {dtype} (objects are never unpickled); "
            "save it with an explicit dtype"
        )
    wanted = math.prod(shape) * dtype.itemsize  # before any memory is asked for: a header may claim anything
    if min(shape, default=1) < 0 or wanted > size:
        raise InputError(f"array {name!r} announces {wanted:,} bytes but has {size:,}; save it again")
    held = file.read(wanted)
    if len(held) != wanted:
        raise InputError(f"array {name!r} is cut off: {len(held):,} of {wanted:,} bytes; save it again")
    flat = np.frombuffer(held, dtype) if wanted else np.empty(0, dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def usual_name(name: str, names: Container[str] = ()) -> str:
    """The usual name of an array of one split's inputs or labels; the name itself where it is not known as such.

    Args:
        name: as it is in the file.
        names: of the file, none of which is given to another array.

    Example:
        >>> [usual_name(name) for name in ("X_valid", "trainY", "test-labels", "dev_images", "ytest", "x", "weights")]
        ['x_val', 'y_train', 'y_test', 'x_val', 'y_test', 'x', 'weights']
    """
    if any(name in (*inputs, *labels) for inputs, labels in ENTRANCES.values()):
        return name
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    glued = re.fullmatch(r"([xXyY])([a-z]{3,})", name)
    words = [glued[1], glued[2]] if glued and split_of(glued[2]) else words
    for place, usual in enumerate(ENTRANCES[""]):
        rest = [word for word in words if word not in usual and word.lower() not in usual]
        split = split_of(" ".join(rest)) if len(rest) < len(words) else None
        if split in ENTRANCES and ENTRANCES[split][place][0] not in names:
            return ENTRANCES[split][place][0]
    return name


Parts = dict[str, tuple[NDArray[np.generic], NDArray[np.generic] | None]]


def labelled_parts(arrays: Mapping[str, NDArray[np.generic]], file: str, target: str | None, labels: bool) -> Parts:
    """The inputs and labels of each split that the names of arrays tell apart; the split "" stands for all rows.

    Args:
        arrays: of a `.npz` file.
        file: its name, for messages.
        target: name of the array of labels, where it is not a usual one.
        labels: whether labels are needed.

    Raises:
        InputError: when no array has a name that is known for inputs, or labels are needed and missing.

    Example:
        >>> sorted(labelled_parts({"x_train": np.zeros(3), "x_test": np.zeros(1)}, "a.npz", None, False))
        ['test', 'train']
    """
    if labels and target is not None and target not in arrays:
        raise InputError(f"target={target!r} is not an array of {file}; it holds {', '.join(sorted(arrays))}")
    arrays = {usual_name(name, arrays) if name != target else name: array for name, array in arrays.items()}
    found: Parts = {}
    for split, (inputs, usual) in ENTRANCES.items():
        name = next((name for name in inputs if name in arrays and name != target), None)
        if name is not None and arrays[name].ndim:
            asked = target if split == "" and target in arrays else None
            label = asked or next((other for other in usual if other in arrays), None)
            found[split] = (arrays[name], None if label is None else arrays[label])
    if "" in found and "train" not in found and len(found) > 1:  # x and y beside x_test and y_test
        found = {"train" if split == "" else split: part for split, part in found.items()}
    found = {"": found[""]} if "" in found else found
    held = ", ".join(sorted(arrays)[:8]) or "nothing"
    if not found:
        raise InputError(f"{file}: expected arrays named x and y (or x_train, y_train, ...); has {held}; rename them")
    if labels and any(label is None for _, label in found.values()):
        raise InputError(f"{file}: expected labels in an array named y (or y_train, ...); it holds {held}; add them")
    return found


def held_rows(found: Parts) -> NDArray[np.int8] | None:
    """The split of each row of all parts, one after the other; None where there is only one part."""
    if "" in found or len(found) == 1:
        return None
    numbers = [np.full(len(inputs), SPLITS.index(split), dtype=np.int8) for split, (inputs, _) in found.items()]
    return undecided(np.concatenate(numbers))


def undecided(held: NDArray[np.int8]) -> NDArray[np.int8]:
    """Held rows without a validation part: it is yet to be drawn from the training rows (-1).

    A validation part without a test part is what was held out by the person, so it is the test.
    """
    train, validation, test = (held == number for number in range(3))
    if validation.any() and test.any():
        return held
    return np.select([train, validation | test], [-1, 2], held).astype(np.int8)


def check_labels(labels: object, rows: int, where: str) -> NDArray[np.generic]:
    """Labels as a flat array with one entry a row; [N, 1] is taken as [N].

    Raises:
        InputError: for another number of labels, or more than one a row.
    """
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or len(array) != rows:
        raise InputError(f"{where}: expected {rows:,} labels, one a row; received the shape {list(array.shape)}")
    return array
