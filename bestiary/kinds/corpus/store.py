"""Windows of tokens: random ones to train on, and those that cover a text once, each with what came before it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.batches import Batch
from bestiary.contracts import CorpusInputs, CorpusSpec
from bestiary.kinds.corpus.units import BEGIN, Units
from bestiary.rows.source import SPLITS
from bestiary.rows.store import Facts, read_array, read_spec
from bestiary.targets import Following

Windows = Batch[CorpusInputs, Following]

JUDGED: Mapping[str, int] = {"validation": 256, "test": 1_024}
"""Windows of a split that a race judges at most, evenly spread: a look should take seconds."""
AT_ONCE = 64  # windows evaluated at a time


def windows(
    tokens: NDArray[np.int32],
    lengths: NDArray[np.int64],
    length: int,
    most: int | None = None,
    overlap: bool = True,
) -> dict[str, NDArray[np.generic]]:
    """Windows that ask for every token once.

    A stretch of text is read from its beginning: its first window asks for all of its tokens. With overlap each
    further one starts half a window later and asks for its second half alone, so that no token is asked for with less
    than half a window before it; without, windows follow each other.

    Args:
        tokens: int [L], a beginning (0) before each stretch.
        lengths: bytes of each token of the vocabulary.
        length: T, tokens that a window gives; it asks for as many, each the next one.
        most: of more windows so many are kept, evenly spread.
        overlap: whether windows overlap.

    Returns:
        For each window `start` (where it begins in `tokens`), `stop` (where its stretch ends), `first` (the first place
        of the window that counts), `target` (bytes that it asks for) and `row` (its number), int64 [N].

    Example:
        >>> found = windows(np.array([0, 1, 2, 3, 4, 5, 6, 7]), np.ones(9, np.int64), 4)
        >>> {name: column.tolist() for name, column in found.items() if name in ("start", "first", "target")}
        {'start': [0, 2, 4], 'first': [0, 2, 2], 'target': [4, 2, 1]}
    """
    begins = np.flatnonzero(tokens == BEGIN)
    ends = np.append(begins[1:], len(tokens))
    step = max(1, length // 2) if overlap else length
    counts = [1 + max(0, -(-(end - begin - 1 - length) // step)) for begin, end in zip(begins, ends)]
    place = np.concatenate([np.arange(n) for n in counts]) if counts else np.zeros(0, np.int64)
    start = np.repeat(begins, counts) + place * step
    stop = np.repeat(ends, counts)
    first = np.where(place == 0, 0, length - step)
    total = np.concatenate([[0], np.cumsum(lengths[tokens])])
    target = total[np.minimum(start + length + 1, stop)] - total[start + first + 1]
    found = {"start": start, "stop": stop, "first": first, "target": target, "row": np.arange(len(start))}
    found = {name: column[target > 0].astype(np.int64) for name, column in found.items()}
    found["row"] = np.arange(len(found["start"]))
    count = len(found["row"])
    if most is not None and count > most:
        kept = np.linspace(0, count - 1, most).round().astype(np.int64)
        found = {name: column[kept] for name, column in found.items()}
    return cast("dict[str, NDArray[np.generic]]", found)


def next_tokens(tokens: Tensor) -> Windows:
    """Windows of tokens [B T + 1] as a batch: each token is to be told from those before it."""
    return Batch(CorpusInputs(tokens[:, :-1]), Following(tokens[:, 1:]))


class CorpusData:
    """Windows of encoded text; implements `contracts.Data`.

    Training batch `number` is a pure function of (seed, number): windows that begin anywhere. A token that stands for
    the beginning of a text is never asked for, nor is what lies behind the end of a stretch: both are token 0.

    Args:
        folder: of the encoded text.
        batch: windows in a training batch.
        seed: of where training windows begin.
        device: where batches are put.
        sealed: folder of the test split, when it may be opened.
    """

    def __init__(
        self, folder: Path, batch: int = 32, seed: int = 0, device: str = "cpu", sealed: Path | None = None
    ) -> None:
        spec, facts = read_spec(folder)
        self._set(cast("CorpusSpec", spec), facts, batch, seed, device)
        self._folders = {"train": folder, "validation": folder, "test": sealed}

    @classmethod
    def of(
        cls,
        spec: CorpusSpec,
        facts: Facts,
        splits: Mapping[str, Mapping[str, Any]],
        batch: int = 32,
        seed: int = 0,
        device: str = "cpu",
    ) -> CorpusData:
        """Of arrays in memory; windows that are not among them are made."""
        data = cls.__new__(cls)
        data._set(spec, facts, batch, seed, device)
        for split, given in splits.items():
            arrays = dict(given)
            if "target" not in arrays:
                tokens = np.asarray(arrays["tokens"], np.int32)
                arrays |= windows(tokens, data.units.lengths, spec.length, overlap=split != "train")
            data._arrays[split] = {name: torch.as_tensor(np.asarray(array)) for name, array in arrays.items()}
        return data

    def _set(self, spec: CorpusSpec, facts: Facts, batch: int, seed: int, device: str) -> None:
        self.spec, self.facts, self.size, self.seed = spec, dict(facts), batch, seed
        self.device, self.units = torch.device(device), Units.of(facts)
        self.regression = False
        self._arrays: dict[str, dict[str, Tensor]] = {}
        self._folders: dict[str, Path | None] = {}

    @property
    def epoch(self) -> int:
        """Updates in which as many tokens are seen as there are; at least 1."""
        return max(1, len(self.arrays("train")["tokens"]) // (self.size * self.spec.length))

    def rows(self, split: str) -> int:
        """How many windows a split has; of the training text, as many as lie side by side."""
        return len(self.arrays(split)["target"])

    def arrays(self, split: str) -> dict[str, Tensor]:
        """`tokens` [L], and of each window `start`, `stop`, `first`, `target`, `row` [N]; see `windows`."""
        if split not in self._arrays:
            folder = self._folders.get(split)
            if folder is None or split not in SPLITS:
                raise PermissionError(f"split {split!r} is not open here")
            names = ("tokens", "start", "stop", "first", "target", "row")
            self._arrays[split] = {n: torch.from_numpy(read_array(folder, split, n)) for n in names}
        return self._arrays[split]

    def batch(self, split: str, number: int) -> Windows:
        """Training batch `number`: windows drawn from (seed, number)."""
        tokens, length = self.arrays(split)["tokens"], self.spec.length
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + number) % 2**63)
        start = torch.randint(max(1, len(tokens) - length), (self.size, 1), generator=generator)
        places = start + torch.arange(length + 1)
        inside = places < len(tokens)
        return next_tokens(tokens[places.clamp_(max=len(tokens) - 1)].long() * inside).to(self.device)

    def batches(self, split: str) -> Iterator[Windows]:
        """The windows of a split once, in order."""
        for start in range(0, self.rows(split), AT_ONCE):
            yield self.take(split, slice(start, start + AT_ONCE))

    def take(self, split: str, where: Tensor | slice) -> Windows:
        """The windows of these numbers, token 0 behind the end of their stretch."""
        arrays = self.arrays(split)
        start, stop = arrays["start"][where], arrays["stop"][where]
        places = start[:, None] + torch.arange(self.spec.length + 1)
        inside = places < stop[:, None]
        tokens = arrays["tokens"][places.clamp_(max=len(arrays["tokens"]) - 1)].long() * inside
        return next_tokens(tokens).to(self.device)

    def counted(self, split: str, where: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Of windows: which of their targets [n, T] are asked for, and how many bytes each target stands for."""
        targets = self.take(split, where).truth.cpu()
        bytes_of = torch.from_numpy(self.units.lengths)[targets]
        place = torch.arange(self.spec.length)
        return (place >= self.arrays(split)["first"][where][:, None]) & (bytes_of > 0), bytes_of

    def text(self, split: str) -> list[bytes]:
        """The stretches of text of a split."""
        tokens = self.arrays(split)["tokens"].numpy()
        begins = np.append(np.flatnonzero(tokens == BEGIN), len(tokens))
        return [self.units.decode(tokens[a + 1 : b]) for a, b in itertools.pairwise(begins)]
