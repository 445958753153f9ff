"""Small folders as the program writes them: a judged race, and a model of each kind of data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bestiary.architectures.build import build
from bestiary.baselines import run_baseline
from bestiary.data import read
from bestiary.kinds.graphs.sets import strokes
from bestiary.planning.plan import Plan
from bestiary.race.race import resume
from bestiary.rows.splits import assign
from bestiary.rows.store import read_spec
from bestiary.runs.model import save_baseline, save_network
from tests.race.small import small_run

FIXTURES = Path(__file__).parents[1] / "fixtures"
ARCHITECTURES = "bestiary.architectures."


def judged_race(folder: Path) -> Path:
    """A race of one network and one baseline, with its verdict."""
    plan = small_run(folder)
    plan.entrants = plan.entrants[:1]
    name = plan.entrants[0].name
    plan.entrants[0].settings = plan.entrants[0].settings[:1]
    for stage in plan.stages:
        stage.jobs = [job for job in stage.jobs if job.entrant == name and job.setting == 0][:1]
        stage.pace = {name: stage.pace[name]}
    plan.write(folder)
    resume(folder)
    shutil.rmtree(folder / "probes", ignore_errors=True)
    assert Plan.read(folder).finalists
    return folder


def series() -> pd.DataFrame:
    """Twenty short series in long form."""
    draw = np.random.default_rng(0)
    rows = [
        (number, step, np.sin(step * (1 + number % 2)) + draw.normal(0, 0.1), "ab"[number % 2])
        for number in range(40)
        for step in range(8)
    ]
    return pd.DataFrame(rows, columns=["id", "t", "value", "y"])


def texts() -> pd.DataFrame:
    """The first verses."""
    return pd.read_csv(FIXTURES / "verses.csv").head(200)


Made = tuple[Any, str, str, dict[str, Any]]
SOURCES: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "table": lambda: (FIXTURES / "penguins.csv", {"target": "Species"}),
    "numbers": lambda: ("diabetes", {}),
    "image": lambda: ("digits", {}),
    "text": lambda: (texts(), {"target": "book", "kind": "text"}),
    "series": lambda: (series(), {"target": "y", "kind": "series", "id": "id", "time": "t"}),
    "pairs": lambda: (pd.read_csv(FIXTURES / "spelling.csv").head(300), {"target": "sound", "task": "transduce"}),
    "corpus": lambda: (["To be, or not to be, that is the question. " * 90], {"task": "continue", "units": "bpe"}),
    "graph": lambda: ("karate", {}),
    "graphs": lambda: ("digit_graphs", {}),
    "environment": lambda: ("CartPole-v1", {}),
}
NETWORKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "table": ("mlp", "feedforward.mlp:MLP", {"widths": [8]}),
    "numbers": ("ann", "feedforward.ann:ANN", {"width": 4}),
}


def network_of(kind: str) -> tuple[str, str, dict[str, Any]]:
    """An architecture of the catalogue for a kind of data, as small as its first contender."""
    from bestiary import catalogue

    if kind in NETWORKS:
        name, network, words = NETWORKS[kind]
        return name, ARCHITECTURES + network, words
    rows = [row for row in catalogue.ROWS if kind in row.races]
    row = next((row for row in rows if not row.phases), rows[0])
    contender = row.races[kind][0]
    return row.name, contender.network, dict(contender.keywords)


def encoded(name: str, folder: Path) -> Path:
    """The encoded data of a source."""
    source, words = SOURCES[name]()
    opened = read(source, **words)
    opened.encode(assign(opened), folder / "data", 0)
    return folder / "data"


def model_folder(name: str, folder: Path) -> Path:
    """The folder of an untrained network for a source."""
    data = encoded(name, folder)
    spec, facts = read_spec(data)
    architecture, target, words = network_of(spec.kind if name not in NETWORKS else name)
    network = build(target, words, spec, seed=0)
    given = {"architecture": architecture, "target": target, "keywords": words, "spec": spec, "facts": facts}
    save_network(folder / "model", network, encoder=data / "encoder", **given)
    return folder / "model"


def baseline_folder(name: str, baseline: str, folder: Path) -> Path:
    """The folder of a fitted baseline for a source."""
    data = encoded(name, folder) if not (folder / "data").exists() else folder / "data"
    spec, facts = read_spec(data)
    out = folder / f"baseline.{baseline}"
    out.mkdir(exist_ok=True)
    run_baseline(baseline, data, out, seconds=0.05)
    save_baseline(out / "model", out / "model.skops", encoder=data / "encoder", name=baseline, spec=spec, facts=facts)
    return out / "model"


def rows_for(name: str, folder: Path) -> str:
    """A few new rows of a source, as a word of the command line."""
    if name == "graphs":
        return few_graphs(folder / "few")
    source, words = SOURCES[name]()
    if isinstance(source, str):
        return {"diabetes": "diabetes", "digits": "digits"}.get(source, source)
    if isinstance(source, list):
        (folder / "new.txt").write_text(source[0])
        return str(folder / "new.txt")
    frame = source if isinstance(source, pd.DataFrame) else pd.read_csv(source)
    count = 16 if words.get("kind") == "series" else 3
    frame.head(count).to_csv(folder / f"{name}.csv", index=False)
    return str(folder / f"{name}.csv")


def few_graphs(folder: Path) -> str:
    """The first three graphs of handwritten digits, as a folder of tables; all 1,797 take a quarter of a second."""
    folder.mkdir()
    for part, table in strokes().items():
        frame = table.to_pandas()
        frame[frame["graph"] < 3].to_csv(folder / f"{part}.csv", index=False)
    return str(folder)
