"""The variational autoencoder: a model of how data come about from a few hidden causes, and a network that infers them.

Source: Kingma, Welling 2014, "Auto-encoding variational Bayes", arXiv 1312.6114; Rezende, Mohamed, Wierstra 2014,
"Stochastic backpropagation", arXiv 1401.4082.

    p(z) = N(0, 1)                       the prior over codes
    p(x|z)                               the decoder: Bernoulli for pixels, Gaussian for other numbers
    q(z|x) = N(mean(x), variance(x))     the encoder: an approximation of p(z|x)

A code is drawn as z = mean + sqrt(variance) * noise, so that gradients pass through the draw (reparameterisation). The
bound that is made large is `objectives.evidence`; sampling and walks are `sampling.latents`. Hidden units are rectified
where the paper has hyperbolic tangents; the variance of a Gaussian p(x|z) is one number a feature and does not depend
on z.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.representation.autoencoder import dense
from bestiary.layers.draws import normal
from bestiary.layers.unit_interval import UnitInterval

# B batch, F features, Z numbers in a code

Gaussian = tuple[Float[Tensor, "B Z"], Float[Tensor, "B Z"]]


class VariationalAutoencoder(nn.Module):
    """The dense encoder and decoder. Abstract: a final class names the distribution of data given a code.

    Args:
        features: numbers in a row.
        code: hidden causes.
        widths: units of the encoder's hidden layers, in order; the decoder has them in reverse.
    """

    def __init__(self, *, features: int, code: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.size = code
        self.hidden = dense((features, *widths))
        self.mean = nn.Linear(widths[-1], code)
        self.log_variance = nn.Linear(widths[-1], code)
        self.decoder = dense((code, *reversed(widths), features))

    @abstractmethod
    def observed(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        """What the model explains: flat, in the range that p(x|z) is about."""

    @abstractmethod
    def log_likelihood(self, code: Float[Tensor, "B Z"], observed: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """log p(x|z) of each row, in nats."""

    @abstractmethod
    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        """The mean of p(x|z), in the units of the input."""

    def posterior(self, inputs: Float[Tensor, "B ..."]) -> Gaussian:
        """Mean and log variance of q(z|x)."""
        hidden = F.relu(self.hidden(self.observed(inputs)))
        return self.mean(hidden), self.log_variance(hidden)

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B Z"]:
        """The mean of q(z|x): the code of each row."""
        return self.posterior(inputs)[0]

    def forward(self, inputs: Float[Tensor, "B ..."]) -> tuple[Float[Tensor, "B ..."], *Gaussian]:
        """The row that a code drawn from q(z|x) stands for, and q's mean and log variance; in evaluation its mean."""
        mean, log_variance = self.posterior(inputs)
        code = draw(mean, log_variance) if self.training else mean
        return self.decode(code).view_as(inputs), mean, log_variance

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        """New rows: the means of p(x|z) for codes that are drawn from the prior, in the units of the input."""
        return self.decode(normal((count, self.size), self.mean.weight, generator))

    def reconstruct(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """The row that its code stands for; nothing is drawn."""
        return self.decode(self.encode(inputs)).view_as(inputs)


def draw(mean: Float[Tensor, "B Z"], log_variance: Float[Tensor, "B Z"]) -> Float[Tensor, "B Z"]:
    """A code from N(mean, variance) as a function of both, so that gradients pass: the reparameterisation."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


class VAE(VariationalAutoencoder):
    """For images: p(x|z) is a Bernoulli chance for every pixel.

    Grey pixels count as chances themselves: their likelihood is then not normalised, as is common practice.

    Args:
        features: pixels of an image, of all channels.
        code: hidden causes.
        widths: units of the encoder's hidden layers, in order; the decoder has them in reverse.
        channels, image_size: of the images that `sample` makes; flat rows when no size is given.

    Example:
        >>> network = VAE(features=784)
        >>> [part.shape for part in network(torch.rand(8, 784))]
        [torch.Size([8, 784]), torch.Size([8, 20]), torch.Size([8, 20])]
    """

    def __init__(
        self,
        *,
        features: int,
        code: int = 20,
        widths: Sequence[int] = (256,),
        channels: int = 1,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(features=features, code=code, widths=widths)
        self.shape = (channels, *image_size) if image_size else (features,)
        self.unit = UnitInterval()

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        return super().sample(count, generator).unflatten(1, self.shape)

    def observed(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        return self.unit(inputs).flatten(1)

    def log_likelihood(self, code: Float[Tensor, "B Z"], observed: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        return -F.binary_cross_entropy_with_logits(self.decoder(code), observed, reduction="none").sum(1)

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        return self.unit.back(self.decoder(code).sigmoid())


class GaussianVAE(VariationalAutoencoder):
    """For tables: p(x|z) is normal, with a variance for each feature that is learned too.

    Example:
        >>> network = GaussianVAE(features=13, code=4, widths=(32,))
        >>> network.reconstruct(torch.randn(5, 13)).shape
        torch.Size([5, 13])
    """

    def __init__(self, *, features: int, code: int = 8, widths: Sequence[int] = (64,)) -> None:
        super().__init__(features=features, code=code, widths=widths)
        self.log_scale = nn.Parameter(torch.zeros(features))

    def observed(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        return inputs.flatten(1)

    def log_likelihood(self, code: Float[Tensor, "B Z"], observed: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        log_scale = self.log_scale.clamp(min=-4)  # a constant feature would make the likelihood grow without bound
        standardised = (observed - self.decoder(code)) * (-log_scale).exp()
        return -(0.5 * standardised.square() + log_scale + 0.5 * math.log(2 * math.pi)).sum(1)

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        return self.decoder(code)
