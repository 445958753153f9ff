"""Gradient descent that is answered by an average of the weights that it passed through."""

from collections.abc import Iterator

from torch import nn

from bestiary.algorithms.gradient_descent import Prepare, ready
from bestiary.contracts import Data, Logs, Objective
from bestiary.optimisation.averaging import MovingAverage
from bestiary.optimisation.minimise import Minimise


class AveragedGradientDescent:
    """Each update follows the gradient of the objective on one batch, and the average follows the network.

    With the objective `Denoising` this is Algorithm 1 of Ho, Jain & Abbeel 2020, weights averaged as in their
    appendix B.

    Args:
        network: what learns.
        objective: (network, batch, step) -> loss, logs.
        minimise: one update of the network's parameters.
        average: of the network; what ships.
        prepare: shows the data to the network before the first update, for what it has to know of them.
    """

    stateful = ("network", "average", "minimise")

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        minimise: Minimise,
        average: MovingAverage,
        prepare: Prepare = ready,
    ) -> None:
        self.network, self.objective, self.minimise, self.average = network, objective, minimise, average
        self.prepare = prepare

    @property
    def answer(self) -> nn.Module:
        return self.average.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.prepare(data)
        self.network.train()
        for step in range(start, horizon):
            loss, logs = self.objective(self.network, data.batch("train", step), step)
            self.minimise(loss, step, horizon)
            self.average.update(self.network, step)
            yield logs
