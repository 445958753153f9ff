"""Environments to act in: opened by name, played by number, put back to where they were by playing again.

Gymnasium's words: an episode ends *terminated* when the world says so (the pole fell), *truncated* when only the clock
did. What comes after a truncated episode has a value, so the two are never mixed.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.errors import InputError, nearest
from bestiary.records.names import check_world

Floats = NDArray[np.float32]
MOST_NUMBERS = 100_000  # in one observation
MOST_STEPS = 100_000  # of an episode: one who has learned never to end it would hold everybody up


def open_world(name: str, frames: bool = False) -> Any:
    """An environment of gymnasium.

    Args:
        name: a gymnasium id such as "CartPole-v1", or "module:Class" of a `gymnasium.Env` on the import path.
        frames: whether pictures are wanted (`render()` gives [H W 3] bytes).

    Raises:
        InputError: when there is none of that name, it cannot be acted in by choosing one of several actions, or it is
            a "module:Class" that the person has not named herself (`records.names.give`): its code would be run.
    """
    check_world(name)
    try:
        import gymnasium
    except ImportError:
        raise InputError("environments need the package gymnasium; pip install 'bestiary[control]'") from None
    gymnasium.logger.min_level = logging.ERROR
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pictures are drawn off the screen, which there may not be
    words: dict[str, Any] = {"render_mode": "rgb_array"} if frames else {}
    try:
        world = _of_class(name, words) if ":" in name else gymnasium.make(name, **words)
    except InputError:
        raise
    except gymnasium.error.UnregisteredEnv:
        known = sorted(gymnasium.registry)
        hint = nearest(name, known) or "; try CartPole-v1"
        raise InputError(f"gymnasium has no environment {name!r}{hint}") from None
    except Exception as reason:
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        raise InputError(f"the environment {name!r} cannot be opened: {first}") from reason
    if not isinstance(world.action_space, gymnasium.spaces.Discrete) or int(world.action_space.n) < 2:
        raise InputError(f"Q-learning chooses one of several actions; {name!r} takes {world.action_space}")
    if not isinstance(world.observation_space, gymnasium.spaces.Box | gymnasium.spaces.Discrete):
        raise InputError(f"observations must be numbers of a fixed shape; {name!r} gives {world.observation_space}")
    if features_of(world) > MOST_NUMBERS:
        raise InputError(
            f"observations may have {MOST_NUMBERS:,} numbers; those of {name!r} have {features_of(world):,}"
        )
    return world


def _of_class(name: str, words: dict[str, Any]) -> Any:
    import gymnasium

    module, _, title = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), title)
    except (ImportError, AttributeError) as reason:
        raise InputError(f"expected module:Class on the import path; {name!r} cannot be found ({reason})") from None
    if not (isinstance(found, type) and issubclass(found, gymnasium.Env)):
        what = "a class of another sort" if isinstance(found, type) else f"no class but {type(found).__name__}"
        raise InputError(f"expected a class that derives from gymnasium.Env; {name!r} is {what}")
    return found(**words)


def features_of(world: Any) -> int:
    """Numbers in an observation; one for each state where states are only counted."""
    space = world.observation_space
    return int(space.n) if hasattr(space, "n") else int(np.prod(space.shape))


def numbers(world: Any, observation: Any) -> Floats:
    """An observation as a vector [F] of its own: worlds may write their next one into the same array."""
    if hasattr(world.observation_space, "n"):
        return np.eye(features_of(world), dtype=np.float32)[int(observation) - int(world.observation_space.start)]
    return np.array(observation, dtype=np.float32).reshape(-1)


class Life:
    """One stream of episodes, of a seed; its whole state is (episode, actions so far), which are played again on load.

    Args:
        name: of the environment; it is opened by `begin`.

    Attributes:
        seed: episode n begins with the seed (seed, n).
        observation: where it is now, [F].
        returned: rewards of this episode so far.
        returns: of the last finished episodes, at most 20.
    """

    def __init__(self, name: str) -> None:
        self.name, self.seed, self.episode = name, 0, 0
        self.returns: list[float] = []
        self._world: Any = None

    def begin(self, seed: int) -> None:
        """The first episode of a seed."""
        self.seed, self.episode, self.returns = seed, 0, []
        self._begin()

    def _begin(self) -> None:
        self._world = self._world or open_world(self.name)
        observation, _ = self._world.reset(seed=(self.seed * 1_000_003 + self.episode) % 2**31)
        self.observation = numbers(self._world, observation)
        self.actions: list[int] = []
        self.returned = 0.0

    def act(self, action: int) -> tuple[Floats, float, Floats, bool]:
        """One step: the observation before, the reward, the observation after, and whether the world ended there."""
        before = self.observation
        observation, reward, terminated, truncated, _ = self._world.step(action + first_action(self._world))
        self.observation = numbers(self._world, observation)
        self.actions.append(action)
        self.returned += float(reward)
        step = (before, float(reward), self.observation, bool(terminated))
        if terminated or truncated:
            self.returns = [*self.returns[-19:], self.returned]
            self.episode += 1
            self._begin()
        return step

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {
            "seed": self.seed,
            "episode": self.episode,
            "actions": torch.tensor(self.actions),
            "returns": list(self.returns),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint: the episode is played again up to where it was."""
        self.seed, self.episode = int(state["seed"]), int(state["episode"])
        self._begin()
        for action in state["actions"].tolist():
            self.act(int(action))
        self.returns = list(state["returns"])


def first_action(world: Any) -> int:
    """The number that the world gives to its first action; networks count from 0."""
    return int(world.action_space.start)


def episodes(name: str, seeds: Sequence[int], choose: Any, together: int = 100) -> tuple[Floats, NDArray[np.int64]]:
    """Plays an episode for each seed, many side by side, so that a network answers for all of them at once.

    Args:
        name: of the environment.
        seeds: of the episodes.
        choose: observations [B F] -> actions [B].
        together: episodes at a time.

    Returns:
        The return of each episode and its number of steps, [N]; one that has not ended after `MOST_STEPS` steps is
        broken off there.
    """
    returns, lengths = np.zeros(len(seeds), np.float32), np.zeros(len(seeds), np.int64)
    worlds = [open_world(name) for _ in range(min(together, len(seeds)))]
    for first in range(0, len(seeds), len(worlds)):
        places = list(range(first, min(first + len(worlds), len(seeds))))
        seen = {p: numbers(w, w.reset(seed=int(seeds[p]))[0]) for p, w in zip(places, worlds)}
        while seen:
            alive = list(seen)
            actions: Tensor = choose(torch.from_numpy(np.stack([seen[p] for p in alive])))
            for place, action in zip(alive, actions.tolist()):
                world = worlds[place - first]
                observation, reward, terminated, truncated, _ = world.step(int(action) + first_action(world))
                returns[place] += float(reward)
                lengths[place] += 1
                if terminated or truncated or lengths[place] >= MOST_STEPS:
                    del seen[place]
                else:
                    seen[place] = numbers(world, observation)
    for world in worlds:
        world.close()
    return returns, lengths
