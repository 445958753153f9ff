"""Sections of the report tell the figures of the verdict, and show what is typical."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bestiary.contracts import ImageSpec, Predictions
from bestiary.judging.evidence import Interval, Standing
from bestiary.race.delivering.winner import forget
from bestiary.race.opened import file_of
from bestiary.report.gather import Evidence
from bestiary.rows.store import ArrayData
from bestiary.tasks.control import report as control
from bestiary.tasks.generate.report import spread
from bestiary.tasks.predictions import write_predictions


def test_the_return_of_a_network_is_that_of_all_its_seeds(tmp_path: Path) -> None:
    """The board had the mean of three seeds, the table below it the mean of the first, both called mean return."""
    returns = np.random.default_rng(0).normal(100, 30, (3, 40)).astype(np.float32)
    (tmp_path / "predictions").mkdir()
    for place, seed in enumerate(returns):
        columns = {"row": torch.arange(40), "return": torch.from_numpy(seed)}
        write_predictions(file_of(tmp_path, "dqn/small", place), Predictions(columns))
    board = {"mean_return": Interval(float(returns.mean(1).mean()), 90.0, 110.0)}
    standing = Standing("dqn/small", "DQN", "acting", True, "finalist", test=board, seeds=[0, 1, 2])
    gone = Standing("baseline/chance", "chance", "baseline", False, "baseline", test=board)
    evidence = Evidence(tmp_path, SimpleNamespace(standings=[standing, gone]))  # type: ignore[arg-type]
    section = control._episodes(evidence)
    assert section is not None and [row[0] for row in section.rows] == ["dqn/small"]
    shown = dict(zip(section.heads, section.rows[0]))
    assert float(shown["mean return"]) == pytest.approx(board["mean_return"].value, rel=1e-3)
    assert [float(part) for part in shown["of each seed"].split(" · ")] == pytest.approx(returns.mean(1), rel=1e-3)
    assert "of a network that was trained with several seeds, those of all seeds" in section.pictures[0].caption


def pictures(labels: np.ndarray, outputs: int) -> ArrayData:
    arrays = {"pixels": np.zeros((len(labels), 1, 8, 8), np.uint8), "target": labels.astype(np.int64)}
    return ArrayData(ImageSpec(1, (8, 8), outputs), {"problem": "generate"}, {"test": arrays})


def test_real_samples_are_of_every_class() -> None:
    """Test rows stand class by class: the first fourteen digits were fourteen zeros."""
    labels = np.repeat(np.arange(10), 30)
    data = pictures(labels, 10)
    chosen = labels[spread(data, 14)]
    assert set(chosen) == set(range(10)) and np.bincount(chosen).max() == 2 and (np.diff(chosen) >= 0).all()
    assert spread(data, 14).tolist() == spread(data, 14).tolist() and len(set(spread(data, 14).tolist())) == 14
    assert len(spread(pictures(np.zeros(300), 1), 14)) == 14 and spread(pictures(np.zeros(300), 1), 14).max() > 100
    assert sorted(spread(pictures(np.arange(3), 3), 14).tolist()) == [0, 1, 2]


def test_a_report_of_an_earlier_judgement_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "winner").mkdir()
    (tmp_path / "report.html").write_text("of other trainings")
    (tmp_path / "plan.json").write_text("{}")
    forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
