"""A race for several numbers and one for several labels, from rows to answers, and again from its plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits, load_iris

import bestiary
from bestiary.cli.predict import with_lists_as_text
from bestiary.data.reading import read
from bestiary.planning.plan import Entrant, Plan, Rival, Stage
from bestiary.race.pool.workers import Pool
from bestiary.race.prepare import prepare
from bestiary.race.race import replay, resume
from tests.race.small import WISHES, fingerprint, job

NAMES = ("mlp/small", "tabm/small")
NETWORKS = {
    "mlp/small": ("mlp", "bestiary.architectures.feedforward.mlp:MLP", {"widths": [16], "dropout": 0.1}, "supervised"),
    "tabm/small": (
        "tabm",
        "bestiary.architectures.table.tabm:TabM",
        {"members": 4, "width": 16, "depth": 2, "dropout": 0.0},
        "tables",
    ),
}
RECIPES = {
    ("multitarget", "supervised"): "bestiary.tasks.multitarget.recipes:regressor",
    ("multitarget", "tables"): "bestiary.tasks.multitarget.recipes:members",
    ("multilabel", "supervised"): "bestiary.tasks.multilabel.recipes:classifier",
    ("multilabel", "tables"): "bestiary.tasks.multilabel.recipes:members",
}


def petals(folder: Path) -> tuple[Path, str]:
    found = load_iris(as_frame=True)
    frame = found.data.assign(species=found.target_names[found.target])  # type: ignore[union-attr]
    frame.columns = [name.removesuffix(" (cm)") for name in frame.columns]
    frame["counts"] = 1 + np.arange(len(frame)) % 3
    frame.to_csv(folder / "petals.csv", index=False)
    return folder / "petals.csv", "petal length,petal width"


def digits(folder: Path) -> tuple[Path, str]:
    pixels, digit = load_digits(return_X_y=True)
    marks = {"even": digit % 2 == 0, "large": digit > 4, "loop": np.isin(digit, (0, 6, 8, 9))}
    frame = pd.DataFrame(pixels[:600]).add_prefix("p")
    frame["tags"] = ["; ".join(name for name in marks if marks[name][row]) for row in range(600)]
    frame["counts"], frame["writer"] = 1 + np.arange(600) % 3, np.arange(600) // 4
    frame.to_csv(folder / "digits.csv", index=False)
    return folder / "digits.csv", "tags"


def planned(folder: Path, source: Path, target: str) -> Plan:
    """A run folder whose plan is written before it begins, so that no clock decides anything."""
    (folder / "contenders").mkdir(parents=True)
    words = {"weight": "counts", **({"group": "writer"} if target == "tags" else {})}
    given = {"source": str(source), "target": target, **words}
    plan = prepare(read(source, target, **words), given, folder, replace(WISHES, refit=True))
    plan.folds, plan.search, plan.fixed = 0, False, False
    plan.rivals = [Rival("constant", 60.0), Rival("linear", 60.0)]
    plan.shares["reserve"] = 1.0
    plan.entrants = [
        Entrant(name, row, "table", row, network, words, RECIPES[plan.problem, recipe], [{"rate": 0.01}], 32, 10, 1e-3,
                1e-3, 0.01, 100)
        for name, (row, network, words, recipe) in NETWORKS.items()
    ]  # fmt: skip
    paces = dict.fromkeys(NAMES, 1e-3)
    plan.stages = [
        Stage(1, [job(name, 0, 20) for name in NAMES], paces),
        Stage(2, [job(name, 0, 60) for name in NAMES], paces),
        Stage(3, [job(name, 0, 120) for name in NAMES], paces),
    ]
    plan.write(folder)
    return plan


@pytest.fixture(scope="module", params=[petals, digits], ids=["numbers", "labels"])
def raced(request, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("several")
    source, target = request.param(folder)
    plan = planned(folder / "run", source, target)
    Pool(2).warm()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "ledger"))
        outcome = resume(folder / "run")
    return source, plan, outcome


def test_everyone_is_judged_and_knowing_nothing_is_last(raced) -> None:
    _, plan, outcome = raced
    tested = [one.name for one in outcome.verdict.standings if one.test]
    assert {*NAMES, "baseline/linear", "baseline/constant"} <= set(tested)
    last = outcome.verdict.standings[len(tested) - 1]
    assert last.name == "baseline/constant"
    metrics = {metric.name for metric in bestiary.tasks.find(plan.problem).metrics}
    assert all(set(one.test) == metrics for one in outcome.verdict.standings if one.test and one.network)
    best = outcome.verdict.standings[0].test[plan.metric]
    assert best.low < best.value < best.high


def test_new_rows_get_an_answer_for_each_target(raced) -> None:
    source, plan, outcome = raced
    answers = bestiary.load(outcome.folder).predict(str(source))
    frame = pd.read_csv(source)
    if plan.problem == "multitarget":
        assert list(answers.columns) == ["row", "prediction_petal length", "prediction_petal width"]
        for name in ("petal length", "petal width"):
            assert np.corrcoef(answers[f"prediction_{name}"], frame[name])[0, 1] > 0.9
        return
    assert list(answers.columns)[2:] == ["probability_even", "probability_large", "probability_loop"]
    true = [set(str(tags).split("; ")) if isinstance(tags, str) else set() for tags in frame["tags"]]
    assert np.mean([set(given) == known for given, known in zip(answers["prediction"], true)]) > 0.6
    written = with_lists_as_text(answers)["prediction"]
    assert [json.loads(cell) for cell in written] == answers["prediction"].tolist()


@pytest.mark.parametrize("form", ["parquet", "jsonl", "without truth", "without weights and truth"])
def test_new_rows_come_in_every_form_with_and_without_their_truth(raced, form: str, tmp_path: Path) -> None:
    source, plan, outcome = raced
    frame = pd.read_csv(source)
    model = bestiary.load(outcome.folder)
    expected, path = model.predict(str(source)), tmp_path / "new"
    if form == "parquet":
        frame.to_parquet(path := path.with_suffix(".parquet"))
    elif form == "jsonl":
        frame.to_json(path := path.with_suffix(".jsonl"), orient="records", lines=True)
    else:
        gone = plan.source["target"].split(",") + (["counts"] if "weights" in form else [])
        frame.drop(columns=gone).to_csv(path := path.with_suffix(".csv"), index=False)
    given = model.predict(str(path))
    assert not [warning for warning in model.warnings if "counts" in warning or "petal" in warning or "tags" in warning]
    assert list(given.columns) == list(expected.columns)
    for name in given.columns:
        assert given[name].tolist() == expected[name].tolist()


def test_what_ships_was_trained_again_on_all_rows_and_keeps_what_was_judged(raced) -> None:
    _, _, outcome = raced
    plan = Plan.read(outcome.folder)
    assert plan.refits and not any(refit.failed for refit in plan.refits)
    assert "trained again on all" in outcome.verdict.shipped and (outcome.folder / "winner" / "judged").is_dir()
    assert any("rows count in training as 'counts' says" in note for note in outcome.verdict.notes)


def test_ensembles_of_several_targets_are_chosen_and_judged(raced) -> None:
    _, plan, outcome = raced
    ensembles = [one for one in outcome.verdict.standings if one.status == "ensemble"]
    assert ensembles and all(set(one.settings) <= {*NAMES, "baseline/linear", "baseline/constant"} for one in ensembles)
    assert all(plan.metric in one.test and plan.metric in one.selection for one in ensembles)


def test_the_report_shows_each_target(raced) -> None:
    _, plan, outcome = raced
    page = (outcome.folder / "report.html").read_text()
    assert "could not be made" not in page
    heading = "Each target" if plan.problem == "multitarget" else "Each label"
    section = page[page.index(f"<h2>{heading}</h2>") :]
    for name in ("petal length", "petal width") if plan.problem == "multitarget" else ("even", "large", "loop"):
        assert f"<td>{name}</td>" in section
    card = (outcome.folder / "winner" / "README.md").read_text()
    assert ("several numbers" if plan.problem == "multitarget" else "3 labels of `tags`") in card


def test_the_plan_gives_the_same_race_again(raced, tmp_path, monkeypatch) -> None:
    _, _, outcome = raced
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ledger"))
    again = replay(outcome.folder / "plan.json", out=tmp_path / "again")
    assert fingerprint(again.folder) == fingerprint(outcome.folder)
