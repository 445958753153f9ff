"""A file and the file that is held out from it, read as one."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bestiary.errors import InputError
from bestiary.rows.frames import Frame, words
from bestiary.rows.places import stacked
from bestiary.rows.written import labels, textual


@dataclass
class Stacked:
    """A file and the file held out from it, read as one; columns that only the second has are left out."""

    first: Frame
    second: Frame
    notes: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of both together, taken to be equally long."""
        return (self.first.share + self.second.share) / 2

    def __post_init__(self) -> None:
        self.name, self.columns = self.first.name, self.first.columns
        missing = [name for name in self.columns if name not in self.second.columns]
        if missing:
            raise InputError(f"the held-out file {self.second.name} lacks column {missing[0]!r} of {self.name}; add it")
        self.notes = [*self.first.notes, *self.second.notes]
        self._words: dict[str, list[str]] = {}  # how a column of truths is written in the first file

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows of the first file, then those of the second, whose cells are written as the first file's are."""
        kinds: dict[str, pa.DataType] = {}
        for piece in self.first.chunks(columns):
            kinds = {name: piece.schema.field(name).type for name in piece.column_names}
            yield piece
        for piece in self.second.chunks(list(self.columns if columns is None else columns)):
            cells = [self._alike(name, piece[name], kinds[name]) for name in piece.column_names]
            yield pa.table(cells, names=piece.column_names)

    def lines(self) -> NDArray[np.int64] | None:
        """Those of the first file, then those of the second."""
        return stacked(self.first, self.second)

    def _alike(self, name: str, cells: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
        """Cells of the second file in the type of the first; as text where a type cannot hold them."""
        if cells.type == kind:
            return cells
        if pa.types.is_boolean(cells.type) and textual(kind):
            known = self._truths(name)
            return pc.if_else(cells, pa.scalar(known[1]), pa.scalar(known[0]))
        if textual(kind):
            return words(cells)
        try:
            return pc.cast(labels(cells) if textual(cells.type) else cells, kind, safe=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as reason:
            raise InputError(
                f"column {name!r} holds {cells.type} in {self.second.name} and {kind} in {self.first.name}; "
                "write both files alike"
            ) from reason

    def _truths(self, name: str) -> list[str]:
        """The words for no and yes in a column of the first file."""
        if name not in self._words:
            first = next(iter(self.first.chunks([name])))[name]
            seen = {word.lower(): word for word in pc.unique(labels(first).drop_null()).slice(0, 100).to_pylist()}
            pairs = (("0", "1"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("false", "true"))
            found = next((pair for pair in pairs if seen.keys() & set(pair)), ("false", "true"))
            self._words[name] = [seen.get(word, word) for word in found]
        return self._words[name]
