"""Machines with an energy against scikit-learn, sums over all states, and the rules as they are written."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.neural_network import BernoulliRBM
from torch import Tensor, nn

from bestiary.algorithms.contrastive_divergence import (
    ContrastiveDivergence,
    PersistentContrastiveDivergence,
    contrast,
    fantasies,
)
from bestiary.algorithms.covariance import CovarianceStorage
from bestiary.algorithms.hebbian import HebbianStorage, ProjectionStorage
from bestiary.algorithms.layerwise import Labelled, LayerWise, evenly, phase
from bestiary.algorithms.up_down import UpDown, relive, up_and_down
from bestiary.architectures.energy.dbn import DBN, DBNAutoencoder, DBNClassifier, LabelledDBN, RBMClassifier
from bestiary.architectures.energy.hopfield import Hopfield
from bestiary.architectures.energy.rbm import RBM, GaussianRBM, LabelledRBM, Machine
from bestiary.contracts import ImageSpec, TableSpec
from bestiary.fit import fit
from bestiary.recipes.energy import features_then_labels, layers, layers_then_up_down
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder

SEEDS = range(4)
Array = NDArray[np.float64]


def states(count: int) -> Tensor:
    """All 2^count states of units that are 0 or 1."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=count)), dtype=torch.double)


def stirred(machine: Machine, seed: int, spread: float = 0.7) -> Machine:
    torch.manual_seed(seed)
    for parameter in machine.parameters():
        nn.init.normal_(parameter, std=spread)
    return machine.double()


# ---------------------------------------------------------------------------------------------- scikit-learn


@pytest.mark.parametrize("seed", SEEDS)
def test_rbm_is_scikit_learns(seed: int) -> None:
    roll = random.Random(seed)
    features, width = roll.randint(2, 20), roll.randint(2, 20)
    rows = np.random.default_rng(seed).integers(0, 2, (30, features)).astype(float)
    theirs = BernoulliRBM(width, n_iter=3, random_state=seed).fit(rows)
    ours = stirred(RBM(features=features, width=width), seed)
    theirs.components_ = ours.weight.detach().numpy()
    theirs.intercept_hidden_, theirs.intercept_visible_ = (
        bias.detach().numpy() for bias in (ours.hidden_bias, ours.visible_bias)
    )
    visible = torch.from_numpy(rows)
    np.testing.assert_allclose(ours(visible).detach(), theirs.transform(rows), atol=1e-12)
    np.testing.assert_allclose(ours.free_energy(visible).detach(), theirs._free_energy(rows), rtol=1e-10)
    hidden = torch.bernoulli(ours.hidden(visible).detach())
    chance = ours.visible(hidden).detach().numpy()
    drawn = np.mean([theirs._sample_visibles(hidden.numpy(), np.random.RandomState(n)) for n in range(2000)], 0)
    assert np.abs(chance - drawn).max() < 5 * 0.5 / 2000**0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_pseudo_likelihood_follows_from_the_free_energy(seed: int) -> None:
    """scikit-learn's `score_samples`: log p of one unit given all others, times the number of units."""
    rows = np.random.default_rng(seed).integers(0, 2, (40, 9)).astype(float)
    theirs = BernoulliRBM(5, n_iter=5, random_state=seed).fit(rows)
    ours = RBM(features=9, width=5).double()
    with torch.no_grad():
        ours.weight.copy_(torch.from_numpy(theirs.components_))
        ours.hidden_bias.copy_(torch.from_numpy(theirs.intercept_hidden_))
        ours.visible_bias.copy_(torch.from_numpy(theirs.intercept_visible_))
    theirs.random_state = seed
    unit = np.random.RandomState(seed).randint(0, 9, 40)  # what it draws
    visible = torch.from_numpy(rows)
    other = visible.clone()
    other[torch.arange(40), unit] = 1 - other[torch.arange(40), unit]
    ours_score = 9 * nn.functional.logsigmoid(ours.free_energy(other) - ours.free_energy(visible))
    np.testing.assert_allclose(ours_score.detach(), theirs.score_samples(rows), rtol=1e-9)


# ---------------------------------------------------------------------------------------------- sums over states


