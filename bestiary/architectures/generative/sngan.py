"""The spectrally normalised GAN: every layer of the discriminator is divided by its largest singular value.

Source: Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative adversarial networks", ICLR. It
holds the discriminator back as the Wasserstein papers want it, for all inputs and at the price of two products of a
matrix and a vector, without clipping weights or differentiating a gradient.

What departs from it: the bodies are DCGAN's; the paper's have further layers of stride 1.
"""

from torch import nn

from bestiary.architectures.generative.dcgan import DCGANDiscriminator, generator
from bestiary.layers.adversaries import Adversaries
from bestiary.layers.spectral import Spectral


class SNGAN(Adversaries):
    """DCGAN's generator, and a discriminator of spectrally normalised layers without other norms.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, each at least 4.
        latent: numbers in a code.
        width: maps of the layers next to the image; each layer further away has twice as many.

    Example:
        >>> import torch
        >>> SNGAN(channels=1, image_size=(28, 28), width=4)(torch.randn(2, 100)).shape
        torch.Size([2, 1])
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int = 100, width: int = 64) -> None:
        discriminator = DCGANDiscriminator(
            channels=channels, image_size=image_size, width=width, norm=lambda maps: nn.Identity(), wrap=Spectral
        )
        super().__init__(generator(channels, image_size, latent, width), discriminator)
