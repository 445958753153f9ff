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

from bestiary import catalogue, tasks
from bestiary.baselines import competitors
from bestiary.contracts import ImageSpec, Predictions, SeriesSpec, TableSpec, TokenSpec
from bestiary.judging.evidence import Standing, Verdict
from bestiary.judging.verdict import Candidate, Judgement, judge_race
from bestiary.planning.plan import Entrant, Job, Plan, Rival, Stage
from bestiary.race.opened import file_of
from bestiary.rows.store import write_array, write_spec
from tests.race.facts import further

NETWORKS = (
    ("lenet5/classic", "LeNet-5", "convolution", 61_706, 0.020, "finalist"),
    ("resnet/small", "Residual network", "convolution", 78_042, 0.028, "finalist"),
    ("mlp/medium", "Multi-layer perceptron", "feedforward", 26_122, 0.035, "finalist"),
    ("ann/small", "One hidden layer", "feedforward", 4_810, 0.06, "eliminated"),
    ("lstm/rows", "Long short-term memory", "recurrence", 19_210, 0.09, "eliminated"),
    ("dbn/plain", "Deep belief network", "energy", 650, 0.1, "eliminated"),
    ("transformer_classifier/tiny", "Transformer", "attention", 52_490, 0.2, "failed"),
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
    return classes_race(
        folder, "table", ["stays", "<script>alert(1)</script>"], truth, target="churn", metric="log_loss"
    )


def text_race(folder: Path) -> Path:
    """Three classes of text."""
    truth = np.random.default_rng(2).integers(0, 3, 240)
    run = classes_race(folder, "text", ["complaint", "praise", "question"], truth, target="label")
    texts = [
        f"Row {row}: <b>the parcel</b> came late & wet, {'again and ' * (row % 60)}again – naïve €5"
        for row in range(240)
    ]
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
        if noise >= 0.9:
            return np.full((rows, 1), truth.mean())
        shrunk = truth + noise * (truth.mean() - truth)
        return (shrunk * np.exp(random.normal(0, 2 * noise, rows)))[:, None]

    return _race(folder, "table", "regression", [], truth, target, "rmse", answers)


def classes_race(
    folder: Path, kind: str, classes: list[str], truth: NDArray[np.int64], target: str, metric: str = "accuracy"
) -> Path:
    """Any classification: answers mistake a class for its neighbour, and are somewhat too sure."""

    def answers(noise: float, random: np.random.Generator) -> NDArray[np.float64]:
        logits = random.normal(0, 0.7, (len(truth), len(classes)))
        other = (truth + 1 + random.integers(0, 2, len(truth))) % len(classes)
        meant = np.where(random.random(len(truth)) < noise, other, truth)
        logits[np.arange(len(truth)), meant] += np.where(meant == truth, 4.5, random.uniform(1, 5, len(truth)))
        if noise >= 0.9:
            logits[:] = np.log(np.bincount(truth, minlength=len(classes)) + 1.0)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    return _race(folder, kind, "classification", classes, truth, target, metric, answers)


Answers = Callable[[float, np.random.Generator], NDArray[np.float64]]
Truth = NDArray[np.int64] | NDArray[np.float64]


def _race(
    folder: Path, kind: str, problem: str, classes: list[str], truth: Truth, target: str, metric: str, answers: Answers
) -> Path:
    rows = np.sort(np.random.default_rng(5).permutation(10 * len(truth))[: len(truth)])
    write_array(folder / "sealed", "test", "row", rows)
    (folder / "winner").mkdir(parents=True)
    _parquet(folder / "predictions" / "truth.parquet", {"row": rows, "target": truth})
    jobs: list[Job] = []
    standings = [_network(folder, jobs, *words) for words in NETWORKS]
    standings += [_baseline(name, size) for size, (name, _) in enumerate(BASELINES, 1)]
    noises = {words[0]: words[4] for words in NETWORKS} | {f"baseline/{name}": noise for name, noise in BASELINES}
    candidates = []
    for number, standing in enumerate(standings):
        standing.selection = {metric: 0.9} if standing.status == "eliminated" else {}
        if standing.status in ("finalist", "baseline"):
            columns = _predictions(standing, rows, answers, noises[standing.name], number)
            _save(folder / "predictions", standing, columns)
            standing.predict_seconds = 0.002 * (number + 1)
            made = [Predictions({k: torch.from_numpy(v) for k, v in seed.items()}) for seed in columns]
            candidates.append(Candidate(standing.name, standing.network, standing.bytes, number, made, standing.title))
    judgement = judge_race(
        candidates=candidates, truth=truth, problem=problem, metric=metric, train_rows=8 * len(truth), classes=classes
    )
    for standing in standings:
        standing.test = judgement.test.get(standing.name, {})
        standing.difference = judgement.difference.get(standing.name)
        standing.tied = judgement.tied.get(standing.name, False)
    left = {standing.name: standing for standing in standings}
    ranked = [left.pop(name) for name in judgement.order]
    standings = [*ranked, *sorted(left.values(), key=lambda s: s.status == "failed")]
    verdict = _verdict(judgement, standings, kind, problem, classes, target, len(truth))
    verdict.write(folder / "verdict.json")
    _plan(verdict, jobs).write(folder)
    outputs = max(1, len(classes))
    spec = {
        "image": ImageSpec(1, (8, 8), outputs),
        "text": TokenSpec(100, 20, outputs),
        "series": SeriesSpec(1, 20, outputs),
    }.get(kind, TableSpec(10, outputs))
    facts = {"target": target, "problem": problem, "classes": classes, "mean": 0.0, "scale": 1.0}
    write_spec(folder / "data", spec, {**facts, **further(spec)})
    return folder


def _network(
    folder: Path, jobs: list[Job], name: str, title: str, family: str, parameters: int, noise: float, status: str
) -> Standing:
    standing = Standing(name, title, family, True, status, parameters=parameters)
    standing.settings = {"rate": 1e-3, "decay": 1e-4}
    stem = f"{name.replace('/', '.')}.0"
    standing.folder = f"contenders/{stem}.seed0"
    if status == "failed":
        standing.reason = "the loss is nan at step 40, also with two accumulated half batches"
        return standing
    standing.rung = 3 if status == "finalist" else 1 + parameters % 2
    standing.reason = "" if status == "finalist" else f"left after round {standing.rung}"
    standing.learned, standing.steps = 1 - 2 * noise, 900 * standing.rung
    standing.train_seconds, standing.memory, standing.bytes = 21.5 * standing.rung, 310_000_000, 4 * parameters + 3_000
    standing.seeds = [0, 1, 2] if status == "finalist" else [0]
    for seed in standing.seeds:
        job = Job(f"{stem}.seed{seed}", name, 0, seed, -1, standing.steps, 2700)
        jobs.append(job)
        _log(folder / "contenders" / job.id, noise, standing.steps, seed)
    return standing


def _baseline(name: str, size: int) -> Standing:
    made = Standing(f"baseline/{name}", name, "baseline", False, "baseline")
    made.bytes, made.train_seconds = 90_000 * size, 4.0
    return made


def _predictions(
    standing: Standing, rows: NDArray[np.int64], answers: Answers, noise: float, number: int
) -> list[dict[str, NDArray[np.generic]]]:
    """One table a seed."""
    tables = []
    for place in range(max(1, len(standing.seeds))):
        given = answers(noise, np.random.default_rng(100 + 10 * number + place)).astype(np.float32)
        names = ["value"] if given.shape[1] == 1 else [f"probability_{k}" for k in range(given.shape[1])]
        tables.append({"row": rows, **{name: given[:, k].copy() for k, name in enumerate(names)}})
    return tables


def _save(folder: Path, standing: Standing, tables: list[dict[str, NDArray[np.generic]]]) -> None:
    for place, columns in enumerate(tables):
        _parquet(file_of(folder.parent, standing.name, place), columns)


def _verdict(
    judgement: Judgement,
    standings: list[Standing],
    kind: str,
    problem: str,
    classes: list[str],
    target: str,
    rows: int,
) -> Verdict:
    return Verdict(
        sentence=judgement.sentence,
        problem=problem,
        kind=kind,
        target=target,
        classes=classes,
        metric=judgement.metric,
        metric_reason="the classes are of equal size, so accuracy is fair to all of them",
        higher=tasks.metric_named(judgement.metric, problem).higher,
        crowned=judgement.crowned,
        reason=judgement.reason,
        chosen=judgement.chosen,
        worth_it=judgement.worth_it,
        worth_sentence=judgement.worth_sentence,
        answer=judgement.answer,
        networks_best=judgement.networks_best,
        baseline_best=judgement.baseline_best,
        standings=standings,
        rows={"train": 6 * rows, "validation": 2 * rows, "test": rows},
        openings=3,
        notes=[
            "column 'id' is left out: it differs in every row",
            "column 'refund' almost determines the target: it may leak",
            "test rows were opened for the third time",
            "textcnn did not take part: does not take these data",
        ],
        constant={m: i.value for m, i in judgement.test["baseline/constant"].items()},
        seconds={"reading": 1.2, "planning": 4.5, "training": 48.0, "judging": 3.1},
        trained=84.0,
        available=112.0,
        versions={"bestiary": "0.1.0", "torch": "2.13.0", "python": "3.11.9", "machine": "x86_64, 2 cores"},
    )


def _plan(verdict: Verdict, jobs: list[Job]) -> Plan:
    entrants = [_entrant(standing, verdict.problem) for standing in verdict.standings if standing.network]
    stages = [Stage(1, [dataclasses.replace(j, steps=300) for j in jobs if j.seed == 0], {}, 9.0, "all that fit")]
    stages.append(Stage(2, [j for j in jobs if j.steps > 900 and j.seed == 0], {}, 12.0, "the better half"))
    stages.append(Stage(3, [j for j in jobs if j.steps > 1800], {}, 27.0, "the best quarter and what is tied with it"))
    for stage in stages:
        stage.pace = {entrant.name: 0.004 for entrant in entrants}
    return Plan(
        source={},
        digest="5f" * 32,
        kind=verdict.kind,
        problem=verdict.problem,
        target=verdict.target,
        classes=verdict.classes,
        notes=verdict.notes,
        budget=60.0,
        equal="time",
        metric=verdict.metric,
        metric_reason=verdict.metric_reason,
        higher=verdict.higher,
        seed=0,
        workers=2,
        device="cpu",
        splits="by a keyed hash of each row's content",
        rows=verdict.rows,
        folds=0,
        shares={"reading": 1.2},
        constant=math.log(len(verdict.classes)) if verdict.classes else 1.0,
        entrants=entrants,
        rivals=[
            Rival(one.name, 9.0)
            for one in competitors(verdict.kind, verdict.problem)
            if f"baseline/{one.name}" in {s.name for s in verdict.standings}
        ],
        left_out={"textcnn": "does not take these data"},
        stages=stages,
        finalists=[s.name for s in verdict.standings if s.test],
        opened=3,
        versions=verdict.versions,
    )


def _entrant(standing: Standing, problem: str) -> Entrant:
    row = catalogue.find(standing.name.partition("/")[0])
    return Entrant(
        name=standing.name,
        title=standing.title,
        family=standing.family,
        architecture=row.name,
        network=next(iter(row.races.values()))[0].network,
        keywords={},
        recipe=row.recipes[problem],
        settings=[{"rate": 1e-3}, {"rate": 3e-3}],
        batch=128,
        look_every=50,
        step_seconds=0.004,
        look_seconds=0.02,
        start_seconds=0.3,
        parameters=standing.parameters,
        note="largest size that sees the data 20 times",
    )


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
