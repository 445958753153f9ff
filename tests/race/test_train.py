"""One architecture alone: words, early stopping, a model that predicts."""

import re
import time
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer

import bestiary
from bestiary.errors import InputError
from bestiary.planning import threads
from bestiary.planning.plan import Entrant, Job, Plan, Stage
from bestiary.planning.stages import PHASED_SLACK, SLACK, alone
from bestiary.race.course import LONG_GRACE, LOOKS_AT_THE_END, Clock, Course
from bestiary.race.opened import finalists
from bestiary.race.pool.workers import Pool
from bestiary.race.race import resume
from bestiary.records.digests import read_words, write_result


def test_epochs_words_and_the_model(tmp_path):
    outcome = bestiary.train(
        "mlp", "breast_cancer", set={"widths": (24,), "rate": 0.01}, epochs=8, threads=1, out=tmp_path / "run"
    )
    plan = Plan.read(outcome.folder)
    entrant, job = plan.entrants[0], plan.stages[0].jobs[0]
    assert entrant.keywords["widths"] == [24] and entrant.settings[0]["rate"] == 0.01
    assert job.steps == 8 * (plan.rows["train"] // entrant.batch)
    standing = outcome.verdict.standings[0]
    assert standing.test["accuracy"].value > 0.85
    assert outcome.verdict.openings >= 1
    rows = load_breast_cancer(as_frame=True).frame.drop(columns="target")
    answers = outcome.winner.predict(rows)
    assert len(answers) == 569
    pd.testing.assert_frame_equal(outcome.winner.predict("breast_cancer"), answers)
    assert "Trained once, with seed 0." in (outcome.folder / "winner" / "README.md").read_text(encoding="utf-8")


def test_early_stopping(tmp_path):
    outcome = bestiary.train(
        "ann", "iris", set={"rate": 0.5, "width": 256}, epochs=4000, threads=1, out=tmp_path / "run"
    )
    assert outcome.verdict.standings[0].steps < Plan.read(outcome.folder).stages[0].jobs[0].steps / 4


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("ltsm", {}, "did you mean 'lstm'"),
        ("mlp", {"set": {"witdh": 3}}, "did you mean 'width"),
        ("mlp", {"budget": "1m", "epochs": 3}, "received both"),
        ("mlp", {"epochs": 0}, "epochs must be"),
        ("resnet50", {}, "takes image data"),
        ("lstm", {}, "lstm: does not take table data"),
    ],
)
def test_bad_words(name, words, said, tmp_path):
    with pytest.raises(InputError) as raised:
        bestiary.train(name, "iris", out=tmp_path / "run", **words)
    assert said in str(raised.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"widths": "abc"}, "widths must be a whole number or several with commas, such as 64,32; received 'abc'"),
        (
            {"widths": (64, 0.5)},
            "widths must be a whole number or several with commas, such as 64,32; received (64, 0.5)",
        ),
        ({"dropout": "lots"}, "dropout must be a number; received 'lots'"),
        ({"rate": True}, "rate must be a number; received True"),
    ],
)
def test_words_of_another_type_are_refused_in_one_line(words, said, tmp_path):
    with pytest.raises(InputError, match=re.escape(said)):
        bestiary.train("mlp", "iris", set=words, epochs=1, out=tmp_path / "run")


@pytest.mark.parametrize(("slow", "chosen"), [(3, 1), (1, 3)])
def test_the_faster_number_of_threads_is_taken(slow, chosen, monkeypatch, tmp_path):
    """Updates that are slow with one number of threads are made with the other, and planned at its speed."""

    def updates(folder, plan):
        while True:
            time.sleep(0.02 if torch.get_num_threads() == slow else 0.002)
            yield {}

    monkeypatch.setattr(threads, "_updates", updates)
    before, entrant = torch.get_num_threads(), SimpleNamespace(step_seconds=0.01)
    plan = SimpleNamespace(entrants=[entrant], budget=300.0, device="cpu")
    assert threads.choose(tmp_path, plan, 3) == chosen
    assert entrant.step_seconds < 0.02
    assert torch.get_num_threads() == before


