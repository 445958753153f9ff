"""Deep Q-learning: steps per second in CartPole, against stable-baselines3 on the same work.

Both act and learn for the same number of steps in the world: the same network (two layers of 128), batch of 64, one
update every 4 steps, a memory of 50,000. Ours must be at least as fast.
"""

import copy
import statistics
import sys
import time

import torch

from bestiary.algorithms.q_learning import QLearning, Replay, max_value
from bestiary.architectures.reinforcement.dqn import QNetwork
from bestiary.kinds.environment.worlds import Life
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise

STEPS, WARMUP, PAIRS = 6000, 1000, 3


def ours(seed: int) -> float:
    """Seconds of the steps after the warm-up."""
    torch.manual_seed(seed)
    network = QNetwork(features=4, outputs=2, widths=(128, 128))
    target = copy.deepcopy(network)
    algorithm = QLearning(
        network, target, Minimise(AdamW(network, 1e-3), clip=10.0), Life("CartPole-v1"), Replay(50_000, 4), 2,
        max_value, batch=64, actions=4, warmup=WARMUP, target_interval=250, explore=0.2,
    )  # fmt: skip
    algorithm.life.begin(seed)
    updates = STEPS // 4
    stream = algorithm.updates(None, 1, updates + 1)  # type: ignore[arg-type]
    algorithm._warm_up()
    began = time.perf_counter()
    for _ in stream:
        pass
    return time.perf_counter() - began


def theirs(seed: int) -> float:
    """The same with stable-baselines3."""
    import gymnasium
    from stable_baselines3 import DQN

    model = DQN(
        "MlpPolicy", gymnasium.make("CartPole-v1"), learning_rate=1e-3, buffer_size=50_000, learning_starts=WARMUP,
        batch_size=64, train_freq=4, gradient_steps=1, target_update_interval=1000, exploration_fraction=0.2,
        policy_kwargs={"net_arch": [128, 128]}, seed=seed, device="cpu",
    )  # fmt: skip
    model.learn(WARMUP)
    began = time.perf_counter()
    model.learn(STEPS, reset_num_timesteps=False)
    return time.perf_counter() - began


def main() -> int:
    """Paired medians; 1 when the bound is missed."""
    torch.set_num_threads(1)
    ours(9), theirs(9)
    pairs = [(ours(seed), theirs(seed)) for seed in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs))
    speeds = f"{STEPS / mine:,.0f} steps a second, stable-baselines3 {STEPS / other:,.0f}"
    print(f"DQN, CartPole: {speeds}: ratio {ratio:.2f} of its time, bound 1.00")
    return int(ratio > 1.0)


if __name__ == "__main__":
    sys.exit(main())
