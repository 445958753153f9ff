"""Looking at the answer during training, without leaving a trace in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from bestiary.contracts import Batch, Data, Spec
from bestiary.rows.store import truth_of
from bestiary.tasks.scoring import MOST, Scoring


class StoredArrays(Data, Protocol):
    """Data whose rows can be taken by number, such as `rows.store.StoredData`."""

    def arrays(self, split: str) -> dict[str, Tensor]: ...

    def rows(self, split: str) -> int: ...

    def take(self, split: str, where: Tensor | slice) -> Batch: ...


class TrainingJudge:
    """Scores the answer on validation rows; implements `contracts.Judge`.

    Whatever an evaluation draws comes from a random stream of its own, seeded by (seed, step), and the global stream is
    put back: how often one looks changes nothing. Of more than 20,000 rows the same 20,000, drawn once, are looked at.

    Args:
        task: how outputs are read and scored.
        data: with a validation split.
        due: the steps to look at, or every how many.
        seed: of the evaluation's random stream.
        split: which rows are looked at.
        most: rows looked at.
        metric: that ranks, where one is known; `Scoring.deciding` says what it changes.
    """

    def __init__(
        self,
        task: Scoring,
        data: StoredArrays,
        due: int | Collection[int],
        seed: int = 0,
        split: str = "validation",
        most: int = MOST,
        metric: str = "",
    ) -> None:
        rows = data.rows(split)
        self.task, self.seed, self.split, self.metric = task, seed, split, metric
        self.data: StoredArrays = data if rows <= most else Sample(data, split, most)
        self.truth = truth_of(self.data, split)
        self._due = due

    def due(self, step: int) -> bool:
        """Whether to look after this step."""
        return step % self._due == 0 if isinstance(self._due, int) else step in self._due

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        """`loss` (log loss, or the squared error of the standardised target), and all metrics of the task."""
        with torch.random.fork_rng():
            torch.manual_seed((self.seed * 1_000_003 + step) % 2**63)
            predictions = self.task.predict(answer, self.data, self.split)
        loss = float(self.task.losses(predictions, self.truth).mean())
        if not np.isfinite(loss):
            return {"loss": loss}
        scores = self.task.score(predictions, self.truth)
        return {"loss": self.task.deciding(self.metric, loss, scores), **scores}


class Sample:
    """A fixed random part of one split, in order: the same rows for every contender."""

    def __init__(self, data: StoredArrays, split: str, rows: int) -> None:
        total = data.rows(split)
        drawn = torch.randperm(total, generator=torch.Generator().manual_seed(0))[:rows]
        self.spec: Spec = data.spec
        self.data, self._split, self._where = data, split, drawn.sort().values
        self._arrays = {
            name: data.arrays(split)[name][self._where] for name in ("target", "row") if name in data.arrays(split)
        }

    def rows(self, split: str) -> int:
        """How many are in the sample."""
        self._check(split)
        return len(self._where)

    def arrays(self, split: str) -> dict[str, Tensor]:
        """`target`, where it is known, and `row` of the rows in the sample."""
        self._check(split)
        return self._arrays

    def batch(self, split: str, number: int) -> Batch:
        """Training batches come from the data themselves."""
        return self.data.batch(split, number)

    def batches(self, split: str) -> Iterator[Batch]:
        """The rows of the sample once, in order, 512 at a time."""
        self._check(split)
        for part in self._where.split(512):
            yield self.data.take(split, part)

    def take(self, split: str, where: Tensor | slice) -> Batch:
        """Rows of the sample by their place in it."""
        self._check(split)
        return self.data.take(split, self._where[where])

    def _check(self, split: str) -> None:
        if split != self._split:
            raise KeyError(f"this is a sample of split {self._split!r}; received {split!r}")