@pytest.mark.parametrize("seed", SEEDS)
def test_free_energy_sums_over_hidden_states(seed: int) -> None:
    for machine in (RBM(features=4, width=3), GaussianRBM(features=4, width=3)):
        stirred(machine, seed)
        hidden = states(3)
        visible = torch.rand(5, 4, dtype=torch.double)
        by_hand = [-torch.logsumexp(-machine.energy(row.expand(8, 4), hidden), 0) for row in visible]
        torch.testing.assert_close(machine.free_energy(visible), torch.stack(by_hand))
        weights = torch.stack([(-machine.energy(row.expand(8, 4), hidden)).softmax(0) for row in visible])
        torch.testing.assert_close(machine.hidden(visible), weights @ hidden)


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_are_answered_by_their_free_energy(seed: int) -> None:
    machine = stirred(LabelledRBM(features=5, outputs=3, width=4), seed)
    features = torch.rand(6, 5, dtype=torch.double)
    energies = [machine.free_energy(machine.join(features, torch.full((6,), label))) for label in range(3)]
    shift = features @ machine.visible_bias[:5]  # the same for every label
    torch.testing.assert_close(machine(features) + shift[:, None], -torch.stack(energies, 1))


def test_gibbs_sampling_reaches_the_distribution() -> None:
    machine = stirred(RBM(features=3, width=2), 0)
    every = states(3)
    expected = (-machine.free_energy(every)).softmax(0).detach()
    torch.manual_seed(0)
    drawn = machine.gibbs(torch.zeros(40_000, 3, dtype=torch.double), 30)
    place = (drawn @ torch.tensor([4.0, 2.0, 1.0], dtype=torch.double)).long()
    found = torch.bincount(place, minlength=8) / len(place)
    assert float((found - expected).abs().max()) < 5 * 0.5 / len(place) ** 0.5


# ---------------------------------------------------------------------------------------------- the rules


def difference(machine: Machine, data: Tensor, fantasy: Tensor) -> Tensor:
    return machine.free_energy(data).mean() - machine.free_energy(fantasy).mean()


@pytest.mark.parametrize("kind", [RBM, GaussianRBM])
def test_the_contrast_is_the_gradient_of_the_free_energies(kind: type[Machine]) -> None:
    machine = stirred(kind(features=6, width=4), 1)
    data = torch.rand(10, 6, dtype=torch.double)
    fantasy = fantasies(machine, data, 2)[:7]
    expected = torch.autograd.grad(difference(machine, data, fantasy), list(machine.parameters()))
    contrast(machine, data, fantasy)
    for parameter, wanted in zip(machine.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, wanted)


def gradients(steps: int) -> tuple[list[Tensor], list[Tensor]]:
    """Of contrastive divergence with many chains, and of the exact likelihood, summed over all states."""
    machine = stirred(RBM(features=4, width=3), 2, spread=1.5)
    data = states(4)[[3, 3, 5, 12]]
    likelihood = machine.free_energy(data).mean() + torch.logsumexp(-machine.free_energy(states(4)), 0)
    exact = torch.autograd.grad(likelihood, list(machine.parameters()))
    torch.manual_seed(0)
    contrast(machine, data, machine.gibbs(data.repeat(20_000, 1), steps))
    return [parameter.grad for parameter in machine.parameters()], list(exact)  # type: ignore[misc]


def test_long_chains_give_the_gradient_of_the_likelihood() -> None:
    for found, exact in zip(*gradients(100)):
        assert float((found - exact).abs().max()) < 0.01


def test_one_round_is_biased() -> None:
    """So the comparison above can tell."""
    found, exact = gradients(1)
    assert float((found[0] - exact[0]).abs().max()) > 0.03


# ---------------------------------------------------------------------------------------------- Hopfield


def patterns(count: int, units: int, seed: int) -> Tensor:
    return torch.where(torch.rand(count, units, generator=torch.Generator().manual_seed(seed)) < 0.5, -1.0, 1.0)


def data_of(rows: Tensor) -> ArrayData:
    arrays = {"features": rows.numpy(), "target": np.zeros(len(rows), dtype=np.int64)}
    return ArrayData(TableSpec(rows.shape[1], 1), {"problem": "classification"}, {"train": arrays}, batch=4)


