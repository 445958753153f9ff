"""What a pre-trained encoder reads in texts, beside the tokens that are learned from the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bestiary.rows.source import SPLITS
from bestiary.rows.store import empty_array


@dataclass(frozen=True)
class Read:
    """Texts as an encoder has read them.

    Attributes:
        pieces: its tokens int32 [N, P], padded with 0.
        lengths: how many of them are real, int32 [N].
        vectors: what it says of each text, float32 [N, D]; None where it was not asked, or had no time.
    """

    pieces: NDArray[np.int32]
    lengths: NDArray[np.int32]
    vectors: NDArray[np.float32] | None = None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """By the names that a batch has them under."""
        found: dict[str, NDArray[np.generic]] = {"pieces": self.pieces, "piece_lengths": self.lengths}
        return found | ({} if self.vectors is None else {"sentence": self.vectors})

    def sizes(self) -> dict[str, int]:
        """What a spec says of them."""
        return {"pieces": self.pieces.shape[1], "sentence": 0 if self.vectors is None else self.vectors.shape[1]}

    def write(self, splits: NDArray[np.int8], folder: Path, train_only: bool) -> None:
        """All splits; the test rows go to `folder/../sealed`."""
        for split in range(2 if train_only else len(SPLITS)):
            home, inside = folder if split < 2 else folder.parent / "sealed", splits == split
            for name, array in self.arrays().items():
                part = array[inside]
                empty_array(home, SPLITS[split], name, part.shape, str(part.dtype))[:] = part


class Sentences(Protocol):
    """A pre-trained encoder.

    Attributes:
        note: what is to be said of its reading; "" for nothing.
    """

    note: str

    def read(self, texts: Sequence[str]) -> Read:
        """What it reads in texts."""
        ...

    def save(self, folder: Path) -> None:
        """Writes the files that it is made of again."""
        ...
