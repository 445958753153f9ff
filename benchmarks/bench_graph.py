"""A graph layer forward and backward on 100,000 edges, one thread: ours against torch_geometric, time and memory."""

import subprocess
import sys
from functools import partial

import torch
from common import compare, finish, header, most_held
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GCNConv

from bestiary.architectures.graph.gat import GATLayer
from bestiary.architectures.graph.gcn import GCN

NODES, EDGES, FEATURES, WIDTH, HEADS = 10_000, 100_000, 64, 64, 8
LARGER = 10  # times as many nodes and edges where memory is measured, so that it is the work's and not the program's


def layers() -> dict[str, tuple[nn.Module, nn.Module]]:
    """Ours and theirs, by name."""
    torch.manual_seed(0)
    return {
        "GCN layer": (GCN(features=FEATURES, width=0, outputs=WIDTH, depth=1), GCNConv(FEATURES, WIDTH)),
        "GAT layer": (
            GATLayer(features=FEATURES, heads=HEADS, width=WIDTH // HEADS),
            GATConv(FEATURES, WIDTH // HEADS, heads=HEADS),
        ),
    }


def graph(times: int = 1) -> tuple[Tensor, Tensor]:
    """Features and edges of a random graph; edges in no order."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(times * NODES, FEATURES, generator=generator, requires_grad=True)
    return features, torch.randint(times * NODES, (2, times * EDGES), generator=generator)


def work(layer: nn.Module, features: Tensor, edges: Tensor) -> None:
    """Forward, and gradients of weights and features."""
    layer(features, edges).square().sum().backward()


def memory(name: str, side: int) -> int:
    """Peak bytes of a process that does the work on the larger graph, beyond what it held before."""
    command = [sys.executable, __file__, "memory", name, str(side)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure_memory(name: str, side: int) -> None:
    """What the process that `memory` starts does."""
    layer, (features, edges) = layers()[name][side], graph(LARGER)
    small = graph()
    work(layer, *small)
    before = most_held()
    work(layer, features, edges)
    print(round((most_held() - before) * 2**20))


def main() -> None:
    """Both layers, time and memory."""
    header("torch_geometric")
    features, edges = graph()
    kept = []
    for name, (ours, theirs) in layers().items():
        title = f"{name}, {EDGES:,} edges, forward and backward, ours against torch_geometric"
        works = (partial(work, layer, features, edges) for layer in (ours, theirs))
        kept.append(compare(title, *works, bound=1.0, rounds=15))
        mine, other = memory(name, 0), memory(name, 1)
        kept.append(mine <= other)
        said = "kept" if mine <= other else "NOT KEPT"
        print(
            f"{name}, {LARGER * EDGES:,} edges: ours {mine / 1e6:.0f} MB, theirs {other / 1e6:.0f} MB of memory: {said}"
        )
    finish(*kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        measure_memory(sys.argv[2], int(sys.argv[3]))
    else:
        main()