@pytest.mark.parametrize("seed", range(20))
def test_energy_never_rises(seed: int) -> None:
    """In random networks, from random states, in random orders; and it does when all units change at once."""
    torch.manual_seed(seed)
    units = int(torch.randint(2, 60, ()))
    network = Hopfield(features=units)
    network.weights = torch.randn(units, units)
    network.get_buffer("thresholds").copy_(torch.randn(units))
    start = patterns(16, units, seed)
    settled, energies = network.descent(start, torch.randperm(units))
    assert float(energies.diff(dim=0).max()) <= 1e-4 * units
    assert torch.equal(network.recall(settled), settled), "a minimum stays"
    by_hand = torch.einsum("bi,i->b", start, network.get_buffer("thresholds"))
    by_hand -= torch.einsum("bi,ij,bj->b", start, network.weights, start) / 2
    torch.testing.assert_close(energies[0], by_hand)


def test_energy_can_rise_when_all_units_change_at_once() -> None:
    network = Hopfield(features=40)
    torch.manual_seed(0)
    network.weights = torch.randn(40, 40)
    start = patterns(200, 40, 0)
    together = (start @ network.weights).sign()
    assert bool((network.energy(together) > network.energy(start) + 1).any())


def test_every_single_change_lowers_the_energy() -> None:
    network = Hopfield(features=30)
    torch.manual_seed(3)
    network.weights = torch.randn(30, 30)
    state = patterns(1, 30, 3)[0]
    changes = 0
    for unit in range(30):
        pull = network.weights[unit] @ state
        after = state.clone()
        after[unit] = pull.sign()
        if after[unit] != state[unit]:
            drop = network.energy(state[None]) - network.energy(after[None])
            torch.testing.assert_close(drop[0], 2 * pull.abs(), atol=1e-4, rtol=1e-4)
            changes += 1
        state = after
    assert changes > 3


def settled(weights: Tensor, rows: Tensor) -> list[list[float]]:
    """The paper's rule: unit after unit takes the sign of what the others send it, until a round changes none."""
    ends = []
    for row in rows.tolist():
        state, before = list(row), []
        while state != before:
            before = list(state)
            for unit in range(len(state)):
                pull = sum(weights[unit, other].item() * state[other] for other in range(len(state)) if other != unit)
                state[unit] = state[unit] if pull == 0 else (1.0 if pull > 0 else -1.0)
        ends.append(state)
    return ends


def test_recall_is_the_papers_rule() -> None:
    torch.manual_seed(0)
    network, rows = Hopfield(features=9), torch.randn(12, 9)
    network.weights = torch.randn(9, 9).triu(1)
    signs = torch.where(rows > 0, 1.0, -1.0)
    expected = torch.tensor(settled(network.weights, signs))
    assert torch.equal(network(rows), expected)
    assert not torch.equal(expected, signs), "some units change"


def test_weights_are_symmetric_without_a_diagonal() -> None:
    network = Hopfield(features=7)
    network.weights = torch.randn(7, 7)
    assert torch.equal(network.weights, network.weights.T)
    assert not network.weights.diagonal().any()
    assert sum(p.numel() for p in network.parameters()) == 21


def hebb(rows: Tensor) -> Tensor:
    """The paper's equation 2, divided by the number of units."""
    weights = sum(torch.outer(row, row) for row in rows) / rows.shape[1]
    return weights.fill_diagonal_(0)  # type: ignore[union-attr]


def test_hebbian_storage_is_the_sum_of_outer_products() -> None:
    rows = patterns(12, 30, 0)
    network = Hopfield(features=30)
    made = list(HebbianStorage(network, 10).updates(data_of(rows), 0, 100))
    assert len(made) == 3, "4 + 4 + 2 patterns, then it has finished"
    order = torch.cat([data_of(rows).batch("train", n).inputs[0] for n in range(3)])[:10]
    torch.testing.assert_close(network.weights, hebb(order))


@pytest.mark.parametrize("rows", [12, 15])
def test_storage_ends_with_the_last_whole_batch(rows: int) -> None:
    network, data = Hopfield(features=30), data_of(patterns(rows, 30, 0))
    assert len(list(HebbianStorage(network, 1000).updates(data, 0, 100))) == 3
    stored = torch.cat([data.batch("train", n).inputs[0] for n in range(3)])
    torch.testing.assert_close(network.weights, (stored.T @ stored / 30).fill_diagonal_(0))


