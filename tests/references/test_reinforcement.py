"""Q-learning against what it must equal: targets written out, values of a small chain, episodes played again."""

import copy
import inspect
from pathlib import Path
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch
from torch import nn

from bestiary.algorithms.q_learning import QLearning, Replay, double_value, max_value
from bestiary.architectures.reinforcement.dqn import Dueling, DuelingQNetwork, PixelQNetwork, QNetwork
from bestiary.batches import Batch
from bestiary.contracts import EnvironmentSpec
from bestiary.errors import InputError
from bestiary.inputs import ObservationInputs
from bestiary.kinds.environment.worlds import Life, episodes, numbers, open_world
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.planning.chosen import _sorted_words
from bestiary.planning.plan_check import _check_words
from bestiary.recipes.control import q_learning
from bestiary.records import names
from bestiary.targets import Steps
from tests.references.parity import assert_same, copy_in_order


class Chain(gymnasium.Env):
    """Five states in a row; going right at the end pays 1 and ends, a clock stops after 12 steps."""

    observation_space = gymnasium.spaces.Discrete(5)
    action_space = gymnasium.spaces.Discrete(2)
    clock = 12

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = 0, 0
        return 0, {}

    def step(self, action):
        self.steps += 1
        ended = self.place == 4 and action == 1
        self.place = min(4, self.place + 1) if action == 1 else max(0, self.place - 1)
        return self.place, float(ended), ended, not ended and self.steps >= self.clock, {}


class Endless(Chain):
    """Pays 1 at every step and never ends by itself."""

    clock = 5

    def step(self, action):
        place, _, _, _, words = super().step(action)
        return place, 1.0, False, self.steps >= self.clock, words


