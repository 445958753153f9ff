"""What sizes a network: a frozen spec for each kind of data, from which the words of its constructor come.

A kind's spec is a frozen dataclass of plain numbers that inherits from `Spec`. Those that networks and tasks speak of
stand here; that of a further kind may stand in the folder of the kind.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar


class Spec:
    """What all specs can say of themselves.

    Attributes:
        kind: of data, by name.
        outputs: classes, or 1 where a number is predicted.
    """

    kind: ClassVar[str]
    outputs: int

    def written(self) -> dict[str, object]:
        """The kind and all sizes as plain words, as they stand in files."""
        return {"kind": self.kind, **dataclasses.asdict(self)}  # pyright: ignore[reportArgumentType]

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return dataclasses.asdict(self)  # pyright: ignore[reportArgumentType]

    @property
    def extent(self) -> int:
        """The smaller side of an image, the length of a series; anything else is large enough for every network."""
        return 1 << 30

    @property
    def picture(self) -> tuple[int, int, int] | None:
        """Channels, height and width, where a row is an image."""
        return None


@dataclass(frozen=True)
class TableSpec(Spec):
    """What sizes a network for tables. `outputs` is the number of classes, or 1 for regression.

    `code` is how many numbers a code has, where codes are what a task compares; 0 leaves it to the network. `numbers`
    counts plain numbers, `categories` the codes of each column (0 included), `vocabulary` the n-grams of all `texts`.
    """

    features: int
    outputs: int
    code: int = 0
    numbers: int | None = None
    categories: tuple[int, ...] = ()
    texts: int = 0
    vocabulary: int = 0
    kind: ClassVar[str] = "table"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        words = {**super().sizes(), "numbers": self.features if self.numbers is None else self.numbers}
        return {word: value for word, value in words.items() if self.code or word != "code"}


@dataclass(frozen=True)
class ImageSpec(Spec):
    """What sizes a network for images; `image_size` is (height, width) in pixels; `code` as in `TableSpec`."""

    channels: int
    image_size: tuple[int, int]
    outputs: int
    code: int = 0
    kind: ClassVar[str] = "image"

    @property
    def extent(self) -> int:
        return min(self.image_size)

    @property
    def picture(self) -> tuple[int, int, int]:
        return self.channels, *self.image_size

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        features = self.channels * self.image_size[0] * self.image_size[1]
        return {
            "channels": self.channels,
            "image_size": tuple(self.image_size),
            "features": features,
            "outputs": self.outputs,
            **({"code": self.code} if self.code else {}),
        }


@dataclass(frozen=True)
class TokenSpec(Spec):
    """What sizes a network for text; `length` is the longest sequence in tokens. Token 0 is padding, 1 unknown.

    Where a pre-trained encoder has read the texts too, `pieces` is the longest one in its own tokens, and `sentence`
    counts the numbers of its vectors; else both are 0.
    """

    vocabulary: int
    length: int
    outputs: int
    pieces: int = 0
    sentence: int = 0
    kind: ClassVar[str] = "text"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return {word: value for word, value in super().sizes().items() if value or word not in ("pieces", "sentence")}


@dataclass(frozen=True)
class SeriesSpec(Spec):
    """What sizes a network for series; `length` is the longest series in steps."""

    channels: int
    length: int
    outputs: int
    kind: ClassVar[str] = "series"

    @property
    def extent(self) -> int:
        return self.length

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        features = self.channels * self.length
        return {"channels": self.channels, "length": self.length, "features": features, "outputs": self.outputs}


@dataclass(frozen=True)
class PairSpec(Spec):
    """What sizes a network from sequences to sequences: vocabularies of both, and lengths in tokens."""

    vocabulary: int
    answers: int
    length: int
    answer_length: int
    outputs: int = 1
    kind: ClassVar[str] = "pairs"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        lengths = {"length": self.length, "answer_length": self.answer_length}
        return {"vocabulary": self.vocabulary, "answers": self.answers, **lengths}


@dataclass(frozen=True)
class CorpusSpec(Spec):
    """What sizes a language model; `length` is the window in tokens."""

    vocabulary: int
    length: int
    outputs: int = 1
    kind: ClassVar[str] = "corpus"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return {"vocabulary": self.vocabulary, "length": self.length}


@dataclass(frozen=True)
class GraphSpec(Spec):
    """What sizes a network for one graph: features of a node, classes, nodes."""

    features: int
    outputs: int
    nodes: int
    kind: ClassVar[str] = "graph"


@dataclass(frozen=True)
class GraphsSpec(Spec):
    """What sizes a network for a set of graphs: features of a node, classes of a graph."""

    features: int
    outputs: int
    kind: ClassVar[str] = "graphs"


@dataclass(frozen=True)
class EnvironmentSpec(Spec):
    """What sizes a network that acts: numbers in an observation, and actions (`outputs`).

    `environment` is a gymnasium id, or "module:Class" on the import path.
    """

    features: int
    outputs: int
    environment: str
    kind: ClassVar[str] = "environment"

    def sizes(self) -> dict[str, object]:
        """The constructor words that the data decide."""
        return {"features": self.features, "outputs": self.outputs}