def test_projection_is_the_pseudo_inverse() -> None:
    rows = patterns(12, 30, 0)
    rows[5] = rows[4]  # a pattern twice
    network = Hopfield(features=30)
    list(ProjectionStorage(network, 12).updates(data_of(rows), 0, 100))
    by_hand = rows.T @ torch.linalg.pinv(rows.T)
    torch.testing.assert_close(network.weights, by_hand - torch.diag(by_hand.diagonal()), atol=1e-5, rtol=1e-4)
    assert torch.equal(network.recall(rows), rows)


def test_the_covariance_rule_is_hebbs_less_the_mean() -> None:
    rows = torch.where(torch.rand(12, 30, generator=torch.Generator().manual_seed(0)) < 0.2, 1.0, -1.0)
    network = Hopfield(features=30)
    made = list(CovarianceStorage(network, 10).updates(data_of(rows), 0, 100))
    assert len(made) == 3, "4 + 4 + 2 patterns, then it has finished"
    order = torch.cat([data_of(rows).batch("train", n).inputs[0] for n in range(3)])[:10].numpy().astype(float)
    weights = np.cov(order.T, bias=True) * 10 / 30
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(network.weights, weights, atol=1e-6)
    mean = order.mean(0)
    state = patterns(1, 30, 1)
    pull = (state - torch.from_numpy(mean).float()) @ network.weights + (1 - mean**2).mean() * mean
    torch.testing.assert_close(state @ network.weights - network.get_buffer("thresholds"), pull.float())


# ---------------------------------------------------------------------------------------------- layers


def test_phases_follow_from_step_and_horizon() -> None:
    for horizon in (7, 12, 100, 1001):
        for machines in (1, 2, 3):
            steps = [phase(step, horizon, machines, 0.6) for step in range(horizon)]
            assert [p.number for p in steps] == sorted(p.number for p in steps)
            assert all(0 <= p.step < p.horizon for p in steps)
            assert sum(p.number < machines for p in steps) == round(0.6 * horizon)
            assert steps[-1].number == machines
    assert phase(0, 10, 2, 0.0).number == 2


def test_a_machine_sees_what_the_one_below_has_found() -> None:
    stack = DBN(features=12, widths=(7, 5, 3))
    rows = torch.rand(4, 12)
    seen = rows
    for layer, machine in enumerate(stack.machines):
        torch.testing.assert_close(stack.sees(layer, rows, torch.zeros(4)), seen)
        seen = machine.hidden(seen)  # type: ignore[operator]
    torch.testing.assert_close(stack(rows), seen)


def sigmoid_layers(stack: DBN | DBNClassifier) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Flatten()]
    for machine in stack.machines:
        nn.init.normal_(machine.hidden_bias)  # type: ignore[arg-type]
        linear = nn.Linear(machine.weight.shape[1], machine.weight.shape[0])  # type: ignore[union-attr]
        linear.weight, linear.bias = machine.weight, machine.hidden_bias  # type: ignore[assignment]
        layers += [linear, nn.Sigmoid()]
    return nn.Sequential(*layers)


def test_the_classifier_is_a_sigmoid_network() -> None:
    rows = torch.rand(5, 3, 2, 2)
    stack, classifier = DBN(features=12, widths=(7, 5)), DBNClassifier(features=12, outputs=4, widths=(7, 5))
    below, layers = sigmoid_layers(stack), sigmoid_layers(classifier)
    torch.testing.assert_close(stack(rows), below(rows))
    torch.testing.assert_close(classifier(rows), nn.Sequential(*layers, classifier.readout)(rows))


def label_scores(network: LabelledDBN, rows: Tensor) -> Tensor:
    """Minus the free energy of the top machine with each label in turn, one row and one label at a time."""
    below, top = network.machines
    answers = []
    for row in rows:
        seen = torch.sigmoid(below.weight @ row + below.hidden_bias)
        for label in torch.eye(3):
            visible = torch.cat([seen, label])
            sums = top.weight @ visible + top.hidden_bias
            answers.append(label @ top.visible_bias[-3:] + torch.log1p(sums.exp()).sum())
    return torch.stack(answers).view(-1, 3)


