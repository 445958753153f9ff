"""Predictions keep their unit and order, scores equal independent arithmetic, and looking leaves no trace."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from torch import nn

from bestiary import tasks
from bestiary.contracts import Predictions, TableSpec
from bestiary.errors import InputError
from bestiary.rows.store import StoredData, write_array, write_spec
from bestiary.tasks.classification.scoring import Classification
from bestiary.tasks.evidence import ratio, root_mean
from bestiary.tasks.judge import TrainingJudge
from bestiary.tasks.predictions import read_predictions, write_predictions
from bestiary.tasks.registry import evidence_of
from bestiary.tasks.regression.scoring import Regression


def _folder(path: Path, rows: int = 1300, classes: int = 3, problem: str = "classification") -> Path:
    draw = np.random.default_rng(0)
    facts = {"target": "y", "problem": problem, "classes": [f"c{k}" for k in range(classes)]}
    if problem == "regression":
        facts |= {"classes": [], "mean": 50.0, "scale": 4.0}
    write_spec(path, TableSpec(features=4, outputs=classes if problem == "classification" else 1), facts)
    for split in ("train", "validation"):
        write_array(path, split, "features", draw.normal(size=(rows, 4)).astype("float32"))
        labels = draw.integers(0, classes, rows)
        numbers = draw.normal(50, 4, rows).astype("float32")
        write_array(path, split, "target", labels if problem == "classification" else numbers)
        write_array(path, split, "row", np.arange(rows)[::-1].copy() + 7)
    return path


def _answers(table: np.ndarray) -> Predictions:
    columns = {f"probability_{k}": torch.tensor(table[:, k], dtype=torch.float32) for k in range(table.shape[1])}
    return Predictions({"row": torch.arange(len(table)), **columns})


class Mixed(nn.Module):
    """One part trains, one is frozen in evaluation mode; dropout in training, random numbers always."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.drop, self.frozen = nn.Linear(4, 8), nn.Dropout(0.5), nn.BatchNorm1d(8)
        self.last = nn.Linear(8, 3)
        self.frozen.eval()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        torch.rand(1)
        return self.last(self.drop(self.frozen(self.first(features))))


def test_predictions_are_those_of_evaluation_mode_with_the_rows_of_the_file(tmp_path: Path) -> None:
    data, network = StoredData(_folder(tmp_path)), Mixed()
    predictions = Classification(["c0", "c1", "c2"]).predict(network, data, "validation")
    assert network.training and network.drop.training and not network.frozen.training
    network.eval()
    expected = network(data.arrays("validation")["features"]).softmax(-1)
    given = torch.stack([predictions.columns[f"probability_{k}"] for k in range(3)], 1)
    torch.testing.assert_close(given, expected.detach(), rtol=1e-6, atol=1e-6)
    assert given.dtype == torch.float32
    assert predictions.columns["row"].tolist() == list(range(1306, 6, -1))


def test_a_number_comes_back_in_the_unit_of_the_target(tmp_path: Path) -> None:
    data, network = StoredData(_folder(tmp_path, problem="regression")), nn.Linear(4, 1)
    task = Regression(mean=50.0, scale=4.0)
    predictions = task.predict(network, data, "validation")
    expected = network(data.arrays("validation")["features"]).detach()[:, 0].double() * 4.0 + 50.0
    assert torch.equal(predictions.columns["value"], expected)
    truth = data.arrays("validation")["target"]
    error = (predictions.columns["value"] - truth).double()
    scores = task.score(predictions, truth)
    assert scores["rmse"] == pytest.approx(float(error.square().mean().sqrt()), rel=1e-6)
    assert scores["mae"] == pytest.approx(float(error.abs().mean()), rel=1e-6)
    variance = float((truth.double() - truth.double().mean()).square().mean())
    assert scores["r2"] == pytest.approx(1 - float(error.square().mean()) / variance, rel=1e-6)
    judged = TrainingJudge(task, data, 5)(network, 5)
    assert judged["loss"] == pytest.approx(float(error.square().mean()) / 16, rel=1e-6)


def test_scores_of_classes_equal_hand_arithmetic() -> None:
    # truth 0 0 0 1 1 2; answers 0 0 1 1 0 2
    table = np.array(
        [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]
    )
    truth = torch.tensor([0, 0, 0, 1, 1, 2])
    scores = Classification(3).score(_answers(table), truth)
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    expected = -np.log([0.7, 0.6, 0.2, 0.8, 0.4, 0.8]).mean()
    assert scores["log_loss"] == pytest.approx(expected, rel=1e-6)
    ranked = sk.roc_auc_score(truth.numpy(), table, multi_class="ovr", average="macro")
    assert scores["auroc"] == pytest.approx(ranked, abs=1e-6)


def test_absent_classes_and_certain_mistakes_are_scored() -> None:
    table = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.9, 0.1, 0.0]])
    scores = Classification(3).score(_answers(table), torch.tensor([0, 0, 1]))
    assert scores["balanced_accuracy"] == pytest.approx(0.25)  # class 2 does not occur
    assert scores["auroc"] == pytest.approx((0.5 + 0.5) / 2)
    assert scores["log_loss"] == pytest.approx((0 - math.log(np.finfo("float32").eps) - math.log(0.1)) / 3, rel=1e-5)
    alone = Classification(3).score(_answers(table), torch.tensor([0, 0, 0]))
    assert "auroc" not in alone and alone["accuracy"] == pytest.approx(2 / 3)


