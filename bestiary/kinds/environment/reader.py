"""Environments as data: their rows are episodes, told apart by the seeds they begin with.

Training draws as many episodes as it likes, from seeds of its own; the 100 episodes of validation choose, and the 100
of the test are played once. So "rows" mean what they mean elsewhere, and returns are compared episode by episode.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary import tasks
from bestiary.contracts import Batch, EnvironmentSpec
from bestiary.errors import InputError
from bestiary.kinds.environment.worlds import MOST_STEPS, features_of, first_action, numbers, open_world
from bestiary.records import names
from bestiary.rows.encoder_files import read_encoder, write_encoder
from bestiary.rows.source import SPLITS, Encoded, Target
from bestiary.rows.store import Facts, read_array, read_spec, write_array, write_spec

EPISODES = 100  # of each split
MOST_REWARD = 1e30  # returns are kept in single precision
TRIED = 10.0  # seconds after which trying stops: a slow world is none that is broken
_FIRST = 2**31 + 1_000_000  # seeds of judged episodes begin here; those of training are all below 2**31 (`worlds.Life`)
_NEW = 2**31 + 9_000_000  # and those of an environment that a trained model is given; no seed needs more than 32 bits


@dataclass
class EnvironmentSource:
    """An environment that was opened; see `rows.source.Source`.

    Attributes:
        spec: what sizes a network.
    """

    spec: EnvironmentSpec
    reason: str = "as asked"
    notes: list[str] = field(default_factory=list)
    kind: str = "environment"
    suspects: list[str] = field(default_factory=list)
    how = "test episodes start from seeds that no training episode uses"
    groups: NDArray[np.generic] | None = None
    times: NDArray[np.generic] | None = None

    def __post_init__(self) -> None:
        values = np.zeros(len(self), np.int64)
        self.target = Target(self.spec.environment, "control", "the return is to be maximised", (), values)
        self.held: NDArray[np.int8] | None = np.repeat(np.arange(3, dtype=np.int8), EPISODES)

    def __len__(self) -> int:
        return 3 * EPISODES

    @property
    def digest(self) -> str:
        """sha256 over the environment's name, its sizes and the seeds."""
        return hashlib.sha256(repr((self.spec, _FIRST, EPISODES)).encode()).hexdigest()

    def keys(self) -> NDArray[np.uint64]:
        """A number for each episode."""
        return np.arange(_FIRST, _FIRST + len(self), dtype=np.uint64)

    def encode(self, splits: NDArray[np.int8], folder: Path, seed: int, train_only: bool = False) -> EnvironmentEncoder:
        """Writes the seeds of the episodes of each split as `row`."""
        del seed
        encoder = EnvironmentEncoder(
            self.spec, {"target": self.target.name, "problem": self.target.problem, "classes": []}
        )
        for number, name in enumerate(SPLITS):
            if name == "test" and train_only:
                continue
            where = folder.parent / "sealed" if name == "test" else folder
            rows = np.flatnonzero(splits == number) + _FIRST
            write_array(where, name, "row", rows.astype(np.int64))
        write_spec(folder, encoder.spec, encoder.facts)
        encoder.save(folder / "encoder")
        return encoder


class EnvironmentEncoder:
    """What an environment needs to be played again: its name. See `rows.source.Encoder`."""

    kind = "environment"

    def __init__(self, spec: EnvironmentSpec, facts: Mapping[str, object]) -> None:
        self.spec, self.facts = spec, dict(facts)

    def encode(self, source: object) -> Encoded:
        """The seeds of 100 new episodes.

        Args:
            source: the environment's name, as a check.

        Raises:
            InputError: for another environment than it was trained in.
        """
        if str(source) != self.spec.environment:
            raise InputError(
                f"this model was trained in {self.spec.environment!r}; received {source!r}; give that name"
            )
        names.give([self.spec.environment])
        rows = np.arange(_NEW, _NEW + EPISODES, dtype=np.int64)
        return Encoded({"row": rows}, rows)

    def save(self, folder: Path) -> None:
        """Writes `encoder.json`."""
        write_encoder(self, folder)

    @classmethod
    def load(cls, folder: Path) -> EnvironmentEncoder:
        """What `save` wrote."""
        spec, words = read_encoder(folder, cls.kind)
        assert isinstance(spec, EnvironmentSpec)
        return cls(spec, words["facts"])


