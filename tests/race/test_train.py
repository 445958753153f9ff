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
from bestiary.race import threads
from bestiary.race.plan import Plan


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
