"""Q-learning with a deep network (Mnih et al. 2015, Algorithm 1), double (van Hasselt et al. 2016) where asked.

The network's value of what was done is moved towards what came of it: the reward, and the best that can be hoped for
from where it led, as a second, slower network sees it:

    y = r                                          where the world ended there
    y = r + gamma max_a  Q'(s', a)                 else; a time limit does not end the world
    y = r + gamma Q'(s', argmax_a Q(s', a))        double: one network chooses, the other one judges
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from bestiary.contracts import Batch, Data, Logs, ObservationInputs, device_of
from bestiary.optimisation.minimise import Minimise
from bestiary.targets import Steps

# B batch, F numbers in an observation, A actions

Transitions = Batch[ObservationInputs, Steps]

Hope = Callable[[nn.Module, nn.Module, Tensor], Tensor]


def greatest(network: nn.Module, target: nn.Module, following: Tensor) -> Tensor:
    """What can be hoped for from observations [B F]: the target network's best action, by its own judgement."""
    return target(following).max(1).values


def double(network: nn.Module, target: nn.Module, following: Tensor) -> Tensor:
    """The same without flattering oneself: the network chooses the action, the target network judges it."""
    chosen = network(following).argmax(1, keepdim=True)
    return target(following).gather(1, chosen).squeeze(1)


class Stream(Protocol):
    """A stream of episodes, such as `data.worlds.Life`."""

    observation: Any
    returns: list[float]

    def begin(self, seed: int) -> None: ...

    def act(self, action: int) -> tuple[Any, float, Any, bool]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Replay:
    """The last transitions, on the CPU; batches are drawn from them with equal chances (Lin 1992).

    Args:
        capacity: the oldest transition is overwritten when there are more.
        features: numbers in an observation.
    """

    def __init__(self, capacity: int, features: int) -> None:
        self.observation, self.following = torch.zeros(capacity, features), torch.zeros(capacity, features)
        self.action = torch.zeros(capacity, dtype=torch.int64)
        self.reward, self.terminal = torch.zeros(capacity), torch.zeros(capacity, dtype=torch.bool)
        self.written = 0

    def __len__(self) -> int:
        return min(self.written, len(self.reward))

    def add(self, before: Any, action: int, reward: float, after: Any, terminal: bool) -> None:
        """Copies one transition in."""
        place = self.written % len(self.reward)
        self.observation[place] = torch.from_numpy(before)
        self.following[place] = torch.from_numpy(after)
        self.action[place], self.reward[place], self.terminal[place] = action, reward, terminal
        self.written += 1

    def draw(self, size: int) -> Transitions:
        """A batch, with repetition."""
        where = torch.randint(len(self), (size,))
        came = (self.action, self.reward, self.following, self.terminal)
        return Batch(ObservationInputs(self.observation[where]), Steps(*(part[where] for part in came)))

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints: only what is filled."""
        names = ("observation", "action", "reward", "following", "terminal")
        return {"written": self.written, **{name: getattr(self, name)[: len(self)].clone() for name in names}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.written = int(state["written"])
        for name in ("observation", "action", "reward", "following", "terminal"):
            getattr(self, name)[: len(self)] = state[name]


class QLearning:
    """Acts, remembers, and learns from what it remembers.

    Args:
        network: observation [B F] -> value of each action [B A].
        target: the same network again; it follows slowly and is what is hoped by.
        minimise: one update of the network's parameters.
        life: the stream of episodes that it acts in.
        replay: its memory.
        choices: how many actions there are.
        hope: `greatest` or `double`.
        discount: gamma, what a reward one step later is worth.
        batch: transitions an update.
        actions: steps in the world for each update.
        warmup: steps by chance before the first update; observations are measured on them.
        explore: share of the horizon over which the chance of a random action falls from 1 to `least`.
        least: chance of a random action thereafter.
        refresh: updates between two copies of the network into the target (the paper's way); with `follow`, unused.
        follow: if above 0, the target moves by this share towards the network at every update instead
            (Lillicrap et al. 2016, Continuous control with deep reinforcement learning).
    """

    stateful = ("network", "target", "minimise", "replay", "life")

    def __init__(
        self,
        network: nn.Module,
        target: nn.Module,
        minimise: Minimise,
        life: Stream,
        replay: Replay,
        choices: int,
        hope: Hope = double,
        *,
        discount: float = 0.99,
        batch: int = 64,
        actions: int = 1,
        warmup: int = 1000,
        explore: float = 0.2,
        least: float = 0.05,
        refresh: int = 500,
        follow: float = 0.0,
    ) -> None:
        self.network, self.target, self.minimise, self.life, self.replay = network, target, minimise, life, replay
        self.choices = choices
        self.hope, self.discount, self.batch, self.actions, self.warmup = hope, discount, batch, actions, warmup
        self.explore, self.least, self.refresh, self.follow = explore, least, refresh, follow

    @property
    def answer(self) -> nn.Module:
        return self.target if self.follow else self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        if start == 0:
            self.life.begin(int(getattr(data, "seed", 0)))
            self._warm_up()
        device = device_of(self.network)
        for step in range(start, horizon):
            for _ in range(self.actions):
                self.live(self.chance(step, horizon))
            batch = self.replay.draw(self.batch).to(device)
            loss = self.surprise(batch)
            self.minimise(loss, step, horizon)
            self._move_target(step)
            returns = self.life.returns
            yield {"loss": loss.detach(), "return": sum(returns) / max(1, len(returns))}

    def surprise(self, batch: Transitions) -> Tensor:
        """The Huber loss between the values of what was done and what came of it (the error clipped to -1 ... 1)."""
        steps = batch.target
        with torch.no_grad():
            future = self.hope(self.network, self.target, steps.following)
            came = steps.reward + self.discount * future * ~steps.terminal.bool()
        said = self.network(*batch.inputs).gather(1, steps.action[:, None]).squeeze(1)
        return functional.smooth_l1_loss(said, came)

    def chance(self, step: int, horizon: int) -> float:
        """Of a random action: falls in a line from 1 to `least`."""
        return max(self.least, 1 - (1 - self.least) * step / max(1.0, self.explore * horizon))

    @torch.no_grad()
    def live(self, chance: float) -> None:
        """One step in the world, by chance or as the network thinks best."""
        observation = torch.from_numpy(self.life.observation)[None]
        if float(torch.rand(())) < chance:
            action = int(torch.randint(self.choices, ()))
        else:
            action = int(self.network(observation.to(device_of(self.network))).argmax())
        before, reward, after, terminal = self.life.act(action)
        self.replay.add(before, action, reward, after, terminal)

    def _warm_up(self) -> None:
        """Fills the memory by chance, and measures the observations on it."""
        while self.replay.written < self.warmup:
            self.live(1.0)
        for network in (self.network, self.target):
            measure = getattr(getattr(network, "observations", None), "measure", None)
            if measure is not None:
                measure(self.replay.observation[: len(self.replay)].to(device_of(network)))

    @torch.no_grad()
    def _move_target(self, step: int) -> None:
        if self.follow:
            mine, other = tuple(self.target.parameters()), tuple(self.network.parameters())
            torch._foreach_lerp_(mine, other, self.follow)  # pyright: ignore[reportPrivateImportUsage]
        elif (step + 1) % self.refresh == 0:
            self.target.load_state_dict(self.network.state_dict())
