"""Gradient descent in which more than the rate follows a schedule: dropout and weight decay fade, too."""

from collections.abc import Callable, Iterator

from torch import nn

from bestiary.algorithms.gradient_descent import Prepare, accumulated
from bestiary.contracts import Data, Logs, Objective
from bestiary.optimisation.minimise import Minimise

Anneal = Callable[[int, int], None]


class AnnealedDescent:
    """Gradient descent on mini-batches; before each update the settings are set to what step and horizon say.

    The way RealMLP is trained (Holzmüller, Grinsztajn & Steinwart 2024, section 4).

    Args:
        network: what learns.
        objective: a mean over the rows of a batch.
        minimise: one update of the network's parameters.
        begin: shows the data to the network before the very first update, to draw its first weights by them; a training
            that is carried on has them already.
        anneal: (step, horizon) -> sets what fades.
        parts: each batch's gradient is computed in so many parts, to save memory.
    """

    stateful = ("network", "minimise")

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        minimise: Minimise,
        begin: Prepare,
        anneal: Anneal,
        parts: int = 1,
    ) -> None:
        self.network, self.objective, self.minimise = network, objective, minimise
        self.begin, self.anneal, self.parts = begin, anneal, parts

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        if not start:
            self.begin(data)
        self.network.train()
        for step in range(start, horizon):
            self.anneal(step, horizon)
            loss = accumulated(self.objective, self.network, data.batch("train", step), step, self.parts)
            self.minimise.update(step, horizon)
            yield {"loss": loss}
