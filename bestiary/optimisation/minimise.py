"""One update of given parameters: gradients, clipping, optimiser, schedule. Algorithms own one or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from bestiary.optimisation.schedule import Schedule, constant


class Minimise:
    """`minimise(loss, step, horizon)` makes one update of its parameters.

    Args:
        optimiser: of the parameters; its groups' rates are the base rates.
        schedule: (step, horizon) -> factor of the base rates.
        clip: largest norm of all gradients together, or None.

    Example:
        >>> line = nn.Linear(1, 1)
        >>> minimise = Minimise(torch.optim.SGD(line.parameters(), lr=0.1))
        >>> minimise(line(torch.ones(1, 1)).square().sum(), step=0, horizon=1)
    """

    def __init__(
        self, optimiser: torch.optim.Optimizer, schedule: Schedule = constant, clip: float | None = None
    ) -> None:
        self.optimiser, self.schedule, self.clip = optimiser, schedule, clip
        self.rates = [float(group["lr"]) for group in optimiser.param_groups]

    def __call__(self, loss: Tensor, step: int, horizon: int) -> None:
        """Makes the loss smaller by one update."""
        loss.backward()
        self.update(step, horizon)

    def update(self, step: int, horizon: int) -> None:
        """One update with the gradients that have been gathered, which are then forgotten."""
        factor = self.schedule(step, horizon)
        for group, rate in zip(self.optimiser.param_groups, self.rates):
            group["lr"] = rate * factor
        if self.clip is not None:
            nn.utils.clip_grad_norm_((p for g in self.optimiser.param_groups for p in g["params"]), self.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return self.optimiser.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.optimiser.load_state_dict(state)


def adamw(network: nn.Module, rate: float, decay: float = 0.0) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019, Decoupled weight decay regularization), fused.

    Args:
        network: whose parameters are updated.
        rate: learning rate.
        decay: weight decay of matrices and kernels; biases, gains and other vectors are not decayed.
    """
    matrices = [p for p in network.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in network.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=rate, fused=_can_fuse([*matrices, *vectors]))


def _can_fuse(parameters: Iterable[Tensor]) -> bool:
    return all(p.is_floating_point() and p.device.type in ("cpu", "cuda") for p in parameters)
