"""The verdict over twelve models, and baselines that keep their core-seconds on data that are too large for them."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from common import finish, header

from bestiary import baselines
from bestiary.contracts import Predictions, TableSpec
from bestiary.judging.verdict import Candidate, judge_race
from bestiary.rows.store import write_array, write_spec


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of some work, the least of three."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def told(title: str, taken: float, bound: float) -> bool:
    """Prints a figure beside its bound."""
    print(f"{title}: {taken:.2f} core-seconds, bound {bound:.2f}: {'kept' if taken <= bound else 'NOT KEPT'}")
    return taken <= bound


def verdict(rows: int, bound: float) -> bool:
    """Twelve models of ten classes on so many test rows."""
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 10, rows)
    candidates = []
    for number in range(12):
        table = np.exp(draw.normal(size=(rows, 10)) + (2 + 0.1 * number) * np.eye(10)[truth])
        columns = {f"probability_{k}": torch.tensor(p) for k, p in enumerate((table / table.sum(1, keepdims=True)).T)}
        answers = Predictions({"row": torch.arange(rows), **columns})
        candidates.append(Candidate(f"m{number}", number > 4, number, 1 - number / 20, [answers]))
    words = {"problem": "classification", "metric": "accuracy", "train_rows": 5 * rows}
    classes = [str(k) for k in range(10)]
    taken = seconds(lambda: judge_race(candidates=candidates, truth=truth, classes=classes, **words))
    return told(f"verdict over 12 models, {rows:,} rows", taken, bound)


def baseline(name: str, allowed: float, features: np.ndarray, target: np.ndarray, outputs: int) -> bool:
    """A baseline whose whole search would take far longer than it is allowed."""
    with tempfile.TemporaryDirectory() as place:
        folder, rows = Path(place), len(target)
        for split, part in (("train", slice(0, rows * 3 // 4)), ("validation", slice(rows * 3 // 4, rows))):
            write_array(folder, split, "features", features[part])
            write_array(folder, split, "target", target[part])
        facts = {"problem": "classification", "classes": [str(k) for k in range(outputs)]}
        write_spec(folder, TableSpec(features.shape[1], outputs), facts)
        taken = seconds(lambda: baselines.run_baseline(name, folder, folder / "out", seconds=allowed))
    shape = f"{rows:,} x {features.shape[1]:,}"
    return told(f"{name} given {allowed} s on {shape}", taken, 1.6 * allowed + 0.5)


if __name__ == "__main__":
    header("scikit-learn")
    draw = np.random.default_rng(0)
    tall = draw.normal(size=(40_000, 20)).astype("float32")
    wide = draw.normal(size=(160, 1500)).astype("float32")
    product, turns = (tall[:, 0] * tall[:, 1] > 0).astype(np.int64), np.arange(160) // 4 % 4
    finish(
        verdict(400, 1.0),
        verdict(10_000, 2.0),
        baseline("boosting", 1.0, tall, product, 2),
        baseline("forest", 1.0, tall, product, 2),
        baseline("boosting", 1.0, wide, turns, 4),
    )
