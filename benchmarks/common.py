"""Side by side in one run: the two in turn, the ratio pair by pair, medians; versions and threads printed."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.backends.cuda.matmul.allow_tf32 = False


def header(*packages: str) -> None:
    """Prints what the figures depend on."""
    import importlib.metadata

    versions = " ".join(f"{p} {importlib.metadata.version(p)}" for p in ("torch", *packages))
    print(f"python {platform.python_version()} {versions}; threads {torch.get_num_threads()}; cores {os.cpu_count()}")


def compare(
    title: str, ours: Callable[[], object], theirs: Callable[[], object], bound: float, rounds: int = 7
) -> bool:
    """Runs both in turn after a warm-up of each; prints medians and the paired ratio.

    Args:
        title: what is compared.
        ours, theirs: each does the whole work once.
        bound: what the ratio ours / theirs should not exceed.
        rounds: pairs that count.

    Returns:
        Whether the bound is kept.
    """
    ours(), theirs()
    pairs = []
    for number in range(rounds):
        times = {}
        for which in (ours, theirs) if number % 2 else (theirs, ours):
            began = time.perf_counter()
            which()
            times[which] = time.perf_counter() - began
        pairs.append((times[ours], times[theirs]))
    ratio = statistics.median(a / b for a, b in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs))
    low, high = min(a / b for a, b in pairs), max(a / b for a, b in pairs)
    kept = ratio <= bound
    print(
        f"{title}: ours {mine:.3f} s, theirs {other:.3f} s, ratio {ratio:.3f} ({low:.3f} to {high:.3f}), "
        f"bound {bound}: {'kept' if kept else 'NOT KEPT'}"
    )
    return kept


def most_held() -> float:
    """The most memory that this process has held so far, in MB.

    Not what `getrusage` tells: that begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Never:
    """A judge that does not look: what is timed is training."""

    def due(self, step: int) -> bool:
        return False

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        return {"loss": 0.0}


def finish(*kept: bool) -> None:
    """Exits with 1 when a bound was not kept."""
    sys.exit(0 if all(kept) else 1)
