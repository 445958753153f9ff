"""The error rates that a verdict promises, counted on races whose truth is known.

Every limit is the promised rate plus twice the binomial error of the simulation. For each promise a twin shows that the
test can fail: races with a real difference, or statistics done carelessly.
"""

import functools
import math

import numpy as np
import pytest

from bestiary.judging.evidence import Interval
from bestiary.judging.statistics import Estimate, Resampling, excludes_zero, wilson
from bestiary.judging.verdict import Candidate, judge_race
from tests.race.test_statistics import answers, numbers

RACES = 300
ERROR = 2 * math.sqrt(0.05 * 0.95 / RACES)  # 0.025


@functools.cache
def _resampling(rows: int, seed: int) -> Resampling:
    return Resampling(rows, resamples=1000, seed=seed)


def _means(rows: np.ndarray, seed: int) -> Estimate:
    terms = np.stack([np.ones(len(rows)), rows], axis=1)
    combine = lambda total: {"mean": total[..., 1] / total[..., 0]}  # noqa: E731
    return _resampling(len(rows), seed).estimates(terms, combine)["mean"]


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize("rows", [30, 100, 1000])
@pytest.mark.parametrize("share", [0.7, 0.9, 0.97])
def test_wilson_covers_its_share(rows: int, share: float) -> None:
    """Exactly, over all outcomes; near 95 % (Brown, Cai and DasGupta 2001 show it swings by a few points)."""
    from scipy.stats import binom

    counts = np.arange(rows + 1)
    inside = np.array([_holds(wilson(count / rows, rows), share) for count in counts])
    covered = binom.pmf(counts, rows, share)[inside].sum()
    assert 0.925 < covered < 0.99


@pytest.mark.parametrize("rows", [30, 100, 1000])
@pytest.mark.parametrize("shape", ["normal", "skewed", "sparse"])
def test_paired_differences_are_covered(rows: int, shape: str) -> None:
    """Differences of losses are skewed, those of hits are mostly zero. 600 draws: twice their error is 0.018."""
    draw = np.random.default_rng(rows)
    number, truth = 600, 0.3
    if shape == "normal":
        sample = draw.normal(0.3, 1, (number, rows))
    elif shape == "skewed":
        sample = draw.exponential(1, (number, rows)) - 0.7
    else:
        sample = draw.choice([-1.0, 0.0, 1.0], (number, rows), p=[0.05, 0.8, 0.15])
        truth = 0.1
    zero = _means(np.zeros(rows), 0)
    covered = np.mean([_holds((_means(row, k % 5) - zero).interval(), truth) for k, row in enumerate(sample)])
    assert 0.95 - 0.018 <= covered <= 0.995
    narrow = np.mean([abs(row.mean() - truth) <= row.std(ddof=1) / math.sqrt(rows) for row in sample])
    assert narrow < 0.8  # an interval of one standard error fails this test


def _race(
    draw: np.random.Generator, shares: list[float], rows: int, alike: float, networks: int
) -> tuple[np.ndarray, list[Candidate]]:
    """Models of given true accuracy; on a share of the rows all of the same accuracy answer alike.

    A network's validation loss tells its true accuracy up to noise that is independent of the test rows.
    """
    truth = draw.integers(0, 2, rows)
    easy, shared = draw.random(rows), draw.random(rows) < alike
    candidates = []
    for number, share in enumerate(shares):
        hit = np.where(shared, easy, draw.random(rows)) < share
        sure = np.clip(draw.normal(0.8, 0.05, rows), 0.55, 0.99)
        one = np.where(hit == (truth == 1), sure, 1 - sure)
        loss = 1 - share + 0.02 * draw.normal()
        predictions = [answers(np.stack([1 - one, one], 1))]
        candidates.append(Candidate(f"model{number}", number < networks, number, loss, predictions))
    return truth, candidates


def _rates(
    shares: list[float], rows: int, alike: float, networks: int, metric: str = "accuracy", races: int = RACES
) -> tuple[float, float, float]:
    """How often anyone is crowned, the first model is crowned, and a network is called worth it."""
    draw = np.random.default_rng(rows + len(shares))
    crowned = first = worth = 0
    for number in range(races):
        truth, candidates = _race(draw, shares, rows, alike, networks)
        found = judge_race(
            candidates=candidates,
            truth=truth,
            problem="classification",
            metric=metric,
            train_rows=400,
            seed=number,
        )
        crowned += found.crowned is not None
        first += found.crowned == "model0"
        assert (found.worth_it is not None and excludes_zero(found.worth_it) and found.worth_it.low > 0) == (
            found.worth_sentence.startswith("A neural network is worth it")
        )
        worth += found.worth_sentence.startswith("A neural network is worth it")
    return crowned / races, first / races, worth / races


