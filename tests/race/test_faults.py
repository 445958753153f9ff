"""What goes wrong with one contender stays with it; what goes wrong with the disk is said in one line."""

import dataclasses
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import bestiary.report
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.planning.plan import Plan
from bestiary.race import course as courses
from bestiary.race.folder import new_run
from bestiary.race.pool import worker
from bestiary.race.pool.workers import Pool
from bestiary.race.race import race, replay, resume
from bestiary.records import names
from tests.race import recipes
from tests.race.small import NETWORKS, fingerprint, small_run

HERE = "tests.race.recipes"
names.give(f"{HERE}:{recipe}" for recipe in vars(recipes))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template") / "run"
    small_run(folder, rivals=False)
    Pool(2).warm()
    return folder


@pytest.fixture
def run(template, tmp_path, monkeypatch):
    monkeypatch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")
    shutil.copytree(template, tmp_path / "run")
    return tmp_path / "run"


def with_recipe(run: Path, name: str, recipe: str) -> None:
    plan = Plan.read(run)
    plan.entrant(name).recipe = f"{HERE}:{recipe}"
    plan.write(run)


def jobs(run: Path, name: str) -> list:
    return [job for stage in Plan.read(run).stages for job in stage.jobs if job.entrant == name]


def test_too_little_memory_is_met_with_half_batches(run):
    with_recipe(run, "mlp/small", "hungry")
    outcome = resume(run)
    assert {job.parts for job in jobs(run, "mlp/small") if job.seed == 3 and not job.failed} >= {2}
    assert not any(job.failed for job in jobs(run, "mlp/small"))
    assert all(job.again == (job.parts == 2) for job in jobs(run, "mlp/small"))
    assert {job.parts for job in jobs(run, "ann/64")} == {1}
    standing = next(s for s in outcome.verdict.standings if s.name == "mlp/small")
    assert standing.status == "finalist"
    assert "half batches" in standing.reason


def test_what_cannot_accumulate_is_trained_afresh_and_said_to_be(run, tmp_path):
    plan = Plan.read(run)
    mlp = plan.entrant("mlp/small")
    mlp.recipe = f"{HERE}:hungry_once"
    mlp.settings = [{**setting, "marker": str(tmp_path / str(n))} for n, setting in enumerate(mlp.settings)]
    plan.write(run)
    outcome = resume(run)
    assert [job.setting for job in jobs(run, "mlp/small") if job.again] == [0, 1]
    assert {job.parts for job in jobs(run, "mlp/small")} == {1}
    assert not any(job.failed for job in jobs(run, "mlp/small"))
    standing = next(s for s in outcome.verdict.standings if s.name == "mlp/small")
    assert (standing.status, standing.reason) == ("finalist", "trained again after a failure")


def test_parts_that_a_person_asks_for_are_halved_again(run):
    plan = Plan.read(run)
    job = courses.training_words(run, plan, plan.stages[0].jobs[0], 1) | {"setting": {"parts": 3}}
    data = open_data(run / "data", batch=32)
    assert [worker._learner({**job, "parts": parts}, data).parts for parts in (1, 2)] == [3, 6]


def test_what_fails_twice_has_failed_with_its_reason(run):
    with_recipe(run, "mlp/small", "insatiable")
    outcome = resume(run)
    standing = next(s for s in outcome.verdict.standings if s.name == "mlp/small")
    assert standing.status == "failed"
    assert standing.reason.startswith("ran out of memory: DefaultCPUAllocator")
    assert next(s for s in outcome.verdict.standings if s.name == "ann/64").status == "finalist"


def test_a_bug_is_not_tried_twice(run):
    with_recipe(run, "mlp/small", "broken")
    outcome = resume(run)
    assert {job.parts for job in jobs(run, "mlp/small")} == {1}
    assert next(s for s in outcome.verdict.standings if s.name == "mlp/small").reason.startswith("ZeroDivisionError")


def test_divergence_fails_one_setting_alone(run):
    plan = Plan.read(run)
    plan.entrant("fnn/small").settings[1] = {"rate": 1e30}
    plan.write(run)
    resume(run)
    wild = next(job for job in jobs(run, "fnn/small") if job.setting == 1)
    assert wild.parts == 2
    assert wild.failed.startswith("diverged")
    assert not next(job for job in jobs(run, "fnn/small") if job.setting == 0).failed


def test_divergence_is_not_tried_again_in_the_same_arithmetic(run):
    with_recipe(run, "fnn/small", "wild")
    resume(run)
    assert all(job.failed.startswith("diverged") and not job.again for job in jobs(run, "fnn/small"))


