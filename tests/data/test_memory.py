"""Files larger than memory: reading and encoding takes less than twice the encoded training rows, whatever the form."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from bestiary.rows.store import read_array

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")

MEASURE = """
import sys
from pathlib import Path
from bestiary.data import read
from bestiary.rows.splits import assign
small, large, kind, folder = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
def encode(path, name):
    source = read(path, "label", kind=kind)
    source.encode(assign(source), folder / name / "data", 0)
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024
encode(small, "small")
before = peak()
encode(large, "large")
print(before, peak())
"""
CHANNELS = 40


def wide(path: Path, rows: int) -> None:
    """A series of 1,000 steps a row."""
    cells = np.random.default_rng(0).integers(0, 1_000, (rows, 1_000))
    table = {f"t{step}": cells[:, step] for step in range(1_000)} | {"label": np.arange(rows) % 2}
    csv.write_csv(pa.table(table), path)


def bare(path: Path, rows: int) -> None:
    """The same without a line of names."""
    wide(path, rows)
    lines = path.read_bytes().split(b"\n", 1)[1]
    path.write_bytes(lines)


def long(path: Path, rows: int) -> None:
    """A step a row, series behind one another; 400 steps of many channels each."""
    _steps(path, np.arange(rows) // 400, np.arange(rows) % 400)


def by_time(path: Path, rows: int) -> None:
    """A step a row, the first steps of all series first."""
    series = rows // 400
    _steps(path, np.arange(rows) % series, np.arange(rows) // series)


def _steps(path: Path, series: np.ndarray, time: np.ndarray) -> None:
    cells = np.random.default_rng(0).integers(0, 1_000, (len(series), CHANNELS))
    table = {"id": series, "time": time, "label": series % 2} | {f"c{i}": cells[:, i] for i in range(CHANNELS)}
    csv.write_csv(pa.table(table), path)


def lines(path: Path, rows: int) -> None:
    """A JSON object a line."""
    cells = np.random.default_rng(0).integers(0, 1_000, (rows, 41))
    cells[:, 40] %= 2
    form = "{" + ",".join(f'"{name}":%d' for name in [*(f"c{i}" for i in range(40)), "label"]) + "}"
    with path.open("w") as file:
        file.writelines(form % tuple(row) + "\n" for row in cells.tolist())


@pytest.mark.parametrize(
    ("write", "ending", "rows", "encoded"),
    [
        (wide, "csv", 10_000, "values"),
        (bare, "csv", 10_000, "values"),
        (long, "csv", 250_000, "values"),
        (by_time, "csv", 250_000, "values"),
        (lines, "jsonl", 300_000, "features"),
    ],
)
def test_peak_memory_stays_within_twice_the_encoded_rows(
    write: Callable[[Path, int], None], ending: str, rows: int, encoded: str, tmp_path: Path
) -> None:
    small, large = tmp_path / f"small.{ending}", tmp_path / f"large.{ending}"
    write(small, 2_000)
    write(large, rows)
    kind = "table" if encoded == "features" else "series"
    command = [sys.executable, "-c", MEASURE, small, large, kind, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    before, after = map(int, done.stdout.split())
    train = read_array(tmp_path / "large" / "data", "train", encoded)
    assert train.nbytes > 20_000_000
    assert after - before < 2 * train.nbytes, f"{(after - before) / train.nbytes:.2f} times"
