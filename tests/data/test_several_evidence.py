"""Metrics of several numbers and labels: what scikit-learn computes, also of rows that are drawn again and again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.preprocessing import StandardScaler

from bestiary.contracts import Predictions
from bestiary.tasks.multilabel import thresholds
from bestiary.tasks.multilabel.scoring import LabelsEvidence, Multilabel
from bestiary.tasks.multitarget.scoring import Multitarget, ValuesEvidence

ROWS = 200


def draw() -> np.random.Generator:
    return np.random.default_rng(3)


def table(name: str, columns: np.ndarray) -> Predictions:
    made = {f"{name}_{k}": torch.from_numpy(columns[:, k].copy()) for k in range(columns.shape[1])}
    return Predictions({"row": torch.arange(len(columns)), **made})


def numbers() -> tuple[np.ndarray, np.ndarray]:
    known = draw().normal(size=(ROWS, 3)) * [1, 100, 1e-3] + [0, 5_000, 1]
    return known, known + draw().normal(size=(ROWS, 3)) * [0.5, 20, 2e-3]


def marks() -> tuple[np.ndarray, np.ndarray]:
    """Labels of several frequencies, and probabilities that know something of them."""
    rng = np.random.default_rng(4)
    known = (rng.random((ROWS, 4)) < [0.5, 0.2, 0.05, 0.9]).astype(int)
    return known, np.clip(0.25 + 0.4 * known + 0.25 * rng.normal(size=known.shape), 0.01, 0.99)


def test_numbers_are_scored_as_scikit_learn_does() -> None:
    known, given = numbers()
    found = ValuesEvidence().score(table("value", given), known)
    standard = StandardScaler().fit(known)
    one, other = standard.transform(known), standard.transform(given)
    roots = np.sqrt(sk.mean_squared_error(one, other, multioutput="raw_values"))
    assert found["relative_rmse"] == pytest.approx(roots.mean())
    assert found["relative_mae"] == pytest.approx(sk.mean_absolute_error(one, other))
    assert found["mean_r2"] == pytest.approx(sk.r2_score(known, given))


def test_labels_are_scored_as_scikit_learn_does() -> None:
    known, given = marks()
    said = (given >= 0.5).astype(int)
    found = LabelsEvidence().score(table("probability", given), known)
    expected = {
        "average_precision": sk.average_precision_score(known, given, average="macro"),
        "macro_f1": sk.f1_score(known, said, average="macro"),
        "micro_f1": sk.f1_score(known, said, average="micro"),
        "subset_accuracy": sk.accuracy_score(known, said),
        "hamming_loss": sk.hamming_loss(known, said),
    }
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("sort", ["value", "probability"])
def test_sums_of_drawn_rows_give_the_metrics_of_these_rows(sort: str) -> None:
    known, given = numbers() if sort == "value" else marks()
    evidence = ValuesEvidence() if sort == "value" else LabelsEvidence()
    terms, combine = evidence.sums(table(sort, given), known)
    where = draw().integers(0, ROWS, ROWS)
    times = np.bincount(where, minlength=ROWS)
    resampled, again = combine(times @ terms), evidence.score(table(sort, given[where]), known[where])
    again.pop("average_precision", None)  # by its first-order terms, see below
    assert {name: float(resampled[name]) for name in again} == pytest.approx(again)


def test_average_precision_changes_with_a_row_as_its_terms_say() -> None:
    known, given = marks()
    evidence = LabelsEvidence()
    terms, combine = evidence.sums(table("probability", given), known)
    for row in range(0, ROWS, 20):
        where = np.append(np.arange(ROWS), row)
        again = evidence.score(table("probability", given[where]), known[where])["average_precision"]
        total = terms.sum(0)
        told, before = (float(combine(sums)["average_precision"]) for sums in (total + terms[row], total))
        assert told - before == pytest.approx(again - before, abs=2e-3)


def test_the_loss_of_each_row_is_made_small_row_by_row() -> None:
    known, given = marks()
    loss = LabelsEvidence().losses(table("probability", given), known)
    assert loss.mean() == pytest.approx(np.mean([sk.log_loss(known[:, k], given[:, k]) for k in range(4)]))
    task = Multitarget(["a", "b", "c"], mean=[0, 0, 0], scale=[1, 100, 1e-3])
    known, given = numbers()
    errors = (given - known) / [1, 100, 1e-3]
    assert np.allclose(task.losses(table("value", given), known), (errors**2).mean(1))
    assert task.wanting("relative_rmse", given, known) == pytest.approx(np.sqrt((errors**2).mean(0)).mean())


def test_thresholds_are_the_best_there_are() -> None:
    known, given = marks()
    for label in (0, 1, 3):
        threshold, f1 = thresholds.best(given[:, label], known[:, label] > 0)
        every = [sk.f1_score(known[:, label], given[:, label] >= one) for one in np.unique(given[:, label])]
        assert f1 == pytest.approx(max(every))
        assert sk.f1_score(known[:, label], given[:, label] >= threshold) == pytest.approx(f1)
    shared = thresholds.shared(given, known > 0)
    micro = [sk.f1_score(known, given >= one, average="micro") for one in np.unique(given)]
    assert len(set(shared)) == 1 and sk.f1_score(known, given >= shared, average="micro") == pytest.approx(max(micro))


def test_few_rows_decide_no_threshold_of_their_own() -> None:
    known, given = marks()
    known = known > 0
    known[:, 2] = False
    known[:4, 2] = True
    assert thresholds.each(given, known)[2] == thresholds.shared(given, known)[2]


def test_what_is_answered_follows_the_rule() -> None:
    known, given = marks()
    task = Multilabel(list("abcd"))
    rule = task.rule("macro_f1", given, known)
    assert rule is not None and task.rule("hamming_loss", given, known) is None
    plain = table("probability", given)
    decided = task.score(task.decided(plain, rule), known)
    assert decided["macro_f1"] > task.score(plain, known)["macro_f1"]
    said = Multilabel(list("abcd"), rule).written(plain)["prediction"]
    assert said == [[name for name, one in zip("abcd", row) if one] for row in given >= np.array(rule)]