def test_a_contender_killed_alone_is_tried_again_and_others_are_unharmed(run):
    plan = Plan.read(run)
    plan.entrant("ann/64").look_every = 1000
    for job in plan.stages[0].jobs:
        job.steps = 3000 if job.entrant == "ann/64" and job.setting == 0 else job.steps
    for job in (job for stage in plan.stages[1:] for job in stage.jobs if job.entrant == "ann/64"):
        job.steps = job.horizon = 3200
    plan.write(run)
    status = run / "contenders" / "ann.64.0" / "status.json"

    def kill() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and not status.exists():
            time.sleep(0.005)
        os.kill(json.loads(status.read_text())["pid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = resume(run)
    killer.join()
    assert next(job for job in jobs(run, "ann/64") if job.setting == 0).parts == 2
    assert {job.parts for job in jobs(run, "mlp/small")} == {1}
    assert not any(job.failed for name in NETWORKS for job in jobs(run, name))
    assert {s.name for s in outcome.verdict.standings if s.status == "finalist"} == {"ann/64", "mlp/small"}


def test_a_contender_that_meets_a_full_disk_ends_the_race_and_nothing_finished_is_lost(run):
    with_recipe(run, "mlp/small", "without_disk")
    with pytest.raises(InputError, match=r"cannot be written.*race --resume"):
        resume(run)
    done = len(list(run.glob("contenders/*/result.json")))
    assert done >= 1
    with_recipe(run, "mlp/small", "hungry")
    resume(run)
    assert (run / "winner" / "model.json").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may make a small disk")
def test_a_full_disk_is_one_line_and_more_room_lets_it_go_on(run, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    used = sum(p.stat().st_size + 4096 for p in run.rglob("*")) // 1024
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={used + 120}k", "tmpfs", str(disk)], capture_output=True
    )
    if made.returncode:
        pytest.skip("this machine lets nobody make a disk")
    try:
        shutil.copytree(run, disk / "run")
        with pytest.raises(InputError, match=r"make room"):
            resume(disk / "run")
        finished = {p.parent.name: p.read_bytes() for p in disk.glob("run/contenders/*/result.json")}
        assert finished
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        resume(disk / "run")
        assert (disk / "run" / "winner" / "model.json").exists()
        rung1 = [job.id for job in Plan.read(disk / "run").stages[0].jobs if job.setting == 1]
        kept = [name for name in rung1 if name in finished]
        assert all((disk / f"run/contenders/{n}/result.json").read_bytes() == finished[n] for n in kept)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="expected to write the run to"), new_run(tmp_path / "file" / "run", "digits"):
        pass
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="has something in it"), new_run(tmp_path / "full", "digits"):
        pass
    assert (tmp_path / "full" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"budget": "-5m"}, "budget such as 90s"),
        ({"budget": 0}, "budget such as 90s"),
        ({"budget": "soon"}, "budget such as 90s"),
        ({"budget": "nan"}, "budget such as 90s"),
        ({"equal": "steps"}, "time or examples"),
        ({"contenders": "ltsm"}, "did you mean 'lstm'"),
        ({"contenders": "family:convolutoin"}, "did you mean 'family:convolution'"),
        ({"exclude": ["mpl"]}, "did you mean 'mlp'"),
        ({"workers": 0}, "workers must be"),
        ({"seed": -1}, "seed must be"),
        ({"device": "tpu"}, "auto, cpu or cuda"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'"),
    ],
)
def test_bad_words_leave_nothing_behind(words, said, tmp_path):
    with pytest.raises(InputError) as raised:
        race("iris", out=tmp_path / "run", **{"budget": "10s", **words})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_ctrl_c_ends_with_the_best_so_far(run):
    plan = Plan.read(run)
    for job in plan.stages[2].jobs:
        job.steps = job.horizon = 10_000_000
    plan.write(run)
    process = multiprocessing.get_context("fork").Process(target=in_a_process_of_its_own, args=(run,))
    process.start()
    until = time.monotonic() + 60
    while not any(json.loads(p.read_text())["rung"] == 3 for p in run.glob("contenders/*/status.json")):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(1)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 0
    verdict = json.loads((run / "verdict.json").read_text())
    assert {s["name"] for s in verdict["standings"] if s["status"] == "finalist"} == {"ann/64", "mlp/small"}
    assert any("ended early" in note for note in verdict["notes"])
    assert (run / "winner" / "model.json").exists()


def in_a_process_of_its_own(run: Path) -> None:
    from multiprocessing import forkserver

    forkserver._forkserver.ensure_running = lambda: None
    forkserver.ensure_running = lambda: None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resume(run)