class Counter(gymnasium.Env):
    """Counts its steps up to 3, in one array that it hands out again and again."""

    observation_space = gymnasium.spaces.Box(0, 3, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self):
        self.count = np.zeros(1, np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count[:] = 0
        return self.count, {}

    def step(self, action):
        self.count += 1
        return self.count, 0.0, bool(self.count[0] == 3), False, {}


HERE = "tests.references.test_reinforcement"


@pytest.fixture(autouse=True)
def named(monkeypatch):
    """The person has named these herself, as when she asks for a training in them."""
    own = {f"{HERE}:{world}" for world in ("Chain", "Endless", "Counter")}
    monkeypatch.setattr(names, "_given", own | {"no_such_module:Class", "json:JSONDecoder"})


def learner(name: str, features: int, **words) -> QLearning:
    torch.manual_seed(0)
    network = nn.Linear(features, 2, bias=False)  # a table: one weight for each state and action
    nn.init.zeros_(network.weight)
    target = copy.deepcopy(network)
    words = {
        "warmup": 200,
        "batch": 64,
        "explore": 1.0,
        "final_epsilon": 1.0,
        "target_interval": 20,
        "discount": 0.9,
        **words,
    }
    return QLearning(
        network,
        target,
        Minimise(AdamW(network, 0.05), trapezoid(decay=0.7)),
        Life(name),
        Replay(5000, features),
        2,
        words.pop("bootstrap", max_value),
        **words,
    )


def written_target(batch, network, target, double_q):
    """Algorithm 1 of the paper, one transition at a time; double: van Hasselt et al. 2016, equation 4."""
    targets = []
    for i in range(len(batch.target.reward)):
        future = target(batch.target.following[i])
        best = future[network(batch.target.following[i]).argmax()] if double_q else future.max()
        targets.append(batch.target.reward[i] + (0.0 if batch.target.terminal[i] else 0.9 * best))
    return targets


def test_the_target_is_the_written_one():
    torch.manual_seed(1)
    network, target = nn.Linear(3, 4), nn.Linear(3, 4)
    algorithm = learner("CartPole-v1", 3)
    algorithm.network, algorithm.target = network, target
    seen = ObservationInputs(torch.randn(6, 3))
    batch = Batch(seen, Steps(torch.randint(4, (6,)), torch.randn(6), torch.randn(6, 3), torch.arange(6) % 3 == 1))
    for bootstrap in (max_value, double_value):
        algorithm.bootstrap = bootstrap
        expected = 0.0
        for i, td_target in enumerate(written_target(batch, network, target, bootstrap is double_value)):
            error = float((network(batch.inputs.observation[i])[batch.target.action[i]] - td_target).detach())
            expected += (0.5 * error**2 if abs(error) < 1 else abs(error) - 0.5) / 6
        assert float(algorithm.loss(batch)) == pytest.approx(expected, abs=1e-6)


def value_iteration():
    """The exact values of the chain's states and actions."""
    exact = np.zeros((5, 2))
    for _ in range(200):
        best = exact.max(1)
        for s in range(5):
            exact[s, 0] = 0.9 * best[max(0, s - 1)]
            exact[s, 1] = 1.0 if s == 4 else 0.9 * best[s + 1]
    return exact


def test_values_of_a_chain_are_those_of_value_iteration():
    algorithm = learner(f"{HERE}:Chain", 5)
    for _ in algorithm.updates(None, 0, 1500):
        pass
    exact = value_iteration()
    found = algorithm.network.weight.detach().numpy().T
    assert np.abs(found - exact).max() < 0.03, found


def test_epsilon_falls_in_a_line_and_then_stays():
    algorithm = learner("CartPole-v1", 4, explore=0.5, final_epsilon=0.1)
    epsilons = [algorithm.epsilon(step, 1000) for step in (0, 125, 250, 375, 500, 750, 1000)]
    assert epsilons == pytest.approx([1.0, 0.775, 0.55, 0.325, 0.1, 0.1, 0.1])
    assert learner("CartPole-v1", 4, explore=0.0, final_epsilon=0.0).epsilon(1, 1000) == 0


def test_actions_are_random_as_often_as_planned():
    """A network that always prefers action 0 and never learns: action 1 comes by chance alone, every second time."""
    algorithm = learner("CartPole-v1", 4, explore=0.5, final_epsilon=0.1, warmup=100)
    algorithm.network = lambda seen: torch.tensor([1.0, 0.0]).expand(len(seen), 2)
    algorithm.loss, algorithm.minimise = lambda batch: torch.zeros(()), lambda loss, step, horizon: None
    algorithm._move_target = lambda step: None
    for _ in algorithm.updates(None, 0, 4000):
        pass
    chosen = algorithm.replay.action[100:4100].float().view(4, 1000).mean(1)
    planned = torch.tensor([0.775, 0.325, 0.1, 0.1]) / 2  # epsilon falls from 1 to 0.1 over the first half
    assert (chosen - planned).abs().max() < 4 * 0.5 / 1000**0.5
    assert algorithm.replay.action[:100].float().mean() == pytest.approx(0.5, abs=0.2), "the memory is filled by chance"


def test_a_time_limit_is_not_the_end_of_the_world():
    """Where every step pays 1, a state is worth 1 / (1 - 0.9) = 10, however short the clock."""
    algorithm = learner(f"{HERE}:Endless", 5, discount=0.9)
    for _ in algorithm.updates(None, 0, 2500):
        pass
    values = algorithm.network.weight.detach().numpy().T
    assert abs(values[:3].mean() - 10) < 0.7, values
    assert not algorithm.replay.terminal.any()


def test_observations_are_measured_on_what_chance_has_seen():
    """Before the first update both networks take the mean and spread of the warm-up, and keep them."""
    algorithm = learner("CartPole-v1", 4, warmup=300)
    algorithm.network, algorithm.target = (QNetwork(features=4, outputs=2, widths=(6,)) for _ in range(2))
    algorithm.minimise = lambda loss, step, horizon: None
    for _ in algorithm.updates(None, 0, 3):
        pass
    seen = algorithm.replay.observation[:300]
    for network in (algorithm.network, algorithm.target):
        torch.testing.assert_close(network.observations.mean, seen.mean(0))
        torch.testing.assert_close(network.observations.scale, seen.std(0))
    assert len(algorithm.replay) == 303


def test_replay_overwrites_the_oldest_and_draws_all_alike():
    replay = Replay(10, 1)
    for number in range(13):
        replay.add(np.float32([number]), number % 2, float(number), np.float32([number + 1]), number == 12)
    assert sorted(replay.reward.tolist()) == [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    torch.manual_seed(0)
    drawn = torch.cat([replay.draw(1000).target.reward for _ in range(10)])
    counts = np.bincount(drawn.long().numpy(), minlength=13)[3:]
    assert ((counts - 1000) ** 2 / 1000).sum() < 27.9  # chi-square with 9 degrees, 0.1 %


def test_a_world_may_reuse_its_array():
    life, replay = Life(f"{HERE}:Counter"), Replay(10, 1)
    life.begin(0)
    for _ in range(3):
        before, reward, after, terminal = life.act(0)
        replay.add(before, 0, reward, after, terminal)
    stored = torch.cat((replay.observation, replay.following), 1)[:3]
    assert stored.tolist() == [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]


def test_a_life_is_played_again_on_load():
    torch.manual_seed(0)
    first = Life("CartPole-v1")
    first.begin(3)
    for action in torch.randint(2, (137,)).tolist():
        first.act(action)
    second = Life("CartPole-v1")
    second.load_state_dict(first.state_dict())
    assert np.array_equal(first.observation, second.observation)
    for action in [0, 1, 1, 0, 1]:
        a, b = first.act(action), second.act(action)
        assert all(np.array_equal(x, y) for x, y in zip(a, b))
    assert first.returns == second.returns and first.episode == second.episode


def test_q_network_is_a_sequence_on_scaled_observations():
    torch.manual_seed(0)
    ours = QNetwork(features=4, outputs=3, widths=(6, 5))
    theirs = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    theirs.load_state_dict(dict(zip(theirs.state_dict(), dict(ours.named_parameters()).values(), strict=True)))
    observations = torch.randn(9, 4) * 3 + 1
    ours.observations.measure(observations)
    scaled = lambda x: theirs((x - observations.mean(0)) / observations.std(0))  # noqa: E731
    assert_same(
        ours, scaled, (torch.randn(7, 4),), parameters=dict(zip(dict(ours.named_parameters()), theirs.parameters()))
    )


def test_pixel_network_is_the_papers_table():
    """Extended Data table 1: three convolutions and a hidden layer, all rectified; pixels are divided by 255."""
    torch.manual_seed(0)
    ours = PixelQNetwork(channels=2, outputs=3)
    theirs = nn.Sequential(
        *(nn.Conv2d(2, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 64, 3, 1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 3)),
    )
    copy_in_order(ours, theirs)
    frames = torch.randint(0, 256, (2, 2, 84, 84)).float()
    torch.testing.assert_close(ours(frames), theirs(frames / 255))


def equation_9(head: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """One row and one action at a time, from the two streams."""
    rows = []
    for row in x:
        value, advantage = head.state(row)[0], head.advantage(row)
        rows.append(torch.stack([value + one - sum(advantage) / len(advantage) for one in advantage]))
    return torch.stack(rows)


def test_dueling_head_is_equation_9():
    torch.manual_seed(0)
    head = Dueling(width=3, hidden=5, outputs=4)
    assert_same(head, lambda x: equation_9(head, x), (torch.randn(6, 3),))


def test_dueling_network_is_a_layer_and_its_head():
    torch.manual_seed(0)
    ours = DuelingQNetwork(features=3, outputs=4, widths=(6, 5))
    reference = lambda x: equation_9(ours.head, torch.relu(x @ ours.body[0].weight.T + ours.body[0].bias))  # noqa: E731
    assert_same(ours, reference, (torch.randn(6, 3),))


def test_episodes_side_by_side_are_those_one_by_one():
    torch.manual_seed(0)
    network = QNetwork(features=4, outputs=2, widths=(8,))
    choose = lambda seen: network(seen).argmax(1)  # noqa: E731
    together = episodes("CartPole-v1", range(7), choose, together=3)[0]
    alone = [episodes("CartPole-v1", [seed], choose)[0][0] for seed in range(7)]
    assert together.tolist() == alone
    world = open_world("CartPole-v1")
    observation, total, ended = world.reset(seed=5)[0], 0.0, False
    while not ended:
        action = int(network(torch.from_numpy(numbers(world, observation))[None]).argmax())
        observation, reward, terminated, truncated, _ = world.step(action)
        total, ended = total + reward, terminated or truncated
    assert total == together[5]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CartPol-v1", "did you mean 'CartPole"),
        ("Pendulum-v1", "chooses one of several actions"),
        ("no_such_module:Class", "cannot be found"),
        ("json:JSONDecoder", "expected a class that derives from gymnasium.Env"),
        ("json:JSONEncoder", "whose code would be run; to allow it: --environment json:JSONEncoder"),
    ],
)
def test_worlds_that_cannot_be_played_are_refused_in_a_line(name, message):
    with pytest.raises(InputError, match=message):
        open_world(name)


def test_dueling_network_learns_its_scales():
    network = DuelingQNetwork(features=2, outputs=3, widths=(4, 4))
    network.observations.measure(torch.tensor([[10.0, 5.0], [14.0, 5.0]]))
    assert network.observations.mean.tolist() == [12.0, 5.0]
    assert network.observations.scale[1] == 1


def test_words_of_earlier_versions_still_stand_for_theirs():
    """A plan that was written before the words of Q-learning were renamed is followed as it was meant."""
    spec = EnvironmentSpec(4, 2, "CartPole-v1")
    old = {"follow": 0.01, "least": 0.1, "refresh": 7, "hope": "greatest"}
    algorithm = q_learning(nn.Linear(4, 2), spec, **old)
    assert (algorithm.tau, algorithm.final_epsilon, algorithm.target_interval) == (0.01, 0.1, 7)
    assert algorithm.bootstrap is max_value
    entrant = SimpleNamespace(name="dqn/small", recipe="bestiary.recipes.control:q_learning", settings=[old])
    _check_words(entrant, Path("plan.json"))
    network = "bestiary.architectures.reinforcement.dqn:QNetwork"
    assert _sorted_words({"follow": 0.2}, entrant.recipe, network) == ({"tau": 0.2}, {})
    assert set(old).isdisjoint(inspect.signature(q_learning).parameters)
