"""A race that is left without networks, without answers or without a metric: judged as far as it goes, or one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import bestiary.report
from bestiary.cli.main import main
from bestiary.contracts import Predictions
from bestiary.judging.bench import Candidate
from bestiary.judging.verdict import judge_race
from bestiary.planning.plan import Plan
from bestiary.race import opened
from bestiary.race.delivering import members
from bestiary.race.pool.workers import Call, Pool
from bestiary.race.race import resume
from bestiary.records import names
from bestiary.tasks.predictions import read_predictions
from tests.race import recipes
from tests.race.small import small_run

BROKEN = "tests.race.recipes:broken"
names.give(f"tests.race.recipes:{recipe}" for recipe in vars(recipes))


def cut(plan: Plan, rungs: int) -> Plan:
    """The same with one network, a training for it, and one rung or more that are still to be decided."""
    plan.stages = plan.stages[:1]
    plan.stages[0].jobs = [job for job in plan.stages[0].jobs if job.entrant == "ann/64"][:1]
    plan.entrants = [plan.entrant("ann/64")]
    plan.rungs, plan.refit = rungs, False
    return plan


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template") / "run"
    small_run(folder)
    Pool(2).warm()
    return folder


@pytest.fixture
def run(template, tmp_path, monkeypatch):
    monkeypatch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ledger"))
    shutil.copytree(template, tmp_path / "run")
    return tmp_path / "run"


def test_baselines_are_judged_where_every_training_fails(run: Path) -> None:
    plan = cut(Plan.read(run), rungs=3)
    plan.entrants[0].recipe = BROKEN
    plan.write(run)
    verdict = resume(run).verdict
    assert verdict.chosen == "baseline/linear" and (run / "winner" / "model.skops").exists()
    assert [(s.name, s.status) for s in verdict.standings] == [("baseline/linear", "baseline"), ("ann/64", "failed")]
    assert any(note.startswith("no network finished round 1: ZeroDivisionError") for note in verdict.notes)
    assert verdict.worth_sentence.endswith("remains open: no network finished.")


def test_where_nothing_was_made_it_is_said_in_one_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = cut(Plan.read(run), rungs=3)
    plan.entrants[0].recipe, plan.rivals = BROKEN, []
    plan.write(run)
    assert main(["race", "--resume", str(run), "--quiet"]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and "no training finished (ann/64: ZeroDivisionError" in told[0]
    assert not (run / "verdict.json").exists() and not (run / "winner").exists()


def test_models_that_cannot_answer_are_asked_again_when_the_race_is_resumed(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(Plan.read(run), rungs=1).write(run)

    class Lost(Call):  # its sealed rows are nowhere, so that its process ends with a failure
        def __new__(cls, name: str, verb: str, words: tuple[str, ...]) -> Call:  # pyright: ignore[reportIncompatibleMethodOverride]
            return Call(name, verb, (*words[:2], f"{words[2]}-nowhere", *words[3:]))

    with monkeypatch.context() as patch:
        patch.setattr(opened, "Call", Lost)
        assert main(["race", "--resume", str(run), "--quiet"]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and "none of 2 models could answer the test rows (ann/64: " in told[0]
    assert f"bestiary race --resume {run}" in told[0] and "baseline/linear: " in told[0]
    assert not (run / "verdict.json").exists() and not (run / "winner").exists()
    verdict = resume(run).verdict
    assert sorted(s.name for s in verdict.standings if s.test) == ["ann/64", "baseline/linear"]
    assert verdict.openings == 1 and not any("could not answer" in note for note in verdict.notes)


def test_answers_that_are_nowhere_finite_leave_no_winner(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nan(path: Path) -> Predictions:
        found = read_predictions(path)
        table = {name: torch.full_like(column, np.nan) for name, column in found.columns.items() if name != "row"}
        return Predictions({"row": found.columns["row"], **table})

    cut(Plan.read(run), rungs=1).write(run)
    monkeypatch.setattr(opened, "read_predictions", nan)
    monkeypatch.setattr(members, "read_predictions", nan)
    outcome = resume(run)
    assert outcome.verdict.sentence == "No winner: no model gave finite answers on the test rows."
    assert not outcome.verdict.chosen and not (run / "winner").exists()
    monkeypatch.undo()
    assert main(["report", str(run)]) == 0 and "No winner" in (run / "report.html").read_text()
    assert json.loads((run / "verdict.json").read_text())["chosen"] == ""


def candidates(prefix: str, tables: list[np.ndarray]) -> list[Candidate]:
    made = []
    for number, table in enumerate(tables):
        columns = {f"{prefix}_{k}": torch.from_numpy(table[:, k].copy()) for k in range(table.shape[1])}
        given = Predictions({"row": torch.arange(len(table)), **columns})
        made.append(Candidate(f"model{number}", number == 0, 1.0, 0.5, [given], f"Model {number}"))
    return made


@pytest.mark.parametrize("metric", ["average_precision", "macro_f1", "micro_f1"])
def test_test_rows_without_any_label_are_judged_by_what_is_defined(metric: str) -> None:
    """The first model gives no label, so that even its F1 is undefined; the second gives one row a label."""
    quiet, loud = np.full((40, 2), 0.1), np.full((40, 2), 0.1)
    loud[3] = 0.9
    found = judge_race(
        candidates=candidates("probability", [quiet, loud]), truth=np.zeros((40, 2), np.int8), problem="multilabel",
        metric=metric, train_rows=160,
    )  # fmt: skip
    assert found.metric == "subset_accuracy" and "is undefined on these test rows" in found.reason
    assert found.order == ["model0", "model1"]


def test_numbers_that_never_vary_on_the_test_rows_have_no_winner() -> None:
    truth = np.full((40, 2), 3.0)
    found = judge_race(
        candidates=candidates("value", [truth + 1, truth]), truth=truth, problem="multitarget",
        metric="relative_rmse", train_rows=160,
    )  # fmt: skip
    assert found.sentence == "No winner: no metric is defined on the test rows." and not found.chosen
