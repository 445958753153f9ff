"""Decoding of one image file that may be damaged or hostile, and the search for image files in a folder.

Whatever the file holds comes out in one of four forms: uint8 [H, W, 1] grey, uint8 [H, W, 3] colour, and float32 of the
same shapes where the file has more than 8 bits a channel. Transparent pixels are laid over white, which is what a page
would show; EXIF rotation is applied; of an animation the first frame is taken; a colour image whose channels are all
equal is grey.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bestiary.errors import InputError
from bestiary.rows.limits import Turns, cores, progress
from bestiary.rows.paths import stays

T = TypeVar("T")
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
# An allow-list: Pillow's other formats include some that start programs (EPS) or have little use here.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MOST_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte at 3 bytes a pixel
PER_PIXEL = 24  # bytes of memory that decoding takes at most, of a colour image with transparency; measured
CANVAS = 32  # the same of WebP, which is unpacked before its size is known here
LARGEST = 1e30  # pixels of floating point: sums of their squares still fit float64
_DECODING = Turns()  # of all threads that decode
_ASKED = ("decoding it", "scale it down")
_JUNK = {"thumbs.db", "desktop.ini", "__macosx"}


class BrokenImageError(ValueError):
    """A file that cannot be decoded; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A decoded image.

    Attributes:
        pixels: uint8 or float32 [H, W, 1 or 3].
        size: (height, width) in the file; `pixels` may be smaller, see `decode`.
        step: what one step of an 8-bit file is in these pixels: 257 with 16 bits (255 * 257 = 65535), 1 / 255 where
            they are known to be fractions from 0 to 1, else 1.
    """

    pixels: NDArray[np.uint8] | NDArray[np.float32]
    size: tuple[int, int]
    step: float = 1

    @property
    def deep(self) -> bool:
        """Whether it has more than 8 bits a channel."""
        return self.pixels.dtype != np.uint8


def decode(file: Path | bytes, side: int | None = None) -> Picture:
    """Decodes one file, after its header has shown that it is not too large.

    Args:
        file: a path, or the bytes of a file.
        side: a JPEG whose sides are many times this is decoded at a half, a quarter or an eighth of its size (never
            below `side`), which is several times faster.

    Raises:
        BrokenImageError: when it is no regular file, no image of a known format, too large, or damaged.

    Example:
        >>> import numpy as np
        >>> from io import BytesIO
        >>> from PIL import Image
        >>> memory = BytesIO()
        >>> Image.fromarray(np.zeros((4, 6), dtype=np.uint8)).save(memory, "PNG")
        >>> decode(memory.getvalue()).pixels.shape
        (4, 6, 1)
    """
    try:
        if isinstance(file, Path):
            status = file.stat()
            if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
                raise BrokenImageError("not a regular file")
            if status.st_size == 0:
                raise BrokenImageError("empty")
        with (
            _DECODING.take(CANVAS * _webp_pixels(file), *_ASKED),
            Image.open(BytesIO(file) if isinstance(file, bytes) else file, formats=FORMATS) as image,
        ):
            return _canonical(image, side)
    except BrokenImageError:
        raise
    except InputError as reason:  # of more memory than there is
        raise BrokenImageError(str(reason)) from None
    except Image.UnidentifiedImageError:
        raise BrokenImageError(f"not an image of a known format ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise BrokenImageError(f"more than {MOST_PIXELS:,} pixels") from None
    except FileNotFoundError:
        raise BrokenImageError("not found") from None
    except Exception as reason:  # damaged bytes raise nearly anything: struct.error, SyntaxError ...
        raise BrokenImageError(" ".join(str(reason).split())[:120] or type(reason).__name__) from None


def _canonical(image: Image.Image, side: int | None) -> Picture:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise BrokenImageError(f"{width} x {height} is more than {MOST_PIXELS:,} pixels")
    if min(width, height) < 1:
        raise BrokenImageError("has no pixels")
    if side is not None:
        image.draft(None, (side, side))
    if image.format == "WEBP":  # whose memory is held already
        return _decoded(image, width, height)
    with _DECODING.take(PER_PIXEL * image.width * image.height, f"decoding {width} x {height} pixels", _ASKED[1]):
        return _decoded(image, width, height)


def _decoded(image: Image.Image, width: int, height: int) -> Picture:
    image.load()
    turned = _upright(image)
    size = (height, width) if (turned.width >= turned.height) == (image.width >= image.height) else (width, height)
    if turned.mode[0] in "IF":
        return Picture(_deep(turned), size, 257 if turned.mode[0] == "I" else 1)
    return Picture(_eight_bits(turned), size)


def _webp_pixels(file: Path | bytes) -> int:
    """Pixels that the header of a WebP file announces, whose decoder takes memory for all when it is opened; else 0."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            head = opened.read(30)
    else:
        head = file[:30]
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return 0
    if head[12:16] == b"VP8X":
        return (int.from_bytes(head[24:27], "little") + 1) * (int.from_bytes(head[27:30], "little") + 1)
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    return (int.from_bytes(head[26:28], "little") & 0x3FFF) * (int.from_bytes(head[28:30], "little") & 0x3FFF)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block is no reason to lose the pixels
        return image