@pytest.mark.parametrize(
    "models,rows,alike,metric",
    [(2, 60, 0.0, "accuracy"), (2, 200, 0.8, "accuracy"), (3, 100, 0.5, "log_loss"), (6, 100, 0.5, "macro_f1")],
)
def test_equal_contenders_are_hardly_ever_crowned(models: int, rows: int, alike: float, metric: str) -> None:
    races = 2 * RACES // models
    crowned, _, worth = _rates([0.85] * models, rows, alike, models // 2, metric, races)
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / races)
    assert crowned <= limit
    assert worth <= limit


def test_two_equal_leaders_are_hardly_ever_told_apart() -> None:
    """The hardest case for the leader's test: two are equally the best, others are clearly behind."""
    crowned, _, worth = _rates([0.9, 0.9, 0.7, 0.6], 150, 0.0, 1)
    assert crowned <= 0.05 + ERROR
    assert worth <= 0.05 + ERROR


def test_many_networks_do_not_make_one_look_worth_it() -> None:
    """Eight networks as good as the best of two baselines: the luckiest on test would pass far more often."""
    shares = [0.85] * 9 + [0.8]
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / 100)
    _, _, worth = _rates(shares, 120, 0.0, 8, races=100)
    assert worth <= limit
    draw, careless = np.random.default_rng(0), 0
    for _ in range(100):
        truth, candidates = _race(draw, shares, 120, 0.0, 8)
        table = np.stack([c.predictions[0].columns["probability_1"].numpy() > 0.5 for c in candidates])
        hits = (table == (np.asarray(truth) == 1)).astype(float)
        gap = hits[hits[:8].mean(1).argmax()] - hits[8]
        careless += gap.mean() > 1.96 * gap.std(ddof=1) / math.sqrt(120)
    assert careless / 100 > limit


def test_real_differences_are_found() -> None:
    crowned, first, worth = _rates([0.95, 0.8, 0.8, 0.7], 300, 0.5, 2, races=60)
    assert crowned == first >= 0.95
    assert worth >= 0.95
    lost, _, worth = _rates([0.75, 0.92], 300, 0.5, 1, races=60)
    assert lost >= 0.95 and worth == 0


def _heavy(draw: np.random.Generator, rows: int, shape: str) -> np.ndarray:
    """Errors of which a few are very large."""
    if shape == "student":
        return draw.standard_t(2, rows)
    return np.where(draw.random(rows) < 0.05, 20 * draw.choice([-1.0, 1.0], rows), draw.normal(size=rows))


@pytest.mark.parametrize("shape", ["student", "outliers"])
def test_equal_models_that_err_wildly_are_hardly_ever_told_apart(shape: str) -> None:
    """Errors forgiven to a rival give its leader a second look, which must not make chance a crown."""
    draw, crowned, forgiven, careless = np.random.default_rng(1), 0, 0, 0
    for number in range(RACES):
        truth, errors = draw.normal(size=80), [_heavy(draw, 80, shape) for _ in range(2)]
        models = [Candidate(f"model{k}", k == 0, k, 0.1, [numbers(truth + errors[k])]) for k in range(2)]
        found = judge_race(
            candidates=models, truth=truth, problem="regression", metric="rmse", train_rows=400, seed=number
        )
        crowned += found.crowned is not None
        forgiven += "better model's answers" in found.reason
        gap = errors[0] ** 2 - errors[1] ** 2
        careless += abs(gap.mean()) > gap.std(ddof=1) / math.sqrt(80)
    assert crowned / RACES <= 0.05 + ERROR < careless / RACES
    assert forgiven / RACES <= 0.025


def test_a_better_model_is_crowned_beside_one_that_errs_wildly() -> None:
    """Without a second look at it, the wild one blocks every crown."""
    draw, crowned = np.random.default_rng(2), 0
    for number in range(40):
        truth, wild = draw.normal(size=200), 1.8 * draw.normal(size=200)
        wild[draw.integers(0, 200, 2)] = 300.0
        answered = [numbers(truth + draw.normal(size=200)), numbers(truth + wild)]
        models = [Candidate(f"model{k}", k == 0, k, 0.1, [one]) for k, one in enumerate(answered)]
        found = judge_race(
            candidates=models, truth=truth, problem="regression", metric="rmse", train_rows=400, seed=number
        )
        crowned += found.crowned == "model0"
    assert crowned >= 36
