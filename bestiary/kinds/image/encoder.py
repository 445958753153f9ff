"""Images as a network takes them: one number of channels, one size, one depth, all decided by the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bestiary.contracts import ImageSpec
from bestiary.errors import InputError
from bestiary.kinds.image.files import BrokenImageError, Picture, fractions, in_threads
from bestiary.kinds.image.sources import ArrayPictures, gather
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.limits import need
from bestiary.rows.source import Encoded

DEPTHS = (1, 257, 1 / 257)  # what pixels are multiplied by where files have 8 bits or 16
TELLING = 25  # of pixels trained on that are not whole: from so much on their scale is that of 8 bits
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as Pillow's own conversion to grey


class ImageEncoder:
    """Brings any image to the form that was decided on training rows; implements `source.Encoder`.

    Sizes are brought to one by plain resampling (antialiased bilinear), height and width apart: no border is added that
    could tell a network what shape the file had, and no pixel is cut off.

    Args:
        spec: channels and size.
        facts: target, problem, classes; `pixel_mean` and `pixel_scale`; `deep`: whether pixels have more than 8 bits;
            `step`: as in `Picture`; `file_sizes`: the smallest and the largest height and width of the training images.
    """

    kind = "image"

    def __init__(self, spec: ImageSpec, facts: Mapping[str, object]) -> None:
        self.spec, self.facts = spec, dict(facts)

    @property
    def deep(self) -> bool:
        """Whether pixels are float32 rather than uint8."""
        return bool(self.facts["deep"])

    @property
    def dtype(self) -> str:
        """Of the stored pixels."""
        return "float32" if self.deep else "uint8"

    @property
    def side(self) -> int:
        """The size in which JPEGs are decoded at least."""
        return 2 * max(self.spec.image_size)

    @property
    def form(self) -> tuple[object, ...]:
        """What decides the pixels that an image is brought to: encoders of one form bring it to the same."""
        return (self.spec.channels, self.spec.image_size, self.deep, self.facts["step"])

    def shape(self, rows: int) -> tuple[int, int, int, int]:
        """Of the stored pixels of so many rows."""
        return (rows, self.spec.channels, *self.spec.image_size)

    def bring(self, picture: Picture) -> NDArray[np.uint8] | NDArray[np.float32]:
        """The pixels of one image as [C, H, W]."""
        pixels = _resized(self._depth(picture), self.spec.image_size)
        return _colours(pixels, self.spec.channels).transpose(2, 0, 1)

    def _depth(self, picture: Picture) -> NDArray:
        pixels, factor = picture.pixels, self._factor(picture)
        if pixels.dtype == self.dtype and factor == 1:
            return pixels
        scaled = pixels.astype(np.float32) * np.float32(factor)
        return scaled if self.deep else np.clip(np.round(scaled), 0, 255).astype(np.uint8)

    def _factor(self, picture: Picture) -> float:
        return cast("float", self.facts["step"]) / picture.step

    def _single(self, shape: tuple[int, ...]) -> bool:
        """Whether an array [A, B, C], given as [A, B, C, 1], is one picture [H, W, 3] or [3, H, W]."""
        (_, narrow), _ = cast("list[list[int]]", self.facts["file_sizes"])
        last, first = shape[2] == 3 and narrow > 3, shape[0] == 3 and self.spec.channels == 3
        return (last and min(shape[:2]) > 3) or (first and min(shape[1:3]) > 3)

    def _comparable(self, picture: Picture) -> Picture:
        """A new picture on the scale of those trained on, as far as its numbers say on which it is.

        Raises:
            BrokenImageError: when they are on no scale that can be brought to it.
        """
        low, high = cast("tuple[float, float]", self.facts.get("pixel_range", (0.0, 255.0)))
        bytes_ = not self.deep or cast("float", self.facts["step"]) < 1  # trained on 8 bits, divided or not
        if picture.deep and picture.step == 1 and bytes_:
            least, most = float(picture.pixels.min()), float(picture.pixels.max())
            if least < 0 or most > 255:
                raise BrokenImageError(
                    f"has pixels from {least:.3g} to {most:.3g}, trained on {low:.3g} to {high:.3g}; bring them to "
                    "that scale"
                )
            return replace(picture, step=1 / 255) if fractions(picture.pixels) else picture
        if self.deep and self.facts["step"] == 1:  # numbers of any scale: only what is known of it counts
            if picture.step < 1 and not (low >= 0 and TELLING < high <= 255):
                return replace(picture, step=1)
            if not picture.deep and low >= 0 and high <= 1:
                return replace(picture, step=255)
        return picture

    def encode(self, source: object) -> Encoded:
        """Encodes new images.

        Args:
            source: a folder, an image file, a list of files, a table of paths, a `.npz` or `.npy` file, or an array.

        Returns:
            `pixels` [N, C, H, W], the numbers of the rows that could be read, the names of all, and warnings.

        Raises:
            InputError: when the source is none of these, or none of its images can be read.
        """
        pictures = gather(source, labels=False).pictures
        warnings: list[str] = []
        if isinstance(pictures, ArrayPictures) and pictures.axes == 3 and self._single(pictures.array.shape):
            pictures = pictures.whole()
            warnings.append("an array of three axes is read as one picture in colour; give several grey ones a fourth")
        size = float(np.prod(self.shape(len(pictures)), dtype=np.float64)) * np.dtype(self.dtype).itemsize
        need(2 * size, f"{len(pictures):,} images of this size", "predict them in parts")
        pixels = np.empty(self.shape(len(pictures)), dtype=self.dtype)
        seen = np.zeros((len(pictures), 5), dtype=np.int64)  # height, width, channels, deep, brought to another scale

        def work(row: int) -> str:
            try:
                picture = self._comparable(pictures.picture(row, self.side))
            except BrokenImageError as reason:
                return f"{pictures.names[row]}: {reason}"
            pixels[row] = self.bring(picture)
            other = self._factor(picture) not in DEPTHS
            seen[row] = (*picture.size, picture.pixels.shape[2], picture.deep, other)
            return ""

        broken = list(in_threads(work, len(pictures)))
        rows = np.array([row for row, reason in enumerate(broken) if not reason], dtype=np.int64)
        reasons = [reason for reason in broken if reason]
        if not len(rows):
            raise InputError(
                f"none of the {len(pictures):,} images can be read; the first is {reasons[0]}; check the files"
            )
        warnings += [f"skipped, it cannot be read: {reason}" for reason in reasons[:20]]
        if len(reasons) > 20:
            warnings.append(f"skipped {len(reasons) - 20:,} more that cannot be read")
        warnings += self._strange(seen[rows])
        kept = pixels if len(rows) == len(pixels) else pixels[rows]
        return Encoded({"pixels": kept}, rows, warnings, list(pictures.names))

    def _strange(self, seen: NDArray[np.int64]) -> list[str]:
        """Warnings about images that are unlike all that were trained on."""
        small, large = np.array(cast("list[list[int]]", self.facts["file_sizes"]))
        sizes = seen[:, :2]
        outside = ((2 * sizes < small) | (sizes > 2 * large)).any(axis=1)
        trained = f"{_by(small)}" if (small == large).all() else f"{_by(small)} to {_by(large)}"
        height, width = self.spec.image_size
        low, high = cast("tuple[float, float]", self.facts.get("pixel_range", (0.0, 255.0)))
        deep, other = seen[:, 3] == 1, seen[:, 4] == 1
        counts = (
            (outside, f"are less than half or more than twice as large as those trained on ({trained} pixels); "
                      f"all are brought to {height} x {width}"),
            ((seen[:, 2] == 3) & (self.spec.channels == 1), "are in colour; trained on grey, colour is dropped"),
            ((seen[:, 2] == 1) & (self.spec.channels == 3), "are grey; trained on colour images"),
            (other, f"have pixels on another scale; trained on {low:.3g} to {high:.3g}, they are brought to that"),
            (deep & (not self.deep) & ~other, "have more than 8 bits a pixel; trained on 8, they are scaled down"),
            (~deep & self.deep & ~other, "have 8 bits a pixel; trained on more, they are scaled up"),
        )  # fmt: skip
        few = 0.1 if self.facts.get("mixed") else 0.0
        return [f"{int(which.sum()):,} of {len(seen):,} images {what}" for which, what in counts if which.mean() > few]

    array = "pixels"

    def pieces(self, shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
        """The parts of a row, of stored pixels [N C H W], that others' may take the place of: its quarters."""
        height, width = shape[2] // 2, shape[3] // 2
        halves = [(slice(0, height), slice(height, None)), (slice(0, width), slice(width, None))]
        return [(slice(None), down, right) for down in halves[0] for right in halves[1]]

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`."""
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> ImageEncoder:
        """Reads back what `save` wrote.

        Raises:
            InputError: when the folder holds no image encoder, or a damaged one.
        """
        spec, written = read_encoder(folder, cls.kind)
        assert isinstance(spec, ImageSpec)
        return cls(spec, written["facts"])


def _by(size: NDArray[np.int64]) -> str:
    return f"{size[0]} x {size[1]}"


def _resized(pixels: NDArray, size: tuple[int, int]) -> NDArray:
    if pixels.shape[:2] == size:
        return pixels

    def resample(plane: NDArray) -> NDArray:
        image = Image.fromarray(plane)
        return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=3.0))

    if pixels.dtype == np.uint8 and pixels.shape[2] == 3:
        return resample(np.ascontiguousarray(pixels))
    planes = [resample(np.ascontiguousarray(pixels[:, :, c])) for c in range(pixels.shape[2])]
    return np.stack(planes, axis=-1)


def _colours(pixels: NDArray, channels: int) -> NDArray:
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=2)
    grey = pixels.astype(np.float32) @ LUMA
    return (grey if pixels.dtype == np.float32 else np.round(grey).astype(np.uint8))[:, :, None]
