"""Whole races on small budgets: what comes out is what was promised."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

import bestiary
from bestiary.data.reading import read
from bestiary.planning.plan import Plan
from bestiary.race.course import Clock
from bestiary.race.prepare import Wishes, prepare
from bestiary.race.progress import Snapshot
from bestiary.race.telling import announce, introduce

PENGUINS = Path(__file__).parents[1] / "fixtures" / "penguins.csv"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A race on a frame, watched."""
    seen: list[Snapshot] = []
    frame = load_breast_cancer(as_frame=True).frame
    out = tmp_path_factory.mktemp("race") / "run"
    began = time.monotonic()
    outcome = bestiary.race(frame, "target", budget=45, contenders="ann,fnn/small,mlp", out=out, listener=seen.append)
    return outcome, seen, frame, time.monotonic() - began


def test_the_winner_predicts_new_rows_and_can_be_saved(finished, tmp_path):
    outcome, _, frame, _ = finished
    rows = frame.drop(columns="target").head(20)
    answers = outcome.winner.predict(rows)
    assert len(answers) == 20
    assert (
        np.mean(answers["prediction"].astype(str).to_numpy() == frame["target"].head(20).astype(str).to_numpy()) > 0.85
    )
    where = outcome.winner.save(tmp_path / "model")
    again = bestiary.load(where).predict(rows)
    pd.testing.assert_frame_equal(again, answers)
    assert (where / "README.md").read_text().startswith("#")


def test_the_leaderboard_has_everyone_and_tests_finalists_and_baselines_alone(finished):
    outcome, _, _, _ = finished
    board = outcome.leaderboard
    assert {"ann/64", "fnn/small", "baseline/linear", "baseline/forest", "baseline/constant"} <= set(board["name"])
    tested = board[board["accuracy"].notna()]
    assert set(tested["status"]) <= {"finalist", "baseline", "ensemble"}
    assert set(tested["name"]) <= set(Plan.read(outcome.folder).finalists)
    best = tested[tested["status"] == "finalist"].iloc[0]
    assert best["accuracy"] > 0.9 and best["accuracy_low"] < best["accuracy"] < best["accuracy_high"]
    assert best["learned"] > 0.5  # against the constant predictor, on validation


def test_few_rows_are_chosen_on_folds_and_that_is_written(finished):
    plan = Plan.read(finished[0].folder)
    assert plan.folds == 3
    assert "folds" in plan.splits
    assert {job.fold for job in plan.stages[0].jobs} == {-1, 0, 1, 2}
    last = plan.stages[2].jobs
    assert {job.fold for job in last if job.seed == plan.seed} == {-1, 0, 1, 2}, "folds choose here too"
    assert {job.fold for job in last if job.seed != plan.seed} == {-1}


def test_evidence_lies_in_the_run(finished):
    folder = finished[0].folder
    names = {p.stem for p in (folder / "predictions").glob("*.parquet")}
    assert {"truth", "baseline-linear"} <= names
    truth = pd.read_parquet(folder / "predictions" / "truth.parquet")
    for path in (folder / "predictions").glob("*.parquet"):
        assert list(pd.read_parquet(path)["row"]) == list(truth["row"])
    assert (folder / "report.html").stat().st_size < 3_000_000
    assert not list((folder / "data").rglob("test.*"))


def test_what_is_told_while_it_goes_on(finished):
    _, seen, _, _ = finished
    phases = list(dict.fromkeys(s.phase for s in seen))
    assert phases[0] == "reading" and phases[-1] == "done"
    assert [p for p in phases if p.startswith("round")] == ["round 1", "round 2", "round 3"]
    running = [e for s in seen for e in s.entries if e.status == "running" and e.network]
    assert running and any(e.loss is not None and e.learned > 0.3 for e in running)
    assert all(0 <= e.step <= e.steps for e in running)


def test_the_test_rows_are_counted(finished, tmp_path):
    outcome, _, _, _ = finished
    assert outcome.verdict.openings >= 1
    assert any("opened for the" in note for note in outcome.verdict.notes)
    assert json.loads((outcome.folder / "verdict.json").read_text())["openings"] == outcome.verdict.openings


def test_regression_by_examples_on_one_worker(tmp_path):
    outcome = bestiary.race(
        "diabetes", budget=12, equal="examples", contenders="ann,fnn", workers=1, metric="mae", out=tmp_path / "run"
    )
    assert outcome.verdict.problem == "regression" and outcome.verdict.metric == "mae"
    assert "baseline/linear" in set(outcome.leaderboard["name"])
    rows = load_diabetes(as_frame=True).frame.drop(columns="target")
    assert outcome.winner.predict(rows)["prediction"].between(-50, 400).all()


def test_what_was_left_out_is_told_once_before_the_race_and_noted_once(tmp_path):
    """Constant columns show only when the encoder is fitted; equal rows are counted by reader and race alike."""
    frame = pd.read_csv(PENGUINS).drop(columns=["Comments", "Individual ID"])
    frame = pd.concat([frame, frame.iloc[:3]], ignore_index=True)
    told = []
    data = read(frame, "Species")
    introduce(data, lambda now: told.append(now.message), Clock(), 60)
    said = list(data.notes)
    plan = prepare(data, {}, tmp_path / "run", Wishes(60.0, "time", None, 0, 1, "cpu"))
    announce(plan, said, lambda now: told.append(now.message), Clock())
    for words in ("'Region' is left out: it is constant ('Anvers')", "3 rows repeat the content of another row"):
        assert sum(words in note for note in plan.notes) == 1
        assert sum(words in message for message in told) == 1
    assert told[-3].startswith("rows: ") and " test (sealed); by a hash of each row's content" in told[-3]
    assert told[-2].startswith("contenders are chosen on 3 folds ") and told[-1].startswith("models are ranked by ")