def test_threads_are_timed_on_the_training_itself(tmp_path):
    outcome = bestiary.train("ann", "iris", epochs=1, threads=1, out=tmp_path / "run")
    updates = threads._updates(outcome.folder, Plan.read(outcome.folder))
    seconds = threads.timed(lambda: next(updates), 2, 1.0)
    assert set(seconds) == {1, 2} and min(seconds.values()) > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rate": -1}, "rate must be above 0; received -1"),
        ({"rate": float("nan")}, "rate must be above 0; received nan"),
        ({"decay": -0.1}, "decay must be 0 or more; received -0.1"),
        ({"smoothing": 1.0}, "smoothing must be from 0 to below 1; received 1.0"),
        ({"clip": 0}, "clip must be above 0; received 0"),
        ({"warmup": -5}, "warmup must be 0 steps or more; received -5"),
        ({"widths": -3}, "widths of MLP must be positive; received (-3,)"),
        ({"dropout": 3}, "dropout of MLP must be from 0 to below 1; received 3"),
    ],
)
def test_values_with_which_nothing_can_be_learned_are_refused(words, said, tmp_path):
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        bestiary.train("mlp", "iris", set=words, epochs=1, out=tmp_path / "run")
    assert "InputError" not in str(raised.value) and "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_added_time_trains_it_afresh_for_longer(tmp_path):
    outcome = bestiary.train("ann", "iris", epochs=2, threads=1, out=tmp_path / "run")
    before = Plan.read(outcome.folder).stages[0].jobs[0].steps
    longer = resume(outcome.folder, add=12)
    first, second = Plan.read(outcome.folder).stages
    assert first.jobs[0].steps == before < second.jobs[0].steps
    assert second.jobs[0].horizon > before
    assert longer.verdict.openings == outcome.verdict.openings + 1
    assert longer.verdict.standings[0].steps > before
    course = Course(outcome.folder, Plan.read(outcome.folder), Pool(1), Clock())
    for job in (first.jobs[0], second.jobs[0]):  # whichever is better on validation rows is tested
        for other in (first.jobs[0], second.jobs[0]):
            here = outcome.folder / "contenders" / other.id
            words = {**(read_words(here) or {}), "loss": 0.1 if other is job else 0.2}
            write_result(here, words, list(words["files"]))
        assert [[j.id for j in one.jobs] for one in finalists(course)] == [[job.id]]


def test_what_learns_without_a_target_is_not_taken_for_a_classifier(tmp_path):
    outcome = bestiary.train("autoencoder", "digits", epochs=1, threads=1, out=tmp_path / "run")
    assert outcome.verdict.problem == "reconstruct"


def planned(folder, phases: bool) -> Course:
    entrant = Entrant("dbn/small", "", "", "dbn", "", {}, "", [{}], 64, 1, 0.01, 0.5, 0.0, 10, phases=phases)
    plan = Plan(
        source={}, shares={}, classes=[], notes=[], rivals=[], digest="",
        kind="image", problem="classification", target="", budget=60.0, equal="time",
        metric="accuracy", metric_reason="", higher=True, seed=0, workers=1, device="cpu", splits="",
        rows={"train": 640, "validation": 64, "test": 64}, folds=0, versions={}, rungs=1, entrants=[entrant],
    )  # fmt: skip
    return Course(folder, plan, Pool(1), Clock())


def test_phases_are_planned_with_room_and_a_training_cut_short_says_so(tmp_path):
    """A layer-wise training that ends before its last phase has learned nothing that it is asked for."""
    told = {}
    for phases in (False, True):
        course = planned(tmp_path, phases)
        stage = alone(course.plan, 30.0)
        pace, job = course.plan.entrants[0].pace, stage.jobs[0]
        assert job.steps == job.horizon == int(29.0 / ((PHASED_SLACK if phases else SLACK) * pace))
        job.steps = 7
        told[phases] = course._cut_in(stage, 0)
    assert told[False].startswith("time ran out: training ended after 7 of ")
    assert "the end of its schedule was not reached; give it more time" in told[True]
    assert "schedule" not in told[False]


def test_a_training_without_an_answer_gets_time_to_make_one(tmp_path):
    course = planned(tmp_path, phases=False)
    job = Job("dbn.small.0", "dbn/small", 0, 0, -1, 10, 10)
    course.plan.stages = [Stage(1, [job], {}, 1.0, "")]
    assert course.grace(2.0) == LONG_GRACE + LOOKS_AT_THE_END * 0.5 > 60
    (tmp_path / "contenders" / job.id).mkdir(parents=True)
    zero = dict.fromkeys(("rung", "best_step", "seconds", "pace", "start_seconds", "parameters", "memory"), 0)
    words = {**zero, "steps": 10, "planned": 10, "parts": 1, "loss": 1.0, "scores": {}, "stopped": False, "mended": ""}
    write_result(tmp_path / "contenders" / job.id, words, ())
    assert course.grace(2.0) == 2.0