def test_added_time_is_for_those_too_who_had_none(tmp_path):
    run = tmp_path / "run"
    plan = small_run(run)
    plan.stages = plan.stages[:1]
    for job in plan.stages[0].jobs[:2]:  # both of one contender: they keep both processes busy until the end
        job.steps = job.horizon = 10_000_000
    plan.budget, plan.rivals[0].failed = 6.0, "time ran out"
    plan.write(run)
    standings = resume(run).verdict.standings
    assert [s.name for s in standings if s.status == "unfinished"] == ["fnn/small", "mlp/small", "baseline/linear"]
    assert len(Plan.read(run).unmade) == 4
    standings = resume(run, add=20).verdict.standings
    assert not [s.name for s in standings if s.status in ("unfinished", "failed")]
    assert len(Plan.read(run).stages) == 3 and not Plan.read(run).unmade


def test_no_path_leads_a_contender_to_the_test_rows(run):
    plan = Plan.read(run)
    for stage in plan.stages:
        for job in stage.jobs:
            words = courses.training_words(run, plan, job, stage.rung)
            assert "sealed" not in json.dumps(words, default=list)


def test_time_that_runs_out_ends_the_race_and_stands_in_the_plan(tmp_path):
    """Trainings that take far longer than reckoned are ended; a replay of that plan makes the very same ones."""
    run = tmp_path / "run"
    plan = small_run(run)
    for job in plan.stages[0].jobs:
        job.steps = job.horizon = 10_000_000
    plan.budget = 6.0
    plan.write(run)
    outcome = resume(run)
    written = Plan.read(run)
    assert "time ran out in round 1" in written.cut
    for standing in outcome.verdict.standings:
        assert standing.status != "failed" and (standing.test or standing.reason == "time ran out"), standing
    assert written.cut in outcome.verdict.notes
    assert len(written.stages) == 1
    assert all(0 < job.steps < 10_000_000 for job in written.stages[0].jobs)
    again = replay(run / "plan.json", out=tmp_path / "again")
    assert fingerprint(again.folder) == fingerprint(run)


def test_where_time_ran_out_before_any_training_a_replay_trains_nothing_either(tmp_path):
    run = tmp_path / "run"
    plan = small_run(run)
    course = courses.Course(run, plan, Pool(1), courses.Clock())
    course.rung = 1
    course.cut()
    plan.rivals[0].failed = ""  # the baseline was done by then
    plan.write(run)
    assert [one.name for one in resume(run).verdict.standings if one.test] == ["baseline/linear"]
    again = replay(run / "plan.json", out=tmp_path / "again")
    assert {path.name for path in (again.folder / "contenders").iterdir()} <= {"baseline.linear", "baseline.linear.all"}
    assert fingerprint(again.folder) == fingerprint(run)


def test_what_was_not_trained_on_all_rows_is_not_in_a_replay_either(tmp_path):
    run = tmp_path / "run"
    small_run(run)
    resume(run)
    plan = Plan.read(run)
    assert plan.refits and not any(refit.failed for refit in plan.refits)
    for refit in plan.refits:
        refit.failed = "time ran out"
    plan.write(run)
    again = replay(run / "plan.json", out=tmp_path / "again").folder
    assert not list(again.glob("contenders/*.all")) and not (again / "winner" / "judged").exists()
    told = json.loads((again / "verdict.json").read_text())["shipped"]
    assert "time ran out. It is the model that was judged" in told


@pytest.mark.parametrize("moment", [10, 13])  # a step at which it would have been looked at, and one between two looks
def test_a_training_that_is_ended_early_leaves_what_one_planned_to_end_there_does(moment, run, monkeypatch):
    """It was not looked at where a look was just due: its answer was that of the look before."""
    plan, made = Plan.read(run), {}
    for name, steps in (("ended", 1000), ("planned", moment)):
        job = dataclasses.replace(plan.stages[0].jobs[0], id=name, steps=steps)
        here = run / "contenders" / name
        here.mkdir()
        words = {**courses.training_words(run, plan, job, 1), "look_every": 5}
        (here / "job.json").write_text(json.dumps(words, default=list))
        monkeypatch.setattr(worker, "stopping", After(moment))
        worker.train(str(here))
        made[name] = [(here / file).read_bytes() for file in ("answer.safetensors", "validation.parquet")]
        found = json.loads((here / "result.json").read_text())
        assert (found["steps"], found["best_step"]) == (moment, moment)
    assert made["ended"] == made["planned"]


class After:
    """Is set once it was asked so many times, once an update."""

    def __init__(self, times: int) -> None:
        self.left = times

    def is_set(self) -> bool:
        self.left -= 1
        return self.left <= 0
