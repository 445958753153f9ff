"""A race on a given plan, killed at any moment, ends with the same winner and the same answers, bit for bit."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest
import torch

import bestiary.report
from bestiary.errors import InputError
from bestiary.planning.plan import Plan
from bestiary.race.openings import count_opening
from bestiary.race.pool.workers import Pool
from bestiary.race.race import replay, resume
from tests.race.small import fingerprint, small_run

KILLS = 10


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A run folder that is ready to go, and a fork server that has imported everything."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("template") / "run"
    plan = small_run(folder)
    plan.fixed = True  # how many further settings fit the time that is left is the clock's affair
    plan.write(folder)
    Pool(2).warm()
    return folder


@pytest.fixture(autouse=True)
def no_report(monkeypatch, tmp_path):
    """The report is tested elsewhere and takes most of the time of so small a race; openings are counted apart."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ledger"))
    monkeypatch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")


def run_in_background(run: Path) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=resume_with_the_same_server, args=(run,))
    process.start()
    return process


def resume_with_the_same_server(run: Path) -> None:
    """The fork server is not the child of this process, which would rather have one of its own: seconds each time."""
    forkserver._forkserver.ensure_running = lambda: None
    forkserver.ensure_running = lambda: None
    resume(run)


@pytest.fixture(scope="module")
def reference(template, tmp_path_factory):
    run = tmp_path_factory.mktemp("reference") / "run"
    shutil.copytree(template, run)
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")
        resume(run)
    return fingerprint(run), time.monotonic() - began


def test_ten_kills_change_nothing(template, reference, tmp_path):
    expected, seconds = reference
    moments = random.Random(7)
    interrupted = 0
    for number in range(4 * KILLS):
        run = tmp_path / f"run{number}"
        shutil.copytree(template, run)
        process = run_in_background(run)
        process.join(moments.uniform(0.02, 0.95) * seconds)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            interrupted += 1
        process.join()
        resume(run)
        assert fingerprint(run) == expected, f"kill {number}"
        shutil.rmtree(run)
        if interrupted == KILLS:
            return
    pytest.fail(f"only {interrupted} races were still running when they were to be killed")


def test_finished_parts_are_not_repeated(template, reference, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(template, run)
    process = run_in_background(run)
    wait_for(lambda: len(list(run.glob("contenders/*/result.json"))) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    before = {p: p.stat().st_mtime_ns for p in run.glob("contenders/*/result.json")}
    kept = {p.parent.name: p for p in before}
    resume(run)
    only_first_rung = [kept[n] for n in ("fnn.small.0", "fnn.small.1", "ann.64.1", "mlp.small.1") if n in kept]
    assert only_first_rung
    assert all(path.stat().st_mtime_ns == before[path] for path in only_first_rung)
    assert fingerprint(run) == reference[0]


def test_workers_die_with_the_race(template, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(template, run)
    plan = Plan.read(run)
    for job in plan.stages[0].jobs:
        job.steps = job.horizon = 10_000_000
    plan.write(run)
    process = run_in_background(run)
    wait_for(lambda: pids(run))
    trainings = pids(run)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    wait_for(lambda: not any(alive(pid) for pid in trainings))


def test_a_plan_replayed_elsewhere_gives_the_same(template, reference, tmp_path):
    again = replay(template / "plan.json", out=tmp_path / "again")
    assert fingerprint(again.folder) == reference[0]


def test_a_replay_follows_the_paper_and_not_the_clock(template, reference, tmp_path):
    """With no time left, and baselines that may search for an instant, it still does all that is written."""
    first = tmp_path / "first"
    shutil.copytree(template, first)
    resume(first)
    words = json.loads((first / "plan.json").read_text())
    assert words["rivals"][0]["written"]["settings"], "what the search came to stands in the plan"
    words["budget"] = 0.001
    words["rivals"][0]["seconds"] = 1e-6
    (tmp_path / "plan.json").write_text(json.dumps(words))
    again = replay(tmp_path / "plan.json", out=tmp_path / "again")
    assert fingerprint(again.folder) == fingerprint(first) == reference[0]


def test_a_judged_race_is_not_opened_again(template, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(template, run)
    first = resume(run)
    second = resume(run)
    assert first.verdict.openings == second.verdict.openings == 1
    assert count_opening(Plan.read(run).digest) == 2


def test_added_time_trains_the_finalists_afresh_and_opens_once_more(template, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(template, run)
    resume(run)
    longer = resume(run, add=4)
    plan = Plan.read(run)
    assert [stage.rung for stage in plan.stages] == [1, 2, 3, 4]
    assert set(plan.stages[3].entrants) == {"ann/64", "mlp/small"}
    assert longer.verdict.openings == 2
    assert any("second time" in note for note in longer.verdict.notes)


def test_two_races_do_not_share_a_folder(template, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(template, run)
    process = run_in_background(run)
    wait_for(lambda: list(run.glob("contenders/*/status.json")))
    with pytest.raises(InputError, match="another race is running"):
        resume(run)
    process.join()
    assert process.exitcode == 0


def pids(run: Path) -> list[int]:
    import json

    return [json.loads(p.read_text())["pid"] for p in run.glob("contenders/*/status.json")]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(what, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
