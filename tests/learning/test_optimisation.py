"""AdamW equals the written-out algorithm and torch.optim's; schedules; the perceptron's fast and slow path."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bestiary.algorithms.perceptron import PerceptronRule
from bestiary.architectures.convolution.text_cnn import TextCNN
from bestiary.architectures.feedforward.perceptron import Perceptron
from bestiary.contracts import TableSpec, TokenSpec
from bestiary.errors import InputError
from bestiary.fit import fit
from bestiary.optimisation.adamw import AdamW, written_out
from bestiary.optimisation.minimise import FromTorch, Minimise, Optimiser
from bestiary.optimisation.rmsprop import RMSprop
from bestiary.optimisation.schedule import trapezoid
from bestiary.optimisation.sgd import SGD
from bestiary.recipes.perceptron import perceptron
from bestiary.recipes.supervised import classifier
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double()


def gradients(net: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_equals_torch_and_the_papers(decay: float) -> None:
    ours, theirs, written = network(), network(), network()
    mine = AdamW(ours, 0.01, decay)
    groups = [
        {"params": [p for p in theirs.parameters() if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in theirs.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, lr=0.01)
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in written.parameters()]
    for step in range(10):
        for net in (ours, theirs, written):
            gradients(net, step)
        mine.update(1.0)
        reference.step()
        with torch.no_grad():
            for parameter, (first, second) in zip(written.parameters(), moments):
                share = decay if parameter.ndim >= 2 else 0.0
                written_out(parameter, parameter.grad, first, second, step + 1, 0.01, share)  # type: ignore[arg-type]
    for a, b, c in zip(ours.parameters(), theirs.parameters(), written.parameters()):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=0)
        torch.testing.assert_close(a, c, atol=1e-10, rtol=0)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_momentum_is_torchs(momentum: float) -> None:
    ours, theirs = network(), network()
    parts = [(list(ours.parameters())[:2], 0.1), (list(ours.parameters())[2:], 0.0)]
    mine = SGD(parts, 0.01, momentum)
    held = list(theirs.parameters())
    groups = [{"params": held[:2], "weight_decay": 0.1}, {"params": held[2:], "weight_decay": 0.0}]
    reference = torch.optim.SGD(groups, lr=0.01, momentum=momentum)
    _compare(ours, theirs, mine, reference, SGD(parts, 0.01, momentum))


def test_rmsprop_is_torchs() -> None:
    ours, theirs = network(), network()
    mine, reference = RMSprop(ours.parameters(), 0.01), torch.optim.RMSprop(theirs.parameters(), lr=0.01)
    _compare(ours, theirs, mine, reference, RMSprop(ours.parameters(), 0.01))


def _compare(
    ours: nn.Module, theirs: nn.Module, mine: Optimiser, reference: torch.optim.Optimizer, fresh: Optimiser
) -> None:
    """Ten updates to the same bits: the sixth lacks a gradient, the last four are made from a state that was kept."""
    for step in range(10):
        for net in (ours, theirs):
            gradients(net, step)
            if step == 5:
                net[0].weight.grad = None  # type: ignore[index]
        if step == 6:
            fresh.load_state_dict(mine.state_dict())
            mine = fresh
        mine.update(1.0)
        reference.step()
    torch.testing.assert_close(list(ours.parameters()), list(theirs.parameters()), atol=0, rtol=0)


def test_no_training_imports_the_compiler(tmp_path: Path) -> None:
    """It takes two seconds of each process; `torch.optim` imports it with its first step."""
    code = (
        "import sys, torch; from torch import nn; from bestiary.optimisation.sgd import SGD;"
        "from bestiary.optimisation.rmsprop import RMSprop; from bestiary.optimisation.adamw import AdamW;"
        "from bestiary.race.pool import preloaded, worker; from bestiary.optimisation.minimise import Minimise;"
        "net = nn.Linear(2, 1); minimise = [Minimise(one) for one in (SGD([(list(net.parameters()), 0.1)], 0.1, 0.9),"
        "RMSprop(net.parameters(), 0.1), AdamW(net, 0.1))];"
        "[one(net(torch.ones(1, 2)).sum(), 0, 1) for one in minimise];"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_leaves_parameters_without_gradient_alone() -> None:
    net = network()
    gradients(net, 0)
    net[2].weight.grad = None  # type: ignore[union-attr]
    before = [p.detach().clone() for p in net.parameters()]
    AdamW(net, 0.01, 0.1).update(1.0)
    changed = [not torch.equal(a, b) for a, b in zip(before, net.parameters())]
    assert changed == [True, True, False, True]


def test_updates_are_counted_for_all_parameters_together() -> None:
    """A first gradient after 10,000 updates of another parameter: 0.1 / sqrt(0.001) steps, where torch makes one."""
    net = nn.ModuleList(nn.Linear(1, 1, bias=False) for _ in range(2))
    optimiser, before = AdamW(net, 0.01), net[1].weight.item()  # type: ignore[arg-type]
    optimiser.groups[0].step += 10_000
    net[1].weight.grad = torch.ones(1, 1)  # type: ignore[union-attr]
    optimiser.update(1.0)
    assert before - net[1].weight.item() == pytest.approx(0.01 * 0.1 / 0.001**0.5, rel=1e-3)  # type: ignore[arg-type]


def test_state_carries_on() -> None:
    whole, parts = network(), network()
    first, second = AdamW(whole, 0.01, 0.1), AdamW(parts, 0.01, 0.1)
    for step in range(6):
        gradients(whole, step)
        first.update(1.0)
        if step == 3:
            held, second = second.state_dict(), AdamW(parts, 0.01, 0.1)
            second.load_state_dict(held)
        gradients(parts, step)
        second.update(1.0)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), parts.parameters()))


def test_clips_the_norm_of_all_gradients() -> None:
    net = network()
    minimise = Minimise(FromTorch(torch.optim.SGD(net.parameters(), lr=1.0)), clip=0.5)
    before = torch.cat([p.detach().flatten() for p in net.parameters()])
    minimise(1e3 * net(torch.ones(4, 5, dtype=torch.double)).square().sum(), 0, 1)
    after = torch.cat([p.detach().flatten() for p in net.parameters()])
    assert float((after - before).norm()) == pytest.approx(0.5, rel=1e-4)


def test_max_norm_is_kims_rule() -> None:
    """Kim 2014: "rescaling w to have norm s whenever its norm exceeds s after a gradient descent step"."""
    torch.manual_seed(0)
    inputs = torch.randint(1, 20, (8, 9)), torch.full((8,), 9)
    network = TextCNN(vocabulary=20, outputs=3, embedding=4, width=20, dropout=0.0)
    learner = classifier(network, TokenSpec(20, 9, 3), rate=0.2, max_norm=3)
    held, free = learner.network, copy.deepcopy(learner.network)
    optimiser, scaled = AdamW(free, 0.2), 0
    ours, written = cast("nn.Linear", held.output).weight, cast("nn.Linear", free.output).weight
    for step in range(30):
        target = torch.randint(3, (8,), generator=torch.Generator().manual_seed(step))
        learner.minimise(F.cross_entropy(held(*inputs), target), step, 100)
        F.cross_entropy(free(*inputs), target).backward()
        optimiser.update(1.0)
        free.zero_grad()
        with torch.no_grad():
            for row in written:
                if float(row.norm()) > 3:
                    row *= 3 / row.norm()
                    scaled += 1
            assert float(ours.norm(dim=1).max()) <= 3 + 1e-5
        torch.testing.assert_close(ours, written)
    assert scaled > 3
    for mine, theirs in zip(held.parameters(), free.parameters()):
        torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)


def test_max_norm_needs_a_last_layer() -> None:
    with pytest.raises(InputError, match="Sequential has none; leave max_norm out"):
        classifier(network(), TableSpec(5, 3), max_norm=3.0)
    with pytest.raises(InputError, match="max_norm must be above 0"):
        classifier(TextCNN(vocabulary=5, outputs=2), TokenSpec(5, 3, 2), max_norm=0.0)


def test_the_plateau_does_not_know_the_horizon() -> None:
    schedule = trapezoid(warmup=5, decay=0.3)
    assert [schedule(s, 100) for s in range(70)] == [schedule(s, 1000) for s in range(70)]
    assert schedule(99, 100) < 0.1 < schedule(85, 100) < 1.0
    assert schedule(99, 100) == pytest.approx(0.02 + 0.98 / 30)
    assert schedule(100, 100) == 0.02


def test_perceptron_fast_path_equals_the_rule() -> None:
    class Units(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 4)
            nn.init.zeros_(self.layer.weight)
            nn.init.zeros_(self.layer.bias)

    generator = torch.Generator().manual_seed(0)
    rows, labels = torch.randn(200, 6, generator=generator), torch.randint(4, (200,), generator=generator)
    fast, slow = PerceptronRule(Units(), Units(), 0.5), PerceptronRule(Units(), Units(), 0.5)
    mistakes = sum(fast.show(rows[a : a + 50], labels[a : a + 50]) for a in range(0, 200, 50))
    assert mistakes == sum(slow.show_one(row, int(label)) for row, label in zip(rows, labels)) > 20
    for a, b in zip(fast.network.parameters(), slow.network.parameters()):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_perceptron_answers_by_the_mean_of_the_weights_after_each_row(batch: int) -> None:
    generator = torch.Generator().manual_seed(0)
    arrays = {
        "features": torch.randn(64, 5, generator=generator).numpy(),
        "target": torch.randint(3, (64,), generator=generator).numpy(),
    }
    data = ArrayData(TableSpec(5, 3), {"problem": "classification"}, {"train": arrays}, batch)
    rule, slow = (perceptron(Perceptron(features=5, outputs=3), data.spec) for _ in range(2))
    steps = 2 * data.epoch + 1
    held = []
    for _, step in zip(rule.updates(data, 0, steps), range(steps), strict=True):
        shown = data.batch("train", step)
        for row, label in zip(*shown.inputs, shown.truth):
            slow.show_one(row, int(label))
            held.append([p.detach().clone() for p in slow.network.parameters()])
    for mean, vectors in zip(rule.answer.parameters(), zip(*held)):
        torch.testing.assert_close(mean.detach(), torch.stack(vectors).mean(0), atol=1e-5, rtol=1e-5)


def separable(batch: int = 8) -> ArrayData:
    """Rows on two sides of a plane, with a gap between."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(120, 4, generator=generator)
    side = rows @ torch.tensor([1.0, -2.0, 0.5, 1.0])
    rows, side = rows[side.abs() > 0.5], side[side.abs() > 0.5]
    arrays = {"features": rows.numpy(), "target": (side > 0).long().numpy()}
    return ArrayData(TableSpec(4, 2), {"problem": "classification"}, {"train": arrays}, batch)


@pytest.mark.parametrize("batch", [1, 8])
def test_perceptron_finishes_when_all_rows_of_an_epoch_are_right(batch: int) -> None:
    data = separable(batch)
    rule = perceptron(Perceptron(features=4, outputs=2), data.spec)
    made = sum(1 for _ in rule.updates(data, 0, 100_000))
    assert made < 40_000 / batch and made % data.epoch == 0
    shown = [data.batch("train", step) for step in range(made - data.epoch, made)]
    assert all(bool((rule.network(*one.inputs).argmax(1) == one.truth).all()) for one in shown)
    assert sum(map(len, shown)) == data.rows("train") // batch * batch


def test_a_perceptron_that_has_finished_stays_as_it_is(tmp_path: Path) -> None:
    class Silent:
        def due(self, step: int) -> bool:
            return False

        def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
            return {"loss": 1.0}

    data = separable()
    first, second = (perceptron(Perceptron(features=4, outputs=2), data.spec) for _ in range(2))
    made = fit(first, data, RunFolder(tmp_path), 100_000, Silent())
    assert fit(second, data, RunFolder(tmp_path), 100_000, Silent()) == made < 100_000
    assert all(torch.equal(a, b) for a, b in zip(first.answer.parameters(), second.answer.parameters()))
