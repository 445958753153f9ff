"""The evidence lower bound: how likely data are under a model with hidden causes, at the least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.contracts import Logs

# B batch, F features, Z numbers in a code


class Generative(Protocol):
    """A model p(z) p(x|z) with p(z) = N(0, 1), and an approximation q(z|x) of its posterior."""

    def observed(self, inputs: Tensor) -> Tensor: ...

    def posterior(self, inputs: Tensor) -> tuple[Tensor, Tensor]: ...

    def log_likelihood(self, code: Tensor, observed: Tensor) -> Tensor: ...


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) of each row, in nats: appendix B of Kingma & Welling 2014.

    Args:
        mean, log_variance: [B Z].

    Example:
        >>> divergence(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2))
        tensor([0.5000])
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1)


def reparameterised(mean: Tensor, log_variance: Tensor) -> Tensor:
    """A draw from N(mean, variance) through which gradients pass."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


def terms(
    network: nn.Module, inputs: Tensor, binary: bool = False, change: Callable[[Tensor], Tensor] | None = None
) -> tuple[Tensor, Tensor]:
    """Both terms of the bound with one drawn code a row: log p(x|z), and KL(q(z|x) || p(z)), [B] each, in nats.

    Args:
        network: see `Generative`.
        inputs: [B ...], in the units of a batch.
        binary: draws each pixel as 0 or 1 with its intensity as the chance, afresh each time (Salakhutdinov, Murray
            2008).
        change: what is done to codes before they are decoded.
    """
    model = cast("Generative", network)
    observed = model.observed(inputs)
    if binary:
        observed = torch.bernoulli(observed)
        unit = getattr(network, "unit")  # noqa: B009 - nn.Module's attributes are unknown to the type checker
        inputs = unit.back(observed).view_as(inputs)
    mean, log_variance = model.posterior(inputs)
    code = reparameterised(mean, log_variance)
    return model.log_likelihood(change(code) if change else code, observed), divergence(mean, log_variance)


@dataclass(frozen=True)
class NegativeBound:
    """The negative evidence lower bound: summed over pixels and codes, a mean over rows; in nats a row.

    Args:
        weight: of the divergence at the end; 1 makes it a bound.
        warmup: share of the training over which the weight rises from 0 (Bowman et al. 2016; Sønderby et al. 2016).
        binary: as in `terms`.
    """

    weight: float = 1.0
    warmup: float = 0.0
    binary: bool = False

    def __call__(self, network: nn.Module, inputs: Tensor, step: int, horizon: int) -> tuple[Tensor, Logs]:
        likelihood, cost = (term.mean() for term in terms(network, inputs, self.binary))
        loss = self.weighted(step, horizon) * cost - likelihood
        return loss, {
            "loss": (cost - likelihood).detach(),
            "likelihood": likelihood.detach(),
            "divergence": cost.detach(),
        }

    def weighted(self, step: int, horizon: int) -> float:
        """The weight of the divergence at a step.

        Example:
            >>> [NegativeBound(warmup=0.5).weighted(step, 100) for step in (0, 25, 50, 99)]
            [0.0, 0.5, 1.0, 1.0]
        """
        return self.weight * min(1.0, step / (self.warmup * horizon)) if self.warmup else self.weight
