"""What came of actions in an environment."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int, Num
from torch import Tensor

from bestiary.batches import Target
from bestiary.errors import InputError


@dataclass(frozen=True)
class Steps(Target):
    """What was done and what followed. `terminal` is true where the episode ended by itself, not by a time limit."""

    action: Int[Tensor, " B"]
    reward: Float[Tensor, " B"]
    following: Float[Tensor, "B F"]
    terminal: Num[Tensor, " B"]

    @property
    def truth(self) -> Tensor:
        """There is none: what an action is worth is learned.

        Raises:
            InputError: always.
        """
        raise InputError("steps in an environment have no true answers; received a loss that asks for them")


TARGET = Steps
