"""What is put right before a race goes on: altered data are refused; what was damaged or killed is trained again."""

from __future__ import annotations

from pathlib import Path

from bestiary.errors import InputError
from bestiary.planning.plan import Plan
from bestiary.race.folder import training_folder
from bestiary.records.digests import RESULT, check_data, check_result
from bestiary.runs.run import CHECKPOINT, DAMAGED, check_tensors


def mend(folder: Path, plan: Plan) -> None:
    """Prepares a run for being carried on, and notes in `plan.mended` what a person should know.

    Args:
        folder: of the run, which is owned.
        plan: of it; written by whoever carries it on.

    Raises:
        InputError: when its encoded data have been changed.
    """
    if told := check_data(folder):
        _note(plan, told)
    for name in dict.fromkeys(job.id for job in plan.jobs):
        _keep_whole_result(training_folder(folder, name), plan, name)
        _keep_whole_checkpoint(training_folder(folder, name), plan, name)
    for rival in plan.rivals:
        _keep_whole_result(training_folder(folder, rival.id), plan, rival.id)
    _try_again(plan)


def _keep_whole_result(here: Path, plan: Plan, name: str) -> None:
    if not (here / RESULT).exists():
        return
    try:
        check_result(here)
    except InputError:
        (here / RESULT).unlink()
        _made_again(plan, f"{name}: its files were damaged, so it was trained again")


def _keep_whole_checkpoint(here: Path, plan: Plan, name: str) -> None:
    path = here / CHECKPOINT
    if not path.exists():
        return
    try:
        check_tensors(path)
    except InputError:
        path.unlink()
        _made_again(plan, f"{name}: {DAMAGED}")


def _try_again(plan: Plan) -> None:
    """Trainings of the present rung, and baselines, that were killed or had too little memory: both may have passed."""
    for stage in plan.stages[-1:]:
        for job in stage.jobs:
            if job.failed and job.retry:
                _made_again(plan, f"{job.id}: {job.failed}; it was tried again when the race was resumed")
                job.failed, job.retry = "", False
    for rival in plan.rivals:
        if rival.failed and rival.retry:
            _made_again(plan, f"baseline/{rival.name}: {rival.failed}; it was tried again when the race was resumed")
            rival.failed, rival.retry = "", False


def _made_again(plan: Plan, text: str) -> None:
    """A training that is made again may be a finalist: they are named anew when it has ended."""
    plan.finalists = []
    _note(plan, text)


def _note(plan: Plan, text: str) -> None:
    if text not in plan.mended:
        plan.mended.append(text)
