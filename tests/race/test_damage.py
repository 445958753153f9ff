"""What a race reads again is compared with what it wrote: damage is refused in one line, or made good and told."""

import json
import os
import random
import shutil
import signal
import time
from multiprocessing import forkserver, util
from pathlib import Path

import numpy as np
import pytest
import torch

import bestiary.report
from bestiary.errors import InputError
from bestiary.planning.plan import Plan
from bestiary.race.mending import mend
from bestiary.race.pool.worker import FILES
from bestiary.race.pool.workers import Ended, Pool
from bestiary.race.race import replay, resume
from bestiary.records import names
from bestiary.records.digests import check_data, check_result, digest, read_words, write_result
from bestiary.runs.run import RunFolder, check_tensors, read_tensors, write_tensors
from bestiary.tasks.predictions import read_predictions
from tests.race import recipes
from tests.race.small import fingerprint, small_run

HERE = "tests.race.recipes"
names.give(f"{HERE}:{recipe}" for recipe in vars(recipes))


@pytest.fixture(autouse=True)
def no_report(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "ledger"))
    monkeypatch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "run"
    small_run(folder, rivals=False)
    Pool(2).warm()
    return folder


@pytest.fixture(scope="module")
def finished(prepared, tmp_path_factory):
    """A race that has been judged, from which the verdict was taken away again: as if it were killed before it."""
    run = tmp_path_factory.mktemp("finished") / "run"
    shutil.copytree(prepared, run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bestiary.report, "write_report", lambda folder: folder / "report.html")
        resume(run)
    expected = fingerprint(run)
    (run / "verdict.json").unlink()
    shutil.rmtree(run / "winner")
    return run, expected


@pytest.fixture
def run(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path / "run")
    return tmp_path / "run"


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)


# --------------------------------------------------------------------------------------------------- data


def test_any_flipped_bit_of_the_data_is_found(run):
    moments = random.Random(5)
    files = [path for part in ("data", "sealed") for path in sorted((run / part).rglob("*")) if path.is_file()]
    assert len(files) >= 12
    for path in files:
        before = path.read_bytes()
        for bit in (0, 8 * len(before) - 1, *(moments.randrange(8 * len(before)) for _ in range(6))):
            flip(path, bit)
            with pytest.raises(InputError, match=f"{path.name} as it was written; it has been changed"):
                check_data(run)
            path.write_bytes(before)
    assert check_data(run) == ""


def test_data_that_are_missing_or_put_beside_are_found(run):
    row = run / "sealed" / "test.row.npy"
    (run / "data" / "train.more.npy").write_bytes(row.read_bytes())
    with pytest.raises(InputError, match=r"data/train\.more\.npy was put there since"):
        check_data(run)
    (run / "data" / "train.more.npy").unlink()
    row.unlink()
    with pytest.raises(InputError, match=r"sealed/test\.row\.npy in .*; it is missing"):
        check_data(run)
    assert check_data(run, ("data",)) == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"xxh3_128": 3}', '{"xxh3_128": {"data/spec.json": 3}}', "\x00"])
def test_digests_that_cannot_be_read_are_one_line(content, run):
    (run / "digests.json").write_text(content)
    with pytest.raises(InputError) as raised:
        check_data(run)
    assert "\n" not in str(raised.value)


def test_altered_data_are_refused_before_anything_is_trained_or_opened(run):
    flip(run / "sealed" / "test.target.npy", 1111)
    with pytest.raises(InputError, match=r"test\.target\.npy as it was written; it has been changed"):
        resume(run)
    assert not list(run.glob("contenders/*/log.jsonl")) and not Plan.read(run).opened


def test_a_run_without_digests_says_that_its_data_were_not_checked(run):
    (run / "digests.json").unlink()
    plan = Plan.read(run)
    mend(run, plan)
    assert any("have no digests" in note for note in plan.mended)


# --------------------------------------------------------------------------------------------- checkpoints


class Counter(torch.nn.Module):
    """As much of an algorithm as a checkpoint needs."""

    stateful = ("answer",)

    def __init__(self) -> None:
        super().__init__()
        self.answer = torch.nn.Linear(3, 2)


def test_a_checkpoint_of_which_any_bit_or_byte_is_lost_is_known(tmp_path):
    path, moments = tmp_path / "checkpoint.pt", random.Random(6)
    write_tensors(path, {"step": 7, "weights": torch.arange(20.0)})
    assert read_tensors(path)["step"] == 7
    whole = path.read_bytes()
    for _ in range(200):
        flip(path, moments.randrange(8 * len(whole)))
        with pytest.raises(InputError, match="it is damaged"):
            check_tensors(path)
        path.write_bytes(whole[: moments.randrange(len(whole))])
        with pytest.raises(InputError, match="it is damaged"):
            read_tensors(path)
        path.write_bytes(whole)


