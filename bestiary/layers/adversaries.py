"""What generative adversarial networks share: a generator that draws its own latent codes, and the pair of players."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import device_of
from bestiary.layers.pixel_range import PixelRange

# B batch, N samples, Z latent

CHUNK = 256  # samples made at a time


class Units(nn.Module):
    """Rows of a table, which generators make in the units of a batch: nothing is translated."""

    def measure(self, facts: Mapping[str, object]) -> None:
        """Nothing to learn from the facts of the training data."""

    def forward(self, made: Tensor) -> Tensor:
        return made

    def signed(self, rows: Tensor) -> Tensor:
        """As they are."""
        return rows


class Generator(nn.Module):
    """From latent codes to data.

    Args:
        network: from codes [B Z] to data as the paper scales them: images from -1 to 1, rows of a table as in a batch.
        latent: numbers in a code, which are drawn from a normal distribution.
        units: from what the network makes to the units of a batch, and back.
    """

    def __init__(self, network: nn.Module, latent: int, units: PixelRange | Units) -> None:
        super().__init__()
        self.network, self.latent, self.units = network, latent, units

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B ..."]:
        return self.units(self.network(latent))

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        """New data in the units of a batch.

        Args:
            count: how many.
            generator: the stream on the CPU that latent codes are drawn from; a longer list begins with the shorter.
        """
        device = device_of(self)
        return torch.cat([self(part.to(device)) for part in self.codes(count, generator).split(CHUNK)])

    def codes(self, count: int, generator: torch.Generator) -> Float[Tensor, "N Z"]:
        """Codes from a stream on the CPU, drawn so many at a time that a longer list begins with the shorter."""
        chunks = [torch.randn(CHUNK, self.latent, generator=generator) for _ in range(-(-count // CHUNK))]
        return torch.cat(chunks)[:count]


class Adversaries(nn.Module):
    """A generator and the discriminator that it must deceive; abstract: architectures build the two.

    Args:
        generator: what samples come from.
        discriminator: from data, scaled as in the paper, to one number [B 1]: a logit, or a critic's score.
    """

    def __init__(self, generator: Generator, discriminator: nn.Module) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B 1"]:
        return self.discriminator(self.make(latent))

    def make(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B ..."]:
        """G(z), scaled as the discriminator sees it."""
        return self.generator.network(latent)

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N ..."]:
        """New data in the units of a batch, see `Generator.sample`."""
        return self.generator.sample(count, generator)

    def latents(self, count: int) -> Float[Tensor, "B Z"]:
        """Codes from the global random stream, which checkpoints keep."""
        return torch.randn(count, self.generator.latent, device=device_of(self))


def example(words: Mapping[str, object], batch: int = 2) -> tuple[Tensor]:
    """Arguments of forward for a network with these constructor words: latent codes [B Z].

    Example:
        >>> example({"latent": 10})[0].shape
        torch.Size([2, 10])
    """
    return (torch.randn(batch, int(words.get("latent", 100))),)  # pyright: ignore[reportArgumentType]
