"""A teacher learns from labels, then a student learns from labels and teacher (Hinton, Vinyals & Dean 2015).

    0 ............ teacher ............ share * horizon ............ student ............ horizon

A teacher that has learned already is given with a share of 0, and is left as it is.
"""

from collections.abc import Iterator

from torch import nn

from bestiary.contracts import Data, Logs, Objective
from bestiary.optimisation.minimise import Minimise


class Distillation:
    """Gradient descent of a teacher, then of a student that learns from it; the answer is the student.

    Args:
        network: the student.
        objective: of the student, which asks the teacher.
        minimise: one update of the student's parameters.
        teacher: learns first.
        lesson: the teacher's objective.
        minimise_teacher: one update of the teacher's parameters.
        share: of the horizon that the teacher learns for, from 0 to below 1.
    """

    stateful = ("network", "minimise", "teacher", "minimise_teacher")

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        minimise: Minimise,
        *,
        teacher: nn.Module,
        lesson: Objective,
        minimise_teacher: Minimise,
        share: float,
    ) -> None:
        self.network, self.objective, self.minimise = network, objective, minimise
        self.teacher, self.lesson, self.minimise_teacher, self.share = teacher, lesson, minimise_teacher, share

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        first = round(self.share * horizon)  # update of the student
        for step in range(start, horizon):
            batch = data.batch("train", step)
            if step < first:
                loss, logs = self.lesson(self.teacher.train(), batch, step)
                self.minimise_teacher(loss, step, first)
            else:
                loss, logs = self.objective(self.network.train(), batch, step)
                self.minimise(loss, step - first, horizon - first)
            yield logs
