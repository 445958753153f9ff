"""What a race found is told plainly: what ships and why, what a cheaper model would save, why the race ended."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from sklearn.metrics import roc_curve

from bestiary.cli.main import main
from bestiary.cli.result import print_result
from bestiary.data import read
from bestiary.judging import shipping
from bestiary.judging.evidence import Verdict
from bestiary.planning import stages
from bestiary.planning.plan import TOO_SLOW
from bestiary.race import undone
from bestiary.race.delivering import searching
from bestiary.report import figures, thresholds, write_report
from bestiary.report import page as report
from bestiary.report.gather import gather
from bestiary.report.mistakes import worst
from bestiary.tasks import rule
from tests.race import synthetic
from tests.race.test_plan import plan
from tests.race.test_report import Page

SHIPPED = "After it was judged, it was trained again on all 600 rows."
SEARCHED = "Further settings were tried until time was up, in 3 rounds."


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.table_race(tmp_path_factory.mktemp("told") / "run")


def changed(run: Path, **changes: object) -> Verdict:
    """The verdict of a run with other words in it."""
    return dataclasses.replace(Verdict.read(run / "verdict.json"), **changes)


def printed(verdict: Verdict, run: Path, width: int = 400) -> str:
    """What a person sees on the terminal."""
    screen = Console(width=width, record=True, file=io.StringIO())
    print_result(verdict, run, screen)
    return screen.export_text()


def reported(verdict: Verdict, run: Path) -> str:
    """The text of the report."""
    before = (run / "verdict.json").read_bytes()
    try:
        verdict.write(run / "verdict.json")
        return Page(write_report(run).read_text(encoding="utf-8")).text
    finally:
        (run / "verdict.json").write_bytes(before)


@pytest.mark.parametrize("show", [printed, reported])
def test_what_ships_and_why_is_shown_with_what_a_cheaper_one_saves(run: Path, show: object) -> None:
    verdict = changed(
        run, crowned=None, chosen="resnet/small", cheapest="baseline/linear", shipped=SHIPPED, searched=SEARCHED
    )
    fast = next(s for s in verdict.standings if s.name == "baseline/linear")
    fast.parameters, fast.predict_seconds = 31, 0.0004
    text = show(verdict, run)  # type: ignore[operator]
    assert "Residual network ships: of all models it did best on the validation rows" in text
    assert SHIPPED in text and SEARCHED in text
    assert "The linear baseline is the smallest model within one standard error of the best test score." in text
    assert "It takes 31 parameters instead of 78,042 and 0.4 ms instead of 4 ms for 1,000 predictions." in text
    assert "--prefer small" in text


def test_nothing_is_saved_where_the_cheapest_ships(run: Path) -> None:
    assert shipping.cheaper(changed(run, chosen="resnet/small", cheapest="resnet/small")) == []
    assert shipping.cheaper(changed(run, chosen="", cheapest="")) == []
    larger = changed(run, chosen="ann/small", cheapest="lenet5/classic")
    assert shipping.cheaper(larger) == [], "what ships may be smaller than any that leads"
    assert shipping.why(changed(run, chosen="")) == ""


def test_why_it_ships_follows_what_was_asked_for(run: Path) -> None:
    assert "it is the winner" in shipping.why(changed(run, crowned="resnet/small", chosen="resnet/small"))
    for prefer, word in (("small", "smallest"), ("fast", "fastest")):
        told = shipping.why(changed(run, crowned=None, chosen="baseline/linear", prefer=prefer))
        assert told.startswith(f"The linear baseline ships: it is the {word} ") and "as asked" in told


@pytest.mark.parametrize(
    ("losses", "rounds", "told"),
    [
        ([1.0], 0, "There was no time for further settings."),
        ([1.0, 0.9, 0.8], 2, "Further settings were tried until time was up, in 2 rounds."),
        ([1.0] * 6, 9, "The race ended before its time: 5 rounds of further settings in a row lowered the "),
    ],
)
def test_every_end_of_the_search_is_told(
    losses: list[float], rounds: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A race that ended because nothing fitted the time any more said nothing."""
    left = iter(losses)
    stages = iter([object()] * rounds)
    asked = SimpleNamespace(budget=60.0, refit=False, searched="")
    course = SimpleNamespace(plan=asked, left=30.0, late=False, further=lambda stage: None)
    monkeypatch.setattr(searching, "deliver", lambda course: {"ann/64": next(left)})
    monkeypatch.setattr(searching, "propose", lambda course, left, number: next(stages, None))
    searching.search(course)  # type: ignore[arg-type]
    assert asked.searched.startswith(told)


