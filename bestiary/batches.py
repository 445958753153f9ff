"""A batch: what a network is given, and what is asked of it, as two parts that vary apart.

`inputs` names the classes of inputs, one for each kind of data; `targets` holds what is asked of rows. Images with
class numbers, with a mask or with a text are the same inputs with another target. This file imports torch alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from torch import Tensor

from bestiary.errors import InputError


class Part:
    """Tensors of the same rows. A part is a frozen dataclass; the first axis of its tensors is the row.

    Fields that are no tensors are left alone when rows are taken or moved.
    """

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(getattr(self, dataclasses.fields(self)[0].name))  # pyright: ignore[reportArgumentType]

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def part(self, start: int, stop: int) -> Self:
        """Rows `start` to `stop`."""
        return self._map(lambda tensor: tensor[start:stop])

    def _map(self, change: Callable[[Tensor], Tensor]) -> Self:
        held = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))  # pyright: ignore
        return type(self)(**{name: change(one) if isinstance(one, Tensor) else one for name, one in held})


class Inputs(Part):
    """What a network is given of rows. Iterated over, it gives the arguments of `forward`: `network(*batch.inputs)`.

    Attributes:
        padded: the name of a tensor [B T ...] that is padded at its end, where there is one: it is cut to the longest
            of the batch's `lengths` [B].
    """

    padded: ClassVar[str] = ""

    @property
    def arguments(self) -> tuple[Tensor, ...]:
        """The arguments of `forward`."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.arguments)

    def __getitem__(self, number: int) -> Tensor:
        return self.arguments[number]


class WholeInputs(Inputs):
    """What hangs together by edges: it cannot be cut by rows, for its tensors have different first axes."""

    def part(self, start: int, stop: int) -> Self:
        """All of it, where all of it is asked for.

        Raises:
            InputError: for less than all of it; edges would be lost without a word.
        """
        if start <= 0 and stop >= self.rows:
            return self
        what = f"rows {start} to {stop} of {self.rows}"
        raise InputError(f"a graph is one whole and cannot be cut into parts; received {what}; give parts=1")


class Target(Part):
    """What is asked of rows, and the truth that answers are compared with.

    Attributes:
        arrays: names of the stored arrays that it is made of.
    """

    arrays: ClassVar[tuple[str, ...]] = ("target",)

    @classmethod
    def of(cls, stored: Mapping[str, Tensor], facts: Mapping[str, object]) -> Self:
        """The target of rows.

        Args:
            stored: the named `arrays`, some rows of each.
            facts: of the data; see `rows.store.write_spec`.
        """
        del facts
        return cls(*(stored[name] for name in cls.arrays))

    @property
    def truth(self) -> Tensor:
        """The tensor that a loss compares answers with."""
        return getattr(self, dataclasses.fields(self)[0].name)  # pyright: ignore[reportArgumentType]

    @property
    def given(self) -> tuple[Tensor, ...]:
        """What a network is told of the truth while it learns, behind its inputs: texts are written token by token."""
        return ()


I = TypeVar("I", bound=Inputs, covariant=True)  # noqa: E741
T = TypeVar("T", bound="Target | None", covariant=True)


@dataclass(frozen=True)
class Batch(Generic[I, T]):
    """Some rows of data.

    Attributes:
        inputs: what a network is given.
        target: what is asked of it; None where nothing is known of the rows.

    Example:
        >>> from bestiary.inputs import TableInputs
        >>> from bestiary.targets import Classes
        >>> batch = Batch(TableInputs(torch.ones(3, 2)), Classes(torch.tensor([0, 1, 1])))
        >>> len(batch), batch.part(1, 3).truth.tolist(), Batch(batch.inputs).target
        (3, [1, 1], None)
    """

    inputs: I
    target: T = None  # pyright: ignore[reportAssignmentType]

    @property
    def truth(self) -> Tensor:
        """The tensor that a loss compares answers with.

        Raises:
            InputError: where nothing is known of the rows.
        """
        if self.target is None:
            raise InputError("expected rows with a target; received rows without one; give data that have a target")
        return self.target.truth

    def arguments(self, network: object) -> tuple[Tensor, ...]:
        """What a network's forward takes of this batch.

        Of the inputs it is what they give, or the property that the network's class names as `takes`; behind them
        comes what the target gives.
        """
        taken: Any = getattr(self.inputs, getattr(network, "takes", "arguments"))
        return taken if self.target is None else (*taken, *self.target.given)

    def __len__(self) -> int:
        return self.inputs.rows

    def to(self, device: torch.device | str) -> Self:
        """The same batch on a device."""
        target = None if self.target is None else self.target.to(device)
        return dataclasses.replace(self, inputs=self.inputs.to(device), target=target)

    def part(self, start: int, stop: int) -> Self:
        """Rows `start` to `stop` of this batch, as a batch; the batch itself for all of them.

        Raises:
            InputError: for some rows of what cannot be cut, a graph.
        """
        if start <= 0 and stop >= len(self):
            return self
        target = None if self.target is None else self.target.part(start, stop)
        return dataclasses.replace(self, inputs=self.inputs.part(start, stop), target=target)
