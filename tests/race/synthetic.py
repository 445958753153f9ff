"""Run folders as a race leaves them, made without a race: real data sets of scikit-learn where pictures matter, answers
with known faults. Every score in `verdict.json` is computed from the predictions beside it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from bestiary.contracts import Predictions
from bestiary.data.store import write_array
from bestiary.race.evidence import Interval, Standing, Verdict
from bestiary.race.plan import Entrant, Job, Plan, Rival, Stage
from bestiary.tasks.metrics import score_classes, score_values

NETWORKS = (
    ("lenet/classic", "LeNet-5", "convolution", 61_706, 0.020, "finalist"),
    ("resnet/small", "Residual network", "convolution", 78_042, 0.028, "finalist"),
    ("mlp/medium", "Multi-layer perceptron", "feedforward", 26_122, 0.035, "finalist"),
    ("ann/small", "One hidden layer", "feedforward", 4_810, 0.06, "eliminated"),
    ("lstm/rows", "Long short-term memory", "recurrence", 19_210, 0.09, "eliminated"),
    ("perceptron/plain", "Perceptron", "feedforward", 650, 0.1, "eliminated"),
    ("transformer/tiny", "Transformer", "attention", 52_490, 0.2, "failed"),
)
BASELINES = (("forest", 0.05), ("boosting", 0.06), ("linear", 0.08), ("constant", 0.9))


def image_race(folder: Path) -> Path:
    """Ten classes: the digits of scikit-learn."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    places = np.random.default_rng(0).permutation(len(digits.target))[:360]
    pixels = (digits.images[places] * 15.9).astype(np.uint8)[:, None]
    run = classes_race(folder, "image", [str(k) for k in range(10)], digits.target[places], target="folder")
    write_array(run / "sealed", "test", "pixels", pixels)
    return run


def table_race(folder: Path, rows: int = 400) -> Path:
    """Two classes, unbalanced, one name hostile."""
    truth = (np.random.default_rng(1).random(rows) < 0.2).astype(np.int64)
    return classes_race(folder, "table", ["stays", "<script>alert(1)</script>"], truth, target="churn", metric="log_loss")


def text_race(folder: Path) -> Path:
    """Three classes of text."""
    truth = np.random.default_rng(2).integers(0, 3, 240)
    run = classes_race(folder, "text", ["complaint", "praise", "question"], truth, target="label")
    texts = [f"Row {row}: <b>the parcel</b> came late & wet, {'again and ' * (row % 60)}again – naïve €5" for row in range(240)]
    raw = [text.encode() for text in texts]
    write_array(run / "sealed", "test", "bytes", np.frombuffer(b"".join(raw), dtype=np.uint8))
    write_array(run / "sealed", "test", "offsets", np.cumsum([0, *map(len, raw)]).astype(np.int64))
    return run


def series_race(folder: Path) -> Path:
    """Four classes of two-channel series of unequal length, with gaps."""
    random = np.random.default_rng(3)
    truth = random.integers(0, 4, 200)
    run = classes_race(folder, "series", ["rest", "walk", "run", "fall"], truth, target="activity")
    values = random.normal(size=(200, 150, 2)).cumsum(axis=1).astype(np.float32)
    values[::7, 20:30] = np.nan
    write_array(run / "sealed", "test", "values", values)
    write_array(run / "sealed", "test", "lengths", random.integers(60, 151, 200))
    return run


def regression_race(folder: Path, rows: int = 600, target: str = "price") -> Path:
    """A number with a long tail."""
    truth = np.random.default_rng(4).lognormal(12, 0.6, rows)

    def answers(noise: float, random: np.random.Generator) -> NDArray[np.float64]:
        shrunk = truth + min(1.0, noise) * (truth.mean() - truth)
        return (shrunk * np.exp(random.normal(0, 2 * min(noise, 0.3), rows)))[:, None] if noise < 0.9 else np.full(
            (rows, 1), truth.mean()
        )  # fmt: skip

    return _race(folder, "table", "regression", [], truth, target, "rmse", answers)


def classes_race(
    folder: Path, kind: str, classes: list[str], truth: NDArray[np.int64], target: str, metric: str = "accuracy"
) -> Path:
    """Any classification: answers mistake a class for its neighbour, and are somewhat too sure."""

    def answers(noise: float, random: np.random.Generator) -> NDArray[np.float64]:
        logits = random.normal(0, 0.7, (len(truth), len(classes)))
        meant = np.where(random.random(len(truth)) < noise, (truth + 1 + random.integers(0, 2, len(truth))) % len(classes), truth)
        logits[np.arange(len(truth)), meant] += np.where(meant == truth, 4.5, random.uniform(1, 5, len(truth)))
        if noise >= 0.9:
            logits[:] = np.log(np.bincount(truth, minlength=len(classes)) + 1.0)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    return _race(folder, kind, "classification", classes, truth, target, metric, answers)


