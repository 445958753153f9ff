"""The arithmetic of a plan: what a budget buys, who goes on, what may be written and read."""

import json

import numpy as np
import pytest

from bestiary import catalogue
from bestiary.contracts import ImageSpec, TableSpec
from bestiary.errors import InputError
from bestiary.planning import promotion, sizing, stages
from bestiary.planning.contenders import candidates
from bestiary.planning.plan import Entrant, Plan, Rival, parse_budget

TABLE = TableSpec(features=10, outputs=3)


def entrant(name: str, pace: float, settings: int = 3, start: float = 0.1) -> Entrant:
    return Entrant(
        name, name, "f", name, "m:C", {}, "m:f", [{"rate": k} for k in range(settings)], 64, 10, pace, 0.0, start, 9
    )


def plan(paces: dict[str, float], equal: str = "time", folds: int = 0, workers: int = 2, budget: float = 300) -> Plan:
    rows = {"train": 6400, "validation": 1600, "test": 2000}
    data = ("table", "classification", "y", ["a", "b"], [])
    race = (budget, equal, "accuracy", "", True, 0, workers, "cpu", "")
    made = Plan({}, "digest", *data, *race, rows, folds, {"reserve": 10.0})
    made.entrants = [entrant(name, pace) for name, pace in paces.items()]
    made.rivals = [Rival("linear", 0.0), Rival("forest", 0.0)]
    return made


SPREAD = {f"n{k}": 0.001 * 1.6**k for k in range(12)}


@pytest.mark.parametrize("budget", [60, 300, 3600])
def test_everyone_is_given_the_same_core_seconds(budget):
    made = plan(SPREAD, budget=budget)
    first = stages.first(made, 0.8 * budget)
    most = {e.name: max(sizing.MOST_EPOCHS * 100, sizing.MOST_STEPS) for e in made.entrants}
    free = [e for e in made.entrants if max(j.horizon for j in first.jobs if j.entrant == e.name) < most[e.name]]
    spent = {e.name: sum(j.steps * e.pace for j in first.jobs if j.entrant == e.name) for e in free}
    floor = {e.name: sizing.LEAST_STEPS * e.pace * len(e.settings) for e in free}
    bought = [spent[n] for n in spent if spent[n] > 1.01 * floor[n]]
    assert len(bought) >= 3
    assert max(bought) / min(bought) < 1.3  # whole updates alone are between them


def test_equal_examples_is_equal_examples():
    made = plan({"quick": 0.001, "slow": 0.01}, equal="examples", budget=60)
    made.entrants[0].batch = 32
    for e in made.entrants:
        e.settings = e.settings[:1]
    first = stages.first(made, 40)
    seen = {j.entrant: j.horizon * made.entrant(j.entrant).batch for j in first.jobs}
    assert seen["quick"] == pytest.approx(seen["slow"], rel=0.01)


@pytest.mark.parametrize("folds", [0, 3])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_whole_race_fits_the_time_when_paces_hold(folds, workers):
    made = plan(SPREAD, folds=folds, workers=workers)
    made.rows["train"] = 640_000  # so that nobody has seen enough before the time is up
    left = 250.0
    stage = stages.first(made, left)
    names = [e.name for e in made.entrants]
    for rung in (2, 3):
        left -= stage.seconds
        names = names[: sizing.survivors(len(made.entrants))[rung - 2]]
        done = {n: max(j.steps for j in stage.jobs if j.entrant == n) for n in names}
        pace = {n: made.entrant(n).pace for n in names}
        stage = stages.following(made, rung, dict.fromkeys(names, 0), done, pace, left, "")
    assert abs(left - stage.seconds) <= 40  # processes come whole


def test_a_late_rung_shrinks_the_next():
    made = plan(SPREAD)
    first = stages.first(made, 250)
    names = first.entrants[:6]
    done = {n: max(j.steps for j in first.jobs if j.entrant == n) for n in names}
    pace = {n: made.entrant(n).pace for n in names}
    ample, late = (stages.following(made, 2, dict.fromkeys(names, 0), done, pace, left, "") for left in (200.0, 60.0))
    assert sum(j.steps for j in late.jobs) < 0.7 * sum(j.steps for j in ample.jobs)


def test_the_first_two_rungs_end_before_the_rate_decays():
    made = plan(SPREAD)
    first = stages.first(made, 250)
    names = first.entrants[:6]
    done = {n: max(j.steps for j in first.jobs if j.entrant == n) for n in names}
    pace = {n: made.entrant(n).pace for n in names}
    second = stages.following(made, 2, dict.fromkeys(names, 0), done, pace, 200, "")
    assert all(j.steps <= 0.7 * j.horizon for j in [*first.jobs, *second.jobs])
    reached = {j.entrant: j.steps for j in second.jobs}
    third = stages.following(made, 3, dict.fromkeys(names[:3], 0), reached, pace, 1.0, "")  # hopelessly late
    assert all(reached[j.entrant] <= 0.7 * j.horizon + 1 for j in third.jobs)


def test_finalists_have_three_seeds_of_the_same_length():
    made = plan({"a": 0.001, "b": 0.002})
    pace = {"a": 0.001, "b": 0.002}
    stages.first(made, 100)
    third = stages.following(made, 3, {"b": 1, "a": 0}, {"a": 50, "b": 50}, pace, 100, "")
    for name in "ab":
        mine = [j for j in third.jobs if j.entrant == name]
        assert [j.seed for j in mine] == [0, 1, 2]
        assert len({j.steps for j in mine}) == 1
        assert len({j.id for j in mine}) == 3


