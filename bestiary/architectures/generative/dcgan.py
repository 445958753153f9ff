"""The deep convolutional GAN: strided convolutions in place of dense layers, batch norm nearly everywhere.

Source: Radford, Metz, Chintala 2016, "Unsupervised representation learning with deep convolutional generative
adversarial networks", ICLR. Its rules, which made adversarial training of deep networks reliable: no pooling, strides
instead; batch norm in both players, but not where images leave the one and enter the other; no hidden dense layers;
rectified units and tanh in the generator, leaky ones (0.2) in the discriminator; all weights from N(0, 0.02).

    z 100 -> 512@4x4 -> 256@8x8 -> 128@16x16 -> 64@32x32 -> 3@64x64, tanh       the discriminator is its mirror image

What departs from it: filters have 4x4 pixels (the paper's figure leaves that open), so that a stride of 2 covers each
pixel equally often; the figure's maps are twice as many, which `width` = 128 gives; codes are normal where the paper's
are uniform. Images of other sizes begin from maps of 4 to 7 pixels, at least two strides below; what is made too large
is cut.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.adversaries import Adversaries, Generator
from bestiary.layers.pixel_range import PixelRange

# B batch, C channels, H height, W width, Z latent

Wrap = Callable[[nn.Conv2d], nn.Module]


def strides(image_size: tuple[int, int]) -> int:
    """How often the image is halved: until its shorter side is 4 to 7 pixels, but at least twice.

    Example:
        >>> strides((64, 64)), strides((28, 28)), strides((8, 8))
        (4, 2, 2)
    """
    return max(2, (min(image_size) // 4).bit_length() - 1)


class DCGANGenerator(nn.Module):
    """Codes to images from -1 to 1 by transposed convolutions.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        latent: numbers in a code.
        width: maps of the last hidden layer; each layer before has twice as many.
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int, width: int) -> None:
        super().__init__()
        times = strides(image_size)
        first = (-(-image_size[0] // 2**times), -(-image_size[1] // 2**times))
        maps = [width * 2**level for level in reversed(range(times))]
        self.image_size = tuple(image_size)
        self.project = nn.ConvTranspose2d(latent, maps[0], first, bias=False)
        self.grow = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(maps))
        self.norms = nn.ModuleList(nn.BatchNorm2d(number) for number in maps)
        self.output = nn.ConvTranspose2d(maps[-1], channels, 4, 2, 1, bias=False)
        initialise(self)

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        x = latent[:, :, None, None]  # [B, Z, 1, 1]
        for layer, norm in zip((self.project, *self.grow), self.norms):
            x = F.relu(norm(layer(x)), inplace=True)
        height, width = self.image_size
        return torch.tanh(self.output(x))[:, :, :height, :width]


class DCGANDiscriminator(nn.Module):
    """Images from -1 to 1 to one number by strided convolutions.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        width: maps of the first layer; each layer after has twice as many.
        norm: after each layer but the first and the last; made from the number of maps.
        wrap: what becomes of each convolution; it is left as it is unless given.
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        width: int,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        wrap: Wrap = lambda layer: layer,
    ) -> None:
        super().__init__()
        times = strides(image_size)
        last = (image_size[0] >> times, image_size[1] >> times)
        maps = [channels, *(width * 2**level for level in range(times))]
        self.shrink = nn.ModuleList(wrap(nn.Conv2d(a, b, 4, 2, 1, bias=False)) for a, b in pairwise(maps))
        self.norms = nn.ModuleList([nn.Identity(), *(norm(number) for number in maps[2:])])
        self.output = wrap(nn.Conv2d(maps[-1], 1, last, bias=False))
        initialise(self)

    def forward(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B 1"]:
        x = images
        for layer, norm in zip(self.shrink, self.norms):
            x = F.leaky_relu(norm(layer(x)), 0.2, inplace=True)
        return self.output(x).flatten(1)


def initialise(network: nn.Module) -> None:
    """Weights from N(0, 0.02), those of norms around 1."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)


def generator(channels: int, image_size: tuple[int, int], latent: int, width: int) -> Generator:
    """The generator with its latent codes, in the units of a batch."""
    network = DCGANGenerator(channels=channels, image_size=image_size, latent=latent, width=width)
    return Generator(network, latent, PixelRange(channels=channels))


class DCGAN(Adversaries):
    """The convolutional adversarial pair: 3,576,704 + 2,765,568 parameters for colour images of 64x64.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, each at least 4.
        latent: numbers in a code.
        width: maps of the layers next to the image; each layer further away has twice as many.

    Example:
        >>> DCGAN(channels=1, image_size=(28, 28), width=8)(torch.randn(2, 100)).shape
        torch.Size([2, 1])
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int = 100, width: int = 64) -> None:
        discriminator = DCGANDiscriminator(channels=channels, image_size=image_size, width=width)
        super().__init__(generator(channels, image_size, latent, width), discriminator)