# ----------------------------------------------------------------------------------------------- budgets, and words


@pytest.mark.parametrize(
    "command",
    [
        ["race", "iris", "--budget", "5"],
        ["race", "--resume", "nowhere", "--add", "5"],
        ["train", "ann", "iris", "--budget", "5"],
    ],
)
def test_a_time_without_a_unit_is_refused_everywhere(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    out, error = capsys.readouterr()
    assert error.startswith("error: expected a budget with a unit, 5s, 5m or 5h") and error.count("\n") == 1
    assert out == "" and not list(tmp_path.iterdir())


def test_a_budget_too_small_for_networks_is_said_with_one_that_would_do() -> None:
    left_out = {"tabm": f"{TOO_SLOW}: ...", "ft": f"{TOO_SLOW}: ...", "gcn": "does not take tables"}
    told_of = SimpleNamespace(left_out=left_out, entrants=["ann"], entry=170.0, budget=60.0)
    told = undone.crowded(told_of)  # type: ignore[arg-type]
    assert told == "the budget is too small for 2 of 3 networks; about 3 minutes would let all take part"
    assert undone.left_out(told_of) == [  # type: ignore[arg-type]
        "gcn did not take part: does not take tables",
        "too slow for this budget, so they did not take part: tabm, ft; about 3 minutes would let all take part",
    ]
    told_of.left_out = {"gcn": "does not take tables"}
    assert undone.crowded(told_of) == ""  # type: ignore[arg-type]


def test_the_budget_that_is_named_lets_everyone_in() -> None:
    paces = {"quick": 0.001, "slow": 0.02, "glacial": 0.4}
    first = plan(paces, budget=20)
    stages.first(first, 15.0)
    assert "glacial" in first.left_out and first.entry > 20
    second = plan(paces, budget=first.entry)
    stages.first(second, stages.KEPT * first.entry - 5.0)
    assert not second.left_out


def test_the_terminal_says_why_the_metric_ranks_and_speaks_no_jargon(run: Path) -> None:
    text = printed(Verdict.read(run / "verdict.json"), run, width=120)
    assert "Models are ranked by log loss: the classes are of equal size" in " ".join(text.split())
    for word in ("rung", "learned", "core time", "core-second", "0:00"):
        assert word not in text, word
    assert "explained" in text and "left after round 1" in text
    assert "rung" not in Page((run / "report.html").read_text(encoding="utf-8")).text


# ------------------------------------------------------------------------------------------------------ the report


def test_worst_mistakes_of_a_table_show_the_cells_of_the_file(tmp_path: Path) -> None:
    """A mistake was a row number: nobody could see what was special about the row."""
    frame = pd.DataFrame(
        {
            "age": [20 + k % 50 for k in range(600)],
            "town": [("Ulm", "Bonn", "Jena")[k % 3] for k in range(600)],
            "paid": [round(3.5 * (k % 41), 1) for k in range(600)],
            "label": [("no", "yes")[k % 2] for k in range(600)],
        }
    )
    source = read(frame, "label")
    run = synthetic.table_race(tmp_path / "run", rows=300)
    splits = np.where(np.arange(600) < 300, 2, np.where(np.arange(600) < 400, 1, 0)).astype(np.int8)
    shutil.rmtree(run / "data")
    source.encode(splits, run / "data", 0)
    truth = pq.read_table(run / "predictions" / "truth.parquet")
    rows = truth["row"].to_numpy()
    np.save(run / "sealed" / "test.row.npy", rows)
    evidence = gather(run)
    assert evidence.truth is not None
    found = worst(evidence, evidence.truth, evidence.predictions[evidence.verdict.chosen][0])
    assert found
    for mistake in found:
        place = int(np.flatnonzero(rows == mistake.row)[0])
        cells = dict(mistake.cells)
        assert cells["age"] == str(frame["age"][place]) and cells["town"] == frame["town"][place]
        assert float(cells["paid"]) == pytest.approx(frame["paid"][place])
    page = Page(write_report(run).read_text(encoding="utf-8"))
    assert "town" in page.text and any(town in page.text for town in ("Ulm", "Bonn", "Jena"))


def test_thresholds_are_those_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    truth = (draw.random(300) < 0.3).astype(np.int64)
    score = np.clip(np.round(0.4 * truth + draw.random(300) * 0.6, 2), 0, 1)  # with many equal ones
    found = thresholds.curve(truth, np.stack([1 - score, score], 1), None)
    assert found is not None and found.wanted == 1
    false, true, at = roc_curve(truth, score, drop_intermediate=False)
    assert [p.fall_out for p in found.points] == pytest.approx(false.tolist())
    assert [p.recall for p in found.points] == pytest.approx(true.tolist())
    assert [p.at for p in found.points[1:]] == pytest.approx(at[1:].tolist())
    assert found.area == pytest.approx(np.trapezoid(true, false))
    now = found.points[found.start]
    called = score >= 0.5
    assert (now.found, now.alarms) == (int((called & (truth == 1)).sum()), int((called & (truth == 0)).sum()))


def test_the_threshold_starts_where_the_model_answers() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1])
    score = np.array([0.1, 0.2, 0.3, 0.4, 0.35, 0.9])
    table = np.stack([1 - score, score], 1)
    plain, eager = (thresholds.curve(truth, table, rule) for rule in (None, [1.0, 2.0]))
    assert plain is not None and eager is not None
    assert plain.points[plain.start].found == 1 and eager.points[eager.start].found == 2
    answered = rule.answered(table, [1.0, 2.0])
    assert eager.points[eager.start].alarms == int(((answered == 1) & (truth == 0)).sum())
    assert thresholds.curve(np.zeros(6, dtype=np.int64), table, None) is None
    other = thresholds.curve(1 - truth, table[:, ::-1], None)
    assert other is not None and other.wanted == 0 and other.numbers == plain.numbers


