"""Where the metric judges probabilities, one temperature makes them as sure as they are right."""

import json
from dataclasses import replace

import numpy as np
import pytest

import bestiary
from bestiary.data.builtin import load as built_in
from bestiary.planning.plan import Plan
from bestiary.race.race import replay, resume
from bestiary.tasks.classification.scoring import Classification
from bestiary.tasks.rule import temperature, tempered
from tests.race.small import fingerprint, small_run


def drawn(rows: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes that are `sharpness` times as sure as they are right, and the truth."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 2, (rows, 3))
    right = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (right.cumsum(1) > draw.random((rows, 1))).argmax(1)
    told = np.exp(sharpness * logits)
    return told / told.sum(1, keepdims=True), truth


@pytest.mark.parametrize("sharpness", [0.4, 3.0])
def test_the_temperature_undoes_what_made_probabilities_too_sure_or_too_unsure(sharpness):
    table, truth = drawn(4000, sharpness)
    assert temperature(table, truth) == pytest.approx(sharpness, rel=0.12)


def test_probabilities_that_are_right_are_mostly_left_alone_and_lose_nothing_that_counts():
    found = [temperature(*drawn(200, 1.0, seed)) for seed in range(20)]
    assert sum(one is None for one in found) >= 12
    table, truth = drawn(20_000, 1.0, seed=99)

    def loss(degree: float | None) -> float:
        return float(-np.log(tempered(table, degree)[np.arange(len(truth)), truth]).mean())

    assert np.mean([loss(one) - loss(None) for one in found]) < 0.003


def test_a_temperature_keeps_sums_and_the_order_of_classes_and_survives_certainty():
    table = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]])
    for degree in (0.2, 1.0, 5.0):
        got = tempered(table, degree)
        assert np.allclose(got.sum(1), 1) and np.isfinite(got).all()
        assert (got.argsort(1, kind="stable")[1] == table.argsort(1)[1]).all()
    assert np.allclose(tempered(table, 1.0), table)


def test_few_rows_and_other_metrics_ask_for_none():
    table, truth = drawn(29, 3.0)
    assert temperature(table, truth) is None
    table, truth = drawn(500, 3.0)
    assert Classification(3).temperature("accuracy", table, truth) is None
    assert Classification(3).temperature("log_loss", table, truth) is not None


def test_what_is_judged_what_ships_and_what_people_get_have_the_same_temperature(tmp_path, monkeypatch):
    monkeypatch.setattr(Classification, "temperature", lambda self, metric, answers, truth: 3.0)
    run = tmp_path / "run"
    plan = small_run(run)
    replace(plan, metric="log_loss").write(run)
    outcome = resume(run)
    plan = Plan.read(run)
    assert plan.temperatures and set(plan.temperatures.values()) == {3.0}
    words = json.loads((run / "winner" / "model.json").read_text())
    assert words["temperature"] == 3.0

    model = bestiary.load(run)
    rows = built_in("breast_cancer")[0]
    told = model.predict(rows)
    model.temperature = None
    raw = model.predict(rows)
    names = [name for name in told if name.startswith("probability_")]
    stacked = [np.stack([np.asarray(one[name], dtype=float) for name in names], 1) for one in (told, raw)]
    assert np.allclose(stacked[0], tempered(stacked[1], 3.0), atol=1e-6)
    assert not np.allclose(*stacked, atol=0.01)

    verdict = json.loads((run / "verdict.json").read_text())
    shipped = next(one for one in verdict["standings"] if one["name"] == verdict["chosen"])
    import pyarrow.parquet as parquet

    key = verdict["chosen"].replace("/", "-")
    table, truth = (parquet.read_table(run / "predictions" / f"{one}.parquet") for one in (key, "truth"))
    chances = np.stack([table[f"probability_{k}"].to_numpy() for k in range(2)], 1).astype(float)
    order = {row: place for place, row in enumerate(table["row"].to_numpy().tolist())}
    chances = tempered(chances[[order[row] for row in truth["row"].to_numpy().tolist()]], 3.0)
    loss = -np.log(chances[np.arange(len(chances)), truth["target"].to_numpy()]).mean()
    assert shipped["test"]["log_loss"]["value"] == pytest.approx(loss, rel=1e-4)
    assert "a temperature of 3.00" in (run / "report.html").read_text()
    assert outcome is not None

    again = replay(run / "plan.json", out=tmp_path / "again").folder
    assert fingerprint(again) == fingerprint(run)
    assert json.loads((again / "winner" / "model.json").read_text())["temperature"] == 3.0