def test_the_labelled_stack_answers_by_free_energies() -> None:
    torch.manual_seed(0)
    network = LabelledDBN(features=6, outputs=3, widths=(5, 4))
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    rows = torch.rand(7, 6)
    torch.testing.assert_close(network(rows), label_scores(network, rows))


def test_the_autoencoder_gives_back_what_its_log_odds_say() -> None:
    network = DBNAutoencoder(features=12, widths=(7, 5, 3))
    network.unit.measure({"pixel_range": [0.0, 16.0], "pixel_mean": [4.0], "pixel_scale": [2.0]})
    rows = torch.randn(4, 1, 3, 4)
    expected = network.unit.back(network.logits(rows).sigmoid()).view_as(rows)
    torch.testing.assert_close(network(rows), expected)
    torch.testing.assert_close(network.decode(network.encode(rows)).view_as(rows), expected)


def test_dreams_keep_their_label() -> None:
    torch.manual_seed(0)
    network = LabelledDBN(features=6, outputs=3, widths=(5, 8))
    with torch.no_grad():  # each label turns its own hidden unit on, which turns its own feature on
        network.top.weight.zero_()
        network.top.hidden_bias.fill_(-20)
        for label in range(3):
            network.top.weight[label, 5 + label] = 40
            network.top.weight[label, label] = 20
        network.top.visible_bias.fill_(-10)
        network.machines[0].weight.zero_()  # type: ignore[union-attr]
        network.machines[0].weight[:3, :3] = 20 * torch.eye(3)  # type: ignore[index]
        network.machines[0].visible_bias.fill_(-10)  # type: ignore[union-attr]
    torch.testing.assert_close(
        network.sample(3, torch.Generator().manual_seed(0), 20)[:, :3], torch.eye(3), atol=1e-3, rtol=0
    )


def test_dreams_are_drawn_on_their_way_down() -> None:
    """The mean over many draws is that of the model, summed over all states of the layer between."""
    torch.manual_seed(0)
    stack = DBN(features=4, widths=(3, 2))
    for parameter in stack.parameters():
        nn.init.normal_(parameter.requires_grad_(False), std=2)
    chance = torch.tensor([0.3, 0.6, 0.8])
    every = states(3).float()
    weights = (every * chance + (1 - every) * (1 - chance)).prod(1)
    expected = weights @ stack.machines[0].visible(every)  # type: ignore[operator]
    drawn = stack.fall(chance.expand(40_000, -1), 1).mean(0)
    assert float((drawn - expected).abs().max()) < 5 * 0.5 / 40_000**0.5
    assert float((stack.descend(chance[None], 1)[0] - expected).abs().max()) > 0.02, "means of means are another thing"


def test_labels_are_shared_out_evenly_and_stay_the_same() -> None:
    target = torch.arange(60) % 3
    kept = evenly(target, 12)
    assert torch.bincount(target[kept]).tolist() == [4, 4, 4]
    target[:30] = -1
    assert int(evenly(target).min()) == 30
    rows = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    arrays = {"features": rows, "target": target.numpy()}
    for seed in (0, 1):
        data = ArrayData(TableSpec(2, 3), {"problem": "classification"}, {"train": arrays}, batch=8, seed=seed)
        view = Labelled(data)
        seen = torch.cat([view.batch("train", n).inputs[0] for n in range(3)])
        assert len(seen.unique(dim=0)) == 24
        assert all((torch.from_numpy(rows[30:]) == row).all(1).any() for row in seen)
        assert all(int(view.batch("train", n).truth.min()) >= 0 for n in range(20))


def test_with_so_many_labels_no_other_row_is_seen() -> None:
    rows = np.arange(60, dtype=np.float32)[:, None]
    arrays = {"features": rows, "target": np.arange(60) % 3}
    kept = set(evenly(torch.arange(60) % 3, 12).tolist())
    orders = []
    for seed in (0, 1):
        data = ArrayData(TableSpec(1, 3), {"problem": "classification"}, {"train": arrays}, batch=6, seed=seed)
        view = Labelled(data, labels=12)
        seen = [int(value) for n in range(2) for value in view.batch("train", n).inputs[0].flatten()]
        assert set(seen) == kept and len(seen) == 12, "all of them once an epoch"
        orders.append(seen)
    assert orders[0] != orders[1], "in another order for another seed"


