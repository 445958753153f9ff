"""Who enters a race that has not time enough for everyone."""

import csv
from pathlib import Path

import pytest

from bestiary import catalogue
from bestiary.planning.entry import ENOUGH, FEWEST, MEASURED, Record, Seen, after, chosen, in_order, near, seen
from bestiary.planning.plan import NOT_CHOSEN, TOO_SLOW, Plan
from bestiary.planning.pretraining import entrants
from bestiary.race.undone import crowded, left_out
from tests.race.small import small_run

FAST, SLOW, IDLE = {1.0: (0.5, 0.5), 4.0: (0.5, 0.5)}, {1.0: (0.9, 0.9), 4.0: (0.1, 0.1)}, {1.0: (1.0, 1.0)}
KNOWN = {
    "near": Seen("table", "classification", 100, 10, {"fast": FAST, "slow": SLOW, "idle": IDLE}),
    "far": Seen("table", "classification", 1_000_000, 10, {"fast": SLOW, "slow": FAST, "idle": IDLE}),
    "other": Seen("table", "regression", 100, 10, {"idle": SLOW}),
}
HERE = ("table", "classification", 100, 10)


def test_time_decides_who_is_worth_having() -> None:
    weights = near(*HERE, KNOWN)
    assert set(weights) == {"near", "far"} and weights["near"] > 10 * weights["far"]
    short = in_order(["idle", "slow", "fast"], weights, KNOWN, lambda count: 1.0)
    long = in_order(["idle", "slow", "fast"], weights, KNOWN, lambda count: 4.0)
    assert (short[0], long[0], short[2], long[2]) == ("fast", "slow", "idle", "idle")
    far = near("table", "classification", 1_000_000, 10, KNOWN)
    assert in_order(["idle", "slow", "fast"], far, KNOWN, lambda count: 4.0)[0] == "fast"


def test_a_choice_by_one_half_is_judged_by_the_other() -> None:
    """Whoever is best by luck on one half of the validation rows is worth no more for it."""
    lucky = {1.0: (0.1, 0.9)}
    known = {"one": Seen("table", "classification", 100, 10, {"lucky": lucky, "steady": {1.0: (0.4, 0.4)}})}
    assert in_order(["lucky", "steady"], {"one": 1.0}, known, lambda count: 1.0)[0] == "steady"


def test_no_time_teaches_nothing() -> None:
    assert after(FAST, 0.0) == (1.0, 1.0)
    assert after(SLOW, 100.0) == (0.1, 0.1)
    assert after(SLOW, 1.5) > after(SLOW, 2.0) > after(SLOW, 3.0)


@pytest.mark.parametrize(("share", "entered"), [(ENOUGH, 5), (ENOUGH / 2, FEWEST), (ENOUGH * 0.9, 4)])
def test_everyone_enters_where_there_is_time(share: float, entered: int) -> None:
    names = ["idle", "slow", "never", "fast", "nobody"]
    took, out = chosen(names, HERE, lambda count: share * 5 / count if count < 5 else share, KNOWN)
    assert len(took) == entered and len(took) + len(out) == 5
    assert took == [name for name in names if name in took], "in their own order"
    if out:
        assert {"fast", "slow"} <= set(took) and "nobody" in out
        assert all(reason.startswith(NOT_CHOSEN) for reason in out.values())
        assert "never measured" in out["nobody"]


def test_what_was_never_measured_keeps_nobody_out() -> None:
    assert chosen(["a", "b", "c", "d"], ("image", "classification", 100, 10), lambda count: 0.01) == (list("abcd"), {})
    assert chosen(["mlp", "ann"], HERE, lambda count: 0.01) == (["mlp", "ann"], {})


def test_the_measured_table_is_of_rows_of_the_catalogue() -> None:
    with MEASURED.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == Record._fields
    assert {line["architecture"] for line in lines} <= {row.name for row in catalogue.ROWS}
    sizes = {
        (kind, row.name, size.name) for row in catalogue.ROWS for kind, raced in row.races.items() for size in raced
    }
    assert {(line["kind"], line["architecture"], line["size"]) for line in lines} <= sizes
    for kind, task, fewest in (
        ("table", "classification", 8),
        ("table", "regression", 8),
        ("image", "classification", 5),
    ):
        sets = [one for one in seen().values() if (one.kind, one.task) == (kind, task)]
        assert len(sets) >= fewest and len({one.rows for one in sets}) == len(sets)
        assert all(len(one.curves) >= 10 for one in sets)


def test_a_short_race_says_who_was_not_chosen(tmp_path: Path) -> None:
    plan = small_run(tmp_path / "run", stages=False)
    plan.entrants, plan.budget = [], 10.0
    found = {one.row.name for one in entrants(tmp_path / "run", plan)}
    assert FEWEST <= len(found) <= 6
    spared = {name for name, reason in plan.left_out.items() if reason.startswith(NOT_CHOSEN)}
    assert len(spared) >= 6 and not spared & found
    [said] = [line for line in left_out(plan) if "core-seconds" in line]
    assert said == crowded(plan) and f"with all {len(found) + len(spared)} networks" in said
    plan.left_out["mlp/medium"] = f"{TOO_SLOW}: an update takes 9.0 s"
    assert said in left_out(plan) and crowded(plan).startswith(said), "who is too slow was one of them too"
    assert "the budget is too small for 1 of 1 networks" in crowded(plan)
    assert all(name in said for name in spared) and "--contenders" in said and "lets all take part" in said


def test_whoever_is_named_enters(tmp_path: Path) -> None:
    plan = small_run(tmp_path / "run", stages=False)
    plan.entrants, plan.budget, plan.contenders = [], 10.0, ["family:feedforward"]
    assert {one.row.name for one in entrants(tmp_path / "run", plan)} >= {"ann", "fnn", "mlp", "perceptron"}
    assert not any(reason.startswith(NOT_CHOSEN) for reason in plan.left_out.values())
    longer = Plan.read(tmp_path / "run")
    longer.budget = 600.0
    assert len(entrants(tmp_path / "run", longer)) >= 13
