"""What a person has given, to tell its kind by: looked at no further than a question needs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from bestiary.errors import InputError, nearest
from bestiary.rows.array_files import inputs_announced
from bestiary.rows.columns import text_column
from bestiary.rows.frames import Frame, open_frame
from bestiary.rows.paths import checked_path, there

OPENING = 2_000  # rows looked at
LOOKED = 200  # columns looked at


class Given:
    """Something to be read, and the words that came with it.

    Args:
        source: a path, frame, array, pair `(X, y)` of arrays, or name.
        words: options of reading that were given: target, text, id, group, time, separator, encoding.
        names: of the built-in data sets, for what is neither a file nor one of them.
    """

    def __init__(self, source: object, words: Mapping[str, object], names: Callable[[], Sequence[str]] = tuple) -> None:
        self.source, self.words = source, {name: word for name, word in words.items() if word is not None}
        self._names = names

    def word(self, name: str) -> str | None:
        """A word, if it was given."""
        found = self.words.get(name)
        return None if found is None else str(found)

    @property
    def named(self) -> bool:
        """Whether a column was named, so that rows with columns are meant."""
        return any(name in self.words for name in ("target", "text", "id", "group", "time"))

    @functools.cached_property
    def there(self) -> bool:
        """Whether it is a path of something that exists."""
        return isinstance(self.source, (str, Path)) and there(self.source)

    @functools.cached_property
    def path(self) -> Path | None:
        """The file or folder; None for objects in memory. `InputError` where a file is meant that does not exist."""
        if not isinstance(self.source, (str, Path)):
            return None
        plain = isinstance(self.source, str) and "/" not in self.source and "." not in self.source
        if plain and not self.there:
            near = nearest(str(self.source), self._names())
            raise InputError(f"no file and no built-in data set is named {self.source!r}{near}")
        given = Path(self.source).expanduser()
        return given if self.there and given.is_dir() else checked_path(self.source)

    @property
    def folder(self) -> Path | None:
        """The folder, if it is one."""
        return self.path if self.path is not None and self.path.is_dir() else None

    @property
    def suffix(self) -> str:
        """Ending of the file's name in small letters; empty for folders and objects."""
        return self.path.suffix.lower() if self.path is not None and not self.folder else ""

    @functools.cached_property
    def array(self) -> tuple[tuple[int, ...], bool] | None:
        """Shape of the inputs and whether they are bytes, as pixels are; None for anything but arrays."""
        if self.path is not None:
            if self.suffix != ".npz":
                return None
            shape, dtype = inputs_announced(self.path) or ((), np.dtype(np.uint8))
            return tuple(shape), dtype == np.uint8
        inputs = self.source[0] if isinstance(self.source, tuple) and self.source else self.source
        if isinstance(inputs, pd.DataFrame) or not isinstance(self.source, (tuple, np.ndarray)):
            return None
        features = np.asarray(inputs)
        return features.shape, features.dtype == np.uint8

    @functools.cached_property
    def frame(self) -> Frame | None:
        """The columns; None where a folder, an array file or arrays were given."""
        if isinstance(self.source, tuple) or self.folder or self.array is not None:
            return None
        return open_frame(self.source, self.word("separator"), self.word("encoding"))

    @property
    def others(self) -> list[str]:
        """Columns that are not the target."""
        return [name for name in (self.frame.columns if self.frame else ()) if name != self.words.get("target")]

    @functools.cached_property
    def opening(self) -> pa.Table:
        """The first rows."""
        assert self.frame is not None
        return next(iter(self.frame.chunks())).slice(0, OPENING)

    @functools.cached_property
    def free_text(self) -> str | None:
        """The column of longest free text, if there is one."""
        return text_column(self.opening, self.others[:LOOKED]) if self.frame else None
