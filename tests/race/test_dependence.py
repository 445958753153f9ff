"""Test rows that depend on each other are counted as what they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.data import read
from bestiary.planning.plan import Plan
from bestiary.race.prepare import Wishes, prepare
from bestiary.rows.source import Source

WISHES = Wishes(budget=60.0, equal="time", metric=None, seed=0, workers=1, device="cpu")


def planned(source: Source, folder: Path) -> tuple[Plan, np.ndarray | None]:
    plan, path = prepare(source, {}, folder, WISHES), folder / "sealed" / "test.group.npy"
    return plan, np.load(path) if path.exists() else None


def test_rows_that_are_there_several_times_count_once(tmp_path: Path) -> None:
    """Each of 300 rows four times is no larger a test than each once."""
    draw = np.random.default_rng(0)
    once = pd.DataFrame(
        {"a": draw.normal(size=300), "b": draw.normal(size=300), "y": np.where(draw.random(300) < 0.5, "x", "z")}
    )
    _, groups = planned(read(once, "y"), tmp_path / "once")
    assert groups is None
    plan, groups = planned(read(pd.concat([once] * 4, ignore_index=True), "y"), tmp_path / "four")
    assert groups is not None and len(groups) == plan.rows["test"]
    assert np.unique(groups, return_counts=True)[1].tolist() == [4] * (plan.rows["test"] // 4)
    assert f"of {plan.rows['test']} test rows {plan.rows['test'] // 4} differ" in " ".join(plan.notes)


def test_a_few_equal_rows_change_nothing(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"a": draw.normal(size=300), "b": draw.normal(size=300), "y": draw.normal(size=300)})
    _, groups = planned(read(pd.concat([rows, rows[:6]], ignore_index=True), "y"), tmp_path)
    assert groups is None


def test_answers_to_one_question_belong_together(tmp_path: Path) -> None:
    words = [f"{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(120)]
    pairs = {
        "word": [word for word in words for _ in range(3)],
        "said": [f"{w[::-1]}{n}" for w in words for n in "abc"],
    }
    plan, groups = planned(read(pairs, task="transduce"), tmp_path)
    assert groups is not None and np.unique(groups, return_counts=True)[1].tolist() == [3] * (plan.rows["test"] // 3)


@pytest.mark.parametrize("words", [{"task": "nodes"}, {"task": "nodes", "inductive": True}])
def test_nodes_are_rows_of_their_own(words: dict[str, object], tmp_path: Path) -> None:
    assert planned(read("karate", **words), tmp_path)[1] is None  # type: ignore[arg-type]


def test_windows_of_a_text_keep_the_blocks_that_its_reader_found(tmp_path: Path) -> None:
    text = Path(__file__).parents[1] / "fixtures" / "genesis.txt"
    _, groups = planned(read(str(text), task="continue"), tmp_path)
    windows = np.load(tmp_path / "sealed" / "test.row.npy")
    assert groups is not None and len(groups) == len(windows) and len(np.unique(groups)) < len(windows)
