"""What a network is given: frozen inputs for each kind of data.

Axes everywhere: B batch, F features, C channels, H height, W width, T time, K classes or outputs, N nodes, E edges.
A new need is a new kind, not a new key; its inputs may stand in the folder of the kind. This file imports torch alone;
`contracts` hands all of it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bestiary.batches import Inputs, WholeInputs
from bestiary.errors import InputError


@dataclass(frozen=True)
class TableInputs(Inputs):
    """Encoded rows of a table: flat features, P plain numbers first; and column by column where they were encoded so.

    `numbers` are not bent in their tails; `categories` are codes, 0 never seen; `words` hashed n-grams, 0 no more.
    """

    features: Float[Tensor, "B F"]
    numbers: Float[Tensor, "B P"] | None = None
    categories: Int[Tensor, "B C"] | None = None
    words: Int[Tensor, "B X T"] | None = None

    @property
    def arguments(self) -> tuple[Tensor]:
        return (self.features,)

    @property
    def columns(self) -> tuple[Tensor, Tensor, Tensor]:
        """Numbers, categories and words: for networks with `takes = "columns"`."""
        numbers, *others = self.straight_columns
        return self.features[:, : numbers.shape[1]], others[0], others[1]

    @property
    def straight_columns(self) -> tuple[Tensor, Tensor, Tensor]:
        """The same with numbers that are not bent: for networks that tame them by themselves."""
        none = torch.zeros((len(self.features), 0), dtype=torch.long, device=self.features.device)
        numbers = self.features if self.numbers is None else self.numbers
        categories = none if self.categories is None else self.categories
        return numbers, categories, none[:, :, None] if self.words is None else self.words


@dataclass(frozen=True)
class ImageInputs(Inputs):
    """Standardised images."""

    pixels: Float[Tensor, "B C H W"]

    @property
    def arguments(self) -> tuple[Tensor]:
        return (self.pixels,)


@dataclass(frozen=True)
class TokenInputs(Inputs):
    """Token numbers, padded at the end with 0; `lengths` counts the real ones (at least 1).

    Where a pre-trained encoder has read the texts too, `pieces` are its own token numbers, `piece_lengths` of them are
    real, and `sentence` is its vector of a text.
    """

    padded: ClassVar[str] = "tokens"
    tokens: Int[Tensor, "B T"]
    lengths: Int[Tensor, " B"]
    pieces: Int[Tensor, "B P"] | None = None
    piece_lengths: Int[Tensor, " B"] | None = None
    sentence: Float[Tensor, "B D"] | None = None

    @property
    def arguments(self) -> tuple[Tensor, Tensor]:
        return (self.tokens, self.lengths)

    @property
    def as_pieces(self) -> tuple[Tensor, Tensor]:
        """Pieces, cut to the longest text, and lengths: for networks with `takes = "as_pieces"`."""
        if self.pieces is None or self.piece_lengths is None:
            raise InputError("these texts were not cut into the pieces of a pre-trained encoder; train again")
        return self.pieces[:, : int(self.piece_lengths.max())], self.piece_lengths

    @property
    def as_sentence(self) -> tuple[Tensor]:
        """The vector of each text: for networks with `takes = "as_sentence"`."""
        if self.sentence is None:
            raise InputError("these texts were not read by a pre-trained encoder; train again")
        return (self.sentence,)


@dataclass(frozen=True)
class SeriesInputs(Inputs):
    """Standardised multichannel series, padded at the end with 0; `lengths` counts the real steps (at least 1)."""

    padded: ClassVar[str] = "values"
    values: Float[Tensor, "B T C"]
    lengths: Int[Tensor, " B"]

    @property
    def arguments(self) -> tuple[Tensor, Tensor]:
        return (self.values, self.lengths)


@dataclass(frozen=True)
class PairInputs(Inputs):
    """Sequences that become others. Tokens: 0 padding, 1 unknown, 3 end."""

    source: Int[Tensor, "B S"]
    source_lengths: Int[Tensor, " B"]

    @property
    def arguments(self) -> tuple[Tensor, Tensor]:
        return (self.source, self.source_lengths)


@dataclass(frozen=True)
class CorpusInputs(Inputs):
    """Windows of running text."""

    tokens: Int[Tensor, "B T"]

    @property
    def arguments(self) -> tuple[Tensor]:
        return (self.tokens,)


@dataclass(frozen=True)
class GraphInputs(WholeInputs):
    """One graph. Edges go from `edges[0]` to `edges[1]`; rows are the nodes that are asked about, `where`.

    `known` is the number that a node had in training, -1 for a new one; baselines look up labels by it.
    """

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    known: Int[Tensor, " N"]
    where: Int[Tensor, " M"]

    @property
    def arguments(self) -> tuple[Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.weights)

    @property
    def rows(self) -> int:
        return len(self.where)


@dataclass(frozen=True)
class LinkInputs(WholeInputs):
    """One graph; rows are pairs of nodes that are asked about: is there an edge?"""

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    known: Int[Tensor, " N"]
    pairs: Int[Tensor, "2 M"]

    @property
    def arguments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.pairs, self.weights)

    @property
    def rows(self) -> int:
        return self.pairs.shape[1]


@dataclass(frozen=True)
class GraphsInputs(WholeInputs):
    """`count` small graphs as one that falls into parts; `graph` says which part a node belongs to, never falling."""

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    graph: Int[Tensor, " N"]
    count: int

    @property
    def arguments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.graph, self.weights)

    @property
    def rows(self) -> int:
        return self.count


@dataclass(frozen=True)
class ObservationInputs(Inputs):
    """What is seen of an environment."""

    observation: Float[Tensor, "B F"]

    @property
    def arguments(self) -> tuple[Tensor]:
        return (self.observation,)
