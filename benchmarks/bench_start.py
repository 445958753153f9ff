"""Whole processes: `import bestiary` against Python itself, and `bestiary list`."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import finish, header


def seconds(*command: str, rounds: int = 15) -> float:
    """Median wall-clock seconds of a whole process, after a warm-up."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


if __name__ == "__main__":
    header()
    bestiary = str(Path(sys.executable).with_name("bestiary"))
    python = seconds(sys.executable, "-c", "pass")
    importing = seconds(sys.executable, "-c", "import bestiary") - python
    listing = seconds(bestiary, "list")
    print(f"import bestiary: {importing * 1000:.0f} ms more than Python itself ({python * 1000:.0f} ms), bound 60 ms")
    print(f"bestiary list, whole process: {listing:.3f} s, bound 0.3 s")
    finish(importing <= 0.060, listing <= 0.3)
