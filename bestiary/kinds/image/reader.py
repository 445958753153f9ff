"""Reading of images: every one is decoded once to see that it can be, and a second time straight into a memory map."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.kinds.image.files import BrokenImageError, check_side, in_threads
from bestiary.kinds.image.source import ImageSource, Seen
from bestiary.kinds.image.sources import ArrayPictures, Gathered, Pictures, gather
from bestiary.rows.array_files import check_labels
from bestiary.rows.labels import check_words, read_labels, read_names
from bestiary.rows.source import Target

LARGEST_SIDE = 64  # what a network can be trained on within minutes on a few cores; `image_size` overrides
_KEY = b"bestiary images 1"
_BLOCK = 1024
KEPT = 64 << 20  # bytes of written images that are kept for the folds


def read_images(
    source: object,
    *,
    target: str | None = None,
    problem: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    separator: str | None = None,
    encoding: str | None = None,
    folders: str | None = None,
    limit_broken: float = 0.1,
    labels: bool = True,
    reason: str | None = None,
) -> ImageSource:
    """Reads images with labels, or without.

    Args:
        source: a folder with one folder per class (or, above or below these, folders of splits such as `train` and
            `test_set`); a CSV, TSV or Parquet file, or a frame, of paths (relative to the file) and labels; a `.npz`
            file with arrays `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test`; or a pair of such arrays.
        target: column of the labels, where there is a choice.
        problem: "classification" or "regression"; told from the labels unless given.
        image_size: side, or (height, width), that all are brought to; the median of the training images unless given,
            scaled down to at most 64 on a side.
        group: column whose equal values stay in one split.
        time: column that later rows are held out by.
        test: held-out images, in any of the forms above.
        separator: of a CSV file; detected unless given.
        encoding: of a CSV file; detected unless given.
        folders: what the folders above an image are, the outermost first: "class", "split/class", "*/class"; guessed
            from their names and depth unless given.
        limit_broken: share of images that may be unreadable before the whole is refused.
        labels: whether labels are needed; without, a folder need not have class folders, nor a `.npz` file a `y`.
        reason: why these are images, for people.

    Raises:
        InputError: when there are no images or labels, only one class, or too many broken files.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for number in range(8):
        ...         place = Path(folder, "dark" if number % 2 else "light")
        ...         place.mkdir(exist_ok=True)
        ...         Image.new("L", (5, 5), 20 * number).save(place / f"{number}.png")
        ...     read_images(folder).target.classes
        ('dark', 'light')
    """
    size = check_side(image_size)
    if not 0 <= limit_broken <= 1:
        raise InputError(f"limit_broken is a share from 0 to 1; received {limit_broken}")
    if group is not None and time is not None:
        raise InputError("images are split by group or by time; received both; leave one out")
    check_words(target=target, group=group, time=time)
    gathered = _gather(source, target, separator, encoding, labels, folders)
    words = {word: name for word, name in (("group", group), ("time", time)) if name is not None}
    columns = {word: gathered.column(word, name) for word, name in words.items()}
    held = gathered.held
    if test is not None:
        layout = folders if isinstance(test, (str, Path)) and Path(test).is_dir() else None
        held_out = _gather(test, target, separator, encoding, labels, layout)
        gathered, columns, held = _with_test(gathered, columns, held_out, words)
    return _source(gathered, columns, held, problem, size, limit_broken, reason or _reason(source), labels)


def read_arrays(
    pixels: NDArray[np.generic],
    labels: object,
    *,
    target: str = "label",
    problem: str | None = None,
    image_size: int | tuple[int, int] | None = None,
) -> ImageSource:
    """Images in memory.

    Args:
        pixels: [N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3 channels, numbers of any type.
        labels: [N] classes or numbers.
        target: what the labels are called.
        problem: "classification" or "regression"; told from the labels unless given.
        image_size: as in `read_images`.

    Raises:
        InputError: for other shapes, and where the numbers of images and labels differ.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> digits = load_digits()
        >>> len(read_arrays(digits.images, digits.target))
        1797
    """
    pictures = ArrayPictures(np.asarray(pixels))
    gathered = Gathered(pictures, check_labels(labels, len(pictures), "labels"), target)
    return _source(gathered, {}, None, problem, check_side(image_size), 0.0, "an array of pixels")


# ------------------------------------------------------------------------------------------------ parts


def _gather(
    source: object,
    target: str | None,
    separator: str | None,
    encoding: str | None,
    labels: bool = True,
    folders: str | None = None,
) -> Gathered:
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], np.ndarray):
        pictures = ArrayPictures(source[0])
        return Gathered(pictures, check_labels(source[1], len(pictures), "labels"), target or "label")
    try:
        gathered = gather(source, target, separator=separator, encoding=encoding, folders=folders)
    except InputError:
        if labels or target is not None or folders is not None:
            raise
        return gather(source, labels=False, separator=separator, encoding=encoding)
    if gathered.labels is None and labels:
        raise InputError("expected labels with the images; these have none; give a folder per class or read_arrays")
    return gathered


class _Joined:
    """The pictures of two sources, one after the other."""

    def __init__(self, first: Pictures, second: Pictures) -> None:
        self.first, self.second, self.names = first, second, [*first.names, *second.names]
        self.picture = lambda number, side=None: (
            first.picture(number, side) if number < len(first) else second.picture(number - len(first), side)
        )

    def __len__(self) -> int:
        return len(self.names)


def _with_test(
    gathered: Gathered, columns: dict[str, NDArray], test: Gathered, words: dict[str, str]
) -> tuple[Gathered, dict[str, NDArray], NDArray[np.int8]]:
    if gathered.held is not None and (gathered.held == 2).any():
        raise InputError("held-out images are given twice: as a folder or array named test, and as test=; give one")
    both = {word: np.concatenate([c, test.column(word, words[word])]) for word, c in columns.items()}
    start = gathered.held if gathered.held is not None else np.full(len(gathered.pictures), -1, dtype=np.int8)
    held = np.concatenate([start, np.full(len(test.pictures), 2, dtype=np.int8)])
    known = gathered.labels is not None and test.labels is not None
    labels = np.concatenate([gathered.labels, test.labels]) if known else None  # pyright: ignore
    joined = Gathered(_Joined(gathered.pictures, test.pictures), labels, gathered.name)
    joined.notes = [*gathered.notes, *(f"test: {note}" for note in test.notes)]
    return joined, both, held


def _source(
    gathered: Gathered,
    columns: dict[str, NDArray],
    held: NDArray[np.int8] | None,
    problem: str | None,
    image_size: tuple[int, int] | None,
    limit_broken: float,
    reason: str,
    needed: bool = True,
) -> ImageSource:
    side = 2 * (max(image_size) if image_size else LARGEST_SIDE)
    rows, seen, broken = _look(gathered.pictures, side)
    if len(broken) > limit_broken * len(gathered.pictures) or not len(rows):
        raise InputError(
            f"at most {limit_broken:.0%} of the images may be unreadable; {len(broken):,} of "
            f"{len(gathered.pictures):,} are: {'; '.join(broken[:3])}; correct or remove them"
        )
    notes = [*gathered.notes, *(f"skipped, it cannot be read: {line}" for line in broken[:20])]
    if len(broken) > 20:
        notes.append(f"skipped {len(broken) - 20:,} more images that cannot be read")
    usual = ("classification", "each folder is a class") if gathered.name == "folder" else None
    target, labelled, more = _labels(gathered, rows, problem, usual, needed)
    rows, seen = rows[labelled], seen.part(labelled)
    kept = {word: column[rows] for word, column in columns.items()}
    split = None if held is None else held[rows]
    return ImageSource(
        reason,
        target,
        gathered.pictures,
        rows,
        seen,
        image_size,
        [*notes, *more],
        kept.get("group"),
        kept.get("time"),
        split,
    )


def _labels(
    gathered: Gathered,
    rows: NDArray[np.int64],
    problem: str | None,
    usual: tuple[str, str] | None,
    needed: bool,
) -> tuple[Target, NDArray[np.bool_], list[str]]:
    """As `read_labels`; where labels are not needed, rows without any, or all of one class, have the value 0."""
    if gathered.labels is not None:
        try:
            if usual and problem in (None, usual[0]):
                return read_names(gathered.name, gathered.labels[rows], usual)
            return read_labels(gathered.name, gathered.labels[rows], problem, usual)
        except InputError:
            if needed:
                raise
    none = Target("", "", "there are no labels", (), np.zeros(len(rows), np.int64))
    return none, np.ones(len(rows), bool), []


def _look(pictures: Pictures, side: int) -> tuple[NDArray[np.int64], Seen, list[str]]:
    """Decodes every image once: the readable ones, what they are like, and a line for each broken one."""

    def work(number: int) -> tuple[int, int, int, int, bool, float] | str:
        try:
            picture = pictures.picture(number, side)
        except BrokenImageError as reason:
            return f"{pictures.names[number]}: {reason}"
        shape = repr((picture.pixels.shape, picture.pixels.dtype.str)).encode()
        code = hashlib.blake2b(np.ascontiguousarray(picture.pixels).tobytes() + shape, digest_size=8, key=_KEY)
        key = int.from_bytes(code.digest(), "little")
        height, width = picture.size
        return key, height, width, picture.pixels.shape[2], picture.deep, picture.step

    results = list(in_threads(work, len(pictures), part="gather"))
    rows = np.array([row for row, result in enumerate(results) if not isinstance(result, str)], dtype=np.int64)
    good = [result for result in results if not isinstance(result, str)]
    keys = np.array([result[0] for result in good], dtype=np.uint64)
    facts = np.array([result[1:5] for result in good], dtype=np.int64).reshape(-1, 4)
    steps = np.array([result[5] for result in good], dtype=np.float64)
    seen = Seen(keys, facts[:, :2], facts[:, 2].astype(np.int8), facts[:, 3].astype(np.bool_), steps)
    return rows, seen, [result for result in results if isinstance(result, str)]


def _reason(source: object) -> str:
    if isinstance(source, (str, Path)):
        path = Path(source)
        return f"{path.name} is a folder of images" if path.is_dir() else f"{path.name} holds or names images"
    return "images were given"
