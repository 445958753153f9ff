"""Pictures for people: what `inspect` and the report show, and grids of images as PNG."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

GAP = 1  # pixels between the images of a grid, before it is enlarged
SMALLEST = 480  # a grid of small images is enlarged by a whole number until its longer side has about as many pixels


@dataclass(frozen=True)
class Picture:
    """One drawing with its words; exactly one of `svg` and `png` is given.

    Args:
        title: a few words.
        caption: what is to be seen, in a sentence or two.
        svg: the drawing as SVG text, without script or outside references.
        png: the drawing as the bytes of a PNG file.

    Raises:
        ValueError: when none or both drawings are given.
    """

    title: str
    caption: str
    svg: str = ""
    png: bytes = b""

    def __post_init__(self) -> None:
        if bool(self.svg) == bool(self.png):
            raise ValueError("Picture takes svg or png, one of them")


def grid(images: Float[Tensor, "N C H W"], columns: int | None = None) -> NDArray[np.uint8]:
    """Images side by side, row by row, with a thin line between them.

    Args:
        images: [N C H W] from 0 to 1, of one or three channels; values outside are clipped.
        columns: images in a row; as many as make it nearly square unless given.

    Returns:
        Bytes [height, width, C].

    Example:
        >>> import torch
        >>> grid(torch.ones(5, 1, 2, 2), columns=3).shape
        (5, 8, 1)
    """
    count, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels)
    canvas = np.full(shape, 128, dtype=np.uint8)
    pixels = images.detach().cpu().float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    for place, image in enumerate(pixels):
        top, left = (place // columns) * (height + GAP), (place % columns) * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    return canvas


def png(pixels: NDArray[np.uint8], smallest: int = SMALLEST) -> bytes:
    """The bytes of a PNG file; small pictures are enlarged by a whole number, pixel by pixel.

    Args:
        pixels: [height, width, 1 or 3].
        smallest: pixels that the longer side should have about.
    """
    from PIL import Image

    times = max(1, round(smallest / max(pixels.shape[:2])))
    large = pixels.repeat(times, axis=0).repeat(times, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(large[:, :, 0] if large.shape[2] == 1 else large).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
