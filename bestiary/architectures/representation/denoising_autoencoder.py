"""The denoising autoencoder: given a spoiled input, it is asked for the clean one, so copying is of no use to it.

Source: Vincent, Larochelle, Bengio, Manzagol 2008, "Extracting and composing robust features with denoising
autoencoders", ICML; the convolutional form with pooling and enlarging is the usual one of the field's textbooks.

    pixels -> [3x3 convolution, rectifier, 2x2 max pooling] x 2 -> code: maps of a quarter of the size
    code -> [3x3 convolution, rectifier, enlarge twofold] x 2 -> 3x3 convolution, logistic -> pixels

Its code holds 32 maps of a quarter of each side: twice as many numbers as the image has. What keeps it from copying is
the noise alone, which `objectives.reconstruction` adds. Where codes are compared at one size, the
networks of `autoencoder` and `convolutional_autoencoder` learn by the same objective.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.unit_interval import UnitInterval

# B batch, C channels, H height, W width, D filters


class DenoisingAutoencoder(nn.Module):
    """Convolutions and pooling to a stack of small maps, and back.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, each at least 4.
        width: filters of each hidden convolution.

    Raises:
        ValueError: when the image is too small to be halved twice.

    Example:
        >>> import torch
        >>> network = DenoisingAutoencoder(channels=1, image_size=(28, 28))
        >>> network(torch.rand(2, 1, 28, 28)).shape, network.maps(torch.rand(2, 1, 28, 28)).shape
        (torch.Size([2, 1, 28, 28]), torch.Size([2, 32, 7, 7]))
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], width: int = 32) -> None:
        super().__init__()
        if min(image_size) < 4:
            raise ValueError(f"image_size must be at least 4 on each side to be halved twice; received {image_size}")
        self.unit = UnitInterval()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.third = nn.Conv2d(width, width, 3, padding=1)
        self.fourth = nn.Conv2d(width, width, 3, padding=1)
        self.output = nn.Conv2d(width, channels, 3, padding=1)

    def maps(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        """The code of each image, as maps."""
        x = F.max_pool2d(F.relu(self.first(self.unit(pixels))), 2)
        return F.max_pool2d(F.relu(self.second(x)), 2)

    def encode(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B Z"]:
        """The code of each image, flat."""
        return self.maps(pixels).flatten(1)

    def logits(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """What the logistic function turns into intensities from 0 to 1."""
        height, width = pixels.shape[2:]
        x = F.interpolate(F.relu(self.third(self.maps(pixels))), (height // 2, width // 2))
        x = F.interpolate(F.relu(self.fourth(x)), (height, width))
        return self.output(x)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        return self.unit.back(self.logits(pixels).sigmoid())

    reconstruct = forward
