"""Every contender learns by every recipe that it races with: forward, backward, and a gradient for every parameter."""

from dataclasses import replace
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.catalogue import Contender, Row
from bestiary.contracts import Algorithm, Data, ImageSpec, Spec
from bestiary.optimisation.minimise import Minimise
from bestiary.planning.contenders import coded
from tests.conformance.kinds import data_of, spec_of

UPDATES = 8
"""At most; as many as the phases of the longest stack that races need."""
CODE = 5
"""Numbers in a code, where the race wants codes of one size."""

STORING = {"perceptron", "hopfield"}
"""They write their weights by a rule of their own, without gradients; the weights must have changed."""
WITHOUT = {"wgan_gp": ("discriminator.output.bias",)}
"""A critic's last bias is the same in both scores that are subtracted, so that its gradient is exactly zero."""

ENTRIES = [
    pytest.param(row, kind, contender, task, id=f"{row.name}/{contender.name}-{kind}-{task}")
    for row in catalogue.ROWS
    for kind, contenders in row.races.items()
    for contender in contenders
    for task in contender.tasks or row.recipes
]


def spec_for(kind: str, task: str, contender: Contender) -> Spec:
    """Small data of a kind, as large as the contender needs."""
    spec = spec_of(kind, 1 if task == "regression" else 3)
    if isinstance(spec, ImageSpec):
        side = max(contender.smallest, 12)
        spec = replace(spec, image_size=(side, side))
    return replace(spec, code=CODE) if task in ("reconstruct", "anomaly") else spec  # type: ignore[call-arg]


class Gradients:
    """Notes which parameters an update is given a gradient for that is not all zeros."""

    def __init__(self, network: nn.Module) -> None:
        self.names = {id(parameter): name for name, parameter in network.named_parameters()}
        self.received: set[str] = set()

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Looks on whenever parameters are updated by their gradients, whoever has written them."""
        update = Minimise.update

        def watched(minimise: Minimise, step: int, horizon: int) -> None:
            for parameter in minimise.optimiser.parameters:
                self.note(parameter)
            update(minimise, step, horizon)

        patch.setattr(Minimise, "update", watched)

    def note(self, parameter: Tensor) -> None:
        name, gradient = self.names.get(id(parameter)), parameter.grad
        if name is not None and gradient is not None:
            assert torch.isfinite(gradient).all(), f"the gradient of {name} is not finite"
            if bool(gradient.any()):
                self.received.add(name)


def taught(
    network: nn.Module, learner: Algorithm, data: Data, expected: set[str], patch: pytest.MonkeyPatch
) -> set[str]:
    """The parameters that a gradient reaches within some updates, or until the expected ones have had theirs."""
    gradients = Gradients(network)
    gradients.watch(patch)
    for _ in learner.updates(data, 0, UPDATES):
        if gradients.received == expected:
            break
    return gradients.received


@pytest.mark.parametrize(("row", "kind", "contender", "task"), ENTRIES)
def test_contender_learns_by_its_recipe(
    row: Row, kind: str, contender: Contender, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_for(kind, task, contender)
    data = data_of(kind, spec.sizes(), task)
    code = int(getattr(spec, "code", 0))
    chosen = coded(contender, code)
    network = build(chosen.network, chosen.keywords, replace(data.spec, code=code) if code else data.spec, seed=0)
    before = {name: parameter.clone() for name, parameter in network.named_parameters()}
    torch.manual_seed(0)
    learner = cast("Algorithm", resolve(row.recipes[task])(network, data.spec, **row.settings[0]))
    expected = set(before) - set(WITHOUT.get(row.name, ()))
    received = taught(network, learner, data, expected, monkeypatch)
    if row.name in STORING:
        assert not received
        assert all(not torch.equal(before[name], parameter) for name, parameter in network.named_parameters())
    else:
        assert received == expected, f"no gradient reaches {sorted(expected - received)}"


def test_a_parameter_that_nothing_uses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = catalogue.find("fnn")
    data = data_of("table", spec_of("table", 3).sizes(), "classification")
    network = build(row.sizes[0].network, {"widths": (4,)}, data.spec, seed=0)
    network.idle = nn.Parameter(torch.zeros(3))
    learner = cast("Algorithm", resolve(row.recipes["classification"])(network, data.spec))
    everything = {name for name, _ in network.named_parameters()}
    assert taught(network, learner, data, everything, monkeypatch) == everything - {"idle"}
