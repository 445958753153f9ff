"""Images that were read: their sizes, keys and classes, and how they are written for training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import ImageSpec
from bestiary.errors import InputError
from bestiary.kinds.image.encoder import ImageEncoder
from bestiary.kinds.image.files import BrokenImageError, in_threads
from bestiary.kinds.image.sources import Pictures
from bestiary.rows.labels import target_facts, write_target
from bestiary.rows.source import SPLITS, Target
from bestiary.rows.store import empty_array, write_spec

LARGEST_SIDE = 64  # what a network can be trained on within minutes on a few cores; `image_size` overrides
_KEY = b"bestiary images 1"
_BLOCK = 1024
KEPT = 64 << 20  # bytes of written images that are kept for the folds


@dataclass(frozen=True)
class Seen:
    """What one look at all images found; a row each.

    Attributes:
        key: of the decoded pixels, uint64 [N].
        size: (height, width) in the file, int64 [N, 2].
        channels: 1 or 3, int8 [N].
        deep: whether it has more than 8 bits, bool [N].
        step: as in `Picture`, float64 [N].
    """

    key: NDArray[np.uint64]
    size: NDArray[np.int64]
    channels: NDArray[np.int8]
    deep: NDArray[np.bool_]
    step: NDArray[np.float64]

    def part(self, which: NDArray[np.bool_]) -> Seen:
        """Of some of the images."""
        return Seen(self.key[which], self.size[which], self.channels[which], self.deep[which], self.step[which])


class _Known:
    """Images as they were written last: folds write the same ones again, and need not decode them again."""

    def __init__(self) -> None:
        self._form: object = None
        self._pixels: dict[int, NDArray[np.generic]] = {}
        self._bytes = 0

    def of(self, encoder: ImageEncoder) -> dict[int, NDArray[np.generic]]:
        """Number of an image -> its pixels, for those known in the form to which an encoder brings them."""
        if self._form != encoder.form:
            self._form, self._pixels, self._bytes = encoder.form, {}, 0
        return self._pixels

    def add(self, numbers: NDArray[np.int64], pixels: NDArray[np.generic]) -> None:
        """Keeps images of the last form, as long as they are few or small."""
        self._bytes += pixels.nbytes
        if self._bytes <= KEPT:
            self._pixels.update(zip(numbers.tolist(), np.array(pixels)))


@dataclass
class ImageSource:
    """Images with a target; implements `source.Source`. Made by `read_images` and `read_arrays`."""

    reason: str
    target: Target
    pictures: Pictures
    rows: NDArray[np.int64]  # number of each readable image in `pictures`
    seen: Seen
    image_size: tuple[int, int] | None
    notes: list[str]
    groups: NDArray[np.generic] | None = None
    times: NDArray[np.generic] | None = None
    held: NDArray[np.int8] | None = None
    suspects: list[str] = field(default_factory=list)
    _known: _Known = field(default_factory=lambda: _Known(), repr=False)
    kind = "image"

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> list[str]:
        """The file of each row."""
        return [self.pictures.names[row] for row in self.rows]

    @property
    def digest(self) -> str:
        """sha256 over the pixels and targets of all rows."""
        labels = repr((self.target.name, self.target.classes)).encode()
        return hashlib.sha256(self.seen.key.tobytes() + np.asarray(self.target.values).tobytes() + labels).hexdigest()

    def keys(self) -> NDArray[np.uint64]:
        """A keyed hash of each image's decoded pixels: the same picture in another file format has the same key."""
        return self.seen.key

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> ImageEncoder:
        """Decides size, channels and depth on the training rows and writes the arrays of each split.

        Args:
            splits: int8 [N], an index into `SPLITS`, or -1.
            folder: for `train.*`, `validation.*`, `spec.json` and `encoder/`; test rows go to `folder/../sealed`.
            seed: not used: nothing here is drawn.
            train_only: write no test rows.

        Raises:
            InputError: when no row is for training, or a file has changed since it was read.
        """
        del seed
        train = np.flatnonzero(splits == 0)
        if not len(train):
            raise InputError(f"expected training rows among the {len(self):,} images; there are none; give more images")
        encoder = ImageEncoder(self._spec(train), self._facts(train))
        for split, name in enumerate(SPLITS):
            if name != "test" or not train_only:
                where = folder.parent / "sealed" if name == "test" else folder
                pixels = self._write(encoder, np.flatnonzero(splits == split), where, name)
                if name == "train":
                    mean, scale = _statistics(pixels)
                    extremes = [float(pixels.min()), float(pixels.max())]
                    encoder.facts.update(pixel_mean=mean, pixel_scale=scale, pixel_range=extremes)
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        return encoder

    def _spec(self, train: NDArray[np.int64]) -> ImageSpec:
        channels = int(self.seen.channels[train].max())
        outputs = len(self.target.classes) or 1
        return ImageSpec(channels, self.image_size or _median_size(self.seen.size[train]), outputs)

    def _facts(self, train: NDArray[np.int64]) -> dict[str, object]:
        sizes, channels, deep = self.seen.size[train], self.seen.channels[train], self.seen.deep[train]
        return {
            **target_facts(self.target, train),
            "deep": bool(deep.any()),
            "step": float(self.seen.step[train].max()),
            "mixed": bool(len(set(channels)) > 1 or len(set(deep)) > 1),
            "file_sizes": [sizes.min(axis=0).tolist(), sizes.max(axis=0).tolist()],
        }

    def _write(self, encoder: ImageEncoder, rows: NDArray[np.int64], folder: Path, split: str) -> NDArray[np.generic]:
        pixels = empty_array(folder, split, "pixels", encoder.shape(len(rows)), encoder.dtype)

        known = self._known.of(encoder)

        def work(place: int) -> None:
            number = int(self.rows[rows[place]])
            if number in known:
                pixels[place] = known[number]
                return
            try:
                pixels[place] = encoder.bring(self.pictures.picture(number, encoder.side))
            except BrokenImageError as reason:
                name = self.pictures.names[number]
                raise InputError(
                    f"{name}: could be read before and now cannot ({reason}); leave the files alone"
                ) from None

        for _ in in_threads(work, len(rows), part="write"):
            pass
        self._known.add(self.rows[rows], pixels)
        if isinstance(pixels, np.memmap):
            pixels.flush()
        write_target(folder, split, self.target, rows, self.rows[rows])
        return pixels


def _blocks(pixels: NDArray[np.generic]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(pixels), _BLOCK):
        yield np.asarray(pixels[start : start + _BLOCK], dtype=np.float64)


def _statistics(pixels: NDArray[np.generic]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of [N, C, H, W], in two passes; a constant channel has scale 1."""
    count = pixels.size // pixels.shape[1]
    mean = np.sum([block.sum(axis=(0, 2, 3)) for block in _blocks(pixels)], axis=0) / count
    squares = [((block - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3)) for block in _blocks(pixels)]
    scale = np.sqrt(np.sum(squares, axis=0) / count)
    return mean.tolist(), np.where(scale > 1e-12, scale, 1.0).tolist()


def _median_size(sizes: NDArray[np.int64]) -> tuple[int, int]:
    height, width = np.median(sizes, axis=0)
    factor = min(1.0, LARGEST_SIDE / max(height, width))
    return max(1, round(float(height * factor))), max(1, round(float(width * factor)))
