"""Killed at any moment, before its plan or after, a race on any kind of data ends in the same bits."""

import random

import pytest

import bestiary.report
from bestiary.race.workers import Pool
from tests.race import kills


@pytest.fixture(autouse=True)
def no_report(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ledger"))
    monkeypatch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")
    Pool(2).warm()


@pytest.mark.parametrize("name", kills.KINDS)
def test_a_race_that_is_killed_ends_in_the_same_bits(name, tmp_path):
    scene, moments = kills.planned(name, tmp_path), random.Random(name)
    for number in range(10):
        if kills.survive(scene, tmp_path / f"run{number}", moments):
            return
    pytest.fail("every race had ended before it was to be killed")


@pytest.mark.slow
def test_a_hundred_kills(monkeypatch):
    monkeypatch.setattr("sys.argv", ["kills", "--number", "100"])
    assert kills.main() == 0