class Untouched:
    """An update that changes nothing, and remembers the gradients that it was given."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.given = machine, []

    def update(self, step: int, horizon: int) -> None:
        self.given.append(self.machine.weight.grad.clone())  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [ContrastiveDivergence, PersistentContrastiveDivergence])
def test_a_machine_is_measured_before_it_learns_and_not_again(kind: type[ContrastiveDivergence]) -> None:
    """Visible biases begin at the log odds of each unit's mean; a run that is continued keeps what it has."""
    torch.manual_seed(0)
    rows = torch.rand(12, 5)
    for start, begun in ((0, True), (3, False)):
        machine = RBM(features=5, width=3)
        update = Untouched(machine)
        learner = kind(machine, update)  # type: ignore[arg-type]
        if kind is PersistentContrastiveDivergence:
            learner.chains.begin(rows)  # type: ignore[attr-defined]
        (logs,) = itertools.islice(learner.updates(data_of(rows), start, 9), 1)
        assert torch.equal(machine.visible_bias, torch.zeros(5)) != begun
        if begun:
            torch.testing.assert_close(machine.visible_bias.sigmoid(), machine.read(rows).mean(0).clamp(0.01, 0.99))
        seen = machine.read(data_of(rows).batch("train", start).inputs[0])
        again = machine.visible(machine.hidden(seen))
        assert float(logs["loss"]) == pytest.approx(float((again - seen).square().mean())), "a mean over units and rows"
        assert len(update.given) == 1 and bool(update.given[0].any()), "and then it is updated"


def test_chains_begin_at_rows_of_the_data_and_go_on() -> None:
    torch.manual_seed(0)
    rows, machine = torch.rand(4, 5), RBM(features=5, width=3)
    learner = PersistentContrastiveDivergence(machine, Untouched(machine), chains=10)  # type: ignore[arg-type]
    learner.chains.begin(rows)
    assert torch.equal(learner.chains.states, rows[torch.arange(10) % 4])
    steps: list[int] = []
    machine.gibbs = lambda states, count: (steps.append(count), states + 1)[1]  # type: ignore[method-assign]
    made = learner.updates(data_of(rows), 0, 9)
    for number in range(1, 4):
        next(made)
        begun = machine.read(data_of(rows).batch("train", 0).inputs[0])
        assert torch.equal(learner.chains.states, begun[torch.arange(10) % 4] + number), "from where they were"
    assert steps == [1, 1, 1]


# ---------------------------------------------------------------------------------------------- up and down


