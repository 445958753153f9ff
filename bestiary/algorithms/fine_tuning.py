"""Fine-tuning: a network that knows something already learns a new task, its new last part first.

Source: Yosinski, Clune, Bengio & Lipson 2014, How transferable are features in deep neural networks?; Howard & Ruder
2018, Universal language model fine-tuning for text classification, sections 3.2 and 3.3 (gradual unfreezing,
discriminative rates).

A new last part gives random answers, whose gradients would wreck what the body knows. So the body is frozen at first;
then it learns too, at a smaller rate: all at once, or block by block from the top. What is frozen is in evaluation
mode: running statistics stay, and nothing is dropped out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from bestiary.algorithms.gradient_descent import accumulated
from bestiary.contracts import Data, Logs, Objective
from bestiary.optimisation.minimise import Minimise


class FineTuning:
    """Gradient descent on more and more of a network.

    When each block begins to learn depends on the step alone, so that a training can be planned short and carried on.

    Args:
        network: what learns.
        objective: a mean over the rows of a batch, or over what its `weight` counts.
        minimise: one update of all parameters; those that are frozen have no gradient.
        blocks: of the network's body, the one next to the last part first.
        frozen: steps until the first of them learns.
        gradual: steps from one block to the next; 0 for all at once.
        parts: into how many parts a batch is cut, to save memory.
    """

    stateful = ("network", "minimise")

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        minimise: Minimise,
        blocks: Sequence[nn.Module],
        *,
        frozen: int,
        gradual: int = 0,
        parts: int = 1,
    ) -> None:
        self.network, self.objective, self.minimise = network, objective, minimise
        self.blocks, self.frozen, self.gradual, self.parts = list(blocks), frozen, gradual, parts
        self._learns = [[p for p in block.parameters() if p.requires_grad] for block in self.blocks]

    @property
    def answer(self) -> nn.Module:
        return self.network

    def learning(self, step: int) -> int:
        """How many blocks learn at a step."""
        if step < self.frozen:
            return 0
        return len(self.blocks) if not self.gradual else min(len(self.blocks), 1 + (step - self.frozen) // self.gradual)

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        before = -1
        try:
            for step in range(start, horizon):
                if (count := self.learning(step)) != before:
                    self._unfreeze(count)
                    before = count
                loss = accumulated(self.objective, self.network, data.batch("train", step), step, self.parts)
                self.minimise.update(step, horizon)
                yield {"loss": loss}
        finally:
            self._unfreeze(len(self.blocks))

    def _unfreeze(self, count: int) -> None:
        """Lets the last part and the first `count` blocks learn, and nothing else."""
        self.network.train()
        for number, (block, parameters) in enumerate(zip(self.blocks, self._learns)):
            block.train(number < count)
            for parameter in parameters:
                parameter.requires_grad_(number < count)