def _race(
    folder: Path,
    kind: str,
    problem: str,
    classes: list[str],
    truth: NDArray[np.int64] | NDArray[np.float64],
    target: str,
    metric: str,
    answers: Callable[[float, np.random.Generator], NDArray[np.float64]],
) -> Path:
    rows = np.sort(np.random.default_rng(5).permutation(10 * len(truth))[: len(truth)])
    write_array(folder / "sealed", "test", "row", rows)
    (folder / "winner").mkdir(parents=True)
    _parquet(folder / "predictions" / "truth.parquet", {"row": rows, "target": truth})
    higher = metric in ("accuracy", "balanced_accuracy")
    standings, jobs = [], []
    for number, (name, title, family, parameters, noise, status) in enumerate(NETWORKS):
        standing = Standing(name, title, family, True, status, parameters=parameters, folder=f"contenders/{name.replace('/', '.')}.0.seed0")
        standing.settings = {"rate": 1e-3, "decay": 1e-4}
        if status == "failed":
            standing.reason = "the loss is nan at step 40, also with two accumulated half batches"
        else:
            standing.rung = 3 if status == "finalist" else 1 + number % 2
            standing.reason = "" if status == "finalist" else f"left after rung {standing.rung}: behind the cut"
            standing.learned, standing.steps, standing.train_seconds = 1 - 2 * noise, 900 * standing.rung, 21.5 * standing.rung
            standing.memory, standing.bytes = 310_000_000 + parameters, 4 * parameters + 3_000
            standing.seeds = [0, 1, 2] if status == "finalist" else [0]
            for seed in standing.seeds:
                job = Job(standing.folder.split("/")[1].replace("seed0", f"seed{seed}"), name, 0, seed, -1, standing.steps, 2700)
                jobs.append(job)
                _log(folder / "contenders" / job.id, noise, standing.steps, seed)
        standings.append(standing)
    standings += [Standing(f"baseline/{name}", name.title(), "baseline", False, "baseline", bytes=90_000 * n, train_seconds=4.0) for n, (name, _) in enumerate(BASELINES, 1)]  # fmt: skip
    noises = {**{n[0]: n[4] for n in NETWORKS}, **{f"baseline/{name}": noise for name, noise in BASELINES}}
    score = score_values if problem == "regression" else score_classes
    for number, standing in enumerate(standings):
        if standing.status not in ("finalist", "baseline"):
            standing.selection = {metric: 0.9} if standing.status == "eliminated" else {}
            continue
        names = ["value"] if problem == "regression" else [f"probability_{k}" for k in range(len(classes))]
        seeds = []
        for place in range(max(1, len(standing.seeds))):
            given = answers(noises[standing.name], np.random.default_rng(100 + 10 * number + place))
            columns = {"row": rows, **{name: given[:, k].astype(np.float32) for k, name in enumerate(names)}}
            file = f"{standing.name.replace('/', '-')}{f'.{place}' if place else ''}.parquet"
            _parquet(folder / "predictions" / file, columns)
            seeds.append(score(Predictions({k: torch.from_numpy(v) for k, v in columns.items()}), truth))
        scores = {m: float(np.mean([seed[m] for seed in seeds])) for m in seeds[0]}
        standing.test = {m: Interval(v, v - _half(m, v, len(truth)), min(v + _half(m, v, len(truth)), math.inf if m in ("rmse", "mae", "log_loss") else 1.0)) for m, v in scores.items()}  # fmt: skip
        standing.selection = {m: v * 1.01 for m, v in scores.items()}
        standing.predict_seconds = 0.002 * (number + 1)
    standings.sort(key=lambda s: (s.status == "failed", not s.test, -s.test[metric].value if higher and s.test else s.test[metric].value if s.test else 0))  # fmt: skip
    best = standings[0]
    for standing in standings:
        if standing.test:
            gap = abs(standing.test[metric].value - best.test[metric].value)
            half = 0.6 * _half(metric, best.test[metric].value, len(truth))
            standing.difference = None if standing is best else Interval(gap, gap - half, gap + half)
            standing.tied = standing is not best and gap <= half
    network = next(s for s in standings if s.network)
    baseline = next(s for s in standings if not s.network)
    constant = next(s for s in standings if s.name == "baseline/constant")
    gain = (network.test[metric].value - baseline.test[metric].value) * (1 if higher else -1)
    half = 0.8 * _half(metric, best.test[metric].value, len(truth))
    crowned = best is network and not any(s.tied for s in standings)
    versions = {"bestiary": "0.1.0", "torch": "2.13.0", "python": "3.11.9", "machine": "x86_64, 2 cores"}
    split = {"train": 6 * len(truth), "validation": 2 * len(truth), "test": len(truth)}
    verdict = Verdict(
        sentence=f"{network.title} predicts {target} best, but {baseline.title.lower()} is as good on these rows."
        if not crowned
        else f"{network.title} predicts {target} best, and is better than {baseline.title.lower()}.",
        problem=problem,
        kind=kind,
        target=target,
        classes=classes,
        metric=metric,
        metric_reason="the classes are of equal size, so accuracy is fair to all of them",
        higher=higher,
        crowned=network.name if crowned else None,
        reason="Its paired difference to every other excludes zero." if crowned else "No paired difference excludes zero; "
        "about 1,900 test rows might decide.",
        chosen=network.name,
        worth_it=Interval(gain, gain - half, gain + half),
        worth_sentence=f"The best network is {'better than' if crowned else 'not shown to be better than'} the best baseline.",
        networks_best=network.name,
        baseline_best=baseline.name,
        standings=standings,
        rows=split,
        openings=3,
        notes=["column 'id' is left out: it differs in every row", "column 'refund' almost determines the target: it may leak"],
        constant={m: i.value for m, i in constant.test.items()},
        seconds={"reading": 1.2, "planning": 4.5, "training": 48.0, "judging": 3.1},
        trained=84.0,
        available=112.0,
        versions=versions,
    )
    verdict.write(folder / "verdict.json")
    _plan(verdict, jobs).write(folder)
    sizes = {"kind": kind, "outputs": max(1, len(classes)), "image_size": [8, 8]}
    facts = {"target": target, "problem": problem, "classes": classes, "mean": 0.0, "scale": 1.0}
    (folder / "data").mkdir()
    (folder / "data" / "spec.json").write_text(json.dumps({"spec": sizes, "facts": facts}))
    return folder


