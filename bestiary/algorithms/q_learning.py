"""Q-learning with a deep network (Mnih et al. 2015, Algorithm 1), double (van Hasselt et al. 2016) where asked.

The value that the network gives the action taken, Q(s, a), is moved towards a target y: the reward plus the discounted
value of the next state, as a slower copy of the network, Q', estimates it:

    y = r                                          if s' is terminal
    y = r + gamma max_a  Q'(s', a)                 otherwise; a time limit is not terminal
    y = r + gamma Q'(s', argmax_a Q(s', a))        double: Q chooses the action, Q' gives its value
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

Bootstrap = Callable[[nn.Module, nn.Module, Tensor], Tensor]


def max_value(network: nn.Module, target: nn.Module, following: Tensor) -> Tensor:
    """Value [B] of the next observations [B F]: the target network's largest action value (Mnih et al. 2015)."""
    return target(following).max(1).values


def double_value(network: nn.Module, target: nn.Module, following: Tensor) -> Tensor:
    """The same without the bias of a maximum: the network chooses the action, the target network gives its value."""
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
    """Experience replay (Lin 1992): the last transitions, on the CPU, from which batches are drawn uniformly.

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
        outcome = (self.action, self.reward, self.following, self.terminal)
        return Batch(ObservationInputs(self.observation[where]), Steps(*(part[where] for part in outcome)))

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
        target: the target network, a copy of the network that is updated more slowly.
        minimise: one update of the network's parameters.
        life: the stream of episodes that it acts in.
        replay: the replay buffer.
        choices: number of actions.
        bootstrap: value of the next observation, `max_value` or `double_value`.
        discount: gamma, the factor by which a reward one step later counts less.
        batch: transitions per update.
        actions: environment steps per update.
        warmup: random steps before the first update; observations are normalised by them.
        explore: share of the horizon over which epsilon falls linearly from 1 to `final_epsilon`.
        final_epsilon: probability of a random action after that.
        target_interval: updates between two copies of the network into the target network (Mnih et al. 2015); unused
            where `tau` is above 0.
        tau: if above 0, the target network moves by this share towards the network at every update instead
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
        bootstrap: Bootstrap = double_value,
        *,
        discount: float = 0.99,
        batch: int = 64,
        actions: int = 1,
        warmup: int = 1000,
        explore: float = 0.2,
        final_epsilon: float = 0.05,
        target_interval: int = 500,
        tau: float = 0.0,
    ) -> None:
        self.network, self.target, self.minimise, self.life, self.replay = network, target, minimise, life, replay
        self.choices = choices
        self.bootstrap, self.discount, self.batch = bootstrap, discount, batch
        self.actions, self.warmup = actions, warmup
        self.explore, self.final_epsilon, self.target_interval, self.tau = explore, final_epsilon, target_interval, tau

    @property
    def answer(self) -> nn.Module:
        return self.target if self.tau else self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        if start == 0:
            self.life.begin(int(getattr(data, "seed", 0)))
            self._warm_up()
        device = device_of(self.network)
        for step in range(start, horizon):
            for _ in range(self.actions):
                self.interact(self.epsilon(step, horizon))
            batch = self.replay.draw(self.batch).to(device)
            loss = self.loss(batch)
            self.minimise(loss, step, horizon)
            self._move_target(step)
            returns = self.life.returns
            yield {"loss": loss.detach(), "return": sum(returns) / max(1, len(returns))}

    def loss(self, batch: Transitions) -> Tensor:
        """The Huber loss of the TD errors: quadratic up to 1, linear beyond (the paper's clipping of the error)."""
        value = self.network(*batch.inputs).gather(1, batch.target.action[:, None]).squeeze(1)
        td_error = self.td_target(batch) - value
        return functional.smooth_l1_loss(td_error, torch.zeros_like(td_error))

    @torch.no_grad()
    def td_target(self, batch: Transitions) -> Tensor:
        """y [B]: the reward plus the discounted value of the next observation, which is 0 after a terminal state."""
        future = self.bootstrap(self.network, self.target, batch.target.following)
        return batch.target.reward + self.discount * future * ~batch.target.terminal.bool()

    def epsilon(self, step: int, horizon: int) -> float:
        """Probability of a random action at an update: falls linearly from 1 to `final_epsilon`."""
        return max(self.final_epsilon, 1 - (1 - self.final_epsilon) * step / max(1.0, self.explore * horizon))

    @torch.no_grad()
    def interact(self, epsilon: float) -> None:
        """One environment step, epsilon-greedy: a random action, or the one of the largest value."""
        observation = torch.from_numpy(self.life.observation)[None]
        if float(torch.rand(())) < epsilon:
            action = int(torch.randint(self.choices, ()))
        else:
            action = int(self.network(observation.to(device_of(self.network))).argmax())
        before, reward, after, terminal = self.life.act(action)
        self.replay.add(before, action, reward, after, terminal)

    def _warm_up(self) -> None:
        """Fills the replay buffer by random actions, and measures the observations in it."""
        while self.replay.written < self.warmup:
            self.interact(1.0)
        for network in (self.network, self.target):
            measure = getattr(getattr(network, "observations", None), "measure", None)
            if measure is not None:
                measure(self.replay.observation[: len(self.replay)].to(device_of(network)))

    @torch.no_grad()
    def _move_target(self, step: int) -> None:
        if self.tau:
            mine, other = tuple(self.target.parameters()), tuple(self.network.parameters())
            torch._foreach_lerp_(mine, other, self.tau)  # pyright: ignore[reportPrivateImportUsage]
        elif (step + 1) % self.target_interval == 0:
            self.target.load_state_dict(self.network.state_dict())
