"""Reads back what a race left in its folder. What is missing, or was cut short, is simply absent from the report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from bestiary.data.reading import load_encoder
from bestiary.errors import InputError
from bestiary.judging.evidence import Standing, Verdict
from bestiary.planning.plan import Plan
from bestiary.planning.run_check import check_run, check_verdict
from bestiary.records.digests import check_data
from bestiary.rows.places import said
from bestiary.rows.source import Encoder
from bestiary.rows.store import read_spec
from bestiary.tasks.predictions import read_predictions
from bestiary.tasks.rule import tempered

DRAWN = 60  # points of a training loss
Answers = NDArray[np.float64]  # probabilities [N, K], or values [N], of several targets [N T]


@dataclass(frozen=True)
class Truth:
    """The test rows as they are.

    Attributes:
        rows: their numbers in the person's data, from 0, [N].
        target: [N]; of several numbers or labels [N T].
        remarks: a text or file name a row; empty where there are none.
        lines: on which lines of the person's file they begin, [N]; 0 where they are on none.
    """

    rows: NDArray[np.int64]
    target: NDArray[np.int64] | NDArray[np.float64]
    remarks: tuple[str, ...] = ()
    lines: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def place(self, row: int) -> str:
        """Where the test row at this place stands in what the person gave, in words."""
        return said(int(self.rows[row]), int(self.lines[row]) if len(self.lines) else 0)


@dataclass(frozen=True)
class Training:
    """One training of a contender: core-seconds spent, validation loss at that moment, updates made until then.

    `trained` is (core-seconds, loss) of what training makes small, as means over its batches.
    """

    seed: int
    seconds: tuple[float, ...]
    loss: tuple[float, ...]
    steps: tuple[int, ...]
    trained: tuple[tuple[float, float], ...] = ()


@dataclass
class Evidence:
    """A finished race.

    Attributes:
        run: its folder.
        verdict: what was found.
        plan: None when it cannot be read.
        sizes, facts: of `data/spec.json`.
        truth: None when it was not kept.
        predictions: name -> answers of each of its seeds, in the order of `truth`; the seed that ships is the first. Of
            the chosen model, the best network and the best baseline.
        trainings: name -> its trainings that wrote a log.
    """

    run: Path
    verdict: Verdict
    plan: Plan | None = None
    sizes: dict[str, object] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    truth: Truth | None = None
    predictions: dict[str, list[Answers]] = field(default_factory=dict)
    trainings: dict[str, list[Training]] = field(default_factory=dict)

    @cached_property
    def encoder(self) -> Encoder | None:
        """The fitted preprocessing of the training rows; None where it was not kept.

        Raises:
            InputError: when it was altered.
        """
        folder = self.run / "data" / "encoder"
        return load_encoder(folder) if (folder / "encoder.json").is_file() else None


def gather(run: Path) -> Evidence:
    """Everything that the report is made of.

    Args:
        run: the folder of a race that has a `verdict.json`.

    Raises:
        InputError: when there is no verdict, it cannot be read, or the test rows or answers have been changed.
    """
    path = run / "verdict.json"
    if not path.is_file():
        known = (run / "plan.json").is_file()
        advice = f"try `bestiary race --resume {run}`" if known else "give the folder of a race or a training"
        raise InputError(f"expected the folder of a finished race; {run} has no verdict.json; {advice}")
    verdict, plan = Verdict.read(path), _plan(run)
    if plan is not None:
        check_run(run, plan)
        check_verdict(verdict, plan)
    if (run / "sealed").is_dir():
        check_data(run, ("sealed",))
    sizes, facts = _spec(run / "data")
    evidence = Evidence(run, verdict, plan, sizes, facts)
    _add_predictions(evidence)
    for standing in verdict.standings:
        trainings = _trainings(run, standing, evidence.plan)
        if trainings:
            evidence.trainings[standing.name] = trainings
    return evidence


def _plan(run: Path) -> Plan | None:
    path = run / "plan.json"
    return Plan.read(run) if path.exists() or path.is_symlink() else None


def _spec(data: Path) -> tuple[dict[str, object], dict[str, object]]:
    """Sizes and facts of the encoded data; empty where these were not kept."""
    if not (data / "spec.json").exists():
        return {}, {}
    spec, facts = read_spec(data)
    return spec.written(), facts


# ------------------------------------------------------------------------------------------------ predictions


def file_key(name: str) -> str:
    """A name as it stands in a file name.

    Example:
        >>> file_key("resnet/small")
        'resnet-small'
    """
    return re.sub(r"[^a-z0-9_]+", "-", name.lower())


def _add_predictions(evidence: Evidence) -> None:
    """`resnet-small.parquet` is of the seed that ships, `resnet-small.1.parquet` and so on are of the others."""
    folder = evidence.run / "predictions"
    if not (folder / "truth.parquet").is_file():
        return
    verdict = evidence.verdict
    truth = evidence.truth = _read_truth(folder / "truth.parquet")
    tested = [standing.name for standing in verdict.standings if standing.test]
    wanted = [name for name in (verdict.chosen, verdict.networks_best, verdict.baseline_best) if name in tested]
    for name in dict.fromkeys([*wanted, *tested]):
        if name not in wanted and evidence.predictions:
            break  # the others are only looked at where those that matter left none
        key = file_key(name)
        paths = [folder / f"{key}.parquet", *(folder / f"{key}.{place}.parquet" for place in range(1, 20))]
        read = [_read_answers(path, truth.rows) for path in paths if path.is_file()]
        answers = [given for given in read if given is not None]
        degree = evidence.plan.temperatures.get(name) if evidence.plan else None
        if answers:
            evidence.predictions[name] = [one if degree is None else tempered(one, degree) for one in answers]


def _read_truth(path: Path) -> Truth:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path, page_checksum_verification=True)
    except (arrow.ArrowException, OSError, ValueError) as reason:
        said = " ".join(str(reason).split())[:200]
        raise InputError(f"expected the true answers in {path}; they cannot be read ({said})") from reason
    apart = ("row", "target", "group", "time", "line")
    several = [name for name in table.column_names if re.fullmatch(r"target_\d+", name)]
    remark = next((n for n in table.column_names if n not in (*apart, *several)), None)
    remarks = tuple(str(v) if v is not None else "" for v in table[remark].to_pylist()) if remark else ()
    rows = np.asarray(table["row"].to_numpy(), dtype=np.int64)
    lines = (
        np.asarray(table["line"].to_numpy(), dtype=np.int64) if "line" in table.column_names else np.zeros_like(rows)
    )
    if several:
        target = np.stack([table[n].to_numpy() for n in several], 1)
    else:
        target = table["target"].to_numpy() if "target" in table.column_names else np.empty((len(rows), 0))
    if np.issubdtype(target.dtype, np.integer):
        return Truth(rows, np.asarray(target, dtype=np.int64), remarks, lines)
    return Truth(rows, np.asarray(target, dtype=np.float64), remarks, lines)


def _read_answers(path: Path, rows: NDArray[np.int64]) -> Answers | None:
    """In the order of `rows`; None when the file is about other rows, or holds neither probabilities nor values."""
    columns = {name: column.numpy() for name, column in read_predictions(path).columns.items()}
    chances = [name for name in columns if name.startswith("probability_")]
    known = chances or [name for name in columns if re.fullmatch(r"value_\d+", name)]
    names = sorted(known, key=lambda name: int(name.rpartition("_")[2])) or [n for n in columns if n == "value"]
    if not names:
        return None  # such predictions are evidence, which the sections of their task read
    found = np.asarray(columns["row"], dtype=np.int64)
    order, wanted = np.argsort(found, kind="stable"), np.argsort(rows, kind="stable")
    if not np.array_equal(found[order], rows[wanted]):
        return None
    answers = np.empty((len(rows), len(names)))
    answers[wanted] = np.column_stack([columns[name] for name in names])[order]
    return np.nan_to_num(answers) if chances else answers[:, 0] if names == ["value"] else answers


# -------------------------------------------------------------------------------------------------- trainings


def _trainings(run: Path, standing: Standing, plan: Plan | None) -> list[Training]:
    """Of the setting that a contender carried on with, one a seed (or fold)."""
    if not standing.folder:
        return []
    folders = {Path(standing.folder).name: 0}
    jobs = {job.id: job for job in plan.jobs} if plan else {}
    if first := jobs.get(Path(standing.folder).name):
        kept = (first.entrant, first.setting, first.fold < 0)
        alike = [job for job in jobs.values() if (job.entrant, job.setting, job.fold < 0) == kept]
        last = {(job.seed, job.fold): job for job in alike}  # what trains in phases trains afresh at each rung
        folders = {job.id: job.seed for job in last.values()}
    parent = (run / standing.folder).parent
    read = [_training(parent / name, seed) for name, seed in folders.items()]
    return [training for training in read if training.loss]


def _training(folder: Path, seed: int) -> Training:
    points: dict[int, tuple[float, float]] = {}
    trained: list[tuple[float, float]] = []
    for line in _lines(folder / "log.jsonl"):
        loss, scores = line.get("loss"), line.get("scores")
        if isinstance(loss, int | float):
            trained.append((float(line["seconds"]), float(loss)))
        if isinstance(scores, Mapping) and "loss" in scores:
            points[int(line["step"])] = (float(line["seconds"]), float(scores["loss"]))
    steps = tuple(sorted(points))
    losses = tuple(points[s][1] for s in steps)
    return Training(seed, tuple(points[s][0] for s in steps), losses, steps, _thinned(trained))


def _thinned(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most `DRAWN` points, each the mean of its neighbours."""
    pieces = np.array_split(np.array(points), min(DRAWN, len(points))) if points else []
    return tuple((float(piece[:, 0].mean()), float(piece[:, 1].mean())) for piece in pieces)


class _Line(TypedDict):
    """Of `log.jsonl`."""

    step: int
    seconds: float
    loss: NotRequired[float]
    scores: NotRequired[dict[str, float]]


def _lines(path: Path) -> Iterator[_Line]:
    """A last line that was cut short by a crash ends them."""
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
    except (OSError, ValueError):
        return