class Dice:
    """Uniform numbers, the same for the lines of the appendix and in the place of the draws of torch."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def below(self, chance: Array) -> Array:
        return (self.generator.random(chance.shape) < chance).astype(float)

    def bernoulli(self, chance: Tensor) -> Tensor:
        return torch.from_numpy(self.below(chance.numpy()))


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)


def appendix(w: dict[str, Array], data: Array, targets: Array, rounds: int, r: float, dice: Dice) -> dict[str, Array]:
    """Hinton, Osindero & Teh 2006, appendix B, in its own names; r is shared out over the rows of the batch."""
    wakehid = dice.below(logistic(data @ w["vishid"] + w["hidrecbiases"]))
    wakepen = dice.below(logistic(wakehid @ w["hidpen"] + w["penrecbiases"]))
    waketop = dice.below(logistic(wakepen @ w["pentop"] + targets @ w["labtop"] + w["topbiases"]))
    negtop, negpen, neglab = waketop, wakepen, targets
    for _ in range(rounds):
        negpen = dice.below(logistic(negtop @ w["pentop"].T + w["pengenbiases"]))
        neglab = softmax(negtop @ w["labtop"].T + w["labgenbiases"])
        negtop = dice.below(logistic(negpen @ w["pentop"] + neglab @ w["labtop"] + w["topbiases"]))
    sleeppen = negpen
    sleephid = dice.below(logistic(sleeppen @ w["penhid"] + w["hidgenbiases"]))
    sleepvis = logistic(sleephid @ w["hidvis"] + w["visgenbiases"])
    psleeppen = logistic(sleephid @ w["hidpen"] + w["penrecbiases"])
    psleephid = logistic(sleepvis @ w["vishid"] + w["hidrecbiases"])
    pvis = logistic(wakehid @ w["hidvis"] + w["visgenbiases"])
    phid = logistic(wakepen @ w["penhid"] + w["hidgenbiases"])
    change = {
        "hidvis": wakehid.T @ (data - pvis),
        "visgenbiases": (data - pvis).sum(0),
        "penhid": wakepen.T @ (wakehid - phid),
        "hidgenbiases": (wakehid - phid).sum(0),
        "labtop": targets.T @ waketop - neglab.T @ negtop,
        "labgenbiases": (targets - neglab).sum(0),
        "pentop": wakepen.T @ waketop - negpen.T @ negtop,
        "pengenbiases": (wakepen - negpen).sum(0),
        "topbiases": (waketop - negtop).sum(0),
        "hidpen": sleephid.T @ (sleeppen - psleeppen),
        "penrecbiases": (sleeppen - psleeppen).sum(0),
        "vishid": sleepvis.T @ (sleephid - psleephid),
        "hidrecbiases": (sleephid - psleephid).sum(0),
    }
    return {name: w[name] + r * change[name] / len(data) for name in w}


def named(network: LabelledDBN) -> dict[str, Array]:
    """A network's parameters under the appendix's names; matrices are named, and shaped, from layer to layer."""
    low, middle, top = (
        {name: value.detach().numpy().copy() for name, value in machine.named_parameters()}
        for machine in network.machines
    )
    width = len(low["hidden_bias"])
    vishid, hidpen = (weight.detach().numpy().T.copy() for weight in network.recognition)
    pen = len(middle["hidden_bias"])
    assert middle["weight"].shape == (pen, width)
    return {
        "vishid": vishid, "hidrecbiases": low["hidden_bias"], "hidpen": hidpen, "penrecbiases": middle["hidden_bias"],
        "hidvis": low["weight"], "visgenbiases": low["visible_bias"],
        "penhid": middle["weight"], "hidgenbiases": middle["visible_bias"],
        "pentop": top["weight"][:, :pen].T, "labtop": top["weight"][:, pen:].T, "topbiases": top["hidden_bias"],
        "pengenbiases": top["visible_bias"][:pen], "labgenbiases": top["visible_bias"][pen:],
    }  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_an_update_is_that_of_the_appendix(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(seed)
    network = LabelledDBN(features=6, outputs=3, widths=(5, 4, 7), untied=True).double()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.7)
    data, target = torch.rand(8, 6, dtype=torch.double), torch.randint(3, (8,))
    before, rounds, rate = named(network), 1 + seed, 0.3
    expected = appendix(before, data.numpy(), np.eye(3)[target.numpy()], rounds, rate, Dice(seed))
    monkeypatch.setattr(torch, "bernoulli", Dice(seed).bernoulli)
    up_and_down(network, data, target, rounds)  # type: ignore[arg-type]
    torch.optim.SGD(network.parameters(), rate).step()
    found = named(network)
    assert sum(value.size for value in found.values()) == sum(p.numel() for p in network.parameters())
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-12, err_msg=name)
        assert not np.array_equal(found[name], before[name]), name


def digits_of(seed: int) -> ArrayData:
    """A few images of 3 x 4 pixels in three classes."""
    generator = np.random.default_rng(seed)
    target = generator.integers(0, 3, 60)
    pixels = (generator.random((60, 1, 3, 4)) + target[:, None, None, None] > 1.2).astype(np.float32)
    facts = {"problem": "generate", "classes": ["a", "b", "c"]}
    facts |= {"pixel_mean": [0.0], "pixel_scale": [1.0], "pixel_range": [0.0, 1.0]}
    return ArrayData(ImageSpec(1, (3, 4), 3), facts, {"train": {"pixels": pixels, "target": target}}, batch=10)


def trained(recipe: Callable[..., LayerWise | UpDown], untied: bool, until: int, horizon: int) -> LabelledDBN:
    torch.manual_seed(0)
    network = LabelledDBN(features=12, outputs=3, widths=(7, 5, 6))
    if untied:
        network.untie()
    for _ in itertools.islice(recipe(network, digits_of(0).spec).updates(digits_of(0), 0, horizon), until):
        pass
    return network


def test_both_ways_are_one_until_they_part() -> None:
    """The greedy phase is that of the tied stack, bit for bit; then no weight stays equal to its copy."""
    untied, tied = trained(layers_then_up_down, True, 30, 60), trained(layers, False, 30, 30)
    for name, value in tied.state_dict().items():
        assert torch.equal(untied.state_dict()[name], value), name
    for parted, until in ((False, 30), (True, 31)):
        network = trained(layers_then_up_down, True, until, 60)
        for machine, weight in zip(network.machines, network.recognition):
            assert torch.equal(machine.weight, weight) != parted  # type: ignore[arg-type]


def test_a_tied_stack_learns_greedily_all_along() -> None:
    tied, greedy = trained(layers_then_up_down, False, 60, 60), trained(layers, False, 60, 60)
    assert all(torch.equal(value, greedy.state_dict()[name]) for name, value in tied.state_dict().items())
    assert not tied.untied


def test_a_machine_that_stays_as_it_is_gathers_no_gradient() -> None:
    torch.manual_seed(0)
    network, data = RBMClassifier(features=12, outputs=3, width=7), digits_of(0)
    updates = features_then_labels(network, data.spec).updates(data, 0, 20)
    list(itertools.islice(updates, 10))
    held, readout = (
        {name: value.clone() for name, value in part.state_dict().items()}
        for part in (network.machines, network.readout)
    )
    for _ in updates:
        assert all(parameter.grad is None for parameter in network.machines.parameters())
    assert all(torch.equal(value, held[name]) for name, value in network.machines.state_dict().items())
    assert not any(torch.equal(value, readout[name]) for name, value in network.readout.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())


class Silent:
    """A judge that looks at the end alone."""

    def due(self, step: int) -> bool:
        return False

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        return {"loss": 1.0}


@pytest.mark.parametrize("stop", [4, 8])
def test_up_and_down_resumes_bit_equal(stop: int, tmp_path: Path) -> None:
    """From a checkpoint in the greedy phase, and from one in the second."""

    def learner(seed: int) -> UpDown:
        torch.manual_seed(seed)
        network = LabelledDBN(features=12, outputs=3, widths=(7, 5, 6), untied=True)
        return layers_then_up_down(network, digits_of(0).spec)

    whole = learner(0)
    fit(whole, digits_of(0), RunFolder(tmp_path / "whole"), 11, Silent(), horizon=12)
    fit(learner(0), digits_of(0), RunFolder(tmp_path / "parts"), stop, Silent(), horizon=12)
    parts = learner(5)
    fit(parts, digits_of(0), RunFolder(tmp_path / "parts"), 11, Silent(), horizon=12)
    assert all(torch.equal(a, b) for a, b in zip(whole.answer.parameters(), parts.answer.parameters(), strict=True))


def test_rounds_grow_in_equal_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """3, 6, then 10 rounds, as in the paper's section 6.1."""
    counted: list[int] = []
    monkeypatch.setattr("bestiary.algorithms.up_down.relive", lambda *given: counted.append(1) or relive(*given))
    made = []
    network = LabelledDBN(features=12, outputs=3, widths=(7, 5, 6), untied=True)
    learner = layers_then_up_down(network, digits_of(0).spec, share=0.25)
    assert isinstance(learner, UpDown)
    for _ in learner.updates(digits_of(0), 0, 24):
        made.append(len(counted))
        counted.clear()
    assert made == [0] * 6 + [3] * 6 + [6] * 6 + [10] * 6


def test_up_and_down_learns_without_labels() -> None:
    """The plain stack: its top machine sees features alone, and all parameters move."""
    torch.manual_seed(0)
    network = DBN(features=12, widths=(7, 5), untied=True)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    up_and_down(network, torch.rand(4, 12), torch.zeros(4), 2)  # type: ignore[arg-type]
    torch.optim.SGD(network.parameters(), 0.1).step()
    assert all(not torch.equal(old, new) for old, new in zip(before, network.parameters()))
