"""Encoded arrays on disk and the batches made from them: memory maps and a gather, no worker processes."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor

from bestiary import kinds, targets, tasks
from bestiary.contracts import Batch, Spec
from bestiary.errors import InputError
from bestiary.files import write_text
from bestiary.records import door
from bestiary.rows.facts import check_facts
from bestiary.rows.limits import need_disk
from bestiary.rows.source import SPLITS
from bestiary.rows.weights import drawn

Facts = Mapping[str, object]
COPIED = 64_000_000  # bytes of training rows up to which each epoch is laid out anew in memory


def write_array(folder: Path, split: str, name: str, array: NDArray[np.generic]) -> None:
    """Writes `<split>.<name>.npy`."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{split}.{name}.npy", array, allow_pickle=False)


def empty_array(folder: Path, split: str, name: str, shape: tuple[int, ...], dtype: str) -> NDArray[np.generic]:
    """A memory map of `<split>.<name>.npy` to fill piece by piece: for data larger than memory."""
    folder.mkdir(parents=True, exist_ok=True)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    need_disk(folder, size, f"encoding {shape[0]:,} {split} rows ({name})", "give fewer rows or columns")
    return open_memmap(folder / f"{split}.{name}.npy", mode="w+", dtype=np.dtype(dtype), shape=shape)


def read_array(folder: Path, split: str, name: str) -> NDArray[np.generic]:
    """A copy-on-write memory map of `<split>.<name>.npy`."""
    path = folder / f"{split}.{name}.npy"
    empty = path.stat().st_size < 256 and np.load(path, allow_pickle=False).size == 0
    return np.load(path, mmap_mode=None if empty else "c", allow_pickle=False)


def write_spec(folder: Path, spec: Spec, facts: Facts) -> None:
    """Writes `spec.json`: the kind, the sizes, and facts about the target.

    Args:
        folder: of the encoded arrays.
        spec: what sizes a network.
        facts: `target`, `problem`, `classes`; of numbers `mean` and `scale` of the training targets; for images
            `pixel_mean` and `pixel_scale`, a list with one number a channel, in the unit of the stored pixels.
    """
    write_text(folder / "spec.json", json.dumps({"spec": spec.written(), "facts": dict(facts)}))


MOST = 50_000_000  # numbers of a row: pixels times channels of an image, features of a table
LESS = {"outputs": 65_536, "length": 65_536, "answer_length": 65_536, "channels": 1_000_000, "vocabulary": 10_000_000}
"""Sizes that are smaller: what is allocated for rows grows with them."""


def spec_from(sizes: Mapping[str, object], name: str = "the description") -> Spec:
    """The spec that `write_spec` wrote down.

    Args:
        sizes: plain words.
        name: of the file that they come from, for messages.

    Raises:
        InputError: for a kind that there is not, sizes that are missing or unknown, and those that are too large.
    """
    kind = sizes.get("kind")
    if not isinstance(kind, str) or kind not in kinds.names():
        known = ", ".join(kinds.names())
        raise InputError(f"expected sizes of {known} in {name}; received {kind!r:.100}; save the model again")
    words = {word: value for word, value in sizes.items() if word != "kind"}
    found: Any = door.shaped(words, kinds.find(kind).part("spec"), f"spec of {name}")
    for word, value in {**dataclasses.asdict(found), **found.sizes()}.items():
        _check_size(word, value, name)
    return found


def _check_size(word: str, value: object, name: str) -> None:
    most = LESS.get(word, MOST)
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int) and not 0 <= number <= most:
            raise InputError(f"expected {word} from 0 to {most:,} in {name}; received {number:,}; save the model again")


class Written(TypedDict):
    """The words of `spec.json`."""

    spec: dict[str, Any]
    facts: dict[str, Any]


def read_spec(folder: Path) -> tuple[Spec, dict[str, object]]:
    """The spec and the facts that `write_spec` wrote down.

    Raises:
        InputError: for whatever is not of the right type, or does not fit.
    """
    file = folder / "spec.json"
    written = door.read(file, Written, inside=folder, largest=256 << 20)
    spec = spec_from(written["spec"], str(file))
    check_facts(written["facts"], spec, str(file))
    return spec, written["facts"]


def write_lines(folder: Path, lines: NDArray[np.int64] | None, rows: NDArray[np.int64]) -> None:
    """Keeps beside sealed rows on which lines of the person's file they begin; nothing where they are on none."""
    if lines is not None and len(rows) and int(rows.max()) < len(lines):
        write_array(folder, "lines", "test", lines[rows])


def read_lines(folder: Path, rows: int) -> NDArray[np.int64] | None:
    """What `write_lines` kept; None where it kept nothing, or of other rows."""
    try:
        lines = np.asarray(read_array(folder, "lines", "test"), np.int64)
    except (OSError, ValueError):
        return None
    return lines if len(lines) == rows else None


def truth_of(data: Any, split: str) -> Tensor:
    """What is known of the rows of a split: their targets [N] or [N T]; [N 0] where nothing is known."""
    arrays = data.arrays(split)
    return arrays["target"] if "target" in arrays else torch.empty(data.rows(split), 0)


def read_truth(folder: Path, split: str) -> NDArray[np.generic]:
    """The same of a folder of encoded arrays."""
    if (folder / f"{split}.target.npy").exists():
        return read_array(folder, split, "target")
    return np.empty((len(read_array(folder, split, "row")), 0))


