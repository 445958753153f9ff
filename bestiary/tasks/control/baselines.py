"""Policies without a network: random actions, and the best linear policy that a random search finds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.baselines.rivals import Rival, Setting
from bestiary.baselines.saved import array, fits
from bestiary.kinds.environment.worlds import episodes
from bestiary.tasks.control.scoring import by_chance

TRIED = 10  # training episodes that a candidate is judged by
MOST = 2_000  # candidates


class Chance:
    """Random actions, the same on every replay."""

    def __init__(self, actions: int, seed: int) -> None:
        self.actions, self.seed = actions, seed
        self._choose = by_chance(actions, seed)

    def act(self, observations: Tensor) -> Tensor:
        """Observations [B F] -> actions [B]."""
        return self._choose(observations)

    def state(self) -> dict[str, Any]:
        return {"actions": self.actions, "seed": self.seed}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        actions, seed = state.get("actions"), state.get("seed")
        fits(type(actions) is int and type(seed) is int and actions > 0 <= seed < 2**63, "actions and seed")
        return cls(int(actions or 0), int(seed or 0))


class Linear:
    """The action of the largest linear function of the observation.

    Args:
        weight: [F + 1, A], the last row is the bias.
        scale: what observations are divided by, [F].
    """

    def __init__(self, weight: NDArray[np.float32], scale: NDArray[np.float32]) -> None:
        self.weight, self.scale = torch.as_tensor(weight), torch.as_tensor(scale)

    def act(self, observations: Tensor) -> Tensor:
        """Observations [B F] -> actions [B]."""
        scaled = observations / self.scale
        return (scaled @ self.weight[:-1] + self.weight[-1]).argmax(1)

    def state(self) -> dict[str, Any]:
        return {"weight": self.weight.numpy(), "scale": self.scale.numpy()}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        weight, scale = array(state, "weight", "f", 2), array(state, "scale", "f", 1)
        fits(len(weight) == len(scale) + 1, "weight and scale")
        return cls(weight.astype(np.float32), scale.astype(np.float32))


def _chance(data: Any, setting: Setting, seed: int, seconds: float) -> Chance:
    return Chance(data.spec.outputs, seed)


def _search(data: Any, setting: Setting, seed: int, seconds: float) -> Linear:
    """Draws policies, then steps from the best one, as simple random search does (Mania, Guy, Recht 2018, there with
    gradients; here without): half of the candidates are drawn anew, half are the best so far with noise."""
    generator = np.random.default_rng(seed)
    name, seeds = data.spec.environment, data.arrays("train")["row"].tolist()
    scale = _spread(name, seeds, data.spec.outputs)
    shape, began = (data.spec.features + 1, data.spec.outputs), time.monotonic()
    leader: NDArray[np.float32] = np.zeros(shape, np.float32)
    best, tried = -np.inf, 0
    for number in range(setting["candidates"]):
        if number >= 2 and time.monotonic() - began > seconds:
            break
        fresh = generator.standard_normal(shape).astype(np.float32)
        nearby = (leader + 0.3 * fresh).astype(np.float32)
        weight = fresh if number % 2 == 0 or number < 20 else nearby
        returns, _ = episodes(name, seeds[:TRIED], Linear(weight, scale).act)
        if returns.mean() > best:
            best, leader = float(returns.mean()), weight
        tried += 1
    setting["candidates"] = tried  # what a replay follows
    return Linear(leader, scale)


def _spread(name: str, seeds: Sequence[int], actions: int) -> NDArray[np.float32]:
    """The size of each number of an observation, met by chance."""
    seen: list[Tensor] = []
    choose = by_chance(actions, 0)

    def watch(observations: Tensor) -> Tensor:
        seen.append(observations)
        return choose(observations)

    episodes(name, seeds[:TRIED], watch)
    spread = torch.cat(seen).std(0)
    return torch.where(spread > 1e-6, spread, 1.0).numpy()


BASELINES: tuple[Rival, ...] = (
    Rival("random", "random policy", Chance, _chance),
    Rival(
        "linear",
        "best linear policy by random search",
        Linear,
        _search,
        lambda data: ({"candidates": MOST},),
    ),
)
