"""Acting in an environment: the return of each judged episode is a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.contracts import Predictions, device_of
from bestiary.kinds.environment.worlds import episodes
from bestiary.sampling.looking import evaluating
from bestiary.tasks.control.task import TASK
from bestiary.tasks.evidence import ColumnEvidence, Measure, mean
from bestiary.tasks.scoring import Scoring

EVIDENCE = ColumnEvidence(
    (
        Measure(TASK.metric("mean_return"), ("return",), mean),
        Measure(TASK.metric("mean_steps"), ("steps",), mean),
    ),
    loss="cost",
)


class Control(Scoring):
    """Plays the episodes of a split.

    Args:
        facts: of the data.
    """

    evidence = EVIDENCE

    def __init__(self, facts: Mapping[str, Any] | None = None) -> None:
        self.facts = facts

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """`row` (the seed), `return`, `steps` and `cost` (the negative return) of each episode.

        Args:
            answer: a network from observations [B F] to the value of each action, of which the best is taken; or a
                policy with `act`: observations [B F] -> actions [B].
            data: `data.environments.EnvironmentData`.
            split: whose episodes are played.
        """
        seeds = data.arrays(split)["row"]
        act = _greedy(answer) if isinstance(answer, nn.Module) else answer.act
        with evaluating(answer):
            returns, steps = episodes(data.spec.environment, seeds.tolist(), act)
        return _evidence(seeds, returns, steps)

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Random actions."""
        seeds = data.arrays(split)["row"]
        return _evidence(seeds, *episodes(data.spec.environment, seeds.tolist(), by_chance(data.spec.outputs, 0)))

    def table(self, answer: Any, data: Any, split: str) -> dict[str, NDArray[np.generic]]:
        """`seed` that it begins with, `return` and `steps` of each episode."""
        columns = {name: column.numpy() for name, column in self.predict(answer, data, split).columns.items()}
        return {"seed": columns["row"], "return": columns["return"], "steps": columns["steps"].astype(np.int64)}


def by_chance(actions: int, seed: int) -> Callable[[Tensor], Tensor]:
    """A random policy."""
    generator = torch.Generator().manual_seed(seed)
    return lambda observations: torch.randint(actions, (len(observations),), generator=generator)


def _greedy(network: nn.Module) -> Callable[[Tensor], Tensor]:
    device = device_of(network)
    return lambda observations: network(observations.to(device)).argmax(1)


def _evidence(seeds: Tensor, returns: NDArray[np.float32], steps: NDArray[np.int64]) -> Predictions:
    values = torch.from_numpy(returns)
    return Predictions({"row": seeds, "return": values, "steps": torch.from_numpy(steps).float(), "cost": -values})
