"""Intervals agree with independent ones; resampling sees exactly the metrics that scoring sees."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as sk

from bestiary.contracts import Predictions
from bestiary.judging.evidence import Interval
from bestiary.judging.measures import linear
from bestiary.judging.statistics import (
    Resampling,
    excludes_zero,
    mean,
    rows_needed,
    time_blocks,
    wilson,
    within_one_standard_error,
)
from bestiary.tasks.class_evidence import ClassEvidence, area
from bestiary.tasks.classification.scoring import label_score
from bestiary.tasks.regression.scoring import Regression, ValueEvidence

CLASSES, VALUES = ClassEvidence(), ValueEvidence()


def answers(table: np.ndarray) -> Predictions:
    columns = {f"probability_{k}": torch.tensor(table[:, k], dtype=torch.float32) for k in range(table.shape[1])}
    return Predictions({"row": torch.arange(len(table)), **columns})


def numbers(values: np.ndarray) -> Predictions:
    return Predictions({"row": torch.arange(len(values)), "value": torch.tensor(values)})


def _case(classes: int, rows: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, rows)
    logits = draw.normal(size=(rows, classes)).round(1)  # rounded: ties between rows
    logits[np.arange(rows), truth] += 1
    table = np.exp(logits)
    return (table / table.sum(1, keepdims=True)).astype("float32"), truth


@pytest.mark.parametrize("right,rows", [(0, 7), (7, 7), (81, 263), (1, 30), (500, 1000)])
def test_wilson_equals_scipy(right: int, rows: int) -> None:
    expected = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    found = wilson(right / rows, rows)
    assert (found.low, found.high) == (pytest.approx(expected.low, abs=1e-12), pytest.approx(expected.high, abs=1e-12))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_sums_of_rows_give_the_scores_of_classes(classes: int) -> None:
    table, truth = _case(classes)
    terms, combine = CLASSES.sums(answers(table), truth)
    assert {n: float(v) for n, v in combine(terms.sum(0)).items()} == pytest.approx(
        CLASSES.score(answers(table), truth)
    )


def test_the_sums_give_the_scores_where_a_class_is_absent() -> None:
    table, truth = _case(5)
    truth[truth == 3] = 4
    terms, combine = CLASSES.sums(answers(table), truth)
    assert {n: float(v) for n, v in combine(terms.sum(0)).items()} == pytest.approx(
        CLASSES.score(answers(table), truth)
    )
    alone = np.zeros(len(truth), dtype=np.int64)
    assert "auroc" not in Resampling(len(truth)).score([answers(table)], alone, "classification")


def test_the_sums_of_rows_give_the_scores_of_numbers() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(1e4, 3, 50)
    guess = numbers(truth + draw.normal(0, 2, 50))
    terms, combine = VALUES.sums(guess, truth)
    assert {n: float(v) for n, v in combine(terms.sum(0)).items()} == pytest.approx(VALUES.score(guess, truth))


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "log_loss", "macro_f1", "qwk"])
def test_a_resample_is_scored_as_if_its_rows_had_been_drawn(metric: str) -> None:
    table, truth = _case(3, rows=40)
    resampling = Resampling(40, resamples=20)
    estimate = resampling.score([answers(table)], truth, "classification")[metric]
    for number in range(20):
        rows = np.repeat(np.arange(40), resampling.weights[number].astype(int))
        assert estimate.draws[number] == pytest.approx(CLASSES.score(answers(table[rows]), truth[rows])[metric])
    for row in range(40):
        left = np.delete(np.arange(40), row)
        assert estimate.without[row] == pytest.approx(CLASSES.score(answers(table[left]), truth[left])[metric])


def test_auroc_is_resampled_with_the_error_of_delong() -> None:
    """Against the variance of DeLong et al. (1988), written out by pairs."""
    table, truth = _case(2, rows=70, seed=3)
    estimate = Resampling(70).score([answers(table)], truth, "classification")["auroc"]
    high, low = table[truth == 1, 1], table[truth == 0, 1]
    wins = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    variance = wins.mean(1).var(ddof=1) / len(high) + wins.mean(0).var(ddof=1) / len(low)
    assert estimate.value == pytest.approx(sk.roc_auc_score(truth, table[:, 1]))
    assert estimate.error == pytest.approx(math.sqrt(variance), rel=0.02)
    assert estimate.draws.std() == pytest.approx(math.sqrt(variance), rel=0.06)


@pytest.mark.parametrize("classes", [2, 4])
def test_average_precision_is_resampled_to_first_order(classes: int) -> None:
    table, truth = _case(classes, rows=300, seed=2)
    resampling = Resampling(300, resamples=400)
    estimate = resampling.score([answers(table)], truth, "classification")["average_precision"]
    drawn = np.array(
        [
            CLASSES.score(answers(table[rows]), truth[rows])["average_precision"]
            for rows in (np.repeat(np.arange(300), w.astype(int)) for w in resampling.weights)
        ]
    )
    assert np.corrcoef(drawn, estimate.draws)[0, 1] > 0.98
    assert estimate.draws.std() == pytest.approx(drawn.std(), rel=0.1)


def test_metrics_of_labels_equal_scikit_learns() -> None:
    table, truth = _case(2, rows=60, seed=4)
    given = table.argmax(1)
    scores = CLASSES.score(answers(table), truth)
    assert scores["f1"] == pytest.approx(sk.f1_score(truth, given))
    assert label_score("f1", given, truth, 2) == pytest.approx(scores["f1"])
    table, truth = _case(5, rows=60, seed=4)
    given = table.argmax(1)
    scores = CLASSES.score(answers(table), truth)
    assert "f1" not in scores
    assert scores["qwk"] == pytest.approx(sk.cohen_kappa_score(truth, given, weights="quadratic"))
    assert label_score("qwk", given, truth, 5) == pytest.approx(scores["qwk"])
    for metric in ("auroc", "average_precision"):
        assert area(metric, table.astype(float), truth) == pytest.approx(scores[metric])


def test_relative_errors_leave_out_rows_whose_truth_is_zero() -> None:
    guess, truth = np.array([1.0, 2.0, 3.0]), np.array([0.0, 4.0, 2.0])
    assert VALUES.score(numbers(guess), truth)["mape"] == pytest.approx(0.5)
    task = Regression(10.0, 3.0)
    assert task.wanting("mape", guess[:, None], truth) == pytest.approx(0.5)
    assert task.costs("mape", numbers(guess), truth).mean() == pytest.approx(0.5)


def test_rmse_and_r2_of_a_resample_are_exact() -> None:
    draw = np.random.default_rng(1)
    truth = draw.normal(0, 3, 30)
    guess = truth + draw.normal(0, 2, 30)
    resampling = Resampling(30, resamples=10)
    found = resampling.score([numbers(guess)], truth, "regression")
    for number in range(10):
        rows = np.repeat(np.arange(30), resampling.weights[number].astype(int))
        expected = VALUES.score(numbers(guess[rows]), truth[rows])
        assert {name: e.draws[number] for name, e in found.items()} == pytest.approx(expected)


def test_bca_equals_scipys() -> None:
    values = np.random.default_rng(5).exponential(size=40)
    estimate = Resampling(40, resamples=20_000).score([numbers(values)], np.zeros(40), "regression")["mae"]
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    low, high = estimate._accelerated(0.95)
    width = expected.high - expected.low
    assert low == pytest.approx(expected.low, abs=0.03 * width)  # the error of 20,000 resamples is about 0.01 widths
    assert high == pytest.approx(expected.high, abs=0.03 * width)
    whole = estimate.interval()
    assert whole.low <= low and whole.high >= high
    assert whole.high - whole.low < 1.35 * width


SPARSE = [(4, 0, 50), (5, 0, 50), (6, 0, 50), (9, 2, 200), (10, 2, 200), (12, 4, 100), (15, 5, 400), (30, 12, 400)]


@pytest.mark.parametrize("one,other,rows", SPARSE)
def test_few_differing_rows_decide_as_an_exact_test_does(one: int, other: int, rows: int) -> None:
    """Two models of which one alone is right on `one` rows, the other alone on `other`: the sign test of McNemar."""
    first, second = np.full(rows, 0.9), np.full(rows, 0.9)
    second[:one] = 0.1
    first[one : one + other] = 0.1
    truth = np.ones(rows, dtype=np.int64)
    resampling = Resampling(rows)
    scores = [
        resampling.score([answers(np.stack([1 - p, p], 1))], truth, "classification")["accuracy"]
        for p in (first, second)
    ]
    exact = stats.binomtest(one, one + other).pvalue
    assert excludes_zero((scores[0] - scores[1]).interval()) == (exact < 0.05)


def test_a_paired_difference_is_narrower_than_two_intervals_and_zero_for_twins() -> None:
    table, truth = _case(3, rows=300)
    better = table.copy()
    better[np.arange(300), truth] += 0.05
    better /= better.sum(1, keepdims=True)
    resampling = Resampling(300)
    one, other = (resampling.score([answers(t)], truth, "classification")["log_loss"] for t in (table, better))
    apart = (one - other).interval()
    single = one.interval()
    assert excludes_zero(apart) and apart.value > 0
    rows = CLASSES.losses(answers(table), truth) - CLASSES.losses(answers(better), truth)
    assert (one - other).error == pytest.approx(rows.std(ddof=1) / math.sqrt(300), rel=1e-9)
    assert apart.high - apart.low < (single.high - single.low) / 4
    assert (-(one - other)).interval().high == pytest.approx(-apart.low, rel=0.05)
    assert (one - one).interval() == Interval(0.0, 0.0, 0.0)


def test_whole_groups_are_drawn() -> None:
    """Twenty copies of each of thirty rows know no more than the thirty rows."""
    values = np.random.default_rng(0).normal(size=30)
    single = Resampling(30).score([numbers(values)], np.zeros(30), "regression")["mae"]
    copies = np.repeat(values, 20)
    groups = np.repeat(np.arange(30), 20)
    order = np.random.default_rng(1).permutation(600)
    grouped = Resampling(600, groups[order]).score([numbers(copies[order])], np.zeros(600), "regression")["mae"]
    naive = Resampling(600).score([numbers(copies)], np.zeros(600), "regression")["mae"]
    assert grouped.error == pytest.approx(single.error, rel=1e-9)
    assert naive.error == pytest.approx(single.error / math.sqrt(20), rel=0.03)


def test_time_blocks_hold_neighbours() -> None:
    times = np.random.default_rng(0).permutation(1000)
    blocks = time_blocks(times)
    assert np.unique(blocks, return_counts=True)[1].tolist() == [10] * 100
    assert all(np.ptp(times[blocks == block]) == 9 for block in range(100))
    assert time_blocks(np.array([3])).tolist() == [0]


def test_many_rows_are_joined_without_changing_the_error() -> None:
    values = np.random.default_rng(0).exponential(size=20_000)
    estimate = Resampling(20_000).score([numbers(values)], np.zeros(20_000), "regression")["mae"]
    assert len(estimate.without) == 2_500
    assert estimate.value == pytest.approx(values.mean(), rel=1e-6)
    assert estimate.error == pytest.approx(values.std() / math.sqrt(20_000), rel=0.05)


def test_many_classes_are_linearised_to_the_same_error() -> None:
    table, truth = _case(4, rows=400)
    terms, combine = CLASSES.sums(answers(table), truth)
    resampling = Resampling(400)
    whole, first_order = resampling.estimates(terms, combine), resampling.estimates(*linear(terms, combine))
    for name, estimate in whole.items():
        assert first_order[name].value == pytest.approx(estimate.value)
        assert first_order[name].error == pytest.approx(estimate.error, rel=0.02)
        assert first_order[name].draws.std() == pytest.approx(estimate.draws.std(), rel=0.05)


def test_seeds_are_averaged() -> None:
    tables = [_case(3, seed=0)[0], _case(3, seed=0)[0][::-1].copy()]
    truth = _case(3)[1]
    resampling = Resampling(90)
    each = [resampling.score([answers(t)], truth, "classification")["accuracy"] for t in tables]
    both = resampling.score([answers(t) for t in tables], truth, "classification")["accuracy"]
    assert both.value == pytest.approx((each[0].value + each[1].value) / 2)
    assert mean(each).error == both.error < max(e.error for e in each)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_a_handful_of_rows_gives_wide_intervals_and_no_crash(rows: int) -> None:
    values = np.arange(1.0, rows + 1)
    for estimate in Resampling(rows).score([numbers(values)], np.zeros(rows), "regression").values():
        interval = estimate.interval()
        assert interval.low <= interval.value <= interval.high
        assert rows == 1 or interval.high - interval.low > 1


def test_how_many_rows_would_decide_is_the_textbook_sample_size() -> None:
    values = np.random.default_rng(0).normal(0.2, 1, 100)
    values += 0.2 - values.mean()
    resampling = Resampling(100)
    plain = resampling.estimates(np.stack([np.ones(100), values], 1), lambda s: {"mean": s[..., 1] / s[..., 0]})["mean"]
    expected = ((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * values.std(ddof=1) / 0.2) ** 2
    assert rows_needed(plain, 100) == pytest.approx(expected, rel=1e-6)
    assert rows_needed(plain - plain, 100) == math.inf


def test_the_one_standard_error_rule_uses_the_paired_error() -> None:
    draw = np.random.default_rng(0)
    base = draw.normal(size=400)
    resampling = Resampling(400)

    def score(values: np.ndarray) -> object:
        return resampling.estimates(np.stack([np.ones(400), values], 1), lambda s: {"m": s[..., 1] / s[..., 0]})["m"]

    best, close, far = score(base), score(base - 0.0005 + draw.normal(0, 0.02, 400)), score(base - 0.01)
    assert within_one_standard_error({"close": best - close, "far": best - far}) == ["close"]


def test_resampling_is_seeded() -> None:
    assert np.array_equal(Resampling(50, seed=1).weights, Resampling(50, seed=1).weights)
    assert not np.array_equal(Resampling(50, seed=1).weights, Resampling(50, seed=2).weights)
    assert (Resampling(50).weights.sum(1) == 50).all()


@pytest.mark.parametrize("rows", [6, 8, 15])
def test_an_interval_of_few_rows_is_as_wide_as_students_with_two_pseudo_observations(rows: int) -> None:
    """A score interval for a mean: all m for which n + 2 observations (x, and m +- one typical influence) allow m."""
    x = np.random.default_rng(rows).normal(size=rows)
    whole = Resampling(rows).estimates(x[:, None], lambda total: {"mean": total[..., 0] / rows})["mean"]
    # without one row the sum is divided by n, so what a row pulls is scaled by (n - 1) / n
    pulls = (x - x.mean()) * (rows - 1) / rows
    typical = (pulls**4).sum() / (pulls**2).sum()
    observed, t = rows + 2, stats.t.ppf(0.975, rows - 1)
    centre = whole.value
    half = t * np.sqrt(((pulls**2).sum() + 2 * typical) / observed / (observed - t**2))
    interval = whole.interval()
    assert interval.low <= centre - half + 1e-9 and interval.high >= centre + half - 1e-9
