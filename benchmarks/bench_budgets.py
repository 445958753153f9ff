"""Races on wide, long and heavy data: with reading, each ends within 1.15 of its budget, or is refused at the start.

    python -m benchmarks.bench_budgets [wide|long|heavy] [30s 1m 5m ...]

A refusal names a budget; the race is then run with that one too. Wall-clock seconds count; processor seconds tell how
much of them was waiting for other programs.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

BUDGETS = ("30s", "1m", "5m")


def wide(folder: Path) -> list[str]:
    """60 rows of 20,000 columns: 2.6 MB."""
    cells = np.random.default_rng(0).integers(0, 10, (60, 20_000)).astype(str)
    cells[:, -1] = np.array(["a", "b"])[np.arange(60) % 2]
    path = folder / "wide.csv"
    header = ",".join([*(f"c{i}" for i in range(19_999)), "y"])
    path.write_text("\n".join([header, *map(",".join, cells.tolist())]) + "\n")
    return [str(path), "--target", "y"]


def long(folder: Path) -> list[str]:
    """2 million rows of six columns."""
    random, path = np.random.default_rng(0), folder / "long.csv"
    with path.open("w") as file:
        file.write("a,b,c,d,e,y\n")
        for _ in range(20):
            values = random.normal(size=(100_000, 5)).round(3)
            labels = np.where(values[:, 0] + values[:, 1] ** 2 > 1, "yes", "no")
            file.writelines(f"{a},{b},{c},{d},{e},{y}\n" for (a, b, c, d, e), y in zip(values.tolist(), labels))
    return [str(path), "--target", "y"]


def heavy(folder: Path) -> list[str]:
    """1,000 photographs of three million pixels."""
    random = np.random.default_rng(0)
    base = Image.fromarray(random.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize((2_000, 1_500))
    for number in range(1_000):
        place = folder / "photos" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        image = base.copy()
        image.paste(tuple(random.integers(0, 256, 3).tolist()), (0, 0, 400 + 900 * (number % 2), 600))
        image.save(place / f"{number}.jpg", quality=85)
    return [str(folder / "photos")]


DATA: dict[str, Callable[[Path], list[str]]] = {"wide": wide, "long": long, "heavy": heavy}


def seconds(budget: str) -> int:
    """Of a budget such as 30s."""
    return int(budget[:-1]) * {"s": 1, "m": 60, "h": 3600}[budget[-1]]


def race(words: list[str], budget: str, out: Path) -> tuple[float, float, str]:
    """Wall-clock and processor seconds of a race, and what it said last."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "bestiary", "race", *words, "--budget", budget, "--out", str(out), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = done.stderr.strip().splitlines()[-1] if done.returncode else "done"
    return time.monotonic() - began, used, said


def main() -> None:
    """Prints one line a race."""
    chosen = [name for name in sys.argv[1:] if name in DATA] or list(DATA)
    budgets = [word for word in sys.argv[1:] if word not in DATA] or list(BUDGETS)
    for name in chosen:
        with tempfile.TemporaryDirectory() as place:
            words, waiting, number = DATA[name](Path(place)), list(budgets), 0
            while waiting:
                budget, number = waiting.pop(0), number + 1
                wall, used, said = race(words, budget, Path(place, f"run{number}"))
                shown = f"{name:6} {budget:>4}: {wall:6.1f} s wall ({wall / seconds(budget):.2f})"
                print(f"{shown}, {used:6.1f} s of processors; {said}", flush=True)
                named = re.search(r"--budget (\w+)", said)
                if named and named[1] not in (*budgets, *waiting):
                    waiting.append(named[1])


if __name__ == "__main__":
    main()
