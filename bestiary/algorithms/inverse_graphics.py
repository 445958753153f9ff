"""Training of inverse graphics networks: batches in which one factor varies, clamped codes, averaged gradients.

Source: Kulkarni, Whitney, Kohli, Tenenbaum 2015, "Deep convolutional inverse graphics network", section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from bestiary.contracts import Data, Logs
from bestiary.optimisation.minimise import Minimise

# B batch, Z numbers in a code, K named factors

Render = Callable[[Tensor, Tensor], Tensor]
Terms = Callable[..., tuple[Tensor, Tensor]]


class Clamp(torch.autograd.Function):
    """Codes of a batch, in which all but some numbers are replaced by their average over the batch.

    The gradient of the numbers that were left alone passes; that of the others is replaced by their difference from the
    average, so that a code learns not to move when something else does.

        >>> code = torch.tensor([[1.0, 4.0], [3.0, 8.0]], requires_grad=True)
        >>> clamped = Clamp.apply(code, torch.tensor([True, False]), 0.5)
        >>> clamped.tolist()
        [[1.0, 6.0], [3.0, 6.0]]
        >>> clamped.sum().backward()
        >>> code.grad.tolist()
        [[1.0, -0.5], [1.0, 0.5]]
    """

    @staticmethod
    def forward(ctx: Any, code: Tensor, free: Tensor, strength: float) -> Tensor:  # pyright: ignore
        average = code.mean(0, keepdim=True)
        ctx.save_for_backward(free, strength / len(code) * (code - average))  # / B: the loss is a mean over the batch
        return torch.where(free, code, average)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore
        free, difference = ctx.saved_tensors
        return torch.where(free, gradient, difference), None, None


class InverseGraphics:
    """Stochastic gradient variational Bayes on batches in which one factor varies.

    Args:
        network: a variational autoencoder; the first K numbers of its code will stand for the factors.
        terms: (network, inputs, change of codes) -> log likelihood [B] and divergence [B].
        minimise: one update of the network's parameters.
        prepare: tells the network what range its data have, before the first update.
        render: (images [B ...], settings [B K] from -1 to 1) -> the images with their factors so set.
        factors: how many are named.
        intrinsic: how many batches of different things come on one batch of each factor.
        strength: of the gradient that holds clamped numbers to their average.
        clamp: whether to clamp at all; without, the numbers of a code mean whatever they come to mean.
    """

    stateful = ("network", "minimise")

    def __init__(
        self,
        network: nn.Module,
        terms: Terms,
        minimise: Minimise,
        prepare: Callable[[Data], None],
        render: Render,
        factors: int,
        intrinsic: float = 10.0,
        strength: float = 0.01,
        clamp: bool = True,
    ) -> None:
        self.network, self.terms, self.minimise, self.prepare = network, terms, minimise, prepare
        self.render, self.factors, self.intrinsic = render, factors, intrinsic
        self.strength, self.clamp = strength, clamp

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.prepare(data)
        self.network.train()
        odds = torch.tensor([1.0] * self.factors + [self.intrinsic])
        for step in range(start, horizon):
            factor = int(torch.multinomial(odds, 1))  # 1. which number of the code is trained
            views = self.views(data.batch("train", step).inputs[0], factor)  # 2. a batch in which that alone changes
            likelihood, divergence = self.terms(  # 3. its codes, 4. their average, 5. clamped, 6. decoded
                self.network, views, change=lambda code, factor=factor: self.clamped(code, factor)
            )
            loss = (divergence - likelihood).mean()
            self.minimise(loss, step, horizon)  # 7. and 8. the gradients that `Clamp` lets through, to the encoder
            yield {"loss": loss.detach(), "divergence": divergence.mean().detach()}

    def views(self, images: Tensor, factor: int) -> Tensor:
        """A batch in which one factor varies: one image seen in many ways, or many images seen in one way."""
        settings = (2 * torch.rand(1, self.factors) - 1).repeat(len(images), 1)  # drawn on the CPU, one stream
        if factor < self.factors:
            settings[:, factor] = 2 * torch.rand(len(images)) - 1
            images = images[:1].expand_as(images)
        return self.render(images, settings.to(images))

    def clamped(self, code: Tensor, factor: int) -> Tensor:
        """The codes with all numbers clamped but those of the factor; beyond the named ones stands what a thing is."""
        if not self.clamp:
            return code
        places = torch.arange(code.shape[1], device=code.device)
        free = places == factor if factor < self.factors else places >= self.factors
        return Clamp.apply(code, free, self.strength)  # pyright: ignore
