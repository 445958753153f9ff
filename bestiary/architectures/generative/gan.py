"""The generative adversarial network: one network makes data from noise, the other tells made from real.

Source: Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio 2014, "Generative adversarial
nets", NeurIPS. Both players are layers of units; the generator never sees data, only the gradient of the
discriminator's opinion. At the game's optimum it makes the data's distribution and the discriminator answers 1/2
everywhere; on the way it may collapse: make a few kinds of data well and the others never.

    z 100 -> 256 -> 512 -> 784, tanh            784 -> 512 -> 256 -> 1 logit

What departs from it: units of the generator are rectified and those of the discriminator leaky, as became usual (the
paper has maxout units with dropout in the discriminator, and sigmoid outputs); codes are normal where the paper's are
uniform.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.adversaries import Adversaries, Generator, Units
from bestiary.layers.pixel_range import PixelRange

# B batch, F features, Z latent


class DenseGenerator(nn.Module):
    """Codes to flat vectors through rectified layers; the last layer is linear.

    Args:
        latent: numbers in a code.
        widths: units of each hidden layer, in order.
        features: numbers that are made.

    Example:
        >>> DenseGenerator(latent=100, widths=(256, 512), features=784)(torch.randn(8, 100)).shape
        torch.Size([8, 784])
    """

    def __init__(self, *, latent: int, widths: Sequence[int], features: int) -> None:
        super().__init__()
        sizes = (latent, *widths)
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], features)

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        x = latent
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.output(x)


class DenseDiscriminator(nn.Module):
    """Flat vectors to one logit: how real they look.

    Args:
        features: numbers in a vector.
        widths: units of each hidden layer, in order.
    """

    def __init__(self, *, features: int, widths: Sequence[int]) -> None:
        super().__init__()
        sizes = (features, *widths)
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], 1)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B 1"]:
        x = inputs.flatten(1)  # [B, F]
        for layer in self.hidden:
            x = F.leaky_relu(layer(x), 0.2)
        return self.output(x)


class Picture(nn.Module):
    """Flat vectors as images from -1 to 1.

    Args:
        network: that makes the vectors.
        shape: channels, height, width.
    """

    def __init__(self, network: nn.Module, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.network, self.shape = network, shape

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        return torch.tanh(self.network(latent)).unflatten(1, self.shape)


class GAN(Adversaries):
    """The dense adversarial pair for images: 559,632 + 533,505 parameters for grey 28x28 ones.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        latent: numbers in a code.
        widths: units of the generator's hidden layers; the discriminator has them in reverse.

    Example:
        >>> GAN(channels=1, image_size=(28, 28))(torch.randn(8, 100)).shape
        torch.Size([8, 1])
    """

    def __init__(
        self, *, channels: int, image_size: tuple[int, int], latent: int = 100, widths: Sequence[int] = (256, 512)
    ) -> None:
        shape = (channels, *image_size)
        made = Picture(DenseGenerator(latent=latent, widths=widths, features=prod(shape)), shape)
        discriminator = DenseDiscriminator(features=prod(shape), widths=tuple(reversed(widths)))
        super().__init__(Generator(made, latent, PixelRange(channels=channels)), discriminator)


class TableGAN(Adversaries):
    """The dense adversarial pair for rows of a table, made in the units of a batch.

    Args:
        features: columns of the encoded table.
        latent: numbers in a code.
        widths: units of the generator's hidden layers; the discriminator has them in reverse.
    """

    def __init__(self, *, features: int, latent: int = 32, widths: Sequence[int] = (128, 128)) -> None:
        made = DenseGenerator(latent=latent, widths=widths, features=features)
        discriminator = DenseDiscriminator(features=features, widths=tuple(reversed(widths)))
        super().__init__(Generator(made, latent, Units()), discriminator)
