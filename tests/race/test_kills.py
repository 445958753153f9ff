"""Killed at any moment, before its plan or after, a race on any kind of data ends in the same bits."""

import multiprocessing
import os
import random
import signal
import time

import pytest

import bestiary.report
from bestiary.race.pool.workers import Pool
from tests.race import kills
from tests.race.small import fingerprint


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


def test_a_race_that_is_killed_before_its_plan_begins_again_where_it_was(tmp_path):
    scene, run = kills.planned("classification", tmp_path), tmp_path / "run"
    process = multiprocessing.get_context("fork").Process(target=kills.begin_apart, args=(scene, run))
    process.start()
    until = time.monotonic() + 60
    while not (run / "data" / "train.row.npy").exists():
        assert time.monotonic() < until, "it did not begin"
        time.sleep(0.001)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert not (run / "plan.json").exists() and (run / "data").exists()
    kills.carry_on(scene, run)
    assert fingerprint(run) == scene.expected
