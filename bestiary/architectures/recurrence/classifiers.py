"""From a sequence to an answer: a recurrent network reads it, a linear layer reads its last state.

One class for each kind of data, abstract in the cell alone; the architectures name theirs. Text enters through an
embedding, a series as it is, an image row by row of pixels from top to bottom. The first two are read to their own
length, so that padding plays no part.

Axes: B batch, T time, C channels, H image rows, W image columns, K outputs.
"""

from abc import ABC
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.recurrent import Cell, Recurrence
from bestiary.weights.maps import Line, NameMap, same


def torch_names(of: str, network: str) -> NameMap:
    """The names that torch's recurrent layers have for the weights of a `RecurrentSequence`.

    Args:
        of: "torch.nn.LSTM".
        network: our class.

    Example:
        >>> torch_names("torch.nn.LSTM", "LSTM").lines[0].theirs
        ('{*}_ih_l{layer}',)
    """
    lines: list[Line] = []
    for direction, ending in enumerate(("", "_reverse")):
        place = f"recurrence.layers.{{layer}}.{direction}"
        lines.append(same(f"{place}.from_input.{{*}}", f"{{*}}_ih_l{{layer}}{ending}"))
        lines.append(same(f"{place}.from_hidden.{{*}}", f"{{*}}_hh_l{{layer}}{ending}"))
    return NameMap("torch", of, (network,), tuple(lines))


class Head(nn.Module):
    """Dropout and a linear layer.

    Args:
        width: units of each direction.
        bidirectional: whether there are two.
        dropout: of the state.
        outputs: classes, or 1.
    """

    def __init__(self, *, width: int, bidirectional: bool, dropout: float, outputs: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width * (2 if bidirectional else 1), outputs)

    def forward(self, state: Float[Tensor, "B H"]) -> Float[Tensor, "B K"]:
        return self.linear(self.dropout(state))


class RecurrentText(nn.Module, ABC):
    """Embedding, recurrent layers, linear layer. Abstract: an architecture names its `cell`.

    Args:
        vocabulary: number of different tokens; 0 is padding.
        embedding: numbers that a token becomes.
        width: units of a layer and direction.
        outputs: classes, or 1 for regression.
        depth: layers.
        bidirectional: also read from the end.
        dropout: between layers and before the linear layer.
        recurrent_dropout: between steps; slower (see `Recurrence`).
        biases: 2, or 1 as in Keras.
    """

    cell: ClassVar[type[Cell]]

    def __init__(
        self,
        *,
        vocabulary: int,
        embedding: int,
        width: int,
        outputs: int,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        biases: int = 2,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embedding)
        self.recurrence = Recurrence(
            cell=self.cell,
            inputs=embedding,
            width=width,
            depth=depth,
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            biases=biases,
        )
        self.head = Head(width=width, bidirectional=bidirectional, dropout=dropout, outputs=outputs)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        _, last = self.recurrence(self.embed(tokens), lengths)
        return self.head(last)


class RecurrentSeries(nn.Module, ABC):
    """Recurrent layers, linear layer. Abstract: an architecture names its `cell`.

    Args:
        channels: numbers in one step.
        width: units of a layer and direction.
        outputs: classes, or 1 for regression.
        depth: layers.
        bidirectional: also read from the end.
        dropout: between layers and before the linear layer.
        recurrent_dropout: between steps; slower (see `Recurrence`).
        biases: 2, or 1 as in Keras.
    """

    cell: ClassVar[type[Cell]]

    def __init__(
        self,
        *,
        channels: int,
        width: int,
        outputs: int,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        biases: int = 2,
    ) -> None:
        super().__init__()
        self.recurrence = Recurrence(
            cell=self.cell,
            inputs=channels,
            width=width,
            depth=depth,
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            biases=biases,
        )
        self.head = Head(width=width, bidirectional=bidirectional, dropout=dropout, outputs=outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        _, last = self.recurrence(values, lengths)
        return self.head(last)


class RecurrentImage(nn.Module, ABC):
    """Reads an image as a sequence of its rows, from top to bottom. Abstract: an architecture names its `cell`.

    Args:
        channels: of the image; a step holds the row's pixels of all of them.
        image_size: (height, width) in pixels.
        width: units of a layer and direction.
        outputs: classes, or 1 for regression.
        depth: layers.
        bidirectional: also read from the bottom.
        dropout: between layers and before the linear layer.
        recurrent_dropout: between steps; slower (see `Recurrence`).
    """

    cell: ClassVar[type[Cell]]

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        width: int,
        outputs: int,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.recurrence = Recurrence(
            cell=self.cell,
            inputs=channels * image_size[1],
            width=width,
            depth=depth,
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
        )
        self.head = Head(width=width, bidirectional=bidirectional, dropout=dropout, outputs=outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        rows = pixels.transpose(1, 2).flatten(2)  # [B, H, C*W]
        _, last = self.recurrence(rows)
        return self.head(last)


class RecurrentSequence(nn.Module, ABC):
    """The recurrent layers alone. Abstract: an architecture names its `cell`.

    Args:
        channels: numbers in one step.
        width: units of a layer and direction.
        depth: layers.
        bidirectional: also read from the end.
        dropout: between layers.
        recurrent_dropout: between steps; slower (see `Recurrence`).
        biases: 2, or 1 as in Keras.
    """

    cell: ClassVar[type[Cell]]

    def __init__(
        self,
        *,
        channels: int,
        width: int,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        biases: int = 2,
    ) -> None:
        super().__init__()
        self.recurrence = Recurrence(
            cell=self.cell,
            inputs=channels,
            width=width,
            depth=depth,
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            biases=biases,
        )

    def forward(
        self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, "B T DH"], Float[Tensor, "B DH"]]:
        return self.recurrence(values, lengths)
