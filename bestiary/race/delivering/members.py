"""What raced, as parts of an ensemble: who answered the rows that choose, and what each would cost to train again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bestiary.planning.plan import Job
from bestiary.race.course import Course
from bestiary.race.delivering.ensembles import Floats
from bestiary.race.folder import training_folder
from bestiary.race.losses import truth
from bestiary.tasks.mixture import mean
from bestiary.tasks.predictions import answers, read_predictions


@dataclass(frozen=True)
class Member:
    """One setting of a contender, or a baseline.

    Attributes:
        id: the folder of its first training.
        name: on the leaderboard.
        network: False for baselines.
        trainings: folders of its trainings on the ordinary split, whose mean is its answer.
        judging: folders of the trainings that answer rows which they did not learn from.
        seconds: core-seconds of one more training on as many rows.
        parameters: of one training.
    """

    id: str
    name: str
    network: bool
    trainings: tuple[str, ...]
    judging: tuple[str, ...]
    seconds: float
    parameters: int


def members(course: Course) -> list[Member]:
    """Everyone whose answers to all the rows that choose are there, networks first."""
    plan, found = course.plan, list[Member]()
    last: dict[tuple[str, int, bool], list[Job]] = {}
    for stage in plan.stages:  # a later rung takes the place of an earlier one
        for key in dict.fromkeys((job.entrant, job.setting, job.fold >= 0) for job in stage.jobs):
            last[key] = [job for job in stage.jobs if (job.entrant, job.setting, job.fold >= 0) == key]
    for name, setting in dict.fromkeys((name, setting) for name, setting, _ in last):
        whole, folded = (
            [job for job in last.get((name, setting, fold), []) if course.best_so_far(job)] for fold in (False, True)
        )
        if whole and len(folded) in (0, plan.folds) and bool(folded) == bool(plan.folds):
            result = course.best_so_far(whole[0])
            assert result is not None
            seconds = result["seconds"] * max(1, result["best_step"]) / max(1, result["steps"])
            ids = tuple(job.id for job in whole)
            judging = tuple(job.id for job in folded) or ids
            found.append(Member(ids[0], name, True, ids, judging, seconds, result["parameters"]))
    for rival in plan.rivals:
        result = course.rival_result(rival)
        if result is not None:
            here = rival.id
            fits = max(1, len(result["tried"])) * max(1, plan.folds)
            seconds = result["train_seconds"] / fits
            found.append(Member(here, f"baseline/{rival.name}", False, (here,), (here,), seconds, result["parameters"]))
    return found


class Library:
    """The answers of all members to the rows that choose, side by side.

    Args:
        course: the race.
        found: its members; those whose answers are not finite, or of other columns than the first, are left out: all
            of them may be.
    """

    def __init__(self, course: Course, found: Sequence[Member]) -> None:
        self.course = course
        self.task = course.scoring
        read = [(member, *self._answers(member)) for member in found]
        read = [one for one in read if np.isfinite(one[2]).all()]
        read = [one for one in read if one[2].shape[1:] == read[0][2].shape[1:]]
        self.rows = self._common([row for _, row, _ in read])
        self.members = [member for member, _, _ in read]
        self.columns = self._columns(self.members[0]) if read else []
        self.answers = [table[np.searchsorted(row, self.rows)] for _, row, table in read]

    def _answers(self, member: Member) -> tuple[NDArray[np.int64], Floats]:
        folders = [training_folder(self.course.folder, name) for name in member.judging]
        read = [read_predictions(here / "validation.parquet") for here in folders]
        if not self.course.plan.folds and len(read) > 1:
            read = [mean([(1.0, one) for one in read])]
        row = np.concatenate([one.columns["row"].numpy() for one in read]).astype(np.int64)
        table = np.concatenate([answers(one) for one in read])
        order = np.argsort(row, kind="stable")
        return row[order], table[order]

    def _columns(self, member: Member) -> list[str]:
        """What the columns of answers are called."""
        path = training_folder(self.course.folder, member.judging[0]) / "validation.parquet"
        return [name for name in read_predictions(path).columns if name != "row"]

    @staticmethod
    def _common(rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        common = rows[0] if rows else np.empty(0, np.int64)
        for other in rows[1:]:
            common = common if np.array_equal(common, other) else np.intersect1d(common, other)
        return common

    @cached_property
    def truth(self) -> NDArray[np.generic]:
        """Of `rows`."""
        return truth(self.course.folder / "data", self.rows)

    def loss(self, answers: Floats, where: NDArray[np.int64]) -> float:
        """What is made small where the metric of the race decides, of answers to the rows of some places."""
        return self.task.wanting(self.course.plan.metric, answers, self.truth[where])

    @cached_property
    def alone(self) -> list[float]:
        """The loss of each member by itself."""
        where = np.arange(len(self.rows))
        return [self.loss(table, where) for table in self.answers]