def test_a_contender_that_could_learn_nothing_stays_out_and_the_plan_says_why():
    made = plan({"quick": 0.001, "glacial": 30.0}, budget=60)
    stages.first(made, 40)
    assert [e.name for e in made.entrants] == ["quick"]
    assert "too slow for this budget" in made.left_out["glacial"]


def test_a_small_budget_tries_fewer_settings():
    tight, ample = plan({"a": 0.01, "b": 0.01}, budget=60), plan({"a": 0.01, "b": 0.01}, budget=600)
    stages.first(tight, 6)
    stages.first(ample, 500)
    assert len(tight.entrants[0].settings) < len(ample.entrants[0].settings) == 3


def test_promotion_keeps_ties_but_not_for_ever():
    rows = np.random.default_rng(0).normal(1, 0.3, 400)
    noise = np.random.default_rng(1).normal(0, 0.2, (6, 400))
    losses = {"best": rows - 1.0, "second": rows, "tied": rows + noise[0] - noise[0].mean(), "clear": rows + 0.5}
    assert promotion.promoted(losses, 2) == ["best", "second", "tied"] or promotion.promoted(losses, 2) == [
        "best", "tied", "second",
    ]  # fmt: skip
    equal = {str(k): rows + n - n.mean() for k, n in enumerate(noise)}
    assert len(promotion.promoted(equal, 2)) == 4
    assert promotion.promoted({"a": rows, "b": rows + 1e-9}, 1) == ["a"]  # a constant difference has no error


def test_one_row_ties_nobody_and_two_rows_can():
    assert promotion.promoted({"a": np.array([1.0]), "b": np.array([1.1])}, 1) == ["a"]
    near = np.array([1.3, 0.9])  # differences 0.3 and -0.1: a mean of 0.1, an error of 0.2
    far = np.array([1.2, 1.2])  # differences 0.2 and 0.2: an error of 0
    assert promotion.promoted({"a": np.array([1.0, 1.0]), "near": near, "far": far}, 1) == ["a", "near"]


def test_paired_differences_decide_not_overlapping_intervals():
    rows = np.random.default_rng(0).normal(1, 1.0, 400)
    losses = {"a": rows, "b": rows + 0.02 + np.random.default_rng(1).normal(0, 0.01, 400)}
    assert rows.std() / 20 > 0.02  # unpaired they look the same
    assert promotion.promoted(losses, 1) == ["a"]


def test_contenders_are_narrowed_by_names_families_and_sizes():
    def names(only=None, exclude=None, kind="image", spec=None, rows=5000):
        given = spec or ImageSpec(1, (28, 28), 10)
        return {
            c.row.name: [s.name for s in c.sizes]
            for c in candidates(kind, "classification", given, rows, only, exclude)[0]
        }

    family = set(names("family:convolution"))
    assert {"cnn", "lenet5", "resnet"} <= family
    assert {catalogue.find(name).family for name in family} == {"convolution"}
    assert "mlp" in names() and "mlp" not in names(exclude="mlp")
    assert names("fnn/small") == {"fnn": ["small"]}
    assert names("fnn", rows=500)["fnn"] == ["small"]
    assert names("fnn", rows=50_000)["fnn"] == ["large", "medium", "small"]
    assert set(names(["ann", "mlp"], exclude="mlp")) == {"ann"}
    with pytest.raises(InputError, match="found none"):
        names("ann", exclude="ann")


def test_perceptron_says_why_it_takes_no_numbers():
    found, left_out = candidates("table", "regression", TableSpec(4, 1), 5000)
    assert "perceptron" not in {c.row.name for c in found}
    assert left_out["perceptron"] == "has no recipe for regression"


def test_a_plan_is_what_was_written(tmp_path):
    made = plan({"mlp/small": 0.001, "ann/64": 0.002})
    for one, network in zip(made.entrants, ("feedforward.mlp:MLP", "feedforward.ann:ANN")):
        one.architecture, one.recipe = one.name.partition("/")[0], "bestiary.recipes.supervised:classifier"
        one.network, one.family = f"bestiary.architectures.{network}", "feedforward"
    made.stages.append(stages.first(made, 250))
    made.write(tmp_path)
    assert Plan.read(tmp_path) == made
    words = json.loads((tmp_path / "plan.json").read_text())
    words["format"] = 99
    (tmp_path / "plan.json").write_text(json.dumps(words))
    with pytest.raises(InputError, match="not a plan of format"):
        Plan.read(tmp_path)
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(InputError, match="expected JSON in"):
        Plan.read(tmp_path)
    with pytest.raises(InputError, match="expected the folder of a race"):
        Plan.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("given", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), (45, 45), ("2.5m", 150), ("60s", 60)]
)
def test_budgets(given, seconds):
    assert parse_budget(given) == seconds


@pytest.mark.parametrize("given", ["-5m", "0", "abc", "", "inf", "nan", "5 apples", "1e99h", "m"])
def test_budgets_that_are_none(given):
    with pytest.raises(InputError, match="expected a budget such as"):
        parse_budget(given)


@pytest.mark.parametrize("given", ["5", " 60 ", "1.5", "5e1"])
def test_budgets_without_a_unit_are_refused(given):
    """`--budget 5` was taken for five seconds by a person who meant minutes."""
    with pytest.raises(InputError, match=r"expected a budget with a unit, .*received .*; add the unit"):
        parse_budget(given)
    assert parse_budget(float(given)) == float(given), "a number from Python is seconds, as it says"