class ArrayData:
    """Batches of arrays in memory or memory-mapped; implements `contracts.Data`.

    A training batch is a pure function of (seed, number): each epoch is a fresh permutation drawn from (seed, epoch).
    Where rows have weights, an epoch is as long, and has each row as often as its weight says.
    Rows without a target have none in their batches either.

    Args:
        spec: what sizes a network.
        facts: as in `write_spec`.
        splits: split -> name -> array, as in docs/design.md.
        batch: rows in a training batch; the whole training split when it has fewer.
        seed: of the order of training rows.
        device: where batches are put.
    """

    def __init__(
        self,
        spec: Spec,
        facts: Facts,
        splits: Mapping[str, Mapping[str, NDArray[np.generic]]],
        batch: int = 128,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self.spec, self.facts = spec, dict(facts)
        self.seed, self.device = seed, torch.device(device)
        self._arrays = {
            split: {name: torch.as_tensor(array) for name, array in arrays.items()} for split, arrays in splits.items()
        }
        self._shuffled: tuple[int, Tensor, dict[str, Tensor] | None] | None = None
        self._batch = batch
        statistics = [self.facts.get("pixel_mean"), self.facts.get("pixel_scale")]
        self._pixels = [torch.tensor(s, dtype=torch.float32)[:, None, None] for s in statistics if s is not None]

    @classmethod
    def of(cls, spec: Spec, facts: Facts, splits: Mapping[str, Mapping[str, NDArray[np.generic]]]) -> ArrayData:
        """Of arrays in memory, such as new rows to be answered."""
        return ArrayData(spec, facts, splits)

    @property
    def size(self) -> int:
        """Rows in a training batch."""
        return min(self._batch, self.rows("train"))

    @property
    def regression(self) -> bool:
        """Whether targets are numbers."""
        return self._asked in ("value", "values")

    @property
    def _asked(self) -> str:
        return tasks.find(str(self.facts["problem"])).target

    def rows(self, split: str) -> int:
        """How many rows a split has."""
        arrays = self.arrays(split)
        names = ("row", *kinds.find(self.spec.kind).fields(), *arrays)
        return next(len(arrays[name]) for name in names if name in arrays)

    @property
    def epoch(self) -> int:
        """Updates in one pass over the training rows; at least 1."""
        return max(1, self.rows("train") // self.size)

    def arrays(self, split: str) -> dict[str, Tensor]:
        """All arrays of a split as tensors."""
        return self._arrays[split]

    def batch(self, split: str, number: int) -> Batch:
        """Training batch `number`, a pure function of (seed, number)."""
        epoch, place = divmod(number, self.epoch)
        if self._shuffled is None or self._shuffled[0] != epoch:
            self._shuffled = (epoch, *self._shuffle(split, epoch))
        _, order, arrays = self._shuffled
        where = slice(place * self.size, (place + 1) * self.size)
        if arrays is None:
            return self.take(split, order[where])
        return self._assemble({name: array[where] for name, array in arrays.items()})

    def _shuffle(self, split: str, epoch: int) -> tuple[Tensor, dict[str, Tensor] | None]:
        """The order of an epoch; where memory allows, the rows laid out in it: a slice is cheaper than a gather."""
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % (2**63))
        order = torch.randperm(self.rows(split), generator=generator)
        weights = self.arrays(split).get("weight")
        if weights is not None:
            random = torch.rand(len(order), dtype=torch.float64, generator=generator)
            order = torch.from_numpy(drawn(weights.numpy(), random.numpy()))[order]
        arrays = {name: self.arrays(split)[name] for name in self._fields(split)}
        if sum(array.nbytes for array in arrays.values()) > COPIED:
            return order, None
        return order, {name: array[order] for name, array in arrays.items()}

    def batches(self, split: str) -> Iterator[Batch]:
        """All rows of a split once, in order, 512 at a time."""
        rows = self.rows(split)
        for start in range(0, rows, 512):
            yield self.take(split, slice(start, min(start + 512, rows)))

    def take(self, split: str, where: Tensor | slice) -> Batch:
        """The batch of the rows of a split that `where` names."""
        arrays = self.arrays(split)
        return self._assemble({name: arrays[name][where] for name in self._fields(split)})

    def _fields(self, split: str) -> list[str]:
        """The arrays that a batch is made of; of a table some may be missing, of rows without labels the target."""
        arrays = self.arrays(split)
        names = (*kinds.find(self.spec.kind).fields(), *targets.find(self._asked).arrays)
        return [name for name in names if name in arrays]

    def _assemble(self, parts: dict[str, Tensor]) -> Batch:
        kind, target = kinds.find(self.spec.kind), targets.of(self._asked, parts, self.facts)
        parts = {name: parts[name] for name in kind.fields() if name in parts}
        if "pixels" in parts:
            pixels = parts["pixels"].float()
            if self._pixels:
                pixels = (pixels - self._pixels[0]) / self._pixels[1]
            parts["pixels"] = pixels
        made = kind.part("inputs")
        if made.padded:
            parts[made.padded] = parts[made.padded][:, : int(parts["lengths"].max())]
        parts = {name: part.long() if part.dtype is torch.int32 else part for name, part in parts.items()}
        batch = Batch(made(**parts), target)
        return batch if self.device.type == "cpu" else batch.to(self.device)


class StoredData(ArrayData):
    """Batches of the encoded arrays of a folder, as memory maps.

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
        spec, facts = read_spec(folder)
        super().__init__(spec, facts, {}, batch, seed, device)
        self.folder = folder
        self._folders = {"train": folder, "validation": folder, "test": sealed}

    def arrays(self, split: str) -> dict[str, Tensor]:
        """All arrays of a split as tensors over memory maps."""
        if split not in self._arrays:
            folder = self._folders.get(split)
            if folder is None or split not in SPLITS:
                raise PermissionError(f"split {split!r} is not open here")
            names = sorted(p.name.split(".")[1] for p in folder.glob(f"{split}.*.npy"))
            self._arrays[split] = {n: torch.from_numpy(read_array(folder, split, n)) for n in names}
        return self._arrays[split]
