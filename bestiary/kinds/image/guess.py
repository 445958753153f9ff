"""Whether images were given."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import pyarrow.compute as pc

from bestiary.rows.given import LOOKED, Given
from bestiary.rows.written import labels

_IMAGE = r"(?i)\.(png|jpe?g|gif|bmp|tiff?|webp|ppm|pgm|pbm)$"


def guess(given: Given) -> str | None:
    """A folder, arrays of pixels, or a table with a column of names of image files."""
    if given.folder:
        return f"{given.folder} is a folder; images in one folder per class are expected"
    if given.array is not None:
        return _array(given)
    if given.word("text") or given.frame is None:
        return None
    for name in given.others[:LOOKED]:
        cells = labels(given.opening[name]).drop_null()
        if len(cells) and pc.all(pc.match_substring_regex(cells, _IMAGE)).as_py():
            return f"column {name!r} holds names of image files"
    return None


def _array(given: Given) -> str | None:
    assert given.array is not None
    shape, whole = given.array
    pixels = len(shape) == 4 or (len(shape) == 3 and whole)
    if given.path is not None:
        told = f"{given.path.name}: the array has three axes of bytes: images"
        return (
            told if len(shape) == 3 and whole else f"{given.path.name} is an .npz file; arrays of images are expected"
        )
    axes = "four axes: images, height, width, channels" if len(shape) == 4 else "three axes of bytes: images"
    return f"the array has {axes}" if pixels else None
