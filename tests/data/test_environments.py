"""Environments are tried before anything is raced in them: what is broken is told in one line."""

from typing import Any

import gymnasium
import numpy as np
import pytest

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.kinds.environment import reader as environments
from bestiary.kinds.environment.reader import EnvironmentEncoder
from bestiary.kinds.environment.worlds import Life


class Sound(gymnasium.Env):  # type: ignore[type-arg]
    """Ten steps; each pays the action."""

    observation_space = gymnasium.spaces.Box(-1, 1, (3,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return self.seen(), {}

    def seen(self) -> Any:
        return self.np_random.random(3).astype(np.float32)

    def pays(self, action: int) -> Any:
        return float(action)

    def step(self, action: Any) -> Any:
        self.steps += 1
        return self.seen(), self.pays(action), self.steps >= 10, False, {}


class Noting(Sound):
    """Notes the seed of each episode."""

    seeds: list[int | None] = []  # noqa: RUF012

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.seeds.append(seed)
        return super().reset(seed=seed)


class Counted(Sound):
    """States and actions that are not counted from 0."""

    observation_space = gymnasium.spaces.Discrete(5, start=2)  # type: ignore[assignment]
    action_space = gymnasium.spaces.Discrete(3, start=-1)

    def seen(self) -> Any:
        return int(self.np_random.integers(2, 7))

    def pays(self, action: int) -> Any:
        assert -1 <= action <= 1
        return 1.0


class NoScreen(Sound):
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        raise RuntimeError("no screen\nand a second line")


class BrokenWheel(Sound):
    def pays(self, action: int) -> Any:
        raise ValueError("broken wheel")


class OldWords(Sound):
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return np.zeros(3, np.float32)


class Blind(Sound):
    def seen(self) -> Any:
        return np.full(3, np.nan, np.float32)


class Growing(Sound):
    def seen(self) -> Any:
        return np.zeros(3 + self.steps, np.float32)


class Outside(Counted):
    def seen(self) -> Any:
        return 7


class Bankrupt(Sound):
    def pays(self, action: int) -> Any:
        return float("nan")


class Rich(Sound):
    def pays(self, action: int) -> Any:
        return 1e300


class Endless(Sound):
    def step(self, action: Any) -> Any:
        return self.seen(), 1.0, False, False, {}


class Empty(Sound):
    observation_space = gymnasium.spaces.Box(-1, 1, (0,))

    def seen(self) -> Any:
        return np.zeros(0, np.float32)


class NoSpaces(gymnasium.Env):  # type: ignore[type-arg]
    pass


@pytest.mark.parametrize(("name", "sizes"), [("Sound", (3, 2)), ("Counted", (5, 3))])
def test_sound_environments_are_read(name: str, sizes: tuple[int, int]) -> None:
    source: Any = read(f"{__name__}:{name}", task="control")
    assert (source.spec.features, source.spec.outputs) == sizes


@pytest.mark.parametrize("seed", [0, 1, 2, 8, 9, 2**31 - 1])
def test_no_training_episode_is_judged(seed: int) -> None:
    """With seed 1, which every finalist is trained with, episodes 197 to 296 were those of the test."""
    source: Any = read(f"{__name__}:Noting", task="control")
    life, before = Life(source.spec.environment), len(Noting.seeds)
    life.begin(seed)
    while life.episode < 400:
        life.act(0)
    trained = set(Noting.seeds[before:])
    assert len(trained) == 401
    judged = set(source.keys().tolist())
    new = EnvironmentEncoder(source.spec, {}).encode(source.spec.environment).rows.tolist()
    assert len(judged) == 300 and not trained & judged and not trained & set(new) and not judged & set(new)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoScreen", "cannot be played: RuntimeError: no screen"),
        ("BrokenWheel", "cannot be played: ValueError: broken wheel"),
        ("OldWords", "cannot be played: ValueError: too many values"),
        ("Blind", "has 3 numbers, none of them NaN or infinite; after 0 steps"),
        ("Growing", "has 3 numbers, none of them NaN or infinite; after 1 steps"),
        ("Outside", "cannot be played: IndexError"),
        ("Bankrupt", "pays nan after 1 steps"),
        ("Rich", "pays 1e\\+300 after 1 steps"),
        ("Endless", "every episode must end; .* had not after 200 steps"),
        ("Empty", "has some numbers"),
        ("NoSpaces", "cannot be played: AttributeError"),
    ],
)
def test_broken_environments_are_refused_in_one_line(name: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They ended in a traceback, after the data had been written; one that does not end was played for ever."""
    monkeypatch.setattr(environments, "MOST_STEPS", 200)
    with pytest.raises(InputError, match=message) as caught:
        read(f"{__name__}:{name}", task="control")
    assert "\n" not in str(caught.value)