def test_a_page_of_two_classes_has_a_threshold_to_move(run: Path) -> None:
    shown = Page(write_report(run).read_text(encoding="utf-8"))
    box = next(a["data-thresholds"] for _, a in shown.tags if "data-thresholds" in a)
    points = json.loads(box or "")
    rows = Verdict.read(run / "verdict.json").rows["test"]
    assert 2 < len(points) <= thresholds.MOST + 1 and all(sum(point[1:]) == rows for point in points)
    assert ("input", "range") in {(tag, a.get("type")) for tag, a in shown.tags}
    assert "#threshold" in {a.get("href") for tag, a in shown.tags if tag == "a"}


def test_the_training_loss_is_drawn_beside_the_validation_loss(run: Path) -> None:
    evidence = gather(run)
    trainings = evidence.trainings["resnet/small"]
    assert trainings[0].trained[0] == pytest.approx((1.0, 0.8 * trainings[0].loss[0]))
    assert len(trainings[0].trained) <= 60
    text = write_report(run).read_text(encoding="utf-8")
    assert "training loss" in Page(text).text and "seconds of training on one core" in text
    finalists = sum(s.status == "finalist" for s in evidence.verdict.standings)
    plain = figures.curves([figures.Curve("a", True, [((1, 2), (0.5, 0.4))])], None, "loss")
    both = figures.curves([figures.Curve("a", True, [((1, 2), (0.5, 0.4))], [(1, 0.4), (2, 0.3)])], None, "loss")
    assert both.count("stroke-dasharray") == plain.count("stroke-dasharray") + 1 and finalists > 0


def test_only_models_that_no_cheaper_one_equals_are_named_in_a_plot(run: Path) -> None:
    """Fourteen names lay over each other."""
    marks = [
        figures.Mark(name, x, y, y, y, True, name == "e")
        for name, x, y in (("a", 1, 0.7), ("b", 2, 0.7), ("c", 3, 0.9), ("d", 4, 0.8), ("e", 5, 0.85))
    ]
    named = {mark.name for mark in report._frontier(marks, higher=True) if mark.named}
    assert named == {"a", "c", "e"}
    assert {mark.name for mark in report._frontier(marks, higher=False) if mark.named} == {"a", "e"}
    text = figures.cost("x", report._frontier(marks, higher=True), "cost", "quality")
    assert ">c<" in text and ">d<" not in text
