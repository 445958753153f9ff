"""The Wasserstein GAN: a critic's score in place of the odds of being real.

Sources: Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial networks", ICML; Gulrajani, Ahmed,
Arjovsky, Dumoulin, Courville 2017, "Improved training of Wasserstein GANs", NeurIPS. If the critic cannot change faster
than its input does, the gap between its mean scores on real and made data is at most the distance that mass must be
moved to turn one into the other (Kantorovich-Rubinstein); at the best critic it is that distance. So the critic is
trained to its optimum, several steps for each of the generator, and still gives a gradient where odds would be 0 or 1.
The two papers differ in how the critic is held back: weights clipped to a box, or the norm of its gradient pulled to 1.

What departs from them: the bodies are DCGAN's, and the critic has no norm at all.
The second paper forbids batch norm, which makes a row's score depend on the others and its gradient no longer its own;
with clipping the first paper's critic could have it.
"""

from torch import nn

from bestiary.architectures.generative.dcgan import DCGANDiscriminator, generator
from bestiary.layers.adversaries import Adversaries


class WGAN(Adversaries):
    """DCGAN's generator and a critic without norms: 3,576,704 + 2,763,776 parameters for colour images of 64x64.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, each at least 4.
        latent: numbers in a code.
        width: maps of the layers next to the image; each layer further away has twice as many.

    Example:
        >>> import torch
        >>> WGAN(channels=3, image_size=(64, 64), width=4)(torch.randn(2, 100)).shape
        torch.Size([2, 1])
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int = 100, width: int = 64) -> None:
        critic = DCGANDiscriminator(
            channels=channels, image_size=image_size, width=width, norm=lambda maps: nn.Identity()
        )
        super().__init__(generator(channels, image_size, latent, width), critic)
