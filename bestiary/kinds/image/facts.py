"""The facts of images in files; see `rows.facts`."""

from __future__ import annotations

from typing import Annotated, NotRequired

from msgspec import Meta

from bestiary.rows.facts import Facts, Finite, Positive

Side = Annotated[int, Meta(ge=1, le=100_000)]


class ImageFacts(Facts):
    """Of images; see `image_encoder.ImageEncoder`."""

    deep: bool
    step: Annotated[float, Meta(ge=1e-6, le=2**24)]
    mixed: NotRequired[bool]
    file_sizes: tuple[tuple[Side, Side], tuple[Side, Side]]
    pixel_mean: NotRequired[list[Finite]]
    pixel_scale: NotRequired[list[Positive]]
    pixel_range: NotRequired[tuple[Finite, Finite]]
