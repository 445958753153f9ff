"""The model that ships is the model that is judged, and whoever was starved of time has not been refuted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bestiary.judging import sentences, shipping
from bestiary.judging.undone import Undone
from bestiary.judging.verdict import Judgement
from bestiary.planning.plan import OUT_OF_TIME, PLATEAU, TOO_SLOW, Ensemble, Job, Part, Plan
from bestiary.race.undone import undone
from tests.race import synthetic
from tests.race.test_verdict import BEST, CONSTANT, FOREST, TRUTH, WEAK, judge, right

TWIN = replace(FOREST, name="baseline/boosting", validation_loss=0.3, predictions=[right(TRUTH, 0.9650, 5)])
STRONG = replace(FOREST, name="baseline/linear", validation_loss=0.25, predictions=[right(TRUTH, 0.9700, 6)])


# ---------------------------------------------------------------------------------- what ships is what is judged


def test_a_network_that_baselines_beat_on_test_is_not_handed_over() -> None:
    """Two baselines tie, so there is no winner: the verdict said "not worth it", and the network shipped."""
    found = judge([WEAK, STRONG, TWIN, CONSTANT], TRUTH, preferred="mlp/small")
    assert found.crowned is None and found.answer == "no" and found.networks_best == "mlp/small"
    assert found.chosen == "baseline/linear", "of the baselines that lead, the best on validation"


def test_a_network_that_beats_every_baseline_is_handed_over() -> None:
    """Two networks tie, so there is no winner: the verdict said "worth it", and a baseline shipped."""
    other = replace(BEST, name="lenet5/classic", validation_loss=0.2, predictions=[right(TRUTH, 0.9675, 9)])
    for preferred in ("baseline/forest", ""):
        found = judge([BEST, other, FOREST, CONSTANT], TRUTH, preferred=preferred)
        assert found.crowned is None and found.answer == "yes"
        assert found.chosen == found.networks_best == "resnet/small"


@pytest.mark.parametrize("preferred", ["mlp/small", "resnet/small", "baseline/linear", "baseline/forest", ""])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_contradicts_what_ships(preferred: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    models = [
        replace(one, predictions=[right(TRUTH, float(draw.uniform(0.85, 0.98)), int(draw.integers(99)))])
        for one in (BEST, WEAK, FOREST, STRONG, TWIN)
    ]
    found = judge(models, TRUTH, preferred=preferred)
    network = not found.chosen.startswith("baseline/")
    assert not (network and found.answer in ("no", "needless")) and not (not network and found.answer == "yes")
    assert not network or preferred == "" or found.networks_best == found.chosen
    for sentence in re.split(r"(?<=\.) ", " ".join((found.sentence, found.reason, found.worth_sentence))):
        assert len(sentence.split()) <= 25, sentence
        assert len(re.findall(r"\(.*? to .*?\)", sentence)) <= 1, sentence


def test_where_a_network_ships_that_does_no_better_it_is_not_said_that_none_is_needed() -> None:
    same = replace(FOREST, name="baseline/linear", predictions=BEST.predictions)
    found = judge([BEST, same, CONSTANT], TRUTH, preferred="resnet/small")
    assert found.chosen == "resnet/small" and found.answer == "not shown"
    assert judge([BEST, same, CONSTANT], TRUTH, preferred="baseline/linear").answer == "needless"


# -------------------------------------------------------------------------------------------------- starved networks


def starved(**words: Any) -> Judgement:
    """A race that a baseline has won, with something undone."""
    return judge([WEAK, replace(STRONG, title="linear"), CONSTANT], TRUTH, undone=Undone(**words))


def test_a_network_that_was_still_improving_is_not_denied() -> None:
    done = starved()
    assert done.answer == "no" and done.crowned == "baseline/linear"
    found = starved(improving={"mlp/small": 700.0}, raced=1, compared=1)
    assert found.answer == "open" and found.chosen == "baseline/linear"
    assert found.worth_sentence.startswith(
        "Whether a neural network is worth it remains open. An MLP was still improving when time ended. "
        "About 12 minutes would let it finish. An MLP, chosen on validation, reaches 80.0 % accuracy ("
    )
    assert starved(improving={"resnet/small": 700.0}, raced=2, compared=1).answer == "no", "another one was judged"


def test_a_network_that_is_worth_it_unfinished_is_worth_it() -> None:
    early = Undone(improving={"resnet/small": 700.0}, raced=1, compared=1)
    found = judge([BEST, FOREST, CONSTANT], TRUTH, undone=early)
    assert found.answer == "yes" and found.crowned == "resnet/small"


def test_where_most_networks_never_ran_nobody_is_crowned_or_denied() -> None:
    found = starved(idle=["tabm", "ann", "tabnet"], raced=1, compared=1, entry=130.0)
    assert found.crowned is None and found.answer == "open" and found.chosen == "baseline/linear"
    assert found.reason == (
        "It leads those that ran, but most rivals are missing. There was not enough time for 3 networks."
    )
    assert "3 networks had no time to learn. About 3 minutes would let all take part." in found.worth_sentence


def test_a_network_is_not_called_worth_it_where_most_baselines_are_missing() -> None:
    gone = Undone(missing=["boosting", "linear"], raced=2, compared=1)
    found = judge([BEST, FOREST, CONSTANT], TRUTH, undone=gone)
    assert found.crowned is None and found.answer == "open"
    assert "Most baselines had no time to finish." in found.worth_sentence
    assert "for 2 baselines (boosting, linear)" in found.reason


def test_a_winner_is_told_with_those_who_are_missing() -> None:
    found = judge([BEST, FOREST, CONSTANT], TRUTH, undone=Undone(idle=["tabm"], raced=3, missing=["knn"], compared=2))
    assert found.crowned == "resnet/small"
    assert found.reason.endswith("There was not enough time for 1 network and for 1 baseline (knn).")


def test_without_any_network_the_reason_is_told() -> None:
    found = judge([FOREST, CONSTANT], TRUTH, undone=Undone(idle=["tabm", "ann"], compared=1, entry=50))
    assert found.worth_sentence == (
        "Whether a neural network is worth it remains open. 2 networks had no time to learn. "
        "About 50 seconds would let all take part."
    )


# ---------------------------------------------------------------------------------------- what was undone, from a run


class WrittenPlan(SimpleNamespace):
    """As much of a plan as is asked for."""

    jobs = Plan.jobs


def course(folder: Path, losses: list[float], **words: Any) -> Any:
    """What `undone` asks of a race with one network, which has looked at the validation rows so often."""
    job = Job("ann.64.0", "ann/64", 0, 0, -1, 10 * len(losses), 10 * len(losses))
    here = folder / "contenders" / job.id
    here.mkdir(parents=True, exist_ok=True)
    lines = [{"step": 10 * n, "seconds": n, "scores": {"loss": loss}} for n, loss in enumerate(losses, 1)]
    (here / "log.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    best = int(np.argmin(losses))
    result = {"steps": job.steps, "best_step": 10 * (best + 1), "loss": losses[best]}
    entrant = SimpleNamespace(name="ann/64", pace=0.01, batch=32)
    stage = SimpleNamespace(jobs=[job], entrants=["ann/64"])
    plan = WrittenPlan(
        rungs=3, stages=[stage], entrants=[entrant], rivals=[], left_out={}, searched="", ensembles=[], entry=0.0,
        problem="classification", equal="time", rows={"train": 320}, shares={"reading": 4.0, "round 1": 6.0},
    )  # fmt: skip
    plan.__dict__.update(words)
    return SimpleNamespace(
        folder=folder,
        plan=plan,
        best_so_far=lambda job: result,
        rival_result=lambda rival: None if rival.failed else {"loss": 1.0},
        clock=SimpleNamespace(elapsed=10.0),
    )


def test_a_loss_that_still_falls_at_the_end_is_noticed(tmp_path: Path) -> None:
    falling = [1.0 - 0.05 * n for n in range(12)]
    found = undone(course(tmp_path / "a", falling))
    assert found.improving["ann/64"] == pytest.approx(4 + 6 * 2000 / 120), "2,000 updates instead of 120"
    flat = [1.0, 0.5, 0.3, *[0.3 - 1e-5 * n for n in range(9)]]
    turned = [1.0, 0.5, 0.3, *[0.3 + 0.01 * n for n in range(9)]]
    assert not undone(course(tmp_path / "b", flat)).improving
    assert not undone(course(tmp_path / "c", turned)).improving
    assert not undone(course(tmp_path / "d", falling, searched=f"{PLATEAU}: ...")).improving
    whole = [1.0 - 0.001 * n for n in range(250)]
    assert not undone(course(tmp_path / "e", whole)).improving, "2,500 updates are a whole training"


def test_who_had_no_time_is_counted(tmp_path: Path) -> None:
    rivals = [SimpleNamespace(name=name, failed=why) for name, why in
              (("constant", ""), ("linear", ""), ("forest", OUT_OF_TIME), ("boosting", "ValueError: no"))]  # fmt: skip
    left_out = {"tabm": f"{TOO_SLOW}: 2 s", "gnn": "does not take tables"}
    found = undone(course(tmp_path, [1.0], rivals=rivals, left_out=left_out, entry=60.0))
    assert (found.idle, found.raced, found.missing, found.compared) == (["tabm"], 1, ["forest"], 1)
    assert found.few_baselines and not found.few_networks


def test_an_ensemble_is_unfinished_where_most_of_its_networks_are(tmp_path: Path) -> None:
    falling = [1.0 - 0.05 * n for n in range(12)]
    for weight, expected in ((0.3, True), (0.1, False)):
        shares = {"ann/64": weight, "mlp/small": 0.2, "baseline/x": 0.5}
        parts = [Part(f"p{n}", name, [f"p{n}"], share) for n, (name, share) in enumerate(shares.items())]
        found = undone(course(tmp_path / str(weight), falling, ensembles=[Ensemble("ensemble/all", parts, 0.1, {})]))
        assert ("ensemble/all" in found.improving) == expected


def test_one_network_alone_is_not_starved(tmp_path: Path) -> None:
    assert undone(course(tmp_path, [1.0, 0.5], rungs=1)) == Undone()
    assert sentences.absent(Undone()) == ""


def test_the_report_says_open_and_not_no(tmp_path: Path) -> None:
    from tests.race.test_told import changed, reported

    run = synthetic.table_race(tmp_path / "run")
    text = reported(changed(run, answer="open"), run)
    assert re.search(r"Is a neural network worth it here\?\s*Open", text)


def test_a_baseline_that_another_beats_on_test_is_not_handed_over() -> None:
    """Of five baselines the third best shipped, though the first was shown to be better."""
    found = judge([WEAK, FOREST, STRONG, TWIN], TRUTH, preferred="baseline/forest")
    assert found.crowned is None and found.chosen == "baseline/linear"
    assert judge([WEAK, FOREST, STRONG, TWIN], TRUTH, preferred="baseline/boosting").chosen == "baseline/boosting"


def test_the_first_choice_is_told_where_another_ships(tmp_path: Path) -> None:
    from tests.race.test_told import changed

    run = synthetic.table_race(tmp_path / "run")
    told = shipping.why(changed(run, crowned=None, chosen="baseline/linear", preferred="resnet/small"))
    assert told == (
        "The linear baseline ships: of the baselines that may be the best on test rows, it did best on validation "
        "rows. The first choice, Residual network, is shown to be worse."
    )
    told = shipping.why(changed(run, crowned=None, chosen="resnet/small", preferred="baseline/linear"))
    assert told == "Residual network ships: it is shown to do better on the test rows than every baseline."


def test_a_network_whose_longer_training_was_no_better_is_not_improving(tmp_path: Path) -> None:
    made = course(tmp_path, [1.0 - 0.05 * n for n in range(12)])
    longer = made.plan.stages[0].jobs[0]
    shorter = replace(longer, id="ann.64.1", setting=1, steps=60)
    made.plan.stages[0].jobs.append(shorter)
    results = {longer.id: made.best_so_far(longer)}
    for loss, expected in ((0.3, False), (0.6, True)):
        results[shorter.id] = {"steps": 60, "best_step": 60, "loss": loss}
        made.best_so_far = lambda job: results[job.id]
        assert bool(undone(made).improving) == expected


def test_all_that_leaves_the_question_open_is_told() -> None:
    found = starved(improving={"mlp/small": 80.0}, idle=["tabm", "ann"], raced=1, compared=1, entry=400.0)
    assert found.worth_sentence.startswith(
        "Whether a neural network is worth it remains open. An MLP was still improving when time ended. "
        "About 80 seconds would let it finish. 2 networks had no time to learn. "
        "About 7 minutes would let all take part. "
    )
