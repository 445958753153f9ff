"""An image on a page: a thumbnail."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from bestiary.rows.showing import Read, Shown

LARGEST = 112  # pixels on the longer side of a thumbnail


def show(read: Read, row: int) -> Shown:
    """The image of a row."""
    pixels = read("pixels")
    if pixels is None:
        return Shown()
    return Shown(picture=thumbnail(np.asarray(pixels[row]), white=int(pixels[:500].max())))


def thumbnail(pixels: NDArray[np.generic], white: int = 255) -> str:
    """A small PNG as a data URI.

    Args:
        pixels: [C, H, W]; uint8, or floats that are stretched from their least to their largest value.
        white: the brightest value among all images; those that use less than half of what uint8 holds are brightened.
    """
    from PIL import Image

    if pixels.dtype != np.uint8:
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels.astype(float) - low) / ((high - low) or 1) * 255).astype(np.uint8)
    elif 0 < white < 128:
        pixels = np.minimum(pixels.astype(float) * 255 / white, 255).astype(np.uint8)
    image = Image.fromarray(np.moveaxis(pixels[:3], 0, -1) if len(pixels) >= 3 else pixels[0])
    image.thumbnail((LARGEST, LARGEST))
    target = io.BytesIO()
    image.save(target, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")
