"""The games that two networks can play: what the discriminator makes small, and what the generator does.

D(x) is the discriminator's logit, or a critic's score; G(z) is what the generator makes of a code. Logits are never
turned into probabilities first: log sigmoid(a) = -softplus(-a), which does not overflow.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# B batch


def odds(network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
    """-log D(x) - log(1 - D(G(z))), the discriminator's cross-entropy; 2 log 2 = 1.386 where it cannot tell."""
    return F.softplus(-network(real)).mean() + F.softplus(network(made)).mean()


@dataclass(frozen=True)
class Saturating:
    """The two-player minimax game (Goodfellow et al. 2014, equation 1): the generator makes log(1 - D(G(z))) small.

    Its gradient vanishes while the discriminator is sure that data are made, as it soon is.
    """

    def discriminator(self, network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
        return odds(network, real, made)

    def generator(self, judged: Float[Tensor, "B 1"]) -> Float[Tensor, ""]:
        return -F.softplus(judged).mean()


@dataclass(frozen=True)
class NonSaturating:
    """The game as it is played (Goodfellow et al. 2014, section 3): the generator makes log D(G(z)) large.

    The same fixed point, and a gradient that is strongest where the discriminator is sure that data are made.
    """

    def discriminator(self, network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
        return odds(network, real, made)

    def generator(self, judged: Float[Tensor, "B 1"]) -> Float[Tensor, ""]:
        return F.softplus(-judged).mean()


@dataclass(frozen=True)
class Hinge:
    """The hinge game (Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17): scores beyond +-1 cost nothing."""

    def discriminator(self, network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
        return F.relu(1 - network(real)).mean() + F.relu(1 + network(made)).mean()

    def generator(self, judged: Float[Tensor, "B 1"]) -> Float[Tensor, ""]:
        return -judged.mean()


@dataclass(frozen=True)
class Wasserstein:
    """The gap between the critic's mean scores (Arjovsky et al. 2017, equation 2), which estimates minus the distance.

    Something must hold the critic back: clipped weights, or `penalty` > 0 (Gulrajani et al. 2017, equation 3), which
    pulls the norm of its gradient to 1 on straight lines between real and made data.

    Args:
        penalty: weight of the squared difference of the gradient's norm from 1; 10 in the paper, 0 for none.
    """

    penalty: float = 0.0

    def discriminator(self, network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
        loss = network(made).mean() - network(real).mean()
        return loss + self.penalty * gradient_penalty(network, real, made) if self.penalty else loss

    def generator(self, judged: Float[Tensor, "B 1"]) -> Float[Tensor, ""]:
        return -judged.mean()


def gradient_penalty(network: nn.Module, real: Tensor, made: Tensor) -> Float[Tensor, ""]:
    """Mean of (|dD/dx| - 1)^2 at random points between real and made rows, which may be differentiated again.

    Example:
        >>> slope = nn.Linear(2, 1, bias=False)
        >>> _ = slope.weight.data.copy_(torch.tensor([[3.0, 4.0]]))
        >>> gradient_penalty(slope, torch.zeros(7, 2), torch.ones(7, 2)).detach()
        tensor(16.)
    """
    share = torch.rand_like(real.flatten(1)[:, 0]).reshape(-1, *(1,) * (real.ndim - 1))
    between = torch.lerp(real, made, share).requires_grad_()
    (slope,) = torch.autograd.grad(network(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
