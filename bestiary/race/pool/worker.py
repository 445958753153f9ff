"""What runs in a contender's own process: it reads `job.json` of its folder and answers with files in that folder."""

from __future__ import annotations

import errno
import inspect
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import cast

import torch
from torch import nn

from bestiary.architectures.build import build, count, resolve
from bestiary.contracts import Algorithm, Predictions
from bestiary.data.opening import open_data
from bestiary.errors import Diverged, InputError
from bestiary.files import open_plain, replacing, write_text
from bestiary.fit import fit
from bestiary.planning.plan import TOO_SLOW
from bestiary.race.losses import truth
from bestiary.race.pool.watch import Stopped, Watched, peak_memory
from bestiary.records import door
from bestiary.records.digests import RESULT, check_result, digest, write_result
from bestiary.records.training import (
    Beginning,
    Job,
    Learner,
    ProbeJob,
    Sized,
    Tried,
    own_data,
    read_job,
    read_probe_job,
    read_rival_job,
    read_rival_result,
)
from bestiary.rows.source import SPLITS
from bestiary.rows.store import StoredData, read_spec
from bestiary.runs.beginning import begin_with
from bestiary.runs.run import CHECKPOINT, LOG, RunFolder
from bestiary.tasks.judge import TrainingJudge
from bestiary.tasks.predictions import read_predictions, write_predictions
from bestiary.tasks.registry import task_for

AGAIN, FAILED, DISK, DIVERGED, FILES = 3, 4, 5, 6, 7
"""Exit codes: worth a second try; failed for good; the run folder cannot be written; worth one in other arithmetic; too
many files are open on this machine."""
FAILURE, VALIDATION, ANSWER = "failure.json", "validation.parquet", "answer.safetensors"
MODEL = "model.skops"  # of a baseline
LOOKED = 512  # validation rows at which the speed of a look is measured
stopping = threading.Event()