def _plan(verdict: Verdict, jobs: list[Job]) -> Plan:
    entrants = [
        Entrant(s.name, s.title, s.family, s.name.split("/")[0], "a:B", {}, "c:d", [{"rate": 1e-3}, {"rate": 3e-3}], 128, 50,
                0.004, 0.02, 0.3, s.parameters, "largest size that sees the data 20 times")
        for s in verdict.standings if s.network
    ]  # fmt: skip
    stages = [Stage(1, [dataclasses.replace(j, steps=300) for j in jobs if j.seed == 0], {}, 9.0, "all that fit")]
    stages.append(Stage(2, [j for j in jobs if j.steps > 900 and j.seed == 0], {}, 12.0, "the better half on validation"))
    stages.append(Stage(3, [j for j in jobs if j.steps > 1800], {}, 27.0, "the best quarter and what is tied with it"))
    return Plan(
        source={}, digest="5f" * 32, kind=verdict.kind, problem=verdict.problem, target=verdict.target, classes=verdict.classes,
        notes=verdict.notes, budget=60.0, equal="time", metric=verdict.metric, metric_reason=verdict.metric_reason,
        higher=verdict.higher, seed=0, workers=2, device="cpu", splits="by a keyed hash of each row's content",
        rows=verdict.rows, folds=0, shares={"reading": 1.2}, constant=1.0 if verdict.problem == "regression" else math.log(len(verdict.classes)), entrants=entrants,
        rivals=[Rival(s.name, 9.0) for s in verdict.standings if not s.network], left_out={"textcnn": "does not take these data"},
        stages=stages, finalists=[s.name for s in verdict.standings if s.test], opened=3, versions=verdict.versions,
    )  # fmt: skip


def _half(metric: str, value: float, rows: int) -> float:
    if metric in ("rmse", "mae", "log_loss"):
        return 1.96 * value / math.sqrt(rows)
    return 1.96 * math.sqrt(max(value * (1 - value), 0.002) / rows)


def _log(folder: Path, noise: float, steps: int, seed: int) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    lines = []
    for step in range(50, steps + 1, 50):
        loss = 3 * noise + 2.2 * math.exp(-step / 250) + abs(float(random.normal(0, 0.01)))
        lines.append({"step": step, "loss": 0.8 * loss, "seconds": 0.02 * step})
        lines.append({"step": step, "seconds": 0.02 * step, "scores": {"loss": loss, "accuracy": 1 - noise}})
    (folder / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + '\n{"step": 9')


def _parquet(path: Path, columns: dict[str, NDArray[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