def test_binary_auroc_is_that_of_the_second_class() -> None:
    chance = np.random.default_rng(1).random(60).astype("float32")
    truth = np.random.default_rng(2).integers(0, 2, 60)
    scores = Classification(2).score(_answers(np.stack([1 - chance, chance], 1)), truth)
    assert scores["auroc"] == pytest.approx(sk.roc_auc_score(truth, chance))


def test_row_losses_average_to_the_loss() -> None:
    table = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    truth = np.random.default_rng(1).integers(0, 4, 50)
    losses = evidence_of("classification").losses(_answers(table), truth)
    assert losses.shape == (50,)
    assert losses.mean() == pytest.approx(sk.log_loss(truth, table, labels=range(4)), rel=1e-5)


def test_predictions_survive_parquet_bit_for_bit(tmp_path: Path) -> None:
    written = _answers(np.random.default_rng(0).dirichlet(np.ones(3), 20))
    write_predictions(tmp_path / "deep" / "answers.parquet", written)
    read = read_predictions(tmp_path / "deep" / "answers.parquet")
    assert list(read.columns) == list(written.columns)
    assert all(torch.equal(read.columns[name], column) for name, column in written.columns.items())
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["answers.parquet"]
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="Parquet table of predictions"):
        read_predictions(tmp_path / "broken.parquet")


def test_looking_leaves_the_random_stream_and_the_modes_alone(tmp_path: Path) -> None:
    judge = TrainingJudge(Classification(3), StoredData(_folder(tmp_path)), due=[3, 7], seed=5)
    assert [step for step in range(10) if judge.due(step)] == [3, 7]
    every = TrainingJudge(Classification(3), judge.data, due=4)
    assert [step for step in range(1, 10) if every.due(step)] == [4, 8]
    network = Mixed()
    torch.manual_seed(11)
    undisturbed = torch.rand(3)
    torch.manual_seed(11)
    first = judge(network, 3)
    assert torch.equal(torch.rand(3), undisturbed)
    assert network.training and not network.frozen.training
    assert judge(network, 3) == first


def test_the_stream_of_an_evaluation_depends_on_seed_and_step(tmp_path: Path) -> None:
    class Noisy(nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return torch.randn(len(features), 3)

    data = StoredData(_folder(tmp_path))
    judge = TrainingJudge(Classification(3), data, due=1, seed=5)
    assert judge(Noisy(), 1)["loss"] == judge(Noisy(), 1)["loss"] != judge(Noisy(), 2)["loss"]
    assert TrainingJudge(Classification(3), data, due=1, seed=6)(Noisy(), 1)["loss"] != judge(Noisy(), 1)["loss"]


def test_many_rows_are_judged_on_one_fixed_sample(tmp_path: Path) -> None:
    data, network = StoredData(_folder(tmp_path)), nn.Linear(4, 3)
    task = Classification(3)
    judge = TrainingJudge(task, data, due=1, most=600)
    whole = evidence_of("classification").losses(
        task.predict(network, data, "validation"), data.arrays("validation")["target"]
    )
    part = task.predict(network, judge.data, "validation")
    places = (1306 - part.columns["row"]).numpy()  # rows count down from 1306
    assert len(set(places.tolist())) == 600 and (np.diff(places) > 0).all()
    assert judge(network, 1)["loss"] == pytest.approx(whole[places].mean(), rel=1e-6)
    again = TrainingJudge(task, data, due=1, most=600, seed=9)
    assert again(network, 1)["loss"] == judge(network, 1)["loss"]


def test_a_network_that_diverged_is_judged_without_a_crash(tmp_path: Path) -> None:
    network = nn.Linear(4, 3)
    nn.init.constant_(network.weight, math.nan)
    assert math.isnan(TrainingJudge(Classification(3), StoredData(_folder(tmp_path)), due=1)(network, 1)["loss"])


def test_figures_of_sums_are_those_of_their_rows() -> None:
    squares, edits, length = np.array([4.0, 0.0, 12.0, 9.0]), np.array([1.0, 2.0, 0.0]), np.array([4.0, 2.0, 6.0])
    assert float(root_mean(np.array(4.0), squares.sum())) == pytest.approx(np.sqrt(squares.mean()))
    assert float(root_mean(np.array(4.0), np.array(-1e-18))) == 0, "rounding below zero"
    assert float(ratio(np.array(3.0), edits.sum(), length.sum())) == pytest.approx(3 / 12)


def test_the_ranking_metric_is_chosen_with_a_reason() -> None:
    choose = tasks.find("classification").ranking
    assert tasks.find("regression").ranking([])[0] == "rmse"
    assert choose([50, 50, 50]) == (
        "accuracy",
        "the classes are of equal size, so accuracy is fair to all of them",
    )
    assert choose([300, 100])[0] == "accuracy"
    metric, reason = choose([301, 100])
    assert metric == "log_loss" and "75 %" in reason
    assert "10 times" in choose([100, 90, 80, 10])[1]


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'auroc'"):
        tasks.metric_named("aurok", "classification")
    with pytest.raises(InputError, match="does not apply"):
        tasks.metric_named("rmse", "classification")
