"""What sampling gives: images, texts or rows of a table, and how they are written to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from bestiary.errors import InputError
from bestiary.files import write_bytes, write_text
from bestiary.layers.pixel_range import bounds
from bestiary.sampling.pictures import grid, png

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Sequence[object] | NDArray[np.generic]]


@dataclass(frozen=True)
class Samples:
    """New data from a trained network; exactly one of the three kinds is given.

    Args:
        images: [N C H W] from 0 (black) to 1 (white); one channel is grey, three are red, green and blue.
        texts: N texts.
        table: name of a column -> its N values, as a person would have written them.

    Raises:
        ValueError: when none or several kinds are given, or images have another shape.

    Example:
        >>> import torch
        >>> samples = Samples(images=torch.rand(5, 1, 8, 8))
        >>> len(samples), samples.kind
        (5, 'images')
    """

    images: Float[Tensor, "N C H W"] | None = None
    texts: Sequence[str] | None = None
    table: Columns | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("images", "texts", "table") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"Samples takes one of images, texts, table; received {', '.join(given) or 'none'}")
        if self.images is not None and (self.images.ndim != 4 or self.images.shape[1] not in (1, 3)):
            raise ValueError(f"images must be [N, 1 or 3, H, W]; received {tuple(self.images.shape)}")

    @property
    def kind(self) -> str:
        """Which of the three it holds: "images", "texts" or "table"."""
        return next(name for name in ("images", "texts", "table") if getattr(self, name) is not None)

    def __len__(self) -> int:
        if self.table is not None:
            return len(next(iter(self.table.values()), ()))
        return len(self.images if self.images is not None else self.texts or ())

    def on_table(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Samples:
        """Samples whose table went through a function; those of other kinds as they are."""
        return self if self.table is None else replace(self, table=dict(change(self._frame()).items()))

    def _frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({name: np.asarray(column) for name, column in (self.table or {}).items()})

    def write(self, path: Path) -> list[Path]:
        """Writes them for people: images as one PNG grid, texts as a text file, a table as CSV.

        Args:
            path: of the file; an ending that does not fit the kind is replaced by `.png`, `.txt` or `.csv`.

        Returns:
            The files that were written.

        Raises:
            InputError: when there is nothing to write.
        """
        if not len(self):
            raise InputError("expected at least one sample to write; received none; ask for a count of 1 or more")
        if self.images is not None:
            path = path.with_suffix(".png")
            write_bytes(path, png(grid(self.images)))
        elif self.texts is not None:
            path = path.with_suffix(".txt")
            write_text(path, "\n".join(self.texts) + "\n")
        else:
            path = path.with_suffix(".csv")
            write_text(path, self._frame().to_csv(index=False))
        return [path]


def unit_images(pixels: Float[Tensor, "N C H W"], facts: Mapping[str, object]) -> Float[Tensor, "N C H W"]:
    """Standardised pixels as networks see them, as images on the CPU: the range of the training pixels becomes 0 to 1.

    Args:
        pixels: in the units of a batch.
        facts: of `spec.json`, see `bestiary.layers.pixel_range.bounds`.

    Example:
        >>> import torch
        >>> facts = {"pixel_mean": [4.0], "pixel_scale": [2.0], "pixel_range": [0.0, 16.0]}
        >>> unit_images(torch.tensor([-2.0, 0.0, 6.0, 9.0]).reshape(4, 1, 1, 1), facts).flatten()
        tensor([0.0000, 0.2500, 1.0000, 1.0000])
    """
    low, high = bounds(facts)
    return ((pixels - low.to(pixels)) / (high - low).to(pixels)).clamp(0, 1).cpu()
