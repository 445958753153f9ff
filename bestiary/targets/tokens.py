"""Tokens: the one after each token of a window, or a text of its own."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Int
from torch import Tensor

from bestiary.batches import Target


@dataclass(frozen=True)
class Following(Target):
    """The token that follows each token of the inputs."""

    tokens: Int[Tensor, "B T"]


@dataclass(frozen=True)
class Written(Target):
    """What is to be written: begin ... end, of `sequence_lengths` tokens. 0 padding, 1 unknown, 2 begin, 3 end.

    The network is given the answer up to each token and asked for the next one (teacher forcing).
    """

    arrays = ("sequence", "sequence_lengths")
    sequence: Int[Tensor, "B T"]
    sequence_lengths: Int[Tensor, " B"]

    @property
    def truth(self) -> Tensor:
        """Each token but the first."""
        return self.sequence[:, 1:]

    @property
    def given(self) -> tuple[Tensor]:
        """Each token but the last."""
        return (self.sequence[:, :-1],)


TARGET = Written
