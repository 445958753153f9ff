"""Histograms of oriented gradients against scikit-image's."""

import numpy as np
import pytest
from skimage.feature import hog as theirs

from bestiary.baselines.hog import cell_side, hog
from bestiary.baselines.images import edges, pixels
from bestiary.contracts import ImageSpec


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 28, 28), (3, 32, 40), (1, 8, 8), (3, 21, 17)])
def test_hog_equals_scikit_image(seed: int, channels: int, height: int, width: int) -> None:
    cell = cell_side(height, width)
    pictures = np.random.default_rng(seed).random((3, channels, height, width))
    expected = [
        theirs(
            picture.transpose(1, 2, 0),
            orientations=9,
            pixels_per_cell=(cell, cell),
            cells_per_block=(2, 2),
            block_norm="L2-Hys",
            channel_axis=-1,
        )
        for picture in pictures
    ]
    found = hog(pictures, cell)
    assert np.abs(found - np.stack(expected)).max() < 1e-5
    assert np.abs(found).max() > 0.1


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (5, 300), (64, 64)])
def test_pictures_of_any_size_have_edges(size: tuple[int, int]) -> None:
    stored = np.random.default_rng(0).integers(0, 255, (2, 3, *size), dtype=np.uint8)
    spec = ImageSpec(3, size, 2)
    for view in (edges, pixels):
        found = view({"pixels": stored}, spec)
        assert np.isfinite(found).all() and len(found) == 2
        assert view({"pixels": stored[:0]}, spec).shape == (0, found.shape[1])


def test_a_brighter_picture_has_the_same_edges() -> None:
    picture = np.random.default_rng(0).random((1, 1, 28, 28))
    assert np.abs(hog(200 * picture + 40, 4) - hog(picture, 4)).max() < 1e-3
