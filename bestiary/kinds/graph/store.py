"""Batches of graphs: one graph whole, with nodes or pairs that are asked about; or some of a set, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import tasks
from bestiary.batches import Batch
from bestiary.contracts import GraphInputs, GraphsInputs, GraphSpec, GraphsSpec, LinkInputs, Spec
from bestiary.rows.source import SPLITS
from bestiary.rows.store import Facts, read_array, read_spec
from bestiary.targets import Classes

Graph = Batch[GraphInputs | LinkInputs, Classes | None]
Graphs = Batch[GraphsInputs, Classes | None]

PAIRS = 16_384  # edges that a training batch asks about, and as many pairs without one
GRAPHS = 256  # graphs looked at together


class _Stored:
    """Arrays of a folder, or in memory, by split."""

    def __init__(self, spec: Spec, facts: Facts, batch: int, seed: int, device: str) -> None:
        self.spec, self.facts, self.seed, self.device = spec, dict(facts), seed, torch.device(device)
        self._batch = batch
        self._arrays: dict[str, dict[str, Tensor]] = {}
        self._folders: dict[str, Path | None] = {}

    regression = False

    def arrays(self, split: str) -> dict[str, Tensor]:
        """All arrays of a split as tensors over memory maps."""
        if split not in self._arrays:
            folder = self._folders.get(split)
            if folder is None or split not in (*SPLITS, "graph"):
                raise PermissionError(f"split {split!r} is not open here")
            names = sorted(p.name.split(".")[1] for p in folder.glob(f"{split}.*.npy"))
            self._arrays[split] = {n: torch.from_numpy(read_array(folder, split, n)) for n in names}
        return self._arrays[split]

    def rows(self, split: str) -> int:
        """How many rows a split has: nodes, pairs or graphs that are judged."""
        return len(self.arrays(split)["row"])

    def _asked(self, split: str, where: Tensor | slice) -> Classes | None:
        arrays = self.arrays(split)
        return Classes(arrays["target"][where].long()) if "target" in arrays else None

    def _open(self, folder: Path, sealed: Path | None) -> None:
        self._folders = {"train": folder, "validation": folder, "test": sealed, "graph": folder}

    def _hold(self, splits: Mapping[str, Mapping[str, NDArray[np.generic]]], rows: str) -> None:
        for split, arrays in splits.items():
            held = {name: torch.as_tensor(np.asarray(array)) for name, array in arrays.items()}
            count = len(held[rows]) - (rows == "node_starts")
            held.setdefault("row", torch.arange(count))
            self._arrays[split] = held


class GraphData(_Stored):
    """One graph and the nodes or pairs of each split; implements `contracts.Data`.

    Nodes: every training batch is the whole graph with all training nodes. Links: the whole graph of training edges,
    with up to 16,384 of them and as many pairs drawn among all that are no training edge, both from (seed, number).

    Args:
        folder: of the encoded arrays.
        batch: not used: a graph cannot be cut.
        seed: of the pairs that are drawn.
        device: where batches are put.
        sealed: folder of the test split, when it may be opened.
    """

    def __init__(
        self, folder: Path, batch: int = 128, seed: int = 0, device: str = "cpu", sealed: Path | None = None
    ) -> None:
        super().__init__(*read_spec(folder), batch, seed, device)
        self._open(folder, sealed)
        self._batches: dict[str, Graph] = {}
        self._taken: tuple[Tensor, Tensor] | None = None

    @classmethod
    def of(cls, spec: GraphSpec, facts: Facts, splits: Mapping[str, Mapping[str, NDArray[np.generic]]]) -> GraphData:
        """From arrays in memory, each split with a graph of its own."""
        data = cls.__new__(cls)
        _Stored.__init__(data, spec, facts, 0, 0, "cpu")
        data._hold(splits, "where")
        data._batches, data._taken = {}, None
        return data

    @property
    def links(self) -> bool:
        """Whether pairs are asked about."""
        return tasks.find(str(self.facts["problem"])).labels == "none"

    @property
    def size(self) -> int:
        """Rows in a training batch."""
        return self.rows("train") if not self.links else 2 * min(PAIRS, len(self._edges()[0]))

    @property
    def epoch(self) -> int:
        """Updates in one pass over the training rows: 1, unless there are very many edges."""
        return max(1, self.rows("train") // self.size)

    def graph(self, split: str) -> dict[str, Tensor]:
        """`features` [N F], `edges` [2 E], `weights` [E] and `known` [N] of the graph that a split is answered on."""
        own = self.arrays(split)
        return own if "features" in own else self.arrays("graph")

    def batch(self, split: str, number: int) -> Graph:
        """Training batch `number`, a pure function of (seed, number)."""
        if not self.links:
            return self._whole(split)
        edges, taken = self._edges()
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + number) % 2**63)
        if len(edges) > PAIRS:
            edges = edges[torch.randint(len(edges), (PAIRS,), generator=generator)]
        fresh = drawn(taken, self.spec.nodes, len(edges), generator)  # pyright: ignore[reportAttributeAccessIssue]
        target = torch.cat([torch.ones(len(edges)), torch.zeros(len(fresh))]).long()
        return self._made(split, torch.cat([edges, fresh]), Classes(target))

    def batches(self, split: str) -> Iterator[Graph]:
        """The whole split at once."""
        if self.rows(split):
            yield self._whole(split)

    def take(self, split: str, where: Tensor | slice) -> Graph:
        """The whole graph, asked about the rows of a split that `where` names."""
        return self._made(split, self.arrays(split)["where"][where].long(), self._asked(split, where))

    def _whole(self, split: str) -> Graph:
        if split not in self._batches:
            self._batches[split] = self.take(split, slice(None))
        return self._batches[split]

    def _made(self, split: str, where: Tensor, target: Classes | None) -> Graph:
        graph = {name: self.graph(split)[name] for name in ("features", "edges", "weights", "known")}
        if self.links:
            return Batch(LinkInputs(**graph, pairs=where.T.contiguous()), target).to(self.device)
        return Batch(GraphInputs(**graph, where=where), target).to(self.device)

    def _edges(self) -> tuple[Tensor, Tensor]:
        """The training edges as pairs [E 2], and their keys in rising order."""
        if self._taken is None:
            arrays = self.arrays("train")
            edges = arrays["where"][arrays["target"] == 1].long()
            self._taken = edges, keys(edges, self.spec.nodes).sort().values  # pyright: ignore
        return self._taken


def keys(pairs: Tensor, nodes: int) -> Tensor:
    """One number for every pair [M 2], whichever node comes first."""
    return pairs.amin(1) * nodes + pairs.amax(1)


def drawn(taken: Tensor, nodes: int, count: int, generator: torch.Generator) -> Tensor:
    """Pairs [count 2] of different nodes whose keys are not among the `taken`; some may come twice.

    Example:
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> drawn(keys(edges, 3), 3, 2, torch.Generator().manual_seed(0)).sort(1).values.tolist()
        [[0, 2], [0, 2]]
    """
    found = torch.empty(0, 2, dtype=torch.int64)
    while len(found) < count:
        pairs = torch.randint(nodes, (count + 16, 2), generator=generator)
        found = torch.cat([found, pairs[(pairs[:, 0] != pairs[:, 1]) & ~torch.isin(keys(pairs, nodes), taken)]])
    return found[:count]


class GraphsData(_Stored):
    """A set of graphs; implements `contracts.Data`. Each epoch is a fresh order, drawn from (seed, epoch).

    Args:
        folder: of the encoded arrays.
        batch: graphs in a training batch; all training graphs when there are fewer.
        seed: of the order of training graphs.
        device: where batches are put.
        sealed: folder of the test split, when it may be opened.
    """

    def __init__(
        self, folder: Path, batch: int = 128, seed: int = 0, device: str = "cpu", sealed: Path | None = None
    ) -> None:
        super().__init__(*read_spec(folder), batch, seed, device)
        self._open(folder, sealed)
        self._order: tuple[int, Tensor] | None = None

    @classmethod
    def of(cls, spec: GraphsSpec, facts: Facts, splits: Mapping[str, Mapping[str, NDArray[np.generic]]]) -> GraphsData:
        """From arrays in memory."""
        data = cls.__new__(cls)
        _Stored.__init__(data, spec, facts, 128, 0, "cpu")
        data._hold(splits, "node_starts")
        data._order = None
        return data

    @property
    def size(self) -> int:
        """Graphs in a training batch."""
        return min(self._batch, self.rows("train"))

    @property
    def epoch(self) -> int:
        """Updates in one pass over the training graphs; at least 1."""
        return max(1, self.rows("train") // self.size)

    def batch(self, split: str, number: int) -> Graphs:
        """Training batch `number`, a pure function of (seed, number)."""
        epoch, place = divmod(number, self.epoch)
        if self._order is None or self._order[0] != epoch:
            generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
            self._order = epoch, torch.randperm(self.rows(split), generator=generator)
        return self.take(split, self._order[1][place * self.size : (place + 1) * self.size])

    def batches(self, split: str) -> Iterator[Graphs]:
        """All graphs of a split once, in order, 256 at a time."""
        rows = self.rows(split)
        for start in range(0, rows, GRAPHS):
            yield self.take(split, slice(start, min(start + GRAPHS, rows)))

    def take(self, split: str, where: Tensor | slice) -> Graphs:
        """The batch of the graphs of a split that `where` names."""
        arrays = self.arrays(split)
        chosen = torch.arange(self.rows(split))[where]
        nodes, sizes = ranges(arrays["node_starts"], chosen)
        inside, counts = ranges(arrays["edge_starts"], chosen)
        shift = torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)[:-1]])
        inputs = GraphsInputs(
            features=arrays["features"][nodes],
            edges=arrays["edges"][:, inside] + shift.repeat_interleave(counts),
            weights=arrays["weights"][inside],
            graph=torch.arange(len(chosen)).repeat_interleave(sizes),
            count=len(chosen),
        )
        return Batch(inputs, self._asked(split, chosen)).to(self.device)


def ranges(starts: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """All numbers from `starts[c]` to below `starts[c + 1]` for each chosen c, one after the other, and how many each.

    Example:
        >>> ranges(torch.tensor([0, 2, 3, 6]), torch.tensor([2, 0]))[0].tolist()
        [3, 4, 5, 0, 1]
    """
    first, sizes = starts[chosen], starts[chosen + 1] - starts[chosen]
    before = sizes.cumsum(0) - sizes
    return torch.arange(int(sizes.sum())) + (first - before).repeat_interleave(sizes), sizes
