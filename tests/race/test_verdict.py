"""The verdict follows its rules: who is crowned, what ships, when a network is worth it, and how it is said."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from bestiary.contracts import Predictions
from bestiary.judging.evidence import Interval
from bestiary.judging.verdict import Candidate, Judgement, judge_race
from bestiary.tasks.classes import METRICS
from tests.race.test_statistics import answers, numbers


def right(truth: np.ndarray, share: float, seed: int, sure: float = 0.8) -> Predictions:
    """Answers that are right on a random share of the rows of a two-class problem."""
    hit = np.random.default_rng(seed).permutation(len(truth)) < share * len(truth)
    one = np.where(hit == (truth == 1), sure, 1 - sure)
    return answers(np.stack([1 - one, one], 1))


def judge(candidates: list[Candidate], truth: np.ndarray, metric: str = "accuracy", **words: object) -> Judgement:
    given = {"problem": "classification", "train_rows": 1000, "classes": ["no", "yes"], **words}
    return judge_race(candidates=candidates, truth=torch.from_numpy(truth), metric=metric, **given)  # type: ignore[arg-type]


TRUTH = np.arange(400) % 2
BEST = Candidate("resnet/small", True, 5.0, 0.1, [right(TRUTH, 0.97, 1)], "a small ResNet")
WEAK = Candidate("mlp/small", True, 2.0, 0.3, [right(TRUTH, 0.80, 2)], "an MLP")
FOREST = Candidate("baseline/forest", False, 1.0, 0.2, [right(TRUTH, 0.85, 3)], "a random forest")
CONSTANT = Candidate("baseline/constant", False, 0.1, 0.7, [right(TRUTH, 0.5, 4, 0.5)], "always the same answer")


def test_a_network_that_beats_everyone_is_crowned_and_worth_it() -> None:
    found = judge([CONSTANT, FOREST, WEAK, BEST], TRUTH)
    assert found.crowned == found.chosen == found.networks_best == "resnet/small"
    assert found.baseline_best == "baseline/forest"
    assert found.order == ["resnet/small", "baseline/forest", "mlp/small", "baseline/constant"]
    assert not any(found.tied.values())
    assert found.worth_it is not None and found.worth_it.value == pytest.approx(0.12)
    assert 0 < found.worth_it.low < 0.12 < found.worth_it.high
    assert found.difference["mlp/small"].value == pytest.approx(0.17)
    assert found.test["resnet/small"]["accuracy"].low == pytest.approx(0.948, abs=5e-4)  # Wilson, 388 of 400
    assert found.sentence == "A small ResNet predicts best: 97.0 % accuracy (94.8 to 98.3) on 400 unseen rows."
    assert found.answer == "yes"
    assert found.worth_sentence.startswith(
        "A neural network is worth it here. A small ResNet reaches 97.0 % accuracy (94.8 to 98.3). "
        "The best baseline (forest) reaches 85.0 % accuracy (81.2 to 88.2). The network is ahead by 12.0 points ("
    )


def test_what_is_judged_is_called_by_its_name() -> None:
    returns = torch.arange(100, 200).float()
    one, other = (
        Candidate(
            name,
            network,
            1.0,
            0.0,
            [Predictions({"row": torch.arange(100), "return": returns - less, "steps": returns})],
        )
        for name, network, less in (("dqn/small", True, 0), ("baseline/linear", False, 9))
    )
    found = judge([one, other], np.zeros(100), "mean_return", problem="control", classes=[])
    assert " on 100 unseen episodes" in found.sentence and " rows" not in found.sentence


def test_a_baseline_that_beats_everyone_is_crowned_and_no_network_is_worth_it() -> None:
    found = judge([replace(BEST, name="baseline/linear", network=False, title="a linear model"), FOREST, WEAK], TRUTH)
    assert found.crowned == found.baseline_best == "baseline/linear"
    assert found.networks_best == "mlp/small"
    assert found.worth_it is not None and found.worth_it.high < 0
    assert found.answer == "no" and found.worth_sentence.startswith(
        "A neural network is not worth it here. An MLP, chosen on validation, reaches 80.0 % accuracy ("
    )
    assert "The network is behind by 17.0 points (" in found.worth_sentence


def test_a_tie_is_called_a_tie_and_the_cheapest_of_equals_ships() -> None:
    close = replace(FOREST, predictions=[right(TRUTH, 0.9650, 5)])
    found = judge([BEST, close, CONSTANT], TRUTH)
    assert found.crowned is None
    assert found.tied == {"resnet/small": True, "baseline/forest": True, "baseline/constant": False}
    assert found.chosen == "baseline/forest"
    assert found.sentence.startswith("No winner: a small ResNet leads with 97.0 % accuracy")
    assert found.reason.startswith("The lead over the forest baseline may be chance: 0.5 points (")
    assert found.reason.endswith(" test rows might decide.")
    assert found.answer == "not shown" and "The network is ahead by 0.5 points (" in found.worth_sentence
    assert found.worth_sentence.startswith("No neural network is shown to be worth it here. ")


def test_where_a_linear_model_scores_the_same_no_network_is_needed() -> None:
    same = Candidate("baseline/linear", False, 1.0, 0.2, BEST.predictions, "linear model")
    found = judge([BEST, same, CONSTANT], TRUTH)
    assert found.sentence == (
        "No winner: the linear baseline reaches 97.0 % accuracy (94.8 to 98.3) on 400 unseen rows."
    )
    assert found.reason == "A small ResNet scores the same." and found.chosen == "baseline/linear"
    assert found.answer == "needless" and found.worth_sentence.startswith("No neural network is needed here. ")
    assert found.worth_sentence.endswith(" They score the same.")


def test_the_number_of_rows_that_might_decide_does_decide() -> None:
    truth = np.arange(300) % 2
    one, other = (Candidate(n, n == "a", 1.0, 0.1, [right(truth, s, k)]) for n, s, k in (("a", 0.9, 1), ("b", 0.86, 2)))
    found = judge([one, other], truth)
    needed = int(found.reason.split("About ")[1].split(" test rows")[0].replace(",", ""))
    assert found.crowned is None and 500 < needed < 5000
    truth = np.arange(2 * needed) % 2
    more = [replace(c, predictions=[right(truth, s, k)]) for c, s, k in ((one, 0.9, 1), (other, 0.86, 2))]
    assert judge(more, truth).crowned == "a"


def test_the_network_is_named_on_validation_not_on_test() -> None:
    """The best of ten equal networks on test would often look better than an equal baseline."""
    lucky = Candidate("lucky", True, 1.0, 0.30, [right(TRUTH, 0.89, 7)])
    named = Candidate("named", True, 1.0, 0.20, [right(TRUTH, 0.85, 8)])
    found = judge([lucky, named, FOREST], TRUTH)
    assert found.crowned is None and found.networks_best == "named"
    assert found.worth_it is not None and found.worth_it.value == pytest.approx(0)


def test_every_baseline_must_be_beaten() -> None:
    """A baseline that is hardly behind and almost the same model does not hide one that may be as good."""
    network = replace(BEST, predictions=[right(TRUTH, 0.9, 1)])
    table = np.stack([network.predictions[0].columns[f"probability_{k}"].numpy() for k in range(2)], 1)
    hits = np.flatnonzero(table.argmax(1) == TRUTH)[:8]
    table[hits] = table[hits][:, ::-1]
    twin = Candidate("twin", False, 1.0, 0.2, [answers(table)])
    other = Candidate("other", False, 1.0, 0.2, [right(TRUTH, 0.8775, 9)])
    assert judge([network, twin], TRUTH).answer == "yes"
    found = judge([network, twin, other], TRUTH)
    assert found.baseline_best == "other"
    assert found.answer == "not shown" and "The network is ahead by 2.3 points (" in found.worth_sentence
    assert "The baseline it is hardest to distinguish from (other) reaches" in found.worth_sentence


def test_lower_is_better_for_errors() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(100, 20, 300)
    near = Candidate("near", True, 1.0, 0.1, [numbers(truth + draw.normal(0, 2, 300))])
    far = Candidate("far", False, 1.0, 0.2, [numbers(truth + draw.normal(0, 6, 300))])
    found = judge([far, near], truth, "rmse", problem="regression", classes=[])
    assert found.crowned == "near" and found.order == ["near", "far"]
    assert found.worth_it is not None and found.worth_it.value == pytest.approx(4, abs=0.6) and found.worth_it.low > 0
    assert found.difference["far"].value > 0
    assert "near predicts best: RMSE " in found.sentence and "The network is ahead by " in found.worth_sentence
    assert " in RMSE (" in found.worth_sentence


def test_seeds_are_averaged_and_their_spread_is_told() -> None:
    seeds = [right(TRUTH, share, k) for k, share in enumerate((0.90, 0.92, 0.97))]
    found = judge([replace(BEST, predictions=seeds), FOREST], TRUTH)
    assert found.test["resnet/small"]["accuracy"].value == pytest.approx(0.93)
    assert list(found.spread) == ["resnet/small"]
    assert found.spread["resnet/small"]["accuracy"] == pytest.approx(np.std([0.90, 0.92, 0.97], ddof=1))


def test_few_rows_crown_nobody() -> None:
    truth = np.arange(20) % 2
    models = [replace(BEST, predictions=[right(truth, 1.0, 1)]), replace(FOREST, predictions=[right(truth, 0.4, 2)])]
    few = judge(models, truth, train_rows=29)
    assert few.crowned is None and "49 rows in total are too few" in few.reason
    assert few.chosen == "resnet/small"
    assert few.worth_sentence.startswith("Too few rows to say whether a neural network is worth it")
    assert judge(models, truth, train_rows=30).crowned == "resnet/small"


def test_missing_sides_and_single_models_are_said() -> None:
    assert "no baseline finished" in judge([BEST, WEAK], TRUTH).worth_sentence
    assert judge([BEST, WEAK], TRUTH).crowned == "resnet/small"
    alone = judge([FOREST], TRUTH)
    assert alone.crowned is None and alone.chosen == "baseline/forest" and alone.worth_it is None
    assert "no network finished" in alone.worth_sentence and "It is the only model" in alone.reason
    assert alone.tied == {"baseline/forest": False}


def test_answers_that_are_not_finite_are_set_aside() -> None:
    broken = replace(WEAK, predictions=[answers(np.full((400, 2), np.nan))])
    found = judge([broken, BEST, FOREST], TRUTH)
    assert found.crowned == "resnet/small" and found.test["mlp/small"] == {} and "mlp/small" not in found.order
    assert judge([broken], TRUTH).sentence == "No winner: no model gave finite answers on the test rows."


@pytest.mark.parametrize("rows", range(1, 11))
@pytest.mark.parametrize("metric", ["accuracy", "auroc", "log_loss", "macro_f1", "balanced_accuracy"])
def test_a_handful_of_rows_is_judged_without_a_crash(rows: int, metric: str) -> None:
    truth = np.arange(rows) // 2 % 2
    models = [replace(c, predictions=[right(truth, s, 1)]) for c, s in ((BEST, 1.0), (FOREST, 0.5), (CONSTANT, 0.5))]
    found = judge(models, truth, metric, train_rows=30)
    assert found.crowned is None and found.chosen and "nan" not in found.sentence + found.worth_sentence
    for intervals in found.test.values():
        assert all(i.low <= i.value <= i.high for i in intervals.values())
        assert 0 <= intervals["accuracy"].low < intervals["accuracy"].high <= 1


def test_a_metric_that_the_rows_do_not_define_is_replaced_and_said() -> None:
    truth = np.zeros(100, dtype=np.int64)
    found = judge([replace(BEST, predictions=[right(truth, 0.9, 1)])], truth, "auroc")
    assert found.metric == "log_loss" and found.reason.startswith("AUROC is undefined on these test rows")


def test_perfect_scores_are_not_certain() -> None:
    found = judge([replace(BEST, predictions=[right(TRUTH, 1.0, 1)]), FOREST], TRUTH)
    for metric in ("accuracy", "balanced_accuracy", "macro_f1", "auroc"):
        interval = found.test["resnet/small"][metric]
        assert interval.value == pytest.approx(1.0) and 0.98 < interval.low < 0.995
    perfect = numbers(np.arange(50.0))
    found = judge([replace(BEST, predictions=[perfect])], np.arange(50.0), "rmse", problem="regression", classes=[])
    assert found.test["resnet/small"]["rmse"] == Interval(0.0, 0.0, 0.0)


def test_twins_tie() -> None:
    found = judge([BEST, replace(BEST, name="twin", network=False, cost=1.0)], TRUTH)
    assert found.crowned is None and found.chosen == "twin" and "scores the same" in found.reason


def test_groups_that_decide_together_are_not_counted_row_by_row() -> None:
    """Ten groups of forty rows on which a model is all right or all wrong are ten observations."""
    groups = np.repeat(np.arange(10), 40)
    good, bad = ((groups < n) for n in (9, 5))
    models = []
    for name, hit in (("good", good), ("bad", bad)):
        one = np.where(hit == (TRUTH == 1), 0.8, 0.2)
        models.append(Candidate(name, name == "good", 1.0, 0.1, [answers(np.stack([1 - one, one], 1))]))
    assert judge(models, TRUTH).crowned == "good"
    grouped = judge(models, TRUTH, groups=groups)
    assert grouped.crowned is None
    assert grouped.test["good"]["accuracy"].low < judge(models, TRUTH).test["good"]["accuracy"].low
    assert judge(models, TRUTH, blocks=groups).test == grouped.test


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_groups_crown_nobody_however_many_rows_they_have(count: int, metric: str) -> None:
    """Of one group the jackknife sees no spread at all, and called the difference certain."""
    found = judge([BEST, FOREST, CONSTANT], TRUTH, metric, groups=np.arange(400) * count // 400)
    assert found.crowned is None and not found.sentence.count("is worth it here")
    assert found.worth_it is not None and found.worth_it.low == -np.inf and found.worth_it.high == np.inf
    assert "may be chance" in found.reason and "nan" not in found.sentence + found.worth_sentence
    assert found.worth_sentence.startswith("No neural network is shown to be worth it here")
    assert ("count as one" in found.worth_sentence) == (count == 1)
    assert found.test["resnet/small"][metric].high - found.test["resnet/small"][metric].low > 0.5


def test_three_rows_that_all_agree_decide_nothing() -> None:
    """A sign test of three gives p = 0.25; of six that all agree 0.03."""
    for rows, winner in ((3, None), (5, None), (6, "resnet/small")):
        truth = np.arange(rows) % 2
        hit, miss = (right(truth, share, 1) for share in (1.0, 0.0))
        models = [replace(BEST, predictions=[hit]), replace(FOREST, predictions=[miss])]
        assert judge(models, truth).crowned == winner


def test_a_difference_is_no_larger_than_the_metric_allows() -> None:
    truth = np.arange(7) % 2
    models = [replace(c, predictions=[right(truth, s, 1)]) for c, s in ((BEST, 1.0), (FOREST, 0.6))]
    found = judge(models, truth)
    assert found.worth_it is not None and -1 <= found.worth_it.low < 0 < found.worth_it.high <= 1


def test_real_models_on_real_digits() -> None:
    pixels, target = load_digits(return_X_y=True)
    train, test = slice(0, 1200), slice(1200, None)
    models = (
        ("mlp", True, MLPClassifier(64, max_iter=100, tol=1e-2, random_state=0)),
        ("forest", False, RandomForestClassifier(50, random_state=0)),
        ("linear", False, LogisticRegression(C=0.01, max_iter=200)),
    )
    candidates = []
    for number, (name, network, model) in enumerate(models):
        model.fit(pixels[train] / 16, target[train])
        candidates.append(Candidate(name, network, number, 0.1, [answers(model.predict_proba(pixels[test] / 16))]))
    found = judge(candidates, target[test], classes=[str(k) for k in range(10)])
    assert set(found.order) == {"mlp", "forest", "linear"} and found.order[-1] == "linear"
    for name in found.order:
        assert set(found.test[name]) == {m.name for m in METRICS if m.classes != 2}
        assert all(i.low < i.value < i.high for i in found.test[name].values())


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="not of the same test rows"):
        judge([BEST], TRUTH[:100])
    shifted = Predictions({**BEST.predictions[0].columns, "row": torch.arange(400) + 1})
    with pytest.raises(ValueError, match="not of the same test rows"):
        judge([BEST, replace(FOREST, predictions=[shifted])], TRUTH)
    with pytest.raises(ValueError, match="expected 3 probabilities"):
        judge([BEST], TRUTH, classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="0 models"):
        judge([], TRUTH)


def off(truth: np.ndarray, errors: np.ndarray) -> list[Predictions]:
    """Answers with these errors."""
    return [numbers(truth + errors)]


def test_a_wild_rival_does_not_block_the_crown() -> None:
    """A linear model that explodes on two rows has a gap of 14 ± 20 to everyone: nobody was crowned, and it shipped
    where the smallest within one standard error was asked for."""
    truth, draw = np.zeros(200), np.random.default_rng(3)
    exploding = 1.8 * draw.normal(size=200)
    exploding[[7, 90]] = 190.0, -110.0
    models = [
        Candidate("tabm/small", True, 5.0, 0.1, off(truth, draw.normal(size=200)), "TabM"),
        Candidate("baseline/forest", False, 3.0, 0.2, off(truth, 1.5 * draw.normal(size=200))),
        Candidate("baseline/linear", False, 1.0, 0.3, off(truth, exploding)),
    ]
    found = judge(models, truth, "rmse", problem="regression", classes=[])
    assert found.difference["baseline/linear"].low < 0 < found.difference["baseline/linear"].value
    assert found.crowned == found.chosen == found.cheapest == "tabm/small" and not any(found.tied.values())
    assert "On 2 of 200 test rows the linear baseline errs far more than the better model does on any." in found.reason
    assert "With the better model's answers there it is still behind, by 0.8" in found.reason
    assert found.answer == "yes" and found.worth_it is not None and found.worth_it.low > 0
    few = exploding.copy()
    few[np.abs(few) < 50] = truth[np.abs(few) < 50] + draw.normal(size=198)
    level = [models[0], replace(models[2], predictions=off(truth, few))]
    assert judge(level, truth, "rmse", problem="regression", classes=[]).crowned is None, "behind on two rows alone"


def test_a_wild_network_is_denied() -> None:
    truth, draw = np.zeros(200), np.random.default_rng(3)
    exploding = 1.8 * draw.normal(size=200)
    exploding[[7, 90]] = 190.0, -110.0
    models = [
        Candidate("ann/small", True, 5.0, 0.1, off(truth, exploding), "One hidden layer"),
        Candidate("baseline/forest", False, 3.0, 0.2, off(truth, draw.normal(size=200))),
        Candidate("baseline/boosting", False, 3.0, 0.2, off(truth, draw.normal(size=200))),
    ]
    found = judge(models, truth, "rmse", problem="regression", classes=[], preferred="ann/small")
    assert found.crowned is None and found.answer == "no" and found.chosen.startswith("baseline/")
    assert "On 2 of 200 test rows one hidden layer errs far more" in found.worth_sentence.replace("One h", "one h")
