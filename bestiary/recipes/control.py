"""Learning to act by values of actions."""

from __future__ import annotations

import copy

from torch import nn

from bestiary.algorithms.q_learning import QLearning, Replay, double_value, max_value
from bestiary.contracts import EnvironmentSpec, Spec
from bestiary.errors import InputError
from bestiary.kinds.environment.worlds import Life
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check, formerly

BOOTSTRAPS = {"max": max_value, "double": double_value}


@formerly(follow="tau", least="final_epsilon", refresh="target_interval", hope="bootstrap")
def q_learning(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    clip: float | None = 10.0,
    bootstrap: str = "double",
    discount: float = 0.99,
    batch: int = 64,
    actions: int = 2,
    capacity: int = 50_000,
    warmup: int = 1000,
    explore: float = 0.2,
    final_epsilon: float = 0.05,
    target_interval: int = 100,
    tau: float = 0.0,
) -> QLearning:
    """Deep Q-learning: experience replay, a target network, Huber loss, epsilon-greedy actions.

    Args:
        network: observations -> the value of each action.
        spec: of an environment.
        rate: learning rate; it decays over the last part of the horizon.
        clip: largest norm of the gradient, or None.
        bootstrap: value of the next observation: "max" (Mnih et al. 2015) or "double" (van Hasselt et al. 2016).
        discount: gamma, the factor by which a reward one step later counts less, 0 to 1.
        batch: transitions per update.
        actions: environment steps per update.
        capacity: transitions that the replay buffer holds.
        warmup: random steps before the first update.
        explore: share of the horizon over which epsilon, the probability of a random action, falls from 1.
        final_epsilon: its value after that.
        target_interval: updates between two copies of the network into the target network.
        tau: if above 0, the target network moves by this share towards the network at each update instead.

    Raises:
        InputError: for data that are not an environment, and for settings out of range.
    """
    if not isinstance(spec, EnvironmentSpec):
        raise InputError(f"Q-learning needs an environment; received {spec.kind} data; try CartPole-v1")
    check(rate=rate, clip=clip)
    bootstrap = "max" if bootstrap == "greatest" else bootstrap  # its former name
    if bootstrap not in BOOTSTRAPS:
        raise InputError(f"bootstrap must be {' or '.join(BOOTSTRAPS)}; received {bootstrap!r}")
    shares = {"discount": discount, "explore": explore, "final_epsilon": final_epsilon, "tau": tau}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise InputError(f"{name} must be from 0 to 1; received {share!r}")
    for name, count in (("batch", batch), ("actions", actions), ("target_interval", target_interval)):
        if count < 1:
            raise InputError(f"{name} must be 1 or more; received {count!r}")
    if not batch <= warmup <= capacity:
        raise InputError(f"expected batch <= warmup <= capacity; received {batch}, {warmup}, {capacity}")
    target = copy.deepcopy(network).requires_grad_(False)
    return QLearning(
        network,
        target,
        Minimise(AdamW(network, rate), trapezoid(decay=0.5), clip),
        Life(spec.environment),
        Replay(capacity, spec.features),
        spec.outputs,
        BOOTSTRAPS[bootstrap],
        discount=discount,
        batch=batch,
        actions=actions,
        warmup=warmup,
        explore=explore,
        final_epsilon=final_epsilon,
        target_interval=target_interval,
        tau=tau,
    )
