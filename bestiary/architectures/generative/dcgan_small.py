"""DCGAN as tutorials build it for 28x28 digits: 5x5 filters, a dense first layer with its own norm, dropout.

Source: Radford, Metz, Chintala 2016, "Unsupervised representation learning with deep convolutional generative
adversarial networks", in the form of TensorFlow's tutorial "Deep convolutional generative adversarial network". It
differs from the paper in most of its rules: batch norm over single units in the first layer, a stage of stride 1, leaky
units (0.3) in the generator too, dropout and no norm in the discriminator.

    z 100 -> 256@7x7 -> 128@7x7 -> 64@14x14 -> 1@28x28, tanh      28x28 -> 64@14x14 -> 128@7x7 -> 1 logit
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.adversaries import Adversaries, Generator
from bestiary.layers.pixel_range import PixelRange

# B batch, C channels, H height, W width, Z latent

SLOPE = 0.3  # of leaky units, the default of Keras


class Grow(nn.Module):
    """Transposed 5x5 convolution that doubles the image as TensorFlow's "same" does: one pixel cut before, two after.

    Args:
        before, after: maps.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.ConvTranspose2d(before, after, 5, 2, bias=False)

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B D H W"]:
        return self.convolution(x)[:, :, 1:-2, 1:-2]


class Shrink(nn.Module):
    """5x5 convolution of stride 2 that halves the image as TensorFlow's "same" does: padded by one before, two after.

    Args:
        before, after: maps.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 5, 2)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return self.convolution(F.pad(x, (1, 2, 1, 2)))


class SmallGenerator(nn.Module):
    """Codes to images from -1 to 1; 2,305,472 parameters for grey images of 28x28.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, multiples of 4.
        latent: numbers in a code.
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int) -> None:
        super().__init__()
        self.first = (256, image_size[0] // 4, image_size[1] // 4)
        units = 256 * self.first[1] * self.first[2]
        self.project, self.norm1 = nn.Linear(latent, units, bias=False), nn.BatchNorm1d(units)
        self.keep, self.norm2 = nn.ConvTranspose2d(256, 128, 5, 1, padding=2, bias=False), nn.BatchNorm2d(128)
        self.grow, self.norm3 = Grow(128, 64), nn.BatchNorm2d(64)
        self.output = Grow(64, channels)

    def forward(self, latent: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        x = F.leaky_relu(self.norm1(self.project(latent)), SLOPE).unflatten(1, self.first)  # [B, 256, H/4, W/4]
        x = F.leaky_relu(self.norm2(self.keep(x)), SLOPE)  # [B, 128, H/4, W/4]
        x = F.leaky_relu(self.norm3(self.grow(x)), SLOPE)  # [B, 64, H/2, W/2]
        return torch.tanh(self.output(x))  # [B, C, H, W]


class SmallDiscriminator(nn.Module):
    """Images from -1 to 1 to one logit; 212,865 parameters for grey images of 28x28.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, multiples of 4.
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        self.shrink1, self.shrink2 = Shrink(channels, 64), Shrink(64, 128)
        self.dropout = nn.Dropout(0.3)
        self.output = nn.Linear(128 * (image_size[0] // 4) * (image_size[1] // 4), 1)

    def forward(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B 1"]:
        x = self.dropout(F.leaky_relu(self.shrink1(images), SLOPE))  # [B, 64, H/2, W/2]
        x = self.dropout(F.leaky_relu(self.shrink2(x), SLOPE))  # [B, 128, H/4, W/4]
        return self.output(x.flatten(1))


class SmallDCGAN(Adversaries):
    """The tutorial's pair for images whose sides are multiples of 4.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        latent: numbers in a code.

    Raises:
        ValueError: when a side is no multiple of 4.

    Example:
        >>> SmallDCGAN(channels=1, image_size=(28, 28))(torch.randn(2, 100)).shape
        torch.Size([2, 1])
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], latent: int = 100) -> None:
        if any(side % 4 for side in image_size):
            raise ValueError(f"image_size must be multiples of 4; received {image_size}; use DCGAN for other sizes")
        made = SmallGenerator(channels=channels, image_size=image_size, latent=latent)
        discriminator = SmallDiscriminator(channels=channels, image_size=image_size)
        super().__init__(Generator(made, latent, PixelRange(channels=channels)), discriminator)
