"""Greedy layer-wise pre-training, then learning from labels (Hinton, Osindero & Teh 2006; Bengio et al. 2007).

Machine after machine learns by contrastive divergence what the frozen ones below it give, from all rows, whether or
not they have labels. Then the objective is followed by its gradient, on the rows with labels. Which phase an update
belongs to follows from its number and the horizon alone:

    0 ............ first machine ............ second machine ........ s * horizon ........ labels ........ horizon
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.algorithms.adversarial import frozen
from bestiary.algorithms.contrastive_divergence import Machine, contrast, facts, fantasies, some_rows
from bestiary.contracts import Batch, Data, Logs, Objective
from bestiary.errors import InputError
from bestiary.optimisation.minimise import Minimise


class Stacked(Protocol):
    """A network of machines, each of which learns from what the ones below it make of the data."""

    machines: Sequence[Machine]

    def sees(self, layer: int, inputs: Tensor, target: Tensor | None, /) -> Tensor: ...

    def measure(self, facts: Mapping[str, object], rows: Iterable[Tensor]) -> None: ...


class Phase(NamedTuple):
    """Where an update stands: in which phase, as its how manieth update, of how many."""

    number: int
    step: int
    horizon: int


def phase(step: int, horizon: int, machines: int, share: float) -> Phase:
    """The phase of an update: 0, 1, ... for the machines, `machines` for the labels.

    Args:
        step: of the update, from 0.
        horizon: updates in all.
        machines: how many learn, one after the other, equally long.
        share: of the horizon that all machines take together, 0 to 1.

    Example:
        >>> [phase(step, 10, 2, 0.6).number for step in range(10)]
        [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    """
    bounds = [*(round(share * horizon * n / machines) for n in range(machines + 1)), max(horizon, step + 1)]
    number = next(n for n in range(machines + 1) if step < bounds[n + 1])
    return Phase(number, step - bounds[number], bounds[number + 1] - bounds[number])


class LayerWise:
    """Greedy pre-training of a stack of machines, then an objective.

    Args:
        network: with `machines`; what learns, and the answer.
        pretrain: one update of the machines' parameters; those without a gradient are left alone.
        objective: of the second part; None where there is none.
        finetune: one update of what the second part changes.
        share: of the horizon that pre-training takes.
        steps: k of the contrastive divergence.
        labels: use the labels of so many training rows only; None uses all there are.
        joint: whether the last machine needs labels too.
    """

    stateful = ("network", "pretrain", "finetune")

    def __init__(
        self,
        network: nn.Module,
        pretrain: Minimise,
        objective: Objective | None,
        finetune: Minimise,
        share: float = 0.5,
        steps: int = 1,
        labels: int | None = None,
        joint: bool = False,
    ) -> None:
        self.network, self.pretrain, self.objective, self.finetune = network, pretrain, objective, finetune
        self.share, self.steps, self.labels, self.joint = share, steps, labels, joint
        tuned = set(map(id, finetune.optimiser.parameters))
        self.kept = nn.ParameterList(p for p in network.parameters() if id(p) not in tuned)

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        stack = cast("Stacked", self.network)
        labelled = Labelled(data, self.labels)
        self.network.train()
        if start == 0:
            stack.measure(facts(data), some_rows(data))
        for step in range(start, horizon):
            now = phase(step, horizon, len(stack.machines), self.share)
            if now.number < len(stack.machines):
                named = self.joint and now.number == len(stack.machines) - 1
                yield self._listen(stack, now, (labelled if named else data).batch("train", step))
            elif self.objective is not None:
                with frozen(self.kept):  # what stays as it is needs no gradients
                    loss, logs = self.objective(self.network, labelled.batch("train", step), step)
                    self.finetune(loss, now.step, now.horizon)
                yield logs

    def _listen(self, stack: Stacked, now: Phase, batch: Batch) -> Logs:
        """One update of one machine by contrastive divergence."""
        machine = stack.machines[now.number]
        with torch.no_grad():
            named = self.joint and now.number == len(stack.machines) - 1
            visible = stack.sees(now.number, batch.inputs[0], batch.truth if named else None)
        fantasy = fantasies(machine, visible, self.steps)
        logs = contrast(machine, visible, fantasy)
        self.pretrain.update(now.step, now.horizon)
        return logs


class Labelled:
    """Training batches of the rows that have a label, where others have none; a view of data.

    A class number below 0 means that the row has no label. With `labels`, all but so many are hidden as well: the same
    ones for every seed, equally many of each class as far as they go.

    Args:
        data: with `arrays` and `take` where rows are to be left out.
        labels: how many labels may be seen; None for all.
    """

    def __init__(self, data: Data, labels: int | None = None) -> None:
        self.data = data
        self.rows: Tensor | None = None
        if hasattr(data, "arrays"):
            target = cast("dict[str, Tensor]", data.arrays("train")).get("target", torch.empty(0))  # pyright: ignore
            missing = not target.is_floating_point() and bool((target < 0).any())
            if missing or labels is not None:
                self.rows = evenly(target, labels)
                self.size = min(int(data.size), len(self.rows))  # pyright: ignore
                self.seed = int(data.seed)  # pyright: ignore

    def batch(self, split: str, number: int) -> Batch:
        """Training batch `number`: a pure function of (seed, number), each epoch in a fresh order."""
        if self.rows is None:
            return self.data.batch(split, number)
        epoch, place = divmod(number, len(self.rows) // self.size)
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(len(self.rows), generator=generator)[place * self.size : (place + 1) * self.size]
        return self.data.take(split, self.rows[order])  # pyright: ignore


def evenly(target: Tensor, labels: int | None = None) -> Tensor:
    """Which rows keep their label: those of class 0 and above, `labels` of them, class by class in turn.

    Args:
        target: class numbers [N], below 0 where there is none; or values, of which the first are taken.
        labels: how many; None for all.

    Returns:
        Row numbers, in order.

    Raises:
        InputError: when no row has a label.

    Example:
        >>> evenly(torch.tensor([1, 1, 1, 0, -1, 0]), 3)
        tensor([0, 3, 5])
    """
    known = torch.arange(len(target)) if target.is_floating_point() else (target >= 0).nonzero()[:, 0]
    if not len(known) or (labels is not None and labels < 1):
        raise InputError(f"expected rows with a label; {len(known)} have one and {labels} may be used; try labels=100")
    if labels is None or labels >= len(known) or target.is_floating_point():
        return known[:labels]
    classes = target[known]
    rank = torch.zeros_like(classes)  # which of its class a row is
    for label in classes.unique():
        rank[classes == label] = torch.arange(int((classes == label).sum()))
    turn = torch.argsort(rank * (int(classes.max()) + 1) + classes)
    return known[turn[:labels]].sort().values
