"""Batches of encoded pairs: each side cut to the longest of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bestiary.batches import Batch
from bestiary.contracts import PairInputs, Spec
from bestiary.rows.source import SPLITS
from bestiary.rows.store import Facts, read_array, read_spec
from bestiary.targets import Written

Pairs = Batch[PairInputs, Written]

AT_ONCE = 512  # rows of a batch in evaluation
ROWS = ("source", "source_lengths", "sequence", "sequence_lengths")


class PairData:
    """Encoded pairs of a folder, as memory maps; implements `contracts.Data`.

    A training batch is a pure function of (seed, number): each epoch is a fresh permutation drawn from (seed, epoch).

    Args:
        folder: of the encoded arrays.
        batch: rows in a training batch; the whole training split when it has fewer.
        seed: of the order of training rows.
        device: where batches are put.
        sealed: folder of the test split, when it may be opened.
    """

    def __init__(
        self, folder: Path, batch: int = 128, seed: int = 0, device: str = "cpu", sealed: Path | None = None
    ) -> None:
        self.spec, self.facts = read_spec(folder)
        self.seed, self.device, self._batch = seed, torch.device(device), batch
        self._folders: dict[str, Path | None] = {"train": folder, "validation": folder, "test": sealed}
        self._arrays: dict[str, dict[str, Tensor]] = {}
        self._order: tuple[int, Tensor] = (-1, torch.empty(0))

    @classmethod
    def of(
        cls, spec: Spec, facts: Facts, splits: Mapping[str, Mapping[str, Any]], batch: int = 128, seed: int = 0
    ) -> PairData:
        """Data of arrays in memory.

        Args:
            spec: what sizes a network.
            facts: as `PairSource.encode` writes them.
            splits: split -> name -> array.
            batch: rows in a training batch.
            seed: of the order of training rows.
        """
        made = cls.__new__(cls)
        made.spec, made.facts, made.seed, made.device, made._batch = spec, dict(facts), seed, torch.device("cpu"), batch
        made._folders, made._order = {}, (-1, torch.empty(0))
        made._arrays = {split: {n: torch.as_tensor(a) for n, a in arrays.items()} for split, arrays in splits.items()}
        for arrays in made._arrays.values():
            arrays.setdefault("row", torch.arange(len(arrays["source"])))
        return made

    @property
    def size(self) -> int:
        """Rows in a training batch."""
        return min(self._batch, self.rows("train"))

    @property
    def epoch(self) -> int:
        """Updates in one pass over the training rows; at least 1."""
        return max(1, self.rows("train") // self.size)

    def rows(self, split: str) -> int:
        """How many rows a split has."""
        return len(self.arrays(split)["source"])

    def arrays(self, split: str) -> dict[str, Tensor]:
        """All arrays of a split: the four of a batch and `row`."""
        if split not in self._arrays:
            folder = self._folders.get(split)
            if folder is None or split not in SPLITS:
                raise PermissionError(f"split {split!r} is not open here")
            self._arrays[split] = {n: torch.from_numpy(read_array(folder, split, n)) for n in (*ROWS, "row")}
        return self._arrays[split]

    def batch(self, split: str, number: int) -> Pairs:
        """Training batch `number`, a pure function of (seed, number)."""
        epoch, place = divmod(number, self.epoch)
        if self._order[0] != epoch:
            generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % (2**63))
            self._order = (epoch, torch.randperm(self.rows(split), generator=generator))
        return self.take(split, self._order[1][place * self.size : (place + 1) * self.size])

    def batches(self, split: str) -> Iterator[Pairs]:
        """All rows of a split once, in order, 512 at a time."""
        for start in range(0, self.rows(split), AT_ONCE):
            yield self.take(split, slice(start, start + AT_ONCE))

    def take(self, split: str, where: Tensor | slice) -> Pairs:
        """The batch of the rows of a split that `where` names."""
        source, source_lengths, sequence, lengths = (self.arrays(split)[name][where].long() for name in ROWS)
        given = PairInputs(source[:, : int(source_lengths.max())], source_lengths)
        batch = Batch(given, Written(sequence[:, : int(lengths.max())], lengths))
        return batch if self.device.type == "cpu" else batch.to(self.device)
