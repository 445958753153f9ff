"""What a network is given: a frozen batch for each kind of data.

Axes everywhere: B batch, F features, C channels, H height, W width, T time, K classes or outputs, N nodes, E edges.
A new need is a new kind, not a new key; its batch may stand in the folder of the kind. This file imports torch alone;
`contracts` hands all of it on.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from bestiary.errors import InputError


class Batch:
    """What all kinds of batch can do. A kind is a frozen dataclass of tensors whose first axis is B.

    Attributes:
        target: what is to be predicted.
        padded: the name of a tensor [B T ...] that is padded at its end, where there is one: it is cut to the longest
            of the batch's `lengths` [B].
    """

    padded: ClassVar[str] = ""
    target: Tensor

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The arguments of `forward`."""
        raise NotImplementedError

    def arguments(self, network: object) -> tuple[Tensor, ...]:
        """What a network's forward takes of this batch: `inputs`, or the property that its class names as `takes`."""
        return getattr(self, getattr(network, "takes", "inputs"))

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))  # pyright: ignore[reportArgumentType]

    def _map(self, change: object) -> Self:
        held = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))  # pyright: ignore
        return type(self)(**{name: None if part is None else change(part) for name, part in held})  # pyright: ignore

    def to(self, device: torch.device | str) -> Self:
        """The same batch on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def part(self, start: int, stop: int) -> Self:
        """Rows `start` to `stop` of this batch, as a batch of the same kind."""
        return self._map(lambda tensor: tensor[start:stop])


class WholeBatch(Batch):
    """What hangs together by edges: it cannot be cut by rows, for its tensors have different first axes."""

    def part(self, start: int, stop: int) -> Self:
        """The batch itself, where all of it is asked for.

        Raises:
            InputError: for less than all of it; edges would be lost without a word.
        """
        if start <= 0 and stop >= len(self):
            return self
        what = f"rows {start} to {stop} of {len(self)}"
        raise InputError(f"a graph is one whole and cannot be cut into parts; received {what}; give parts=1")


@dataclass(frozen=True)
class TableBatch(Batch):
    """Encoded rows of a table: flat features, P plain numbers first; and column by column where they were encoded so.

    `numbers` are not bent in their tails; `categories` are codes, 0 never seen; `words` hashed n-grams, 0 no more.
    """

    features: Float[Tensor, "B F"]
    target: Num[Tensor, " B"]
    numbers: Float[Tensor, "B P"] | None = None
    categories: Int[Tensor, "B C"] | None = None
    words: Int[Tensor, "B X T"] | None = None

    @property
    def inputs(self) -> tuple[Tensor]:
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
class ImageBatch(Batch):
    """Standardised images."""

    pixels: Float[Tensor, "B C H W"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.pixels,)


@dataclass(frozen=True)
class TokenBatch(Batch):
    """Token numbers, padded at the end with 0; `lengths` counts the real ones (at least 1).

    Where a pre-trained encoder has read the texts too, `pieces` are its own token numbers, `piece_lengths` of them are
    real, and `sentence` is its vector of a text.
    """

    padded: ClassVar[str] = "tokens"
    tokens: Int[Tensor, "B T"]
    lengths: Int[Tensor, " B"]
    target: Num[Tensor, " B"]
    pieces: Int[Tensor, "B P"] | None = None
    piece_lengths: Int[Tensor, " B"] | None = None
    sentence: Float[Tensor, "B D"] | None = None

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
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
class SeriesBatch(Batch):
    """Standardised multichannel series, padded at the end with 0; `lengths` counts the real steps (at least 1)."""

    padded: ClassVar[str] = "values"
    values: Float[Tensor, "B T C"]
    lengths: Int[Tensor, " B"]
    target: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        return (self.values, self.lengths)


@dataclass(frozen=True)
class PairBatch(Batch):
    """Sequences and what they become. Tokens: 0 padding, 1 unknown, 2 begin, 3 end; `sequence` is begin ... end.

    The network is given the answer up to each token and asked for the next one (teacher forcing).
    """

    source: Int[Tensor, "B S"]
    source_lengths: Int[Tensor, " B"]
    sequence: Int[Tensor, "B T"]
    sequence_lengths: Int[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        return (self.source, self.source_lengths, self.sequence[:, :-1])

    @property
    def target(self) -> Tensor:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.sequence[:, 1:]


@dataclass(frozen=True)
class CorpusBatch(Batch):
    """Windows of running text: each token is to be told from those before it."""

    tokens: Int[Tensor, "B T"]

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.tokens[:, :-1],)

    @property
    def target(self) -> Tensor:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.tokens[:, 1:]


@dataclass(frozen=True)
class GraphBatch(WholeBatch):
    """One graph. Edges go from `edges[0]` to `edges[1]`; `where` are the nodes that are asked about.

    `known` is the number that a node had in training, -1 for a new one; baselines look up labels by it.
    """

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    known: Int[Tensor, " N"]
    where: Int[Tensor, " M"]
    target: Num[Tensor, " M"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.weights)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class LinkBatch(WholeBatch):
    """One graph, and pairs of nodes that are asked about: is there an edge?"""

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    known: Int[Tensor, " N"]
    pairs: Int[Tensor, "2 M"]
    target: Num[Tensor, " M"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.pairs, self.weights)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class GraphsBatch(WholeBatch):
    """Several small graphs as one that falls into parts; `graph` says which part a node belongs to, never falling."""

    features: Float[Tensor, "N F"]
    edges: Int[Tensor, "2 E"]
    weights: Float[Tensor, " E"]
    graph: Int[Tensor, " N"]
    target: Num[Tensor, " G"]

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (self.features, self.edges, self.graph, self.weights)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class TransitionBatch(Batch):
    """What happened in an environment. `terminal` is true where the episode ended by itself, not by a time limit."""

    observation: Float[Tensor, "B F"]
    action: Int[Tensor, " B"]
    reward: Float[Tensor, " B"]
    following: Float[Tensor, "B F"]
    terminal: Num[Tensor, " B"]

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.observation,)