def _deep(image: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(image).astype(np.float32)
    if not (np.abs(pixels) < LARGEST).all():
        raise BrokenImageError("has pixels that are not finite, or beyond 1e30")
    return pixels[:, :, None]


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == "1":
        image = image.convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode != "L":
        image = image.convert("RGB")
    return without_colour(np.atleast_3d(np.asarray(image)))


def fractions(pixels: NDArray[np.generic]) -> bool:
    """Whether numbers lie from 0 to 1 and are not all whole, as pixels do that were divided by 255.

    Example:
        >>> fractions(np.array([0, 0.5, 1.0])), fractions(np.array([0.0, 1.0])), fractions(np.array([0.5, 2.0]))
        (True, False, False)
    """
    if pixels.dtype.kind != "f" or not pixels.size:
        return False
    numbers = cast("NDArray[np.float64]", pixels)
    return bool(((numbers >= 0) & (numbers <= 1)).all() and ((numbers > 0) & (numbers < 1)).any())


def without_colour(pixels: NDArray) -> NDArray:
    """Only the first channel of [..., 3] where all three are equal everywhere."""
    if pixels.shape[-1] == 3 and (pixels[..., :1] == pixels[..., 1:]).all():
        return pixels[..., :1]
    return pixels


# ------------------------------------------------------------------------------------------------ folders


@dataclass
class Found:
    """Image files of a folder, in the order of their paths, and what was passed over."""

    files: list[Path] = field(default_factory=list)
    others: int = 0
    links: int = 0
    closed: int = 0
    empty: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """One line for each kind of thing that was passed over."""
        counts = (
            (self.others, "files whose names are not those of images"),
            (self.links, "links that lead to folders, out of the folder, in circles or nowhere"),
            (self.closed, "folders that may not be read"),
        )
        lines = [f"passed over: {count:,} {what}" for count, what in counts if count]
        if self.empty:
            names = ", ".join(self.empty[:5]) + (", ..." if len(self.empty) > 5 else "")
            lines.append(f"{len(self.empty)} folders hold no image: {names}")
        return lines


def find_images(folder: Path) -> Found:
    """All image files of a folder and of the folders in it, hidden ones left out.

    Links to folders are not followed, links to files only when they stay inside the folder.
    """
    found, root = Found(), Path(os.path.realpath(folder))

    def closed(_: OSError) -> None:
        found.closed += 1

    for base, folders, files in os.walk(root, onerror=closed):
        found.links += sum(Path(base, name).is_symlink() for name in folders)
        folders[:] = sorted(n for n in folders if not _hidden(n) and not Path(base, n).is_symlink())
        names = [name for name in files if not _hidden(name)]
        images = [Path(base, name) for name in names if Path(name).suffix.lower() in SUFFIXES]
        inside = [path for path in images if not path.is_symlink() or stays(path, root)]
        found.others += len(names) - len(images)
        found.links += len(images) - len(inside)
        found.files += inside
        if not images and not folders and Path(base) != root:
            found.empty.append(Path(base).relative_to(root).as_posix())
    found.files.sort(key=lambda path: path.relative_to(root).parts)
    return found


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _JUNK


# ------------------------------------------------------------------------------------------------ many at a time


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the remarks of the image library (about EXIF, palettes, sizes) off the screen; refusals are our own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def in_threads(work: Callable[[int], T], count: int, block: int = 64, part: str | None = None) -> Iterator[T]:
    """`work(0)` ... `work(count - 1)` in order, several at a time: decoders release the interpreter's lock.

    Args:
        work: by number.
        count: of numbers.
        block: handed to the threads at once.
        part: of the work of reading that this is, for the clock: one of `limits.PARTS`.
    """
    with quiet(), ThreadPoolExecutor(min(4, cores())) as pool:
        for start in range(0, count, block):  # one block after the other: a million futures would fill the memory
            for number, done in enumerate(pool.map(work, range(start, min(start + block, count))), start + 1):
                if part:
                    progress(part, number / count)
                yield done


def check_side(image_size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """An `image_size` option as (height, width).

    Raises:
        InputError: when it is not one or two whole numbers from 1 to 4,096.
    """
    if image_size is None:
        return None
    both = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(both) != 2 or not all(isinstance(side, int) and 1 <= side <= 4096 for side in both):
        raise InputError(
            f"image_size must be one or two whole numbers from 1 to 4096 (height, width); received {image_size!r}; "
            "leave it out for the median size"
        )
    return both[0], both[1]
