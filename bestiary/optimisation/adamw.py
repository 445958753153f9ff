"""AdamW (Kingma & Ba 2015, Adam; Loshchilov & Hutter 2019, Decoupled weight decay regularization).

torch.optim spends some 150 microseconds of Python on an update, as much as a small network's forward and backward.
`AdamW` calls the same fused kernel directly; `written_out` is the algorithm as the papers print it, which it is tested
against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


def written_out(
    parameter: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    step: int,
    rate: float,
    decay: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> None:
    """One update in place: Algorithm 2 of Loshchilov & Hutter 2019, with the decay multiplied by the rate.

    Args:
        parameter, gradient: of equal shape.
        first, second: running means of the gradient and its square; changed too.
        step: of this update, from 1.
        rate: learning rate, the schedule's factor included.
        decay: weight decay.
        betas, eps: of Adam.
    """
    parameter.mul_(1 - rate * decay)
    first.mul_(betas[0]).add_(gradient, alpha=1 - betas[0])
    second.mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
    corrected_first = first / (1 - betas[0] ** step)
    corrected_second = second / (1 - betas[1] ** step)
    parameter.sub_(rate * corrected_first / (corrected_second.sqrt() + eps))


class AdamW:
    """Updates all parameters of a network at once.

    Updates are counted once for all parameters of equal decay, where torch.optim counts those of each. It makes a
    difference to a parameter that gets its first gradient late: its running means, which begin at 0, are corrected for
    as many updates as the others have had, so its first step can be (1 - beta1) / sqrt(1 - beta2) times as long as
    torch's, 3.2 times with the usual betas.

    Args:
        network: whose trainable parameters are updated.
        rate: learning rate.
        decay: weight decay of matrices and kernels; biases, gains and other vectors are not decayed.
        betas, eps: of Adam.
    """

    def __init__(
        self,
        network: nn.Module,
        rate: float,
        decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        trainable = [p for p in network.parameters() if p.requires_grad]
        if decay:
            matrices, vectors = [p for p in trainable if p.ndim >= 2], [p for p in trainable if p.ndim < 2]
            self.groups = [Group(matrices, decay), Group(vectors, 0.0)]
        else:
            self.groups = [Group(trainable, 0.0)]
        self.parameters = trainable
        self.rate, self.betas, self.eps = rate, betas, eps

    @torch.no_grad()
    def update(self, factor: float) -> None:
        """One update at `factor` times the rate; parameters without a gradient are left alone."""
        for group in self.groups:
            group.update(self.rate * factor, self.betas, self.eps)

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {"groups": [[*group.first, *group.second, group.step] for group in self.groups]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        for group, held in zip(self.groups, state["groups"]):
            for tensor, value in zip((*group.first, *group.second, group.step), held):
                tensor.copy_(value)


class Group:
    """Parameters that share a weight decay, with their running means."""

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self.parameters, self.decay = list(parameters), decay
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]
        self.step = torch.zeros((), device=parameters[0].device if parameters else None)

    def update(self, rate: float, betas: tuple[float, float], eps: float) -> None:
        parameters, first, second = self.parameters, self.first, self.second
        gradients = [p.grad for p in parameters]
        if any(gradient is None for gradient in gradients):
            used = [place for place, gradient in enumerate(gradients) if gradient is not None]
            parameters, gradients, first, second = (
                [column[place] for place in used] for column in (parameters, gradients, first, second)
            )
        if not parameters:
            return
        self.step += 1
        torch._fused_adamw_(  # pyright: ignore[reportPrivateImportUsage]
            parameters,
            gradients,
            first,
            second,
            [],
            [self.step] * len(parameters),
            lr=rate,
            beta1=betas[0],
            beta2=betas[1],
            weight_decay=self.decay,
            eps=eps,
            amsgrad=False,
            maximize=False,
        )


class GroupedAdamW:
    """AdamW with a rate and a decay for each group of parameters; all decays fade together.

    Args:
        groups: parameters, what their rate is of the base rate, and their decay.
        rate: base learning rate.
        betas, eps: of Adam.
    """

    def __init__(
        self,
        groups: Sequence[tuple[Sequence[Tensor], float, float]],
        rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.groups = [Group(parameters, decay) for parameters, _, decay in groups]
        self.factors = [factor for _, factor, _ in groups]
        self.decays = [decay for _, _, decay in groups]
        self.parameters = [parameter for group in self.groups for parameter in group.parameters]
        self.rate, self.betas, self.eps = rate, betas, eps

    def fade(self, share: float) -> None:
        """From now on decays are this share of what they were given as."""
        for group, decay in zip(self.groups, self.decays):
            group.decay = decay * share

    @torch.no_grad()
    def update(self, factor: float) -> None:
        """One update at `factor` times the rates; parameters without a gradient are left alone."""
        for group, own in zip(self.groups, self.factors):
            group.update(self.rate * own * factor, self.betas, self.eps)

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {"groups": [[*group.first, *group.second, group.step] for group in self.groups]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        for group, held in zip(self.groups, state["groups"]):
            for tensor, value in zip((*group.first, *group.second, group.step), held):
                tensor.copy_(value)
