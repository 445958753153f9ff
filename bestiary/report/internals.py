"""What can be told of any network: its parameters and activations, dead units, gradient flow, what has changed.

Everything is measured on one batch of rows that the network was trained on, or on the weights alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from bestiary.architectures.build import resolve
from bestiary.sampling.looking import evaluating

MOST_LINES = 60


@dataclass(frozen=True)
class Weights:
    """One parameter of a network.

    Attributes:
        name, shape, count: of it.
        mean, spread: of its numbers.
        zeros: share of its numbers that are exactly 0.
        moved: distance from its first value as a share of that value's length; None where the first is not known.
        gradient: root mean square of its gradient in one update, or None where the algorithm follows none.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    spread: float
    zeros: float
    moved: float | None
    gradient: float | None


@dataclass(frozen=True)
class Activity:
    """What one layer answered.

    Attributes:
        name, kind: of the layer.
        units: of its last axis, or its channels.
        mean, spread: of its answers.
        zeros: share of its answers that are exactly 0.
        dead: units that answered the same, 0, to every row; only of layers that can be silent (ReLU and the like).
    """

    name: str
    kind: str
    units: int
    mean: float
    spread: float
    zeros: float
    dead: int


def weights(network: nn.Module, first: nn.Module | None, gradients: Mapping[str, float]) -> list[Weights]:
    """A line for each parameter, tied ones once.

    Args:
        network: trained.
        first: the same before training, or None.
        gradients: of one update, by name.
    """
    before = dict(first.named_parameters()) if first is not None else {}
    lines = []
    for name, parameter in network.named_parameters():
        values = parameter.detach().float().cpu()
        moved = None
        if name in before and before[name].shape == parameter.shape:
            start = before[name].detach().float().cpu()
            length = float(start.norm())
            moved = float((values - start).norm()) / length if length > 0 else None
        lines.append(
            Weights(
                name,
                tuple(parameter.shape),
                parameter.numel(),
                float(values.mean()),
                float(values.std(unbiased=False)),
                float((values == 0).float().mean()),
                moved,
                gradients.get(name),
            )
        )
    return lines


def activity(network: nn.Module, use: Callable[[], object]) -> list[Activity]:
    """A line for each layer without layers of its own, in the order in which they answer.

    Args:
        network: what is looked at.
        use: has the network answer something; of several answers of a layer the first counts.
    """
    lines: dict[str, Activity] = {}
    handles = [
        module.register_forward_hook(_noting(name, lines))
        for name, module in network.named_modules()
        if name and not any(module.children()) and not isinstance(module, nn.Dropout)
    ]
    try:
        with evaluating(network):
            use()
    finally:
        for handle in handles:
            handle.remove()
    return list(lines.values())


def _noting(name: str, lines: dict[str, Activity]) -> Any:
    def note(module: nn.Module, given: Any, answer: Any) -> None:
        if not isinstance(answer, Tensor) or not answer.is_floating_point() or answer.ndim < 2 or name in lines:
            return
        values = answer.detach().float()
        axis = 1 if values.ndim == 4 else values.ndim - 1
        others = [k for k in range(values.ndim) if k != axis]
        silent = isinstance(module, nn.ReLU | nn.ReLU6 | nn.Threshold)
        dead = int((values.abs().amax(others) == 0).sum()) if silent else 0
        lines[name] = Activity(
            name,
            type(module).__name__,
            values.shape[axis],
            float(values.mean()),
            float(values.std(unbiased=False)),
            float((values == 0).float().mean()),
            dead,
        )

    return note


def gradients(network: nn.Module, recipe: str, setting: Mapping[str, Any], data: Any) -> dict[str, float]:
    """The gradient of every parameter in one update by the network's own algorithm: its root mean square.

    The update is made on a copy; parameters that no gradient reaches are absent.

    Args:
        network: trained.
        recipe: "module:function".
        setting: words of the recipe.
        data: that it was trained on.
    """
    twin = copy.deepcopy(network).train()
    found: dict[str, float] = {}
    with torch.random.fork_rng(), _listening(twin, found):
        torch.manual_seed(0)
        algorithm = cast("Any", resolve(recipe))(twin, data.spec, **setting)
        next(iter(algorithm.updates(data, 0, 1000)))
    return found


@contextmanager
def _listening(network: nn.Module, found: dict[str, float]) -> Iterator[None]:
    """Notes the gradients of parameters as they are made."""

    def hear(name: str) -> Any:
        def note(gradient: Tensor) -> None:
            found[name] = float(gradient.detach().float().square().mean().sqrt())

        return note

    handles = [p.register_hook(hear(name)) for name, p in network.named_parameters() if p.requires_grad]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def kernels(network: nn.Module) -> Tensor | None:
    """The first convolution's kernels as images [N C H W] from 0 to 1; None where there is none to look at."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels in (1, 3) and min(module.kernel_size) > 1:
            values = module.weight.detach().float().cpu()[:64]
            low, high = values.amin((1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
            return (values - low) / (high - low).clamp(min=1e-12)
    return None