class EnvironmentData:
    """The seeds of the episodes of each split; implements what tasks and races ask of data, but has no batches.

    Args:
        folder: of the encoded arrays.
        batch: transitions in a training batch, for the algorithm.
        seed: of the training episodes.
        device: unused: worlds run on the processor.
        sealed: folder of the test split, when it may be opened.
    """

    regression = False

    def __init__(
        self, folder: Path, batch: int = 64, seed: int = 0, device: str = "cpu", sealed: Path | None = None
    ) -> None:
        spec, facts = read_spec(folder)
        self._set(spec, facts, batch, seed)
        self._folders = {"train": folder, "validation": folder, "test": sealed}

    def _set(self, spec: Any, facts: Facts, batch: int, seed: int) -> None:
        self.spec: EnvironmentSpec = spec
        self.facts, self.size, self.seed = dict(facts), batch, seed
        self._arrays: dict[str, dict[str, Tensor]] = {}
        self._folders: dict[str, Path | None] = {}

    @classmethod
    def of(cls, spec: Any, facts: Facts, splits: Mapping[str, Mapping[str, Any]]) -> EnvironmentData:
        """Of seeds in memory."""
        data = cls.__new__(cls)
        data._set(spec, facts, 64, 0)
        data._arrays = {s: {n: torch.as_tensor(a) for n, a in arrays.items()} for s, arrays in splits.items()}
        return data

    @property
    def epoch(self) -> int:
        """Updates in what might be called a pass over the data: there is none, so one a transition."""
        return 1

    def rows(self, split: str) -> int:
        """Episodes of a split."""
        return len(self.arrays(split)["row"])

    def arrays(self, split: str) -> dict[str, Tensor]:
        """`row`: the seeds of the episodes."""
        if split not in self._arrays:
            folder = self._folders.get(split)
            if folder is None:
                raise PermissionError(f"split {split!r} is not open here")
            self._arrays[split] = {"row": torch.from_numpy(np.array(read_array(folder, split, "row")))}
        return self._arrays[split]

    def batch(self, split: str, number: int) -> Batch:
        """There are none."""
        raise TypeError("an environment has no batches; the algorithm plays in it")

    def batches(self, split: str) -> Any:
        """There are none."""
        raise TypeError("an environment has no batches; the task plays its episodes")

    def take(self, split: str, where: Any) -> Batch:
        """There are none."""
        return self.batch(split, 0)


def read_environment(
    source: object,
    *,
    target: str | None = None,
    problem: str | None = None,
    reason: str = "as asked",
) -> EnvironmentSource:
    """Opens an environment.

    Args:
        source: a gymnasium id such as "CartPole-v1", or "module:Class" on the import path.
        target: there is none.
        problem: "control".
        reason: why it is read as an environment.

    Raises:
        InputError: when there is no such environment, its actions are not a choice of several, or it cannot be played.
    """
    if target is not None:
        raise InputError(f"an environment has no column to predict; received target={target!r}; leave it out")
    if problem is not None:
        tasks.takes(problem, "environment")
    if not isinstance(source, str):
        raise InputError(f"expected a gymnasium id or module:Class; received {type(source).__name__}; try CartPole-v1")
    names.give([source])  # by whoever asks for it to be read; what a plan names is checked before (`race.run_check`)
    try:
        world = open_world(source)
        spec = EnvironmentSpec(features_of(world), int(world.action_space.n), source)
        try_out(world, source)
        world.close()
    except InputError:
        raise
    except Exception as fault:  # the environment is a person's own code
        first = (str(fault).strip().splitlines() or [""])[0][:160]
        told = f"the environment {source!r} cannot be played: {type(fault).__name__}: {first}"
        raise InputError(f"{told}; gymnasium.utils.env_checker.check_env says what it lacks") from fault
    return EnvironmentSource(spec, reason)


def try_out(world: Any, name: str) -> None:
    """Plays one episode by chance, so that what is broken is told before a race begins.

    Args:
        world: just opened.
        name: of the environment, for messages.

    Raises:
        InputError: for observations of another shape than the world announces, numbers that are none, and an episode
            that does not end.
    """
    draw, began = np.random.default_rng(0), time.monotonic()
    observation, _ = world.reset(seed=_FIRST - 1)
    for step in range(MOST_STEPS):
        seen = numbers(world, observation)
        if not 0 < len(seen) == features_of(world) or not np.isfinite(seen).all():
            told = f"{features_of(world) or 'some'} numbers, none of them NaN or infinite"
            raise InputError(f"an observation of {name!r} has {told}; after {step} steps it gives {observation!s:.80}")
        action = int(draw.integers(int(world.action_space.n))) + first_action(world)
        observation, reward, terminated, truncated, _ = world.step(action)
        if not abs(float(reward)) < MOST_REWARD:
            told = f"rewards are numbers below {MOST_REWARD:g} in size"
            raise InputError(f"{told}; {name!r} pays {reward} after {step + 1} steps; correct or rescale the rewards")
        if terminated or truncated or time.monotonic() - began > TRIED:
            return
    raise InputError(
        f"every episode must end; one of {name!r}, with random actions, had not after {MOST_STEPS:,} steps; "
        "wrap it in gymnasium.wrappers.TimeLimit"
    )