def enter(function: str, arguments: tuple[str, ...]) -> None:
    """Calls a function of this module, alone: one thread, output into the folder, dead when the race dies."""
    folder = Path(arguments[0])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    try:
        _redirect(folder / "worker.log")
        (folder / FAILURE).unlink(missing_ok=True)
        cast("Callable[..., None]", globals()[function])(*arguments)
    except BaseException as reason:  # whatever it is, the race must hear of it
        sys.exit(_failed(folder, reason))


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _redirect(path: Path) -> None:
    """What libraries print does not belong on the terminal of the race."""
    handle = open_plain(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _failed(folder: Path, reason: BaseException) -> int:
    code, text = explain(reason)
    try:
        write_text(folder / FAILURE, json.dumps({"reason": text}))
    except OSError:
        return DISK
    return code


def explain(reason: BaseException) -> tuple[int, str]:
    """The exit code and the words for an exception."""
    first = (str(reason).strip().splitlines() or [""])[0][:300]
    if isinstance(reason, OSError) and reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
        return DISK, f"the run folder cannot be written: {first}"
    if isinstance(reason, OSError) and reason.errno in (errno.EMFILE, errno.ENFILE):
        return FILES, f"too many files are open: {first}"
    if isinstance(reason, Diverged):
        return DIVERGED, f"diverged: {first}"
    if isinstance(reason, MemoryError | torch.OutOfMemoryError) or (
        isinstance(reason, RuntimeError) and ("out of memory" in first or "enough memory" in first)
    ):
        return AGAIN, f"ran out of memory: {first}"
    return FAILED, first if isinstance(reason, InputError) else f"{type(reason).__name__}: {first}"


def nothing(folder: str) -> None:
    """Does nothing: to see how long a process takes to start, and that the fork server is ready."""


# --------------------------------------------------------------------------------------------------- training


def train(folder: str) -> None:
    """One training up to the end of a rung, carried on from its checkpoint; writes `result.json` when it is there."""
    here = Path(folder)
    job = read_job(here)
    began = time.monotonic()
    torch.set_num_threads(job["threads"])
    _afresh_when_changed(here, job)
    data = open_data(own_data(job["data"], here), batch=job["batch"], seed=job["seed"], device=job["device"])
    learner = _learner(job, data, here)
    task = task_for(data.facts)
    metric = job.get("metric", "")
    judge = TrainingJudge(task, data, due=job["look_every"], seed=job["seed"], most=task.most, metric=metric)
    run = Watched(RunFolder(here, patience=job["patience"]), job, stopping, judge)
    torch.manual_seed(job["seed"])
    try:
        made = fit(learner, data, run, job["steps"], run.judge, job["horizon"])
    except Stopped as stopped:
        made = stopped.step
        if run.looked != made:  # as at the end of a training that was planned to end here
            run.judged(made, judge(learner.answer, made), learner)
    run.finish(learner)
    _save_answer(here, judge.task.predict(learner.answer, judge.data, "validation"), learner.answer)
    words = {
        "rung": job["rung"],
        "steps": made,
        "planned": job["steps"],
        "parts": job["parts"],
        "loss": run.folder.best,
        "best_step": run.folder.best_step,
        "scores": run.folder.best_scores,
        "seconds": run.folder.seconds,
        "pace": run.pace,
        "start_seconds": run.first - began,
        "parameters": count(learner.answer) + job.get("frozen", (0, 0.0))[0],
        "memory": peak_memory(),
        "stopped": stopping.is_set(),
        "mended": run.folder.mended,
    }
    write_result(here, words, (VALIDATION, ANSWER))


def _afresh_when_changed(here: Path, job: Job) -> None:
    """A training that is tried again, or that has other batch parts than those of its checkpoint, starts from nothing,
    so that a replay can do the same."""
    path, now = here / "tried.json", {"parts": job["parts"], "again": job["again"]}
    try:
        before = door.read(path, Beginning, inside=here) if path.exists() else now
        changed = before["parts"] != now["parts"] or now["again"] > before["again"]
    except InputError:  # nobody knows what the checkpoint is of
        changed = True
    if changed:
        for name in (CHECKPOINT, LOG, RESULT):
            (here / name).unlink(missing_ok=True)
    write_text(path, json.dumps(now))


def accumulates(recipe: str) -> bool:
    """Whether a recipe, "module:function", can gather the gradient of a batch in parts.

    Example:
        >>> accumulates("bestiary.recipes.supervised:classifier"), accumulates("bestiary.recipes.control:q_learning")
        (True, False)
    """
    return "parts" in inspect.signature(resolve(recipe)).parameters


def _learner(job: Learner, data: StoredData, here: Path | None = None) -> Algorithm:
    network = build(job["network"], job["keywords"], data.spec, seed=job["seed"])
    if here is not None and (given := job.get("weights")):
        begin_with(network, own_data(given, here))
    network = network.to(job["device"])
    setting = dict(job["setting"])
    if accumulates(job["recipe"]):
        setting["parts"] = job["parts"] * cast("int", setting.get("parts", 1))
    return cast("Algorithm", resolve(job["recipe"])(network, data.spec, **setting))


def _save_answer(here: Path, predictions: Predictions, answer: nn.Module) -> None:
    """Puts both in the place of those of an earlier rung, whose result goes: it tells of other files from here on."""
    from safetensors.torch import save_model

    with replacing(here / VALIDATION) as validation, replacing(here / ANSWER) as weights:
        write_predictions(validation, predictions)
        save_model(answer, str(weights))
        (here / RESULT).unlink(missing_ok=True)


# ----------------------------------------------------------------------------------------------------- timing


def probe(folder: str) -> None:
    """Measures sizes of one architecture, the largest first, until one can see the data often enough.

    `job.json` has `sizes` (from large to small), `fair` (seconds of one whole training), `least` (passes over the
    data that it should allow), `limit` (seconds for all measuring); `probe.json` says which and how fast.
    """
    here = Path(folder)
    job = read_probe_job(here)
    own_data(job["data"], here)
    began, tried = time.monotonic(), []
    enough = job["fair"] / (job["epoch"] * job["least"])  # seconds of an update that is fast enough
    for place, size in enumerate(job["sizes"]):
        last = place + 1 == len(job["sizes"])
        if time.monotonic() - began > job["limit"] and not last:
            tried.append({"name": size["name"], "reason": f"{TOO_SLOW} to be measured"})
            continue
        optional = job.get("optional", False)
        measured = _measure(job, size, began, float("inf") if last and not optional else enough)
        step = measured.get("step_seconds", float("inf"))
        if optional and enough < step < float("inf"):
            reason = f"{TOO_SLOW} to see the data once: an update takes {step:.1f} s"
            measured, step = {"name": size["name"], "reason": reason}, float("inf")
        tried.append(measured)
        if step <= enough:
            break
    write_text(here / "probe.json", json.dumps({"tried": tried}))


def _measure(job: ProbeJob, size: Sized, began: float, enough: float) -> Tried:
    """Seconds of an update and of a look, after warming up.

    The first updates are on a few rows, for fear of giants: where those take more than `enough` seconds, so will all. A
    look at many rows is reckoned from one at some of them.
    """
    start = time.monotonic()
    try:
        data = open_data(Path(job["data"]), batch=job["batch"], seed=job["seed"], device=job["device"])
        words: Learner = {
            "network": size["network"],
            "keywords": size["keywords"],
            "seed": job["seed"],
            "device": job["device"],
            "recipe": job["recipe"],
            "setting": job["settings"][0],
            "parts": 1,
        }
        learner = _learner(words, data)
        small = open_data(Path(job["data"]), batch=4, seed=job["seed"], device=job["device"])
        few = learner.updates(small, 0, 1_000_000)
        next(few)
        warm = time.monotonic() - start
        if warm * job["batch"] / 4 > 20 * job["fair"]:
            return {"name": size["name"], "reason": f"{TOO_SLOW}: its first update of 4 rows took {warm:.1f} s"}
        if enough < float("inf") and (least := min(_timed(lambda: next(few, None)) for _ in range(2))) > enough:
            return {"name": size["name"], "reason": f"{TOO_SLOW}: an update of 4 rows takes {least:.2f} s"}
        updates = learner.updates(data, 0, 1_000_000)
        steps = [_timed(lambda: next(updates, None))]
        while (len(steps) < 2 and sum(steps) < job["limit"]) or (sum(steps) < job["limit"] / 3 and len(steps) < 30):
            before = time.perf_counter()
            if next(updates, None) is None:  # it has finished: a perceptron that makes no more mistakes
                break
            steps.append(time.perf_counter() - before)
        judge = TrainingJudge(task_for(data.facts), data, due=1, seed=job["seed"], most=LOOKED)
        looks = [_timed(lambda: judge(learner.answer, 1))]  # the first one imports and warms up
        if looks[0] < job["limit"]:
            looks.append(_timed(lambda: judge(learner.answer, 1)))
        rows = min(data.rows("validation"), judge.task.most)
    except (InputError, ValueError, RuntimeError, MemoryError) as reason:
        return {"name": size["name"], "reason": explain(reason)[1]}
    warmed = steps[1:] or steps
    step, look = sorted(warmed)[len(warmed) // 2], min(looks) * max(1, rows / LOOKED)
    return {
        "name": size["name"],
        "step_seconds": step,
        "look_seconds": look,
        "start_seconds": start - began + warm,
        "parameters": count(learner.answer),
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter() - began


# -------------------------------------------------------------------------------------- baselines and verdict


def rival(folder: str) -> None:
    """Fits a baseline within its core-seconds."""
    from bestiary.baselines import run_baseline

    here = Path(folder)
    job = read_rival_job(here)
    began = time.monotonic()
    data, folds = own_data(job["data"], here), [own_data(fold, here) for fold in job["folds"]] or None
    written, facts = job["written"] or None, read_spec(data)[1]
    rounds = job.get("rounds", 1)
    before = read_rival_result(here) if rounds > 1 else None
    result = run_baseline(
        job["name"],
        data,
        here,
        seconds=job["seconds"],
        seed=job["seed"],
        folds=folds,
        written=written,
        metric=job.get("metric", ""),
        before=before,
    )
    predictions = read_predictions(here / "validation.parquet")
    scores = task_for(facts).score(predictions, torch.from_numpy(truth(data, predictions.columns["row"].numpy())))
    earlier = before["seconds"] if before else 0.0
    words = {"scores": scores, "seconds": earlier + time.monotonic() - began, "memory": peak_memory()}
    words["rounds"] = rounds
    write_result(here, {**result, **words}, (MODEL, VALIDATION))


def answer(folder: str, data: str, sealed: str, out: str) -> None:
    """Predicts the test rows with one trained network, and says how fast; the one call that is given their folder."""
    from safetensors.torch import load_model

    here = Path(folder)
    job = read_job(here)
    stored = open_data(Path(data), batch=job["batch"], device=job["device"], sealed=Path(sealed))
    network = build(job["network"], job["keywords"], stored.spec, seed=job["seed"])
    check_result(here)
    load_model(network, str(here / ANSWER), strict=True)
    network.to(job["device"])
    began = time.perf_counter()
    predictions = task_for(stored.facts).predict(network, stored, SPLITS[2])
    seconds = time.perf_counter() - began
    write_predictions(Path(out), predictions)
    reading = job.get("frozen", (0, 0.0))[1]
    _say_answered(here, ANSWER, Path(out), 1000 * seconds / max(1, len(predictions)) + reading)


def rival_answer(folder: str, data: str, sealed: str, out: str) -> None:
    """The same for a fitted baseline."""
    from bestiary.baselines import load_baseline

    here = Path(folder)
    stored = open_data(Path(data), sealed=Path(sealed))
    check_result(here)
    known = load_baseline(
        here / MODEL,
        stored.spec.kind,
        str(stored.facts["problem"]),
        read_rival_job(here)["name"],
        stored.spec,
    )
    began = time.perf_counter()
    predictions = task_for(stored.facts).predict(known, stored, SPLITS[2])
    seconds = time.perf_counter() - began
    write_predictions(Path(out), predictions)
    _say_answered(here, MODEL, Path(out), 1000 * seconds / max(1, len(predictions)))


def _say_answered(here: Path, model: str, out: Path, seconds: float) -> None:
    """`answered.json`: seconds for a thousand rows, and the digests of the predictions and of the model they are of."""
    words = {"predict_seconds": seconds, "digest": digest(out), "model": digest(here / model)}
    write_text(here / "answered.json", json.dumps(words))
