"""Learning to act by values of actions."""

from __future__ import annotations

import copy

from torch import nn

from bestiary.algorithms.q_learning import QLearning, Replay, double, greatest
from bestiary.contracts import EnvironmentSpec, Spec
from bestiary.errors import InputError
from bestiary.kinds.environment.worlds import Life
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check

HOPES = {"greatest": greatest, "double": double}


def q_learning(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    clip: float | None = 10.0,
    hope: str = "double",
    discount: float = 0.99,
    batch: int = 64,
    actions: int = 2,
    capacity: int = 50_000,
    warmup: int = 1000,
    explore: float = 0.2,
    least: float = 0.05,
    refresh: int = 100,
    follow: float = 0.0,
) -> QLearning:
    """Q-learning with replay and a target network, Huber loss, a chance of random actions that falls.

    Args:
        network: observations -> the value of each action.
        spec: of an environment.
        rate: learning rate; it decays over the last part of the horizon.
        clip: largest norm of the gradient, or None.
        hope: "greatest" (Mnih et al. 2015) or "double" (van Hasselt et al. 2016).
        discount: what a reward one step later is worth, 0 to 1.
        batch: transitions an update.
        actions: steps in the world for each update.
        capacity: transitions that are remembered.
        warmup: steps by chance before the first update.
        explore: share of the horizon over which the chance of a random action falls.
        least: where it stays.
        refresh: updates between two copies into the target network.
        follow: if above 0, the target follows by this share at each update instead.

    Raises:
        InputError: for data that are no environment, or settings with which nothing can be learned.
    """
    if not isinstance(spec, EnvironmentSpec):
        raise InputError(f"Q-learning needs an environment; received {spec.kind} data; try CartPole-v1")
    check(rate=rate, clip=clip)
    if hope not in HOPES:
        raise InputError(f"hope must be {' or '.join(HOPES)}; received {hope!r}")
    for name, share in (("discount", discount), ("explore", explore), ("least", least), ("follow", follow)):
        if not 0 <= share <= 1:
            raise InputError(f"{name} must be from 0 to 1; received {share!r}")
    for name, count in (("batch", batch), ("actions", actions), ("refresh", refresh)):
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
        HOPES[hope],
        discount=discount,
        batch=batch,
        actions=actions,
        warmup=warmup,
        explore=explore,
        least=least,
        refresh=refresh,
        follow=follow,
    )
