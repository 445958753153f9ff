"""What can be told of the parameters of any network: their numbers, gradient flow, what has changed, first kernels."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from bestiary.architectures.build import resolve
from bestiary.contracts import Algorithm, Data

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


def gradients(network: nn.Module, recipe: str, setting: Mapping[str, object], data: Data) -> dict[str, float]:
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
        algorithm = cast("Algorithm", resolve(recipe)(twin, data.spec, **setting))
        next(iter(algorithm.updates(data, 0, 1000)))
    return found


@contextmanager
def _listening(network: nn.Module, found: dict[str, float]) -> Iterator[None]:
    """Notes the gradients of parameters as they are made."""

    def hear(name: str) -> Callable[[Tensor], None]:
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