def test_a_training_whose_checkpoint_is_cut_begins_again_and_says_so(tmp_path):
    algorithm = Counter()
    folder = RunFolder(tmp_path)
    folder.log(1, {"loss": 0.5})
    folder.save(1, algorithm)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-1])
    again = RunFolder(tmp_path)
    assert again.restore(algorithm) == 0
    assert "its checkpoint was damaged" in again.mended
    assert not path.exists() and not (tmp_path / "log.jsonl").exists()


def test_the_checkpoint_of_another_training_is_refused_in_one_line(tmp_path):
    RunFolder(tmp_path).save(1, Counter())
    other = Counter()
    other.answer = torch.nn.Linear(4, 2)
    with pytest.raises(InputError, match="it holds another's") as raised:
        RunFolder(tmp_path).restore(other)
    assert "\n" not in str(raised.value)


def test_a_log_that_is_no_log_does_not_keep_a_training_from_going_on(tmp_path):
    algorithm = Counter()
    RunFolder(tmp_path).save(3, algorithm)
    (tmp_path / "log.jsonl").write_text('{"step": 2, "loss": 1.0}\n{"step": "two"}\n[3]\n\x00')
    assert RunFolder(tmp_path).restore(algorithm) == 3
    assert (tmp_path / "log.jsonl").read_text() == '{"step": 2, "loss": 1.0}\n'


# ----------------------------------------------------------------------------------------- results, answers


def test_a_result_of_which_any_bit_is_lost_is_none(tmp_path):
    (tmp_path / "answer").write_bytes(b"weights")
    write_result(tmp_path, {"loss": 0.125, "scores": {"accuracy": 0.5}, "steps": 20}, ["answer"])
    assert (read_words(tmp_path) or {})["loss"] == 0.125
    check_result(tmp_path)
    path = tmp_path / "result.json"
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        flip(path, bit)
        assert read_words(tmp_path) is None
        path.write_bytes(whole)
    flip(tmp_path / "answer", 9)
    with pytest.raises(InputError, match="answer as the training wrote it"):
        check_result(tmp_path)


def test_what_is_damaged_is_made_again_to_the_same_bits_and_told(finished, tmp_path):
    source, expected = finished
    run = tmp_path / "run"
    shutil.copytree(source, run)
    jobs = [job.id for job in Plan.read(run).stages[-1].jobs]
    flip(run / "contenders" / jobs[0] / "answer.safetensors", 4321)
    (run / "contenders" / jobs[1] / "validation.parquet").write_bytes(b"PAR1")
    cut = run / "contenders" / jobs[2] / "checkpoint.pt"
    cut.write_bytes(cut.read_bytes()[:-9])
    (run / "contenders" / jobs[2] / "result.json").write_text("{}")
    flip(run / "contenders" / jobs[3] / "result.json", 333)
    flip(run / "predictions" / "mlp-small.parquet", 2222)
    verdict = resume(run).verdict
    assert fingerprint(run) == expected
    told = [note for note in verdict.notes if note.split(":")[0] in jobs]
    assert sorted(told) == sorted(
        [f"{job}: its files were damaged, so it was trained again" for job in jobs]
        + [f"{jobs[2]}: its checkpoint was damaged, so it was trained again from its first update"]
    )
    again = replay(run, out=tmp_path / "again")
    assert fingerprint(again.folder) == expected
    assert not [note for note in again.verdict.notes if "damaged" in note], "nothing was in the replay"


def test_once_the_finalists_are_named_nothing_learns_any_more(finished, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished[0], run)
    plan = Plan.read(run)
    assert plan.finalists
    for job in plan.stages[-1].jobs:
        job.steps += 40  # as where a training was ended early, and the race was killed while it was judged
    plan.write(run)
    resume(run)
    assert fingerprint(run) == finished[1]


def test_predictions_of_another_model_are_made_again(finished, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished[0], run)
    name = "mlp.small.0"
    said = run / "contenders" / name / "answered.json"
    words = json.loads(said.read_text())
    for path in sorted((run / "predictions").glob("ann-64*.parquet")):
        other = run / "predictions" / path.name.replace("ann-64", "mlp-small")
        shutil.copyfile(path, other)
    told = {**words, "digest": digest(run / "predictions" / "mlp-small.parquet"), "model": "0" * 32}
    said.write_text(json.dumps(told))
    resume(run)
    assert fingerprint(run) == finished[1]


def test_predictions_with_a_flipped_bit_are_refused_or_equal(finished):
    path = finished[0] / "predictions" / "ann-64.parquet"
    whole, moments, refused = path.read_bytes(), random.Random(8), 0
    columns = read_predictions(path).columns
    try:
        for _ in range(150):
            flip(path, moments.randrange(8 * len(whole)))
            try:
                found = read_predictions(path).columns
                assert found.keys() == columns.keys()
                assert all(np.array_equal(found[name], columns[name], equal_nan=True) for name in columns)
            except InputError:
                refused += 1
            path.write_bytes(whole)
    finally:
        path.write_bytes(whole)
    assert refused > 100


# ------------------------------------------------------------------------------------ killed, and the reason


def test_a_training_that_was_killed_twice_is_tried_again_when_the_race_is_resumed(run, tmp_path):
    marker = tmp_path / "marker"
    marker.touch()
    plan = Plan.read(run)
    plan.rungs, plan.stages = 1, plan.stages[:1]
    mlp = plan.entrant("mlp/small")
    mlp.recipe, mlp.settings = f"{HERE}:killed", [{**setting, "marker": str(marker)} for setting in mlp.settings]
    plan.write(run)
    first = resume(run).verdict
    assert [s.reason for s in first.standings if s.status == "failed"] == ["killed by signal 9"]
    (run / "verdict.json").unlink()
    marker.unlink()
    second = resume(run).verdict
    assert {s.name for s in second.standings if s.status == "finalist"} == {"ann/64", "fnn/small", "mlp/small"}
    told = "mlp.small.0: killed by signal 9; it was tried again when the race was resumed"
    assert told in second.notes
    assert fingerprint(run) == fingerprint(replay(run, out=tmp_path / "again").folder)


def test_the_limit_of_open_files_is_said_to_be_the_reason(run):
    plan = Plan.read(run)
    for entrant in plan.entrants:
        entrant.recipe = f"{HERE}:without_files"
    plan.write(run)
    with pytest.raises(InputError, match=r"too many files are open.*ulimit -n.*race --resume"):
        resume(run)


def test_the_limit_of_open_files_is_the_reason_while_speeds_are_measured_too(run, monkeypatch):
    plan = Plan.read(run)
    plan.entrants, plan.stages, plan.contenders = [], [], ["mlp"]
    plan.write(run)
    monkeypatch.setattr(Pool, "run", lambda self, queue, tick=None: [Ended(call, FILES, 0.1) for call in queue])
    with pytest.raises(InputError, match=r"raise the limit of open files \(ulimit -n\)"):
        resume(run)


def test_where_all_have_failed_the_budget_is_not_to_blame(run):
    plan = Plan.read(run)
    plan.rungs, plan.stages = 1, plan.stages[:1]
    for entrant in plan.entrants:
        entrant.recipe = f"{HERE}:broken"
    plan.write(run)
    with pytest.raises(InputError, match="ann/64: ZeroDivisionError: division by zero") as raised:
        resume(run)
    assert "budget" not in str(raised.value) and "more time" not in str(raised.value)


def test_ctrl_c_while_the_server_starts_is_heard(monkeypatch):
    """It came in the very moment in which the server was made, and was lost."""

    def interrupted(*words: object) -> int:
        pid = util.spawnv_passfds(*words)
        os.kill(os.getpid(), signal.SIGINT)
        return pid

    class Here:
        spawnv_passfds = staticmethod(interrupted)

        def __getattr__(self, name: str) -> object:
            return getattr(util, name)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    server = forkserver.ForkServer()
    monkeypatch.setattr(forkserver, "ensure_running", server.ensure_running)
    monkeypatch.setattr(forkserver, "util", Here())
    try:
        with pytest.raises(KeyboardInterrupt):
            Pool(1).warm()
            time.sleep(60)  # another thread of this process may be the one that it comes to
        assert server._forkserver_pid is not None  # type: ignore[attr-defined]
    finally:
        signal.signal(signal.SIGINT, before)
        server._stop()  # type: ignore[attr-defined]


def test_a_result_tells_of_the_files_beside_it(finished):
    for path in finished[0].glob("contenders/*/result.json"):
        assert set(json.loads(path.read_text())["files"]) == {"validation.parquet", "answer.safetensors"}
        check_result(path.parent)
